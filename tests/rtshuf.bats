#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2046,SC2154,SC2238
# (cat for a pipe, $ for inner shells, lists of words, bats' own variables, short file names)

load lib

# rows STREAM STRIDE: the examples, one per line, with label and file name where there are some.
rows() {
    paste <(images "$1" "$2") <(labels "$1") <(payloads "$1" file)
}

@test "rtshuf: manners" {
    check_common rtshuf
    stream 6 5 3 >good
    check_refusals good rtshuf
    for size in 1023K 0 1 64 1.5M 1MB 64m '' -1 2000000000000000 1048576T; do
        expect_error 2 "--memory: '$size' is not a size of at least 1M" rtshuf --memory "$size" good
    done
    expect_error 2 '-s: .* is not an integer between 0 and 2\^64 - 1' rtshuf -s -1 good
}

@test "rtshuf: every example once, with its label and its file, in another order" {
    stream 2000 2 7 | with_files >s
    rtshuf s >a
    rows s 4 >want
    rows a 4 >got
    run ! cmp -s want got
    sort want | cmp - <(sort got)
    payloads a history | tail -n 1 | grep -Eqx 'rtshuf [0-9.]+ -s 0'
    payloads a digest | cmp - <(payloads s digest)
    # Chunks are full ones.
    [[ $(records a | grep ' image$' | cut -d ' ' -f 4 | xargs) == '[1024,2,2,1] [976,2,2,1]' ]]
    rtsinfo a >shown
    grep -q 'files *2000 named' shown
    # The seed decides, and nothing else.
    rtshuf -s 0 <s | cmp - a
    cat s | rtshuf --seed 0 --memory 1M | cmp - a
    gzip -c s | rtshuf - --memory 4096T 2>/dev/null && fail 'too much memory' || true
    gzip -c s | rtshuf - --memory 1024T | cmp - a
    rtshuf -s 1 s >b
    run ! cmp -s a b
    sort want | cmp - <(rows b 4 | sort)
}

@test "rtshuf: the same bytes by way of temporary files, which leave nothing behind" {
    # 6 MB, of which 1 MB may be in memory; and 36 MB, which are dealt twice.
    idx_images 300 100 200 >images
    idx_labels $(cycle 300 7) >labels
    idx2rts images labels | with_files >s
    mkdir tmp
    rtshuf -s 3 s >want
    TMPDIR=$PWD/tmp rtshuf -s 3 --memory 1M s >got
    same want got
    cat s | TMPDIR=$PWD/tmp rtshuf -s 3 --memory 3000K | cmp - want
    [[ -z $(ls -A tmp) ]]
    cat s s s s s s >six
    rtshuf six >want
    TMPDIR=$PWD/tmp within 20000 rtshuf --memory 1M six >got
    same want got
    # One file is of 1 MB and more: three times the memory in each of 32.
    cat six six six >many
    rtshuf many >want
    TMPDIR=$PWD/tmp within 20000 rtshuf --memory 1M many >got
    same want got
    [[ -z $(ls -A tmp) ]]
    expect_error 1 'temporary file: .*/none/rotpipe.*: No such file' env TMPDIR="$PWD/none" rtshuf --memory 1M s
    # What fits needs none.
    TMPDIR=$PWD/none quiet_success sh -c 'rtshuf --memory 7M s >got'
}

@test "rtshuf: examples larger than the memory" {
    # 2 MB each.
    { octal 0 0 8 3; be32 5 1000 2000; for i in 1 2 3 4 5; do head -c 2000000 /dev/zero | tr '\0' $i; done; } >images
    idx2rts images >s
    rtshuf s >want
    rtshuf --memory 1M s >got
    same want got
    [[ $(payloads want image | tr -d '\n' | fold -w 2000000 | cut -c 1 | sort | xargs) == '1 2 3 4 5' ]]
}

