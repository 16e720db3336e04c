#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2046,SC2086,SC2094,SC2154,SC2238
# (cat for a pipe, $ for inner shells, lists of words, bats' own variables, short file names)

load lib

# numbered N LABEL...: a stream of 4 x 1 images that hold their own index, with these labels.
numbered() {
    local n=$1
    shift
    {
        octal 0 0 8 3
        be32 "$n" 4 1
        seq 0 $((n - 1)) | awk '{ printf "%08x\n", $1 }' | xxd -r -p
    } >numbered.images
    idx_labels "$@" >numbered.labels
    idx2rts numbered.images numbered.labels
}

# indices STREAM: the numbers of numbered images.
indices() {
    images "$1" 4 | while read -r hex; do echo $((16#$hex)); done
}

# per_class STREAM: "label count" lines.
per_class() {
    labels "$1" | sort -n | uniq -c | awk '{ print $2, $1 }'
}

@test "rtsample: manners" {
    check_common rtsample
    local one='one of -n, -k, --at-most, --share, --fold and --first is needed'
    expect_error 2 "$one" rtsample
    expect_error 2 "$one" rtsample -n 1 -k 1
    expect_error 2 "$one" rtsample --share 0.5 --at-most 1
    expect_error 2 "$one" rtsample -k 1 --share 0.5
    expect_error 2 "--at-most: '-1' is not an integer" rtsample --at-most -1
    for share in 101% 1.1 -1 '' % . .5 5. 0.1234567891 1.12345678% 1e-3 0x1 20%% '20 %' nan; do
        expect_error 2 "--share: '$share' is not a share between 0% and 100%" rtsample --share "$share"
    done
    expect_error 2 "$one" rtsample --fold 1/2 --first 3
    for fold in 0/3 4/3 1/1 3 1/ /3 1/65537 -1/3 1/3/4 '1 /3' x/3 1/x '' 00000000000000001/3; do
        expect_error 2 "--fold: '$fold' is not a part I/K, with K from 2 to 65536 and I from 1 to K" \
            rtsample --fold "$fold"
    done
    expect_error 2 "--first: 'x' is not an integer" rtsample --first x
    expect_error 2 '^rtsample: -s has no meaning with --first' rtsample -s 3 --first 2
    expect_error 2 '^rtsample: --seed has no meaning with --first' rtsample --first 2 --seed 0
    expect_error 2 "-n: 'x' is not an integer" rtsample -n x
    expect_error 2 "-k: '-1' is not an integer" rtsample -k -1
    expect_error 2 '-s: .* is not an integer between 0 and 2\^64 - 1' rtsample -k 1 -s -1
}

@test "rtsample: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rtsample -n 3
}

@test "rtsample -v: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rtsample -v -k 1
}

@test "rtsample --at-most, --share: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rtsample --at-most 1
    rm -r folder
    check_refusals good rtsample --share 50%
}

@test "rtsample --fold, --first: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rtsample --fold 2/3
    rm -r folder
    check_refusals good rtsample --first 4
}

@test "rtsample: wrong input through a pipe" {
    stream 6 5 3 >good
    for option in -n3 -vn3 --at-most=3 --share=0.3 --fold=1/2; do
        head -c 700 good >cut
        expect_error 1 'standard input: record .*cut short' sh -c "cat cut | rtsample $option"
        flip good 400 >flipped
        expect_error 1 'standard input: record .*damaged' sh -c "cat flipped | rtsample $option"
        expect_error 1 'standard input: not an rts' sh -c "cat /dev/zero | rtsample $option"
        run sh -c "cat cut | rtsample $option 2>/dev/null | wc -c"
        [[ $output == 0 ]] || fail "$output bytes"
    done
}

@test "rtsample -n: evenly over the classes, in the order of the stream" {
    numbered 40 $(cycle 40 4) >s
    rtsample -n 12 -s 7 <s >a
    [[ $(per_class a | paste -sd ' ') == '0 3 1 3 2 3 3 3' ]]
    indices a >got
    sort -nu got | cmp - got
    # Every image still has its own label.
    awk '{ print $1 % 4 }' got | cmp - <(labels a)
    payloads a history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ -n 12 -s 7$'
}

