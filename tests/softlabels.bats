#!/usr/bin/env bats
# Soft labels: what is refused of them, that they stay with their examples, how they are made and learnt from.
# shellcheck disable=SC2002,SC2154 # pipes cannot be sought in; bats' own variables

load lib
load nets
load softlabels

setup() {
    start_in "$BATS_TEST_TMPDIR"
    stream 24 8 3 >data.rts
    soften data.rts >soft.rts
    pairs soft.rts >all
}

# kept STREAM: every example of it has what it has in soft.rts.
kept() {
    local n
    pairs "$1" >kept
    n=$(wc -l <kept)
    ((n > 0)) || fail "$1 is empty" || return 1
    [[ $(sort kept | comm -12 - <(sort all) | wc -l) == "$n" ]] || fail "$1: not as in soft.rts" "$(cat kept)"
}

# alike A B: the same labels and soft labels in the same order, whatever the examples have become.
alike() {
    diff <(pairs "$1" short) <(pairs "$2" short) >&2 || fail "$1 and $2 differ"
}

@test "soft labels: what is none is refused, with its record" {
    local fault why
    while IFS=: read -r fault why; do
        soften data.rts "$fault" >bad
        expect_error 1 "bad: record [0-9]+ 'soft' at offset [0-9]+: $why" rts2tsv bad
    done <<'END'
negative:soft label of example 1: -0.00195312 is not the probability of a class
nan:soft label of example 1: -?nan is not the probability
inf:soft label of example 1: inf is not the probability
much:soft label of example 1: the probabilities add up to 1.0011, not 1
little:soft label of example 1: the probabilities add up to 0.9989, not 1
rows:25 soft labels for 24 examples
twice:soft labels without examples before them
before:soft labels without examples before them
f8:soft labels must be f4 .n,classes.
flat:soft labels must be f4 .n,classes.
none:soft labels must be f4 .n,classes.
END
    soften data.rts just >fine
    rts2tsv fine >table
    # As many classes in all of a data set, in whatever files it comes.
    { cat data.rts && soften data.rts classes; } >fine
    soften data.rts >four.rts
    rts2tsv four.rts fine >table
    cat data.rts data.rts >two.rts
    soften two.rts classes >bad
    expect_error 1 "bad: record [0-9]+ 'soft' at offset [0-9]+: soft labels of 5 classes behind some of 4" rts2tsv bad
    # The end of a stream ends its last chunk.
    { cat data.rts && soften data.rts before; } >bad
    expect_error 1 'soft labels without examples before them' rts2tsv bad
    for command in 'rtsample -n 3' rtshuf 'rtsmap --transpose' 'augment flip' rotgen rts2idx rts2png; do
        soften data.rts negative >bad
        # shellcheck disable=SC2086 # a command with its arguments
        expect_error 1 'is not the probability of a class' $command bad
    done
}

@test "soft labels: they stay with the examples that a filter keeps" {
    teach m
    for command in 'rtsample -n 7' 'rtsample -n 7 -v' 'rtsample --share 40%' 'rtsample --fold 2/3' 'rtsample --first 5' \
        'rtspick -q -n 4' rtshuf 'rtscomm --only-a - first.rts' 'rtscomm --both - first.rts'; do
        rtsample --first 5 data.rts >first.rts
        # shellcheck disable=SC2086 # a command with its arguments
        $command <soft.rts >got.rts
        kept got.rts
        # shellcheck disable=SC2086
        cat soft.rts | $command | cmp - got.rts
    done
    # Images become others, labels and order stay.
    for command in 'rtsmap --transpose' 'rtsmap --size 5' 'rtsmap --rgb' 'augment shift1' 'featdump -m m' 'umap -q -e 3'; do
        # shellcheck disable=SC2086
        $command soft.rts >got.rts
        alike got.rts soft.rts
    done
    augment -n 2 --original flip soft.rts >got.rts
    diff <(pairs got.rts short) <(pairs soft.rts short | awk '{ print; print; print }')
    # Without labels they are what they are.
    soften <(rtsmap --unlabel data.rts) >bare.rts
    pairs bare.rts short | cut -d ' ' -f 2 | cmp - <(pairs soft.rts short | cut -d ' ' -f 2)
    rtshuf bare.rts | rtsample --first 24 >got.rts
    pairs got.rts | sort | cmp - <(pairs bare.rts | sort)
}

