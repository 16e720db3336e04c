#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2154 # pipes cannot be sought in; $ for inner shells; bats' own variables

load lib
load nets
load filenames
load ensembles

# said MODEL STREAM: a line for each image: number, class, probability.
said() {
    classdump -m "$1" --json "$2" | python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    print(o["index"], o["top"][0]["class"], o["top"][0]["probability"])'
}

@test "rtslabel: manners" {
    check_common rtslabel
    teach m
    cp m keep
    stream 9 8 3 >good
    check_refusals good rtslabel -m keep
    rm -r folder
    check_refusals good rtslabel -q -m keep --balance
    check_model_refusals keep rtslabel -m % good
    check_ensemble_refusals good rtslabel
    expect_error 2 '-m: a model is needed' rtslabel good
    expect_error 2 "--select: '1.5' is not a number" rtslabel -m m --select 1.5 good
    expect_error 2 "--select: '-0.1' is not a number" rtslabel -m m --select=-0.1 good
    expect_error 2 "--select: 'nan' is not a number" rtslabel -m m --select nan good
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" env ROTPIPE_KERNELS=mmx rtslabel -m m good
    stream 6 9 3 >nine
    expect_error 1 'nine: record .*images of 9 x 9 x 1, but the model is for 8 x 8 x 1' rtslabel -m m nine
    featdump -m m data.rts >features
    expect_error 1 'features: record .*features, but images are needed' rtslabel -m m features
}

@test "rtslabel: the labels are what classdump says, all else stays" {
    teach m -e 5
    said m data.rts | cut -d ' ' -f 2 >want
    run -1 cmp -s want <(labels data.rts)
    rtslabel -m m data.rts >got.rts
    labels got.rts | cmp - want
    images got.rts 64 | cmp - <(images data.rts 64)
    # Whether there were labels or not; from a pipe; with any number of threads.
    rtslabel --no-history -m m data.rts >got.rts
    rtsmap --unlabel data.rts | rtslabel --no-history -j 3 -m m >again.rts
    same got.rts again.rts
    rtslabel --no-history -m - data.rts <m | cmp - got.rts
    # Labels that the model does not have are replaced as any others.
    rtsmap --shift 70000 data.rts | rtslabel --no-history -m m | cmp - got.rts
    # Of several models and views.
    teach b -s 4 --net 'd4 r'
    classdump -m m -m b --flip --shift 1 data.rts | cut -f 4 >want
    rtslabel -m m -m b --flip --shift 1 data.rts >got.rts
    labels got.rts | cmp - want
    # A stream of no images.
    idx_images 0 8 8 | idx2rts | rtslabel -m m >none.rts
    rtsinfo none.rts | grep -q '^images  *0 of 8 x 8 x 1'
    idx_images 0 8 8 | idx2rts | rtslabel -q -m m --balance >none.rts
    rtsinfo none.rts | grep -q '^images  *0 of 8 x 8 x 1'
}

@test "rtslabel: the class names are the model's" {
    teach m
    printf 'a\nb\nc\n' >abc
    printf 'x\ny\nz\n' >xyz
    headswap --names abc m >named
    rtsmap --names xyz data.rts >xyz.rts
    for command in 'rtslabel -m named' 'rtslabel -q -m named --balance' 'rtslabel -q -m m -m named --select 0'; do
        # shellcheck disable=SC2086 # a command with its arguments
        $command xyz.rts >got.rts
        payloads got.rts names | cmp - abc
        # shellcheck disable=SC2086
        cat data.rts | $command >got.rts
        payloads got.rts names | cmp - abc
    done
    # A model without names leaves none, since those of the input are of other classes.
    rtslabel -m m xyz.rts >got.rts
    [[ $(payloads got.rts names | wc -c) == 0 ]]
    rtslabel -q -m named --select 1 xyz.rts >none.rts
    rtsinfo none.rts | grep -q '^images  *0 of'
    payloads none.rts names | cmp - abc
}

@test "rtslabel: --select keeps those that the model is sure of" {
    teach m -e 5
    said m data.rts >all
    local least n
    least=$(LC_ALL=C sort -k 3g all | sed -n 11p | cut -d ' ' -f 3)
    # By a number that is printed as it is: between two of them.
    least=$(LC_ALL=C awk -v p="$least" 'BEGIN { print p - 1e-7 }')
    LC_ALL=C awk -v p="$least" '$3 >= p' all >want
    n=$(wc -l <want)
    ((n > 5 && n < 20))
    run --separate-stderr rtslabel -m m --select "$least" -o got.rts data.rts
    [[ $status == 0 && $stderr == "rtslabel: $n of 24 images kept" ]] || fail "$stderr"
    labels got.rts | cmp - <(cut -d ' ' -f 2 want)
    images data.rts 64 | sed -n "$(awk '{ print $1 + 1 "p" }' want)" | cmp - <(images got.rts 64)
    quiet_success rtslabel -q -m m --select "$least" -o quiet.rts data.rts
    same got.rts quiet.rts
    rtslabel -q -m m --select 0 --no-history data.rts | cmp - <(rtslabel -m m --no-history data.rts)
    # Over several chunks and streams.
    rtslabel -q -m m --select "$least" data.rts data.rts data.rts >got.rts
    labels got.rts | cmp - <(cut -d ' ' -f 2 want want want)
}

# balanced LEAST <ALL: of the lines of said, those that --select LEAST --balance keeps.
balanced() {
    LC_ALL=C awk -v p="$1" '$3 >= p' | LC_ALL=C sort -k 2,2n -k 3,3gr -k 1,1n | awk '
        { if (!($2 in count)) classes[++k] = $2
          line[$2, ++count[$2]] = $0 }
        END { least = NR
              for (i = 1; i <= k; i++) if (count[classes[i]] < least) least = count[classes[i]]
              for (i = 1; i <= k; i++) for (n = 1; n <= least; n++) print line[classes[i], n] }' | sort -n
}