@test "rtsample -n: what does not divide evenly goes to the first classes" {
    numbered 40 $(cycle 40 4) >s
    rtsample --count 14 <s >a
    [[ $(per_class a | paste -sd ' ') == '0 4 1 4 2 3 3 3' ]]
    rtsample -n 3 <s >a
    [[ $(per_class a | paste -sd ' ') == '0 1 1 1 2 1' ]]
}

@test "rtsample -k: so many of each class, labels with gaps" {
    numbered 9 5 5 9 5 200 9 200 9 200 >s
    rtsample -k 2 <s >a
    [[ $(per_class a | paste -sd ' ') == '5 2 9 2 200 2' ]]
    rtsample --per-class 2 --seed 0 s | cmp - a
}

@test "rtsample -v: all the others; together they are the stream" {
    numbered 1000 $(cycle 1000 10) >s
    indices_of() { images "$1" 4 | paste - <(labels "$1"); }
    indices_of s >all
    for option in '-n 100' '-n 333 -s 9' '-k 1' '-k 100' '-n 0' '--at-most 7' '--at-most 0' \
        '--at-most 100' '--share 33% -s 3' '--share 0' '--share 100%' '--fold 2/7 -s 5' '--first 400' \
        '--first 0' '--first 1000'; do
        rtsample $option <s >a
        rtsample $option --invert <s >b
        indices_of a >taken
        indices_of b >left
        [[ $(wc -l <taken) -lt 1001 ]]
        sort taken left | cmp - <(sort all) || fail "$option: not the whole"
        # In order: each is what remains of the stream without the other.
        awk 'NR == FNR { seen[$0]++; next } seen[$0]-- > 0' taken all | cmp - taken
        awk 'NR == FNR { seen[$0]++; next } seen[$0]-- > 0' left all | cmp - left
    done
}

@test "rtsample: a file, a pipe and several operands give the same bytes" {
    fashion t10k >s
    for option in '-n 77' '-n 77 -v' '-k 3 -s 4' '-k 3 -s 4 --invert' '--at-most 5' '--at-most 5 -v' \
        '--share 11%' '--share 11% -v' '--fold 3/4' '--fold 1/9 -v -s 2' '--first 123' '--first 77 -v'; do
        rtsample $option s >a
        rtsample $option <s | cmp - a
        cat s | rtsample $option | cmp - a
        gzip -c s | rtsample $option - | cmp - a
        rtsample $option <(cat s) | cmp - a
    done
    stream 20 3 2 >x
    stream 30 3 3 >y
    rtsample -n 9 x y >a
    cat x y | rtsample -n 9 | cmp - a
    rtsample -n 9 x - <y | cmp - a
    cat y | rtsample -n 9 x - | cmp - a
    # Standard input is taken from where it stands, as cat does.
    { dd bs=1 count="$(size_of x)" of=skipped status=none; rtsample -n 9; } < <(cat x y) >b
    cat x y >xy
    { dd bs=1 count="$(size_of x)" of=skipped status=none; rtsample -n 9; } <xy >c
    cmp b c
    rtsample -n 9 y | cmp - b
}

@test "rtsample: the seed decides; a smaller sample lies in a larger one" {
    numbered 200 $(cycle 200 4) >s
    rtsample -n 40 -s 1 <s >a
    rtsample -n 40 -s 1 <s | cmp - a
    rtsample -n 40 -s 2 <s >b
    run ! cmp -s a b
    rtsample -n 80 -s 1 <s >c
    indices a | sort >small
    indices c | sort >large
    [[ $(comm -13 large small | wc -l) == 0 ]]
    [[ $(wc -l <large) == 80 ]]
    # Whichever option sets the number, the choice from a class is the same.
    for option in '-k 10' '--at-most 10' '--share 20%'; do
        # shellcheck disable=SC2086 # an option and its argument
        rtsample $option -s 1 <s >c
        cmp <(indices c) <(indices a)
    done
    for pair in '--at-most 3/--at-most 11' '--share 3%/--share 4%' '--share 0.1/--share 99%'; do
        # shellcheck disable=SC2086
        rtsample ${pair%/*} -s 5 s >a
        # shellcheck disable=SC2086
        rtsample ${pair#*/} -s 5 s >c
        [[ -s a && -z $(comm -23 <(indices a | sort) <(indices c | sort)) ]]
    done
}