@test "rtshuf: every order is as likely as any other" {
    # 480 seeds, 24 orders of 4 examples: 20 each. Chi-square with 23 degrees of freedom is beyond 49.7
    # once in a thousand times; the seeds are fixed.
    { octal 0 0 8 3; be32 4 1 1; octal 1 2 3 4; } | idx2rts --no-history >s
    for seed in {1..480}; do
        rtshuf --no-history -s "$seed" s
    done >all
    rts2tsv all | cut -f 2 | paste - - - - | sort | uniq -c >counts
    awk '{ sum += ($1 - 20) * ($1 - 20) / 20 } END { print sum; exit !(NR == 24 && sum < 49.7 && sum > 8) }' counts ||
        fail "$(<counts)"
}

@test "rtshuf: of many examples, none stays near its place" {
    # Where each of 5000 goes has nothing to do with where it was: the correlation is within four
    # deviations of 0. About one stays where it was.
    { octal 0 0 8 3; be32 5000 4 1; seq 0 4999 | awk '{ printf "%08x\n", $1 }' | xxd -r -p; } | idx2rts >s
    rtshuf s >a
    images a 4 | while read -r hex; do echo $((16#$hex)); done |
        awk '{ x = NR - 1; n++; sx += x; sy += $1; xy += x * $1; xx += x * x; yy += $1 * $1; same += x == $1 }
            END {
                r = (n * xy - sx * sy) / (n * xx - sx * sx)
                print r, same
                exit !(n == 5000 && r < 0.057 && r > -0.057 && same < 8)
            }'
}

@test "rtshuf: features, several streams, other records, nothing at all" {
    { record camera u2 0 10 5; record image u1 1 12 3 2 2 1; record label u4 2 12 3; record note u1 3 3 3
        record image u1 4 4 1 2 2 1; record label u4 5 4 1; record end u1 6 0; } >s
    rtshuf s >a
    [[ $(records a | cut -d ' ' -f 4- | paste -sd ' ') == \
        *'[5] camera [3] note [4,2,2,1] image [4] label [] end' ]] || fail "$(records a)"
    features 6 3 | rtshuf >a
    [[ $(records a) == *'72 f4 [6,3] feature'* ]]
    stream 20 3 2 >x
    stream 30 3 3 >y
    rtshuf x y >a
    cat x y | rtshuf | cmp - a
    cat y | rtshuf x - | cmp - a
    [[ $(labels a | wc -l) == 50 ]]
    idx_images 0 3 3 | idx2rts | rtshuf >a
    [[ $(records a) == *'0 u1 [0,3,3,1] image'* && $(records a) != *label* ]]
    # An empty stream before is no reason to want no labels.
    idx_images 0 3 3 | idx2rts | cat - x | rtshuf >a
    [[ $(labels a | wc -l) == 20 ]]
    rtshuf --no-history x >a
    [[ $(records a | cut -d ' ' -f 5 | xargs) == 'image label end' ]]
}

@test "rtshuf: some of the examples with names of files" {
    stream 4 2 2 | with_files >x
    stream 3 2 2 >y
    for order in 'x y' 'y x'; do
        # shellcheck disable=SC2086 # two files
        rtshuf $order >a
        [[ $(payloads a file | wc -l) == 7 && $(payloads a file | grep -c .) == 4 ]]
        sort <(rows x 4) <(rows y 4) | cmp - <(rows a 4 | sort)
    done
}

@test "rtshuf: examples that cannot lie side by side" {
    stream 4 2 2 >s
    stream 4 3 2 >large
    idx_images 4 2 2 | idx2rts >unlabelled
    features 4 4 >f
    expect_error 1 "large: record 1 'image' at offset [0-9]+: another shape than the examples before" rtshuf s large
    expect_error 1 "f: record 0 'feature' at offset [0-9]+: another shape" rtshuf s f
    expect_error 1 "unlabelled: record 1 'image' .*: some examples have labels, others do not" rtshuf s unlabelled
    expect_error 1 "s: record 1 'image' .*: some examples have labels, others do not" rtshuf unlabelled s
}

@test "rtshuf: memory does not grow with the input" {
    # 64 MB through a pipe, in 20 MiB.
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } | idx2rts |
        TMPDIR=$PWD within 20480 rtshuf --memory 8M | tail -c 128 | tr -d '\0' | grep -q end
}