@test "soft labels: over many chunks, with examples that have none among them" {
    stream 3000 2 3 >long.rts
    soften long.rts >soft.rts
    pairs soft.rts >all
    rtsample -n 300 soft.rts >got.rts
    kept got.rts
    rtshuf --memory 1M -s 3 soft.rts >got.rts
    pairs got.rts | sort | cmp - <(sort all)
    # Of the files that hold what does not fit into memory.
    cat soft.rts soft.rts soft.rts soft.rts soft.rts soft.rts soft.rts soft.rts >eight.rts
    rtshuf --memory 1M -s 3 eight.rts | cmp - <(rtshuf -s 3 eight.rts)
    # A filter that goes by chunks passes both on; one that mixes makes certain ones of labels.
    cat long.rts soft.rts >both.rts
    rtsample -k 900 both.rts >got.rts
    pairs got.rts short | cut -d ' ' -f 2 | grep -c '^-$' >without
    (($(<without) > 900 && $(<without) < 1800))
    rtshuf both.rts >got.rts
    soften long.rts certain >certain.rts
    pairs got.rts | sort | cmp - <(cat <(pairs certain.rts) all | sort)
    # In whatever order they come.
    rtshuf soft.rts long.rts >got.rts
    pairs got.rts | sort | cmp - <(cat <(pairs certain.rts) all | sort)
    rtsmap --shift 3 long.rts >high.rts
    expect_error 1 'label 5, but soft labels of 4 classes' rtshuf soft.rts high.rts
    expect_error 1 'label 5, but soft labels of 4 classes' rtshuf high.rts soft.rts
    rtsmap --unlabel long.rts >bare.rts
    soften bare.rts >softer.rts
    expect_error 1 'some examples have soft labels, others have no labels' rtshuf softer.rts bare.rts
    expect_error 1 'some examples have soft labels, others have no labels' rtshuf bare.rts softer.rts
    # Of none there is an empty one.
    rtsample -n 0 soft.rts >none.rts
    rtsinfo -r none.rts | cut -f 3,5 | grep -q '^soft.\[0,4\]$'
    idx_images 0 2 2 | idx2rts >empty
    soften empty | rtshuf | rtsinfo -r | cut -f 3,5 | grep -q '^soft.\[0,4\]$'
    { soften empty && cat bare.rts; } | rtshuf >got.rts
    pairs got.rts short | sort -u | cmp - <(echo - -)
}

@test "soft labels: labels that become others take them along" {
    teach m
    printf '0\t1\n1\t1\n2\t0\n' >table
    printf 'a\nb\nc\n' >abc
    for command in 'rtsmap --unlabel' 'rtsmap --shift 1' 'rtsmap --table table' 'rtsmap --compact' rotgen 'rtslabel -m m' \
        'rtslabel -q -m m --balance'; do
        # shellcheck disable=SC2086 # a command with its arguments
        $command soft.rts >got.rts
        [[ $(pairs got.rts short | cut -d ' ' -f 2 | sort -u) == - ]] || fail "$command"
    done
    # Not where a class is only called otherwise.
    rtsmap --names abc soft.rts >got.rts
    alike got.rts soft.rts
}

@test "soft labels: rtsinfo counts them" {
    cat data.rts soft.rts >both.rts
    rtsinfo both.rts >said
    grep -qx 'soft        24 of 4 classes' said
    grep -qx 'labels      48 in 3 classes' said
    grep -qE '^soft +f4 +\[24,4\] +384$' said
    run -1 grep -q '^soft ' <(rtsinfo data.rts)
}

# believed MODEL...: of each image of data.rts a line with the probabilities of the three classes.
believed() {
    local m options=()
    for m; do options+=(-m "$m"); done
    classdump "${options[@]}" -k all --json --flip data.rts | python3 -c '
import json, sys
for line in sys.stdin:
    p = {t["class"]: t["probability"] for t in json.loads(line)["top"]}
    for k in sorted(p):
        print(p[k])'
}

@test "rtslabel: --soft writes the mean probabilities beside the most probable class" {
    teach a -e 5
    teach b -e 3 -s 4 --net 'd4 r'
    rtslabel --flip -m a -m b data.rts >hard.rts
    rtslabel --soft --flip -m a -m b data.rts >got.rts
    believed a b >want
    numbers got.rts soft >said
    near said want 1e-6
    labels got.rts | cmp - <(labels hard.rts)
    images got.rts 64 | cmp - <(images data.rts 64)
    rtsinfo --history got.rts | grep -q '^rtslabel .* --flip --soft$'
    # Those that were there go; whatever the threads; from a pipe.
    rtslabel --no-history --soft --flip -m a -m b data.rts >got.rts
    rtslabel --no-history --soft --flip -j 3 -m a -m b soft.rts | cmp - got.rts
    cat data.rts | rtslabel --no-history --soft --flip -m a -m b | cmp - got.rts
}