@test "rtsample --fold: parts without common examples, each with as many of every class" {
    # Classes of 100, 7, 3 and 1 examples.
    numbered 111 $(cycle 100 1) 1 4 1 1 9 1 4 1 1 4 1 >s
    for parts in 2 3 5 10; do
        for ((i = 1; i <= parts; i++)); do
            rtsample --fold $i/$parts -s 8 s >part.$i
            indices part.$i
            [[ $parts != 5 ]] || rtsample --fold $i/$parts -s 8 -v s >others.$i
        done >all
        sort -n all | cmp - <(seq 0 110) || fail "$parts: not each once"
        # Sizes, in all and of each class, which may be none.
        for ((i = 1; i <= parts; i++)); do
            labels part.$i | awk '{ n[$1]++ } END { print 0, n[0] + 0; print 1, n[1] + 0; print 4, n[4] + 0; print 9, n[9] + 0; print "all", NR }'
        done | awk '{
                if (!($1 in low) || $2 < low[$1]) low[$1] = $2
                if ($2 > high[$1]) high[$1] = $2
            } END { for (k in low) if (high[k] - low[k] > 1) { print k, low[k], high[k]; exit 1 } }' ||
            fail "$parts: not even"
    done
    # As many parts as examples.
    numbered 9 $(cycle 9 1) >tiny
    for i in {1..9}; do
        rtsample --fold $i/9 -s 8 tiny >part
        indices part
    done | sort -n | cmp - <(seq 0 8)
    for i in 1 2 3 4 5; do
        rtsample --fold $i/5 -s 8 s >part
        sort -n <(indices part) <(indices others.$i) | cmp - <(seq 0 110)
        # In the order of the stream, each with its label.
        sort -nc <(indices part)
        paste <(indices part) <(labels part) | grep -vxFf <(paste <(indices s) <(labels s)) && fail 'labels'
    done
    payloads part history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ --fold 5/5 -s 8$'
    payloads others.5 history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ --fold 5/5 -v -s 8$'
    # The seed decides, and the parts are not the stream cut in pieces.
    rtsample --fold 5/5 -s 8 s | cmp - part
    rtsample --fold 5/5 -s 9 s >other
    run ! cmp -s part other
    expect_error 1 'too few examples: 111, but 112 are needed' rtsample --fold 1/112 s
    rtsmap --unlabel s >plain
    for i in 1 2 3 4; do
        rtsample --fold $i/4 plain >part
        indices part | tee -a got | wc -l
    done >sizes
    sort -n got | cmp - <(seq 0 110)
    [[ $(sort sizes | xargs) == '27 28 28 28' ]]
    idx_images 0 2 2 | idx2rts >none
    expect_error 1 'too few examples: 0, but 2 are needed' rtsample --fold 1/2 none
}

@test "rtsample --fold: every example is as likely to be in a part as any other" {
    # Of 40 seeds, each of 20 examples is in part 1 of 4 ten times, with a deviation of 2.7.
    numbered 20 $(cycle 20 2) >s
    for seed in {1..40}; do
        rtsample --fold 1/4 -s $seed s >a
        indices a
    done | awk '{ n[$1]++ } END { for (i = 0; i < 20; i++) if (n[i] < 2 || n[i] > 20) { print i, n[i]; exit 1 } }'
}