@test "rtslabel: --balance keeps as many of each class, the surest, in their order" {
    stream 300 8 3 >data.rts
    teach m -e 3 -b 16
    said m data.rts >all
    local least n each
    for least in 0 0.34 0.36; do
        balanced $least <all >want
        n=$(wc -l <want)
        each=$(cut -d ' ' -f 2 want | sort | uniq -c | awk '{ print $1; exit }')
        ((n >= 6 && n < 300)) || fail "$least: $n"
        run --separate-stderr rtslabel -m m --select $least --balance -o got.rts data.rts
        [[ $status == 0 && $stderr == "rtslabel: $n of 300 images kept: $each of each class" ]] || fail "$stderr"
        labels got.rts | cmp - <(cut -d ' ' -f 2 want)
        images data.rts 64 | sed -n "$(awk '{ print $1 + 1 "p" }' want)" | cmp - <(images got.rts 64)
        # The same from a pipe, which is kept in a file meanwhile.
        cat data.rts | rtslabel -q -m m --select $least --balance -j 2 | cmp - got.rts
        rtslabel -q -m m --select $least --balance <data.rts | cmp - got.rts
        rtslabel -q -m - --select $least --balance data.rts <m | cmp - got.rts
        cat data.rts | rtslabel -q -m m --select $least --balance /dev/stdin | cmp - got.rts
    done
    # Those that are equally probable, in their order: the same images twice.
    cat data.rts data.rts | rtslabel -q -m m --balance >got.rts
    said m <(cat data.rts data.rts) | balanced 0 | cut -d ' ' -f 2 | cmp - <(labels got.rts)
    # A class without any does not count, and is told of.
    rtslabel -q -m m data.rts >labelled.rts
    printf '2\t-\n' >table
    rtsmap --table table labelled.rts >two.rts
    run --separate-stderr rtslabel -m m --balance -o got.rts two.rts
    [[ $stderr =~ of\ each\ class\ but\ for\ 1\ of\ 3\ classes\ without\ any$ ]] || fail "$stderr"
    [[ $(labels got.rts | sort | uniq -c | awk '{ print $1 }' | uniq | wc -l) == 1 ]]
    run --separate-stderr rtslabel -m m --balance --select 1 -o got.rts data.rts
    [[ $stderr == 'rtslabel: 0 of 300 images kept' ]] || fail "$stderr"
}

@test "rtslabel: names of files stay with their images" {
    teach m -e 5
    name_files data.rts >filed.rts
    said m data.rts | balanced 0 >want
    rtslabel -q -m m --balance filed.rts >got.rts
    classdump -m m got.rts | cut -f 2 | cmp - <(awk '{ print "a/" $1 ".png" }' want)
    cat filed.rts | rtslabel -q -m m --balance | cmp - got.rts
    rtslabel -m m filed.rts | classdump -m m | cut -f 2 | cmp - <(seq -f 'a/%g.png' 0 23)
    # Some with, some without.
    { cat filed.rts data.rts filed.rts; } | rtslabel -q -m m --select 0 | classdump -m m | cut -f 2 |
        cmp - <(seq -f 'a/%g.png' 0 23 && yes - | head -n 24 && seq -f 'a/%g.png' 0 23)
}

@test "rtslabel: the history tells the models and all that decides the result" {
    teach m
    teach b -s 4 --net 'd4 r'
    rtslabel -q -m m --select 0.25 data.rts >got.rts
    rtsinfo --history got.rts >told
    grep -qx "rtslabel $(rtslabel --version | cut -d ' ' -f 3) --select 0.25" told
    { payloads m digest && payloads m history; } | sed 's/^/  model: /' >want
    grep '^  model: ' told | cmp - want
    rtslabel -q -m m -m b --shift 2 --flip --balance --select 0 data.rts >got.rts
    rtsinfo --history got.rts >told
    grep -q '^rtslabel .* --flip --shift 2 --select 0 --balance$' told
    { payloads b digest && payloads b history; } | sed 's/^/  model 2: /' >want
    grep '^  model 2: ' told | cmp - want
    [[ $(grep -c '^  model 1: rottrain' told) == 1 ]]
    # From a pipe it is the same, and once.
    cat data.rts | rtslabel -q -m m -m b --shift 2 --flip --balance --select 0 | rtsinfo --history | cmp - told
}

@test "rtslabel: self-training is a pipe" {
    fashion train | rtsample -n 100 >few.rts
    fashion train | rtsample -n 100 -v >many.rts
    fashion t10k | rtsample -n 200 >test.rts
    rottrain -q -e 20 -b 16 --net 'c8 r p c16 r p' few.rts >model.rts
    rtsmap --unlabel many.rts | rtslabel -q -m model.rts --select 0.6 --balance |
        rottrain -q -e 5 -b 16 -m model.rts few.rts - >student.rts
    evalacc -q -m student.rts test.rts | awk '$1 == "accuracy" { exit !($2 > 0.5) }'
    rtsinfo --history student.rts | grep -q 'rtslabel .* --select 0.6 --balance'
}

@test "rtslabel: memory does not grow with the stream" {
    teach m
    for _ in $(seq 400); do cat data.rts; done >long
    [[ $(within 400000 rtslabel -q -m m -j 1 --select 0.2 long | rtsinfo | grep ^labels) == *' 9600 in '* ]]
    within 400000 rtslabel -q -m m -j 1 --balance long | rtsinfo >said
}