@test "rtslabel: --soft with --select and --balance" {
    stream 2500 3 3 >data.rts
    rottrain -q -e 2 --net 'c3 r' data.rts >m
    rtslabel --soft -m m data.rts >got.rts
    pairs got.rts >all
    # Chunks of the usual size, whatever comes in.
    rtsinfo got.rts | grep -qE '^soft +f4 +\[1024,3\] +12288 x 2$'
    local least
    least=$(cut -d ' ' -f 2 all | tr , '\n' | LC_ALL=C sort -g | tail -n 1500 | head -n 1)
    for options in "--select $least" --balance "--select $least --balance"; do
        # shellcheck disable=SC2086 # several options
        rtslabel -q -m m $options data.rts >hard.rts
        # shellcheck disable=SC2086
        rtslabel -q --soft -m m $options data.rts >got.rts
        kept got.rts
        (($(wc -l <kept) < 2500))
        pairs hard.rts short | cut -d ' ' -f 1 | cmp - <(pairs got.rts short | cut -d ' ' -f 1)
        images got.rts 9 | cmp - <(images hard.rts 9)
        # shellcheck disable=SC2086
        cat data.rts | rtslabel -q --soft -m m $options | cmp - got.rts
    done
    idx_images 0 3 3 | idx2rts | rtslabel -q --soft --balance -m m >none.rts
    rtsinfo -r none.rts | cut -f 3,5 | grep -q '^soft.\[0,3\]$'
}

# trained FILE... [-- OPTION...]: what rottrain makes of the files, without what tells of them.
trained() {
    local files=()
    while [[ $# != 0 && $1 != -- ]]; do
        files+=("$1")
        shift
    done
    rottrain -q -e 2 -b 8 --no-history --net 'c3 r p d4 r' "${@:2}" "${files[@]}"
}

@test "rottrain: soft labels that are certain make the same model as labels, others another" {
    soften data.rts certain >certain.rts
    rtsmap --unlabel data.rts >bare.rts
    local how
    for how in '' '--smooth 0.1' '--mixup 0.3' '--optimizer sgd --augment shift1'; do
        # shellcheck disable=SC2086 # several options
        trained data.rts -- -c 4 $how >want
        # shellcheck disable=SC2086
        trained certain.rts -- $how >got
        same got want
        # shellcheck disable=SC2086
        trained certain.rts -- $how -j 3 | cmp - want
        # shellcheck disable=SC2086
        trained soft.rts -- $how >got
        run -1 cmp -s got want
    done
    # Joined with labels alone, in either order.
    trained data.rts data.rts -- -c 4 >want
    cat data.rts certain.rts | rottrain -q -e 2 -b 8 --no-history --net 'c3 r p d4 r' | cmp - want
    cat certain.rts data.rts | rottrain -q -e 2 -b 8 --no-history --net 'c3 r p d4 r' | cmp - want
    # Without labels the most probable class is the label.
    soften bare.rts >softer.rts
    trained softer.rts -- --log log >got
    trained soft.rts -- --log other >want
    same got want
    [[ $(cut -f 2 log) == "$(cut -f 2 other)" && $(cut -f 3 log) != "$(cut -f 3 other)" ]]
    # Rotations have labels of their own.
    trained soft.rts -- --rotate all >want
    trained data.rts -- --rotate all | cmp - want
    # Judged by labels.
    trained data.rts -- -c 4 --valid data.rts --log want >m
    trained data.rts -- -c 4 --valid soft.rts --log got >m
    cut -f 1-6 got | cmp - <(cut -f 1-6 want)
}

@test "rottrain: as many classes as soft labels have, and labels of these alone" {
    trained soft.rts | rtsinfo | grep -qE '^layer +head .*\[4,4\]'
    expect_error 1 'label 3, but the head has 3 classes' rottrain -q -e 1 -c 3 soft.rts
    teach m
    expect_error 1 'label 3, but the head has 3 classes' rottrain -q -e 1 -m m soft.rts
    rtsmap --shift 2 data.rts >high.rts
    expect_error 1 'label 4 in a data set with soft labels of 4 classes' rottrain -q -e 1 soft.rts high.rts
    expect_error 1 'label 4 in a data set with soft labels of 4 classes' rottrain -q -e 1 high.rts soft.rts
    expect_error 1 'images without labels' rottrain -q -e 1 soft.rts <(rtsmap --unlabel data.rts)
    trained soft.rts -- -c 9 | rtsinfo | grep -qE '^layer +head .*\[9,4\]'
}

@test "rottrain: a state is that of its soft labels" {
    local how='-q -b 8 --net c2'
    soften data.rts just >other.rts
    # shellcheck disable=SC2086 # several options
    {
        rottrain $how -e 4 soft.rts >want
        rottrain $how -e 4 --save state soft.rts | cmp - want
        rottrain $how -e 4 --resume state soft.rts | cmp - want
        expect_error 1 'state: .*data' rottrain $how -e 4 --resume state other.rts
        expect_error 1 'state: .*data' rottrain $how -c 4 -e 4 --resume state data.rts
    }
}