@test "rtsample --first: the first examples, or all after them" {
    numbered 2500 $(cycle 2500 7) >s
    for n in 0 1 1024 1025 2500; do
        quiet_success sh -c "rtsample --first $n s >a && rtsample --first $n -v s >b"
        seq 0 2499 | head -n $n | cmp - <(indices a)
        seq 0 2499 | tail -n +$((n + 1)) | cmp - <(indices b)
        cycle 2500 7 | head -n $n | cmp - <(labels a)
        cat s | TMPDIR=$PWD/none rtsample --first $n | cmp - a
    done
    payloads a history | tail -n 1 | grep -Eqx 'rtsample [0-9.]+ --first 2500'
    payloads b history | tail -n 1 | grep -Eqx 'rtsample [0-9.]+ --first 2500 -v'
    expect_error 1 'too few examples: 2500, but 2501 are needed' rtsample --first 2501 s
    expect_error 1 'too few examples: 2500, but 2501 are needed' rtsample -v --first 2501 s
    # It asks nothing of labels, nor of one shape for all.
    stream 3 2 2 >x
    idx_images 4 3 3 | idx2rts >y
    rtsample --first 5 x y >a
    [[ $(records a | grep -E ' (image|label)$' | cut -d ' ' -f 4- | xargs) == '[3,2,2,1] image [3] label [2,3,3,1] image' ]]
}

@test "rtsample: the names of files stay with their examples" {
    numbered 300 $(cycle 300 7) | with_files >s
    for option in '-n 40' '-k 3 -v' '--share 0.3' '--fold 2/3' '--fold 2/3 -v' '--first 30' '--first 30 -v'; do
        rtsample $option s >a
        indices a | sed 's/.*/set\/& x.png/' | cmp - <(payloads a file) || fail "$option"
        cat s | rtsample $option | cmp - a
    done
}

# Classes 0, 1, 2 and 5 of 50, 5, 2 and 1 images.
uneven() {
    numbered 58 $(cycle 50 1) 1 2 1 5 1 2 1 1
}

@test "rtsample --at-most: so many of each class, all of those with fewer" {
    uneven >s
    rtsample --at-most 4 s >a
    [[ $(per_class a | paste -sd ' ') == '0 4 1 4 2 2 5 1' ]]
    payloads a history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ --at-most 4 -s 0$'
    rtsample --at-most 4 -v s >a
    [[ $(per_class a | paste -sd ' ') == '0 46 1 1' ]]
    payloads a history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ --at-most 4 -v -s 0$'
    rtsample --at-most 50 s >a
    cmp <(indices a) <(indices s)
    rtsample --at-most 0 s >a
    [[ -z $(indices a) ]]
    idx_images 5 2 2 | idx2rts >unlabelled
    expect_error 1 'no labels; sampling by class needs labels' rtsample --at-most 2 unlabelled
    idx_images 0 2 2 | idx2rts | rtsample --at-most 2 >a
    [[ $(records a) == *'0 u1 [0,2,2,1] image'* ]]
}

# shares SHARE: how many of each class of s.
shares() {
    rtsample --share "$1" s >a
    cat s | rtsample --share "$1" | cmp - a
    per_class a | cut -d ' ' -f 2 | paste -sd ' '
}

