#!/usr/bin/env bats
# knneval: the vote of the nearest neighbours.
# shellcheck disable=SC2046,SC2094,SC2154 # number lists; one file read twice; bats' own variables

load lib
load nets

# oracle K METRIC TRAIN TEST: correct and examples, by comparing every pair, in awk.
oracle() {
    { rts2tsv "$3" | sed 's/^/train\t/' && rts2tsv "$4" | sed 's/^/test\t/'; } |
        awk -F '\t' -v k="$1" -v metric="$2" '
        $1 == "train" { n++; label[n] = $2; for (i = 3; i <= NF; i++) x[n, i] = $i; next }
        {
            for (j = 1; j <= n; j++) {
                d = 0; a = 0; b = 0; p = 0
                for (i = 3; i <= NF; i++) {
                    d += ($i - x[j, i]) ^ 2; p += $i * x[j, i]; a += $i ^ 2; b += x[j, i] ^ 2
                }
                far[j] = metric == "cosine" ? (a * b ? 1 - p / sqrt(a * b) : a != b) : d
                used[j] = 0
            }
            delete votes
            best = ""
            for (v = 1; v <= k; v++) {
                near = 0
                for (j = 1; j <= n; j++)
                    if (!used[j] && (!near || far[j] < far[near])) near = j
                used[near] = 1
                order[v] = label[near]
                votes[label[near]]++
            }
            for (v = 1; v <= k; v++) if (best == "" || votes[order[v]] > votes[best]) best = order[v]
            right += best == $2
            tests++
        }
        END { print right "\t" tests }'
}

@test "knneval: what comparing every pair gives" {
    local metric net k
    stream 60 5 4 >all.rts
    rtsample -n 40 -s 1 all.rts >train.rts
    rtsample -n 40 -s 1 -v all.rts >test.rts
    for metric in euclidean cosine; do
        # ReLU puts many features on the same spots, where the rule for equals decides; and many on
        # one line from the origin, where cosines are equal but for the rounding of the oracle.
        [[ $metric == euclidean ]] && net='d3 r' || net=d3
        rottrain -q -e 1 --net "$net" train.rts >m
        featdump -m m train.rts >train.f.rts
        featdump -m m test.rts >test.f.rts
        for k in 1 2 5 40; do
            [[ $(knneval -k $k --metric $metric train.rts test.rts | tail -n 1 | cut -f 1,5,6) == "$k"$'\t'"$(oracle $k $metric train.rts test.rts)" ]]
            [[ $(knneval -k $k --metric $metric train.f.rts test.f.rts | tail -n 1 | cut -f 5,6) == "$(oracle $k $metric train.f.rts test.f.rts)" ]]
        done
    done
}

@test "knneval: a stream against itself is right with one neighbour; the table; standard input" {
    stream 30 6 3 >a.rts
    run --separate-stderr knneval a.rts a.rts
    printf '%s\n' "$output" >table
    # Nobody takes that for a result.
    [[ $status == 0 && $stderr == 'knneval: a.rts and a.rts contain the same examples, '*'; use --leave-one-out'* ]] ||
        fail "$stderr"
    quiet_success knneval -q a.rts a.rts
    { cat a.rts; stream 1 6 3; } >more.rts
    quiet_success knneval a.rts more.rts
    gzip -c a.rts >b.rts.gz
    run --separate-stderr knneval a.rts b.rts.gz
    [[ $stderr == *'a.rts and b.rts.gz contain the same examples'* ]] || fail "$stderr"
    [[ $(head -n 1 table) == $'k\taccuracy\tlow\thigh\tcorrect\texamples' ]]
    [[ $(sed 1d table | cut -f 1 | xargs) == '1 5 20' ]]
    [[ $(grep '^1	' table | cut -f 2,5,6) == $'1.0000\t30\t30' ]]
    knneval a.rts <a.rts | cmp - table
    knneval - a.rts <a.rts | cmp - table
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set knneval -j 3 a.rts a.rts | cmp - table
    done
}

