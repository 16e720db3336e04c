#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib

# line WORD...: the output has a line of these words, whatever the spaces between them.
line() {
    awk -v want="$*" '{ $1 = $1 } $0 == want { found = 1 } END { exit !found }' <<<"$output" ||
        fail "no line '$*' in:" "$output"
}

@test "rtsinfo: manners" {
    check_common rtsinfo
    expect_error 2 'option' rtsinfo --no-such-option
    expect_error 2 '-r and --history are mutually exclusive' rtsinfo -r --history
    expect_error 2 '-r and --history are mutually exclusive' rtsinfo --history -r
    stream 3 4 2 >good
    expect_error 1 'standard output: cannot write' sh -c 'rtsinfo good > /dev/full'
    expect_error 1 'standard output: cannot write' sh -c 'rtsinfo -r good good > /dev/full'
    expect_error 1 'standard output: cannot write' refuse_sigpipe rtsinfo good
}

@test "rtsinfo: a data set, chunks that are alike on one line" {
    idx_images 2500 28 28 >images
    quiet_success sh -c 'idx2rts images | rtsinfo'
    line image u1 '[1024,28,28,1]' 802816 x 2
    line image u1 '[452,28,28,1]' 354368
    line images 2500 of 28 x 28 x 1
    line unlabelled 2500
    [[ $output != *labels* && $output != *class* ]]
    line history idx2rts "$VERSION" 28x28x1
    [[ ${lines[-1]} =~ ^whole\ +5\ records\ in\ 1\ stream,\ [0-9]+\ bytes$ ]]
    [[ ${lines[-1]} == *" $(idx2rts images | wc -c) bytes" ]]
}

@test "rtsinfo: classes are counted and named" {
    idx_images 7 2 2 >images
    idx_labels 0 2 2 0 2 9 0 >labels
    quiet_success sh -c 'idx2rts images labels | rtsinfo'
    line labels 7 in 3 classes
    line class 0 3
    line class 2 3
    line class 9 1
    [[ $(grep -c '^class' <<<"$output") == 3 ]]
    # Every class that has a name, whether or not there is one of it.
    printf '%s\n' zero one two three four five six seven eight 'the last' >names
    quiet_success sh -c 'idx2rts --names names images labels | rtsinfo'
    line class 0 3 zero
    line class 1 0 one
    line class 9 1 the last
    [[ $(grep -c '^class' <<<"$output") == 10 ]]
    # Labels that are no sensible classes are counted all the same.
    { record image u1 0 2 2 1 1 1; record label u4 1 8 2; record end u1 2 0; } >zeros
    quiet_success rtsinfo zeros
    line class 0 2
}

@test "rtsinfo: data sets joined by cat are one" {
    stream 6 4 3 >a
    idx_images 5 4 4 | idx2rts >b
    idx_images 5 3 3 | idx2rts >c
    quiet_success sh -c 'cat a b | rtsinfo'
    line images 11 of 4 x 4 x 1
    line labels 6 in 3 classes
    line unlabelled 5
    line history idx2rts "$VERSION" 4x4x1 labels
    line history idx2rts "$VERSION" 4x4x1
    [[ ${lines[-1]} == *'records in 2 streams, '* ]]
    quiet_success sh -c 'cat a a c | rtsinfo'
    line images 17 of 4 x 4 x 1, others have a different shape
    [[ $(grep -c '^history  *idx2rts' <<<"$output") == 2 ]]
}

@test "rtsinfo: features" {
    features 7 5 >f
    quiet_success rtsinfo f
    line feature f4 '[7,5]' 140
    line features 7 of 5
    line unlabelled 7
}

@test "rtsinfo: a model, its parameters and what is frozen" {
    fashion train | rtsample -n 100 >few
    rotgen few | rottrain -q -e 1 -s 3 --net 'c4 r p c8 r p d6 r' >rot
    headswap -c 10 --freeze <rot >frozen
    # -q: after so short a training there are notes, which evalacc's tests check.
    quiet_success rtsinfo -q rot
    line model c4 r p c8 r p d6 r
    [[ $output =~ input\ +28\ x\ 28\ x\ 1,\ mean\ 0\.2[0-9]+,\ std\ 0\.3[0-9]+ ]]
    line layer conv1 $((4 * 9 + 4)) '[4,1,3,3]'
    line layer conv2 $((8 * 4 * 9 + 8)) '[8,4,3,3]'
    line layer dense1 $((8 * 7 * 7 * 6 + 6)) '[6,392]'
    line layer head $((6 * 4 + 4)) '[4,6]'
    line parameters $((40 + 296 + 2358 + 28))
    line class 1 - 90
    [[ $output =~ history\ +rottrain\ $VERSION.*\ -s\ 3 ]]
    [[ $output != *frozen* && $output != *unlabelled* ]]
    quiet_success rtsinfo frozen
    line layer conv1 40 '[4,1,3,3]' frozen
    line layer head $((6 * 10 + 10)) '[10,6]'
    line parameters $((40 + 296 + 2358 + 70)), $((40 + 296 + 2358)) of them frozen
    # Models stand for themselves, also in one file.
    cat rot frozen >both
    quiet_success rtsinfo -q both
    [[ $(grep -c '^model' <<<"$output") == 2 ]]
    line parameters 2722
    line parameters 2764, 2694 of them frozen
    # Data before a model go with it, what follows is apart.
    cat few rot few >both
    quiet_success rtsinfo -q both
    [[ $(grep -c '^images' <<<"$output") == 2 && $(grep -c '^parameters' <<<"$output") == 1 ]]
    [[ $(grep -E '^(images|model)' <<<"$output" | cut -d ' ' -f 1 | xargs) == 'model images images' ]]
}