@test "rtsample --share: of each class, to the nearest, halves upwards, one at least" {
    uneven >s
    [[ $(shares 20%) == '10 1 1 1' && $(shares 0.2) == '10 1 1 1' ]]
    [[ $(shares 50%) == '25 3 1 1' && $(shares 0.5) == '25 3 1 1' ]]
    [[ $(shares 49.999999%) == '25 2 1 1' && $(shares 0.49) == '25 2 1 1' ]]
    [[ $(shares 29%) == '15 1 1 1' && $(shares 28.99999%) == '14 1 1 1' ]]
    [[ $(shares 100%) == '50 5 2 1' && $(shares 1) == '50 5 2 1' && $(shares 1.000) == '50 5 2 1' ]]
    [[ $(shares 0.000000001) == '1 1 1 1' && -z $(shares 0) && -z $(shares 0.0%) ]]
    rtsample --share 12.5% -s 3 -v s >a
    [[ $(per_class a | paste -sd ' ') == '0 44 1 4 2 1' ]]
    payloads a history | tail -n 1 | grep -Eq '^rtsample [0-9.]+ --share 0.125 -v -s 3$'
    # In the history once, whether the input is read again or spooled.
    [[ $(rtsinfo --history a | grep -c rtsample) == 1 ]]
    [[ $(cat s | rtsample --share 0.5 | rtsinfo --history | grep -c rtsample) == 1 ]]
    # Without labels, of all.
    idx_images 9 2 2 | idx2rts >unlabelled
    rtsample --share 50% unlabelled >a
    rtsample --share 50% -v <unlabelled >b
    [[ $(images a 4 | wc -l) == 5 && $(images b 4 | wc -l) == 4 ]]
    idx_images 0 2 2 | idx2rts | rtsample --share 50% >a
    [[ $(records a) == *'0 u1 [0,2,2,1] image'* ]]
    stream 4 2 2 >labelled
    expect_error 1 'some examples have labels, others do not' rtsample --share 1 labelled unlabelled
}

@test "rtsample: classes with a name and no examples are passed over, with one note" {
    idx_images 8 2 2 >images
    idx_labels 0 0 0 0 2 2 0 0 >labels
    printf 'cat\ndog\nowl\n' >names
    idx2rts --names names images labels >s
    for option in '-n 4' '-k 2' '--at-most 2' '-k 2 -v' '--share 30%'; do
        for command in 'rtsample $1 s >a' 'cat s | rtsample $1 >a'; do
            run --separate-stderr sh -c "${command/\$1/$option}"
            [[ $status == 0 && $stderr == 'rtsample: 1 class has no examples and is passed over: dog' ]] ||
                fail "$stderr"
            [[ $(per_class a | paste -sd ' ') == '0 2 2 '[12] || $option == *-v ]] || fail "$(per_class a)"
        done
    done
    payloads a names | cmp - names
    # The first five are listed, the rest is an ellipsis.
    printf 'a\nb\nc\nd\ne\nf\ng\nh\n' >names
    idx2rts --names names images labels >s
    run --separate-stderr sh -c 'rtsample -k 1 s >a'
    [[ $stderr == 'rtsample: 6 classes have no examples and are passed over: b, d, e, f, g, ...' ]] ||
        fail "$stderr"
    # No note on a stream without labels, nor with -q.
    rtsmap --unlabel s >t
    quiet_success sh -c 'rtsample -n 2 t >a'
    quiet_success sh -c 'rtsample -q -n 2 s >a'
}

@test "rtsample: every example is as likely as any other" {
    # 250 classes of 10: of the first, second .. tenth example of a class, 75 each are expected,
    # with a deviation of 7. The seed is fixed.
    numbered 2500 $(cycle 2500 250) >s
    rtsample -k 3 -s 42 <s >a
    indices a | awk '{ n[int($1 / 250)]++ } END {
        for (i = 0; i < 10; i++) if (n[i] < 50 || n[i] > 100) { print i, n[i]; exit 1 }
    }'
}

@test "rtsample: a class with too few says which and how many it has" {
    idx_images 7 2 2 >images
    idx_labels 0 1 0 1 0 0 0 >labels
    printf 'cat\ndog\n' >names
    idx2rts images labels >plain
    idx2rts --names names images labels >named
    expect_error 1 'class 1: 2 examples, but 3 are needed' rtsample -k 3 plain
    expect_error 1 'class 1 \(dog\): 2 examples, but 3 are needed' rtsample -n 6 named
    quiet_success sh -c 'rtsample -n 5 named > s'
    expect_error 1 'class 1 \(dog\): 2 examples, but 3 are needed' rtsample -v -k 3 named
    run sh -c 'rtsample -k 3 plain 2>/dev/null | wc -c'
    [[ $output == 0 ]]
}

