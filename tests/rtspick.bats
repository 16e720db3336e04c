#!/usr/bin/env bats
# rtspick: what is worth labelling first, and the way from there to labels.
# shellcheck disable=SC2002,SC2046,SC2154 # a pipe cannot be sought in; number lists; bats' own variables

load lib
load nets
load filenames

# line VALUE...: a stream of images of one pixel.
line() {
    idx2rts <(octal 0 0 8 3 && be32 $# 1 1 && octal "$@")
}

# pixels STREAM: those of such a stream, in order.
pixels() {
    payloads "$1" image | od -An -v -tu1 -w1 | xargs
}

@test "rtspick: manners" {
    check_common rtspick
    stream 6 5 3 >good
    check_refusals good rtspick -n 2
}

@test "rtspick: used wrongly, and input that is not enough" {
    stream 6 5 3 >s
    stream 3 5 3 >t
    expect_error 2 '-n is needed' rtspick s
    expect_error 2 "-n: '0' is not an integer between 1 and 2147483648" rtspick -n 0 s
    expect_error 2 "--method: 'random' is not known; it may be typical, centres or facility" rtspick -n 2 --method random s
    expect_error 2 '^rtspick: -s has no meaning with --method centres' rtspick -n 2 --method centres -s 1 s
    expect_error 2 '^rtspick: -s has no meaning with --method facility' rtspick -n 2 --method facility -s 1 s
    local one='standard input can be only one of data, --features and --labelled'
    expect_error 2 "$one" rtspick -n 1 --features - </dev/null
    expect_error 2 "$one" rtspick -n 1 --labelled - - </dev/null
    expect_error 2 "$one" rtspick -n 1 --labelled - --features - s </dev/null
    expect_error 1 "'x' cannot run here" env ROTPIPE_KERNELS=x rtspick -n 1 s
    for method in typical centres facility; do
        rtspick -q -n 6 --method $method s >a
        expect_error 1 'too few examples: 6, but 7 are needed' rtspick -q -n 7 --method $method s
        expect_error 1 'too few examples: 0 without those that have labels, but 1 are needed' \
            rtspick -q -n 1 --method $method --labelled s s
        expect_error 1 'too few examples: 0, but 1 are needed' rtspick -q -n 1 --method $method <(idx_images 0 3 3 | idx2rts)
        expect_error 1 't: features of 3 examples, but the input has 6' rtspick -q -n 2 --method $method --features t s
        expect_error 1 's: features of 6 examples, but the input has 3' rtspick -q -n 6 --method $method --features s t
        expect_error 1 'standard input: features of 3 examples, but the input has 6' \
            sh -c "cat t | rtspick -q -n 1 --method $method --features - s"
    done
    expect_error 1 'missing: No such file' rtspick -n 1 --features missing s
    expect_error 1 'missing: No such file' rtspick -n 1 --labelled missing s
    # Nothing passes for a result.
    run -1 sh -c 'rtspick -q -n 6 --features s t 2>said >out'
    run -1 rtsinfo out
}

@test "rtspick --method centres: a line by hand" {
    # The mean is 70.
    line 0 100 50 60 200 10 >s
    rtspick -q -n 6 --method centres s >a
    [[ $(pixels a) == '60 200 0 100 50 10' ]] || fail "$(pixels a)"
    # 200 is 100 away from what has labels, 50 and 60 are 40; then 0 and 60 are both 10 away.
    line 10 100 >known
    rtspick -q -n 4 --method centres --labelled known s >a
    [[ $(pixels a) == '200 50 0 60' ]] || fail "$(pixels a)"
    payloads a history | grep -Eqx 'rtspick [0-9.]+ -n 4 --method centres --labelled --metric euclidean'
    payloads a history | grep -q '^  labelled: images 2 crc32'
}

@test "rtspick --method typical: a line by hand" {
    # Three clusters; the largest first, and of each the one in the middle.
    line 100 0 101 10 102 5 200 103 201 104 202 201 >s
    for seed in 1 2 3; do
        rtspick -q -n 3 -s $seed s >a
        [[ $(pixels a) == '102 201 5' ]] || fail "$(pixels a)"
    done
    payloads a history | tail -n 1 | grep -Eqx 'rtspick [0-9.]+ -n 3 --method typical --metric euclidean -s 3'
    # Clusters of fewer than five points come last, the one with a label behind the other.
    line 1 >known
    rtspick -q -n 2 --labelled known s >a
    [[ $(pixels a) == '102 201' ]] || fail "$(pixels a)"
}

@test "rtspick: the examples as they are, the most important first; all else passes" {
    idx_images 40 4 5 | idx2rts >plain
    stream 40 5 7 3 | with_files >s
    for method in typical centres facility; do
        rtspick -q -n 9 --method $method s >a
        [[ $(labels a | wc -l) == 9 ]]
        # Each with its own label and name.
        paste <(images s 75) <(labels s) <(payloads s file) >all
        paste <(images a 75) <(labels a) <(payloads a file) >got
        [[ $(sort -u got | wc -l) == 9 && $(grep -cxFf got all) == 9 ]] || fail "$method"
        # Not in the order of the input, unlike rtsample.
        ! grep -nxFf got all | sed 's/^[0-9]*://' | cmp -s - got || fail "$method: in order"
        rtspick -q -n 3 --method $method plain >a
        run ! grep -Eq 'label|file' <(records a)
    done
    { record camera u2 0 10 5; record image u1 1 12 3 2 2 1; record note u1 2 3 3; record end u1 3 0; } >s
    for command in 'rtspick -q -n 2 s' 'cat s | rtspick -q -n 2' 'rtspick -q -n 2 --features s s'; do
        sh -c "$command" >a
        [[ $(records a | cut -d ' ' -f 5 | paste -sd ' ') == 'history camera note image end' ]] || fail "$(records a)"
        [[ $(records a) == *'8 u1 [2,2,2,1] image'* ]]
    done
}

@test "rtspick: files, pipes, threads and kernels give the same bytes" {
    fashion t10k >s
    rtsample -n 30 -s 1 s >known
    for how in '--method typical' '--method centres' '--metric cosine -s 5' '--labelled known' \
        '--labelled known --method centres --metric cosine' \
        '--method facility' '--labelled known --method facility --metric cosine'; do
        # shellcheck disable=SC2086 # options
        rtspick -q -n 15 -j 1 $how s >a
        for threads in 2 3 7; do
            # shellcheck disable=SC2086
            rtspick -q -n 15 -j $threads $how <s | cmp - a
        done
        for set in $(kernel_sets); do
            # shellcheck disable=SC2086
            cat s | ROTPIPE_KERNELS=$set rtspick -q -n 15 $how | cmp - a
        done
    done
    rtspick -q -n 15 -s 1 s >a
    rtspick -q -n 15 -s 2 s >b
    run ! cmp -s a b
    # Several operands are one data set.
    stream 20 3 2 >x
    stream 30 3 3 >y
    rtspick -q -n 9 x y >a
    cat x y | rtspick -q -n 9 | cmp - a
    rtspick -q -n 9 x - <y | cmp - a
}

@test "rtspick --method centres and facility: a larger choice begins with the smaller one" {
    fashion t10k >s
    for method in centres facility; do
        rtspick -q -n 10 --method $method --no-history s >few
        rtspick -q -n 60 --method $method --no-history s | rtsample --first 10 --no-history | cmp - few
    done
}

@test "rtspick --method facility: a line by hand" {
    # Three groups, none of which has neighbours elsewhere, and of each one.
    # shellcheck disable=SC2046 # words
    line $(seq 0 10) $(seq 100 112) $(seq 200 214) >s
    rtspick -q -n 3 --method facility s >a
    [[ $(pixels a | tr ' ' '\n' | sort -n | paste -sd ' ') =~ ^[0-9][0-9]?\ 1[0-9][0-9]\ 2[0-9][0-9]$ ]] || fail "$(pixels a)"
    payloads a history | grep -Eqx 'rtspick [0-9.]+ -n 3 --method facility --metric euclidean'
    # What is labelled needs no other.
    line 207 5 >known
    rtspick -q -n 1 --method facility --labelled known s >a
    [[ $(pixels a) == 1[0-9][0-9] ]] || fail "$(pixels a)"
}

@test "rtspick --features: the choice is that by the features, the examples are the input's" {
    fashion t10k | rtsample -n 300 >s
    rottrain -q -e 1 --net 'c4 r p d8 r' s >m
    featdump -m m s >f
    for how in '--method typical' '--method centres' '--method facility' '--metric cosine'; do
        # shellcheck disable=SC2086 # options
        rtspick -q -n 20 $how --features f s >a
        # shellcheck disable=SC2086
        rtspick -q -n 20 $how f >b
        featdump -m m a >c
        cmp <(payloads b feature) <(payloads c feature)
        # shellcheck disable=SC2086
        cat s | rtspick -q -n 20 $how --features f | cmp - a
        # shellcheck disable=SC2086
        cat f | rtspick -q -n 20 $how --features - s | cmp - a
    done
    payloads a history | grep -q '^  features: .*featdump'
}

@test "rtspick --labelled: nothing is chosen twice, whatever the rounds, by pixels and features" {
    fashion t10k | rtsample -n 100 >s
    rottrain -q -e 1 --net 'c4 r p d8 r' s >m
    featdump -m m s >f
    for method in typical centres facility; do
        rtspick -q -n 20 --method $method s >known
        cp known all
        for round in 1 2 3 4; do
            rtspick -q -n 20 --method $method --labelled all s >second
            cat all second >both
            mv both all
        done
        [[ $(images all 784 | sort -u | wc -l) == 100 ]] || fail "$method"
        expect_error 1 'too few examples: 0 without' rtspick -q -n 1 --method $method --labelled all s
        rtspick -q -n 20 --method $method --features f s >known
        featdump -m m known >known.f
        rtspick -q -n 80 --method $method --features f --labelled known.f s >rest
        [[ $(cat <(images known 784) <(images rest 784) | sort -u | wc -l) == 100 ]] || fail "$method"
        [[ $round == 4 ]]
    done
}

@test "rtspick: from a look at a sheet to labels, by numbers and by names of files" {
    fashion t10k >s
    rtsmap --unlabel s >plain
    rtspick -q -n 12 plain >first
    rts2png --numbers --columns 4 --scale 2 first >sheet.png
    # Who looks sees what is true.
    rtspick -q -n 12 s >true
    rts2tsv --names true | awk -F '\t' -v OFS='\t' '{ print NR - 1, $1 }' | sort -r >answers
    rtsmap --answers answers first >answered
    cmp <(labels answered) <(labels true)
    cmp <(payloads answered image) <(payloads true image)
    payloads answered names | cmp - "$DATA/fashion-names.txt"
    with_files <plain >named
    with_files <s >true.named
    rtspick -q -n 12 named >first
    rtspick -q -n 12 true.named >true
    rts2tsv --files true | cut -f 1,2 | awk -F '\t' -v OFS='\t' '{ print $2, $1 }' >answers
    rtsmap --answers answers first >answered
    cmp <(labels answered) <(labels true)
    cmp <(payloads answered file) <(payloads true file)
}