@test "rtsinfo: --history prints nothing else" {
    stream 6 4 3 | rtsample -n 3 -s 5 | rotgen >s
    quiet_success rtsinfo --history s
    [[ ${#lines[@]} == 5 ]]
    [[ ${lines[0]} == 'images 6 crc32 '* && ${lines[1]} == 'labels 6 crc32 '* ]]
    [[ ${lines[2]} == "idx2rts $VERSION "* && ${lines[3]} == "rtsample $VERSION "*5* ]]
    [[ ${lines[4]} == "rotgen $VERSION" ]]
    record image u1 0 4 1 2 2 1 >none
    record end u1 1 0 >>none
    quiet_success rtsinfo --history none
    [[ -z $output ]]
}

@test "rtsinfo: --records agrees with the bytes" {
    stream 2000 28 3 >s
    stream 6 4 3 >>s
    rtsinfo -r s | awk -F '\t' '{ print $2, $6, $4, $5, $3 }' >told
    records s | awk '$5 != "end"' >there
    same told there
    rtsinfo --records s | cut -f 1 | tr '\n' ' ' >indexes
    [[ $(<indexes) == '0 1 2 3 4 5 0 1 2 3 ' ]]
}

@test "rtsinfo: records and dtypes that nobody knows" {
    {
        record future b3 0 70 5 5
        record scalar f8 1 8
        record six i2 2 128 2 2 2 2 2 2
        record image f4 3 16 1 2 2 1
        record label u1 4 3 3
        record input.shape u1 5 3 3
        record net u1 6 5 5
        record empty i8 7 0 0
        record end u1 8 0
    } >s
    quiet_success rtsinfo s
    line future b3 '[5,5]' 70
    line scalar f8 '[]' 8
    line six i2 '[2,2,2,2,2,2]' 128
    line image f4 '[1,2,2,1]' 16
    [[ ${lines[-1]} == whole*' 8 records in 1 stream, '* ]]
    [[ $output != *images* && $output != *model* && $output != *labels* ]]
    record end u1 0 0 >nothing
    quiet_success rtsinfo nothing
    line whole 0 records in 1 stream, 128 bytes
}

@test "rtsinfo: control characters never reach the terminal" {
    # A class name as a stream from anywhere may have it.
    printf 'one\033[31m\ntwo\n' >names.txt
    size=$(size_of names.txt)
    {
        printf 'rts1'
        le_bytes 0 12
        le_bytes "$size" 8
        padded_text text 4
        le_bytes 1 4
        le_bytes "$size" 8
        padded_text '' 40
        padded_text names 40
        { cat names.txt && padded_text '' $((64 - size)); } | crc
    } >header
    { cat header && crc <header && cat names.txt && padded_text '' $((64 - size)); } >s
    record end u1 1 0 >>s
    quiet_success rtsinfo s
    line class 0 - 'one?[31m'
    expect_error 1 'a.b: No such file' rtsinfo $'a\nb'
}

@test "rtsinfo: a damaged stream is told up to the damage" {
    stream 2500 28 3 >s
    at=$(records s | awk '$5 == "image" && ++n == 2 { print $1 }')
    for damage in "head -c $((at + 5000)) s" "flip s $((at + 5000))"; do
        $damage >bad
        expect_error 1 "bad: record 3 'image' at offset $at: " rtsinfo bad
        line image u1 '[1024,28,28,1]' 802816
        line images 1024 of 28 x 28 x 1
        line labels 1024 in 3 classes
        line damaged after 3 whole records
        [[ $output != *whole\ \ * ]]
    done
    # Labels of a record that is damaged do not count.
    at=$(records s | awk '$5 == "label" && ++n == 2 { print $1 }')
    flip s $((at + 4000)) >bad
    expect_error 1 "bad: record 4 'label' at offset $at: payload is damaged" rtsinfo bad
    line labels 1024 in 3 classes
    line images 2048 of 28 x 28 x 1
    head -c "$at" s >bad
    expect_error 1 "bad: cut short at offset $at: no end record" rtsinfo -r bad
    [[ ${#lines[@]} == 4 ]]
}

@test "rtsinfo: several operands, each under its heading; one that is bad hides no other" {
    stream 3 4 2 >a
    features 2 2 >b
    quiet_success rtsinfo a b
    [[ ${lines[0]} == '==> a <==' && $output == *$'\n==> b <==\n'* ]]
    [[ $(grep -c '^whole' <<<"$output") == 2 ]]
    quiet_success sh -c 'rtsinfo b - < a'
    [[ $output == *$'\n==> - <==\n'* ]]
    head -c 200 a >bad
    expect_error 1 'bad: .*cut short' rtsinfo bad b
    [[ $(grep -c '^whole' <<<"$output") == 1 ]]
    expect_error 1 'missing: No such file' rtsinfo missing b
    [[ $(grep -c '^whole' <<<"$output") == 1 ]]
    # Nor does what it told stand under the heading of the next.
    head -c $(($(size_of a) - 128)) a >bad
    expect_error 1 'bad: cut short' rtsinfo --history bad b a
    [[ $output == $'==> bad <==\n\n==> b <==\n\n==> a <==\n'"$(rtsinfo --history a)" ]]
}

@test "rtsinfo: memory does not grow with the stream" {
    stream 1024 28 10 >s
    export -f within sanitized
    export BUILD
    run --separate-stderr bash -c 'for i in {1..100}; do cat s; done |
        within 16384 rtsinfo'
    [[ $status == 0 ]] || fail "$stderr"
    line images 102400 of 28 x 28 x 1
}