@test "rtsample: without labels, -n takes from the whole and -k is an error" {
    idx_images 50 2 2 | idx2rts >s
    rtsample -n 20 <s >a
    rtsample -n 20 -v <s >b
    [[ $(images a 4 | wc -l) == 20 && $(images b 4 | wc -l) == 30 ]]
    sort <(images a 4) <(images b 4) | cmp - <(images s 4 | sort)
    run ! grep -q label a
    expect_error 1 'no labels' rtsample -k 2 s
    expect_error 1 'too few examples: 50, but 51 are needed' rtsample -n 51 s
    stream 4 2 2 >labelled
    expect_error 1 'some examples have labels, others do not' rtsample -n 2 labelled s
}

@test "rtsample: nothing chosen is an empty chunk" {
    numbered 10 $(cycle 10 2) >s
    for source in 'rtsample -n 0 s' 'rtsample -k 5 -v s' 'cat s | rtsample -n 0' \
        'cat s | rtsample -n 10 -v'; do
        sh -c "$source" >a
        [[ $(records a | grep -E ' (image|label)$' | cut -d ' ' -f 2-) == '0 u1 [0,4,1,1] image
0 u4 [0] label' ]] || fail "$source: $(records a)"
    done
    idx_images 0 3 3 | idx2rts | rtsample -n 0 >a
    [[ $(records a) == *'0 u1 [0,3,3,1] image'* ]]
    rtsample -n 10 s >a
    indices a | cmp - <(seq 0 9)
}

@test "rtsample: feature streams, and records that it does not know" {
    features 6 3 >f
    rtsample -n 2 f >a
    [[ $(records a) == *'24 f4 [2,3] feature'* ]] || fail "$(records a)"
    { record camera u2 0 10 5; record image u1 1 12 3 2 2 1; record note u1 2 3 3; record end u1 3 0; } >s
    for option in -n1 -vn1; do
        rtsample $option s >a
        cat s | rtsample $option | cmp - a
        [[ $(records a | cut -d ' ' -f 5 | paste -sd ' ') == 'history camera image note end' ]]
        [[ $(records a) == *'10 u2 [5] camera'*'3 u1 [3] note'* ]]
    done
}

@test "rtsample: a label beyond all reason" {
    # shellcheck disable=SC2046
    { record image u1 0 1 1 1 1 1; } >s
    printf '\377\377\377\377' >label.bytes
    # A label record with a payload of its own: the header of `record`, new checksums.
    record label u4 1 4 1 | head -c 120 >head
    { cat label.bytes; head -c 60 /dev/zero; } >payload
    crc <payload >>head
    { cat s head; crc <head; cat payload; record end u1 2 0; } >t
    expect_error 1 'label 4294967295, but at most 65536 classes' rtsample -n 1 t
}

@test "rtsample: the temporary file leaves nothing behind, and is complained of" {
    stream 50 8 5 >s
    mkdir tmp
    cat s | TMPDIR=$PWD/tmp rtsample -n 5 >/dev/null
    [[ -z $(ls -A tmp) ]]
    expect_error 1 'temporary file: .*/none/rotpipe.*: No such file' \
        sh -c 'cat s | TMPDIR=$PWD/none rtsample -n 5'
    # A regular file needs none.
    TMPDIR=$PWD/none quiet_success sh -c 'rtsample -n 5 <s >a'
}

@test "rtsample: memory does not grow with the input" {
    # 64 MB, from a pipe and from a file, in 16 MiB.
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } | idx2rts >s
    cat s | within 16384 rtsample -n 1000 >a
    within 16384 rtsample -n 1000 s | cmp - a
    cat s | TMPDIR=$PWD within 16384 rtsample -n 1000 -v >b
    within 16384 rtsample -n 1000 -v s | cmp - b
    cat s | TMPDIR=$PWD within 16384 rtsample --share 1% >c
    within 16384 rtsample --share 1% s | cmp - c
}