@test "knneval: each example by all the others of its stream" {
    local i k
    stream 24 4 3 >a.rts
    for k in 1 5; do
        # One after the other, by two streams.
        for ((i = 0; i < 24; i++)); do
            idx2rts <(octal 0 0 8 3 && be32 1 4 4 && payloads a.rts image | tail -c +$((16 * i + 1)) | head -c 16) \
                <(idx_labels $((i % 3))) >one.rts
            {
                octal 0 0 8 3 && be32 23 4 4 && payloads a.rts image | head -c $((16 * i))
                payloads a.rts image | tail -c +$((16 * i + 17))
            } >others.idx
            idx2rts others.idx <(idx_labels $(cycle 24 3 | sed "$((i + 1))d")) >others.rts
            knneval -k $k others.rts one.rts | tail -n 1 | cut -f 5
        done | awk '{ right += $1 } END { print right }' >want
        quiet_success knneval --leave-one-out -k $k a.rts
        [[ $(tail -n 1 <<<"$output" | cut -f 1,5,6) == "$k"$'\t'"$(<want)"$'\t24' ]] || fail "$output" "$(<want)"
        knneval --leave-one-out -k $k <a.rts | cmp - <(printf '%s\n' "$output")
    done
    knneval --leave-one-out -k 23 a.rts >/dev/null
    expect_error 1 'a.rts: 24 examples, but -k needs 24 other examples' knneval --leave-one-out -k 24 a.rts
    expect_error 2 '--leave-one-out takes one stream' knneval --leave-one-out a.rts a.rts
}

@test "knneval: ties go to the nearest, and among equals to the first" {
    # One pixel: 10 20 30 with labels 0 1 1; from 14 the nearest is 10, two of three say 1.
    { octal 0 0 8 3 && be32 3 1 1 && octal 10 20 30; } >train.idx
    idx2rts train.idx <(idx_labels 0 1 1) >train.rts
    { octal 0 0 8 3 && be32 2 1 1 && octal 14 15; } >test.idx
    # 15 is as far from 10 as from 20: the first one is nearer.
    idx2rts test.idx <(idx_labels 0 0) >test.rts
    [[ $(knneval -k 1,2,3 train.rts test.rts | cut -f 1,5 | xargs) == 'k correct 1 2 2 2 3 0' ]]
}

@test "knneval: wrong input" {
    stream 12 5 3 >a.rts
    stream 12 6 3 >b.rts
    expect_error 1 'b.rts: images of 6 x 6 x 1, expected images of 5 x 5 x 1 as in a.rts' knneval -k 1 a.rts b.rts
    expect_error 1 'a.rts: 12 examples, but the default -k 1,5,20 needs 20' knneval a.rts a.rts
    idx2rts <(idx_images 4 5 5) >c.rts
    expect_error 1 'c.rts: examples without labels' knneval -k 1 a.rts c.rts
    expect_error 1 'c.rts: examples without labels' knneval -k 1 c.rts a.rts
    head -c 1000 a.rts >d.rts
    expect_error 1 'd.rts: .*cut short' knneval -k 1 a.rts d.rts
    rottrain -q -e 0 --net c2 a.rts >m
    expect_error 1 'm: ' knneval -k 1 m a.rts
    expect_error 2 'one or two streams are needed' knneval
    expect_error 2 'too many operands' knneval a.rts a.rts a.rts
    expect_error 2 'only one of the streams' knneval -
    expect_error 2 "-k: '0' is not an integer" knneval -k 1,0 a.rts a.rts
    expect_error 2 "-k: '' is not an integer" knneval -k 1, a.rts a.rts
    expect_error 2 "--metric: 'angle' is not known" knneval --metric angle a.rts a.rts
    expect_error 1 "'x' cannot run here" env ROTPIPE_KERNELS=x knneval a.rts a.rts
}
