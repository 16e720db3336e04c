# Shared by the tests of the programs that work with models: `load nets` after `load lib`.
# shellcheck shell=bash

# teach FILE [OPTION...]: a small model of three classes for images of 8 x 8, and its data beside it
# in data.rts.
teach() {
    local file=$1
    shift
    [[ -e data.rts ]] || stream 24 8 3 >data.rts
    rottrain -q -e 1 --net 'c4 r p c3 r d5 r' "$@" data.rts >"$file"
}

# check_model_refusals GOOD COMMAND...: COMMAND, in which a word % stands for a model, takes the
# model GOOD and nothing that is no whole model.
check_model_refusals() {
    local good=$1 size last at
    shift
    size=$(size_of "$good")
    with_model "$good" quiet_success "$@"
    : >empty
    with_model empty expect_error 1 'empty: empty' "$@"
    echo 'hello, world: this is no stream' >text
    with_model text expect_error 1 'text: .*not an rts stream' "$@"
    with_model missing expect_error 1 'missing: No such file' "$@"
    mkdir -p folder
    with_model folder expect_error 1 'folder: is a directory' "$@"
    stream 3 8 2 >images.rts
    with_model images.rts expect_error 1 "images.rts: record 1 'image' .*: the file is a data set, but a model is needed" "$@"
    head -c $((size / 2)) "$good" >half
    with_model half expect_error 1 'half: .*cut short' "$@"
    last=$(records "$good" | tail -n 1 | cut -d ' ' -f 1)
    head -c "$last" "$good" >unended
    with_model unended expect_error 1 'unended: cut short .* no end record' "$@"
    # A bit in the header and one in the payload of a tensor.
    for at in $(records "$good" | awk '$5 == "conv1.weight" { print $1 + 20, $1 + 130 }'); do
        flip "$good" "$at" >flipped
        with_model flipped expect_error 1 'flipped: record .*damaged' "$@"
    done
    { cat "$good" && echo rubbish; } >trailed
    with_model trailed expect_error 1 'trailed: .*damaged' "$@"
    cat "$good" "$good" >two
    with_model two expect_error 1 'two: contains 2 streams, but one model is needed' "$@"
    { record conv1.bias f4 0 16 4 && record end u1 1 0; } >netless
    with_model netless expect_error 1 "netless: not a model: record 'net' is missing" "$@"
    model >bare
    with_model bare expect_error 1 "bare: record 'net': is not valid text" "$@"
}

# with_model FILE COMMAND...: runs it with FILE in the place of %.
with_model() {
    local file=$1 word words=()
    shift
    for word; do
        [[ $word == % ]] && word=$file
        words+=("$word")
    done
    "${words[@]}"
}

# tensors FILE: a line for every record but the history, with the checksum of its payload.
tensors() {
    local at size dtype shape name
    records "$1" | while read -r at size dtype shape name; do
        [[ $name == history ]] ||
            echo "$name $dtype $shape $(tail -c +$((at + 129)) "$1" | head -c "$size" | cksum)"
    done
}

# numbers FILE NAME: the payload of a record of floats, one a line.
numbers() {
    payloads "$1" "$2" | floats
}

# floats: standard input as numbers, one a line.
floats() {
    od -An -v -tf4 -w4 | tr -d ' '
}

# near FILE FILE MOST: two lists of numbers of the same length, no pair further apart.
near() {
    paste "$1" "$2" | awk -v most="$3" '
        NF != 2 || $1 - $2 > most || $2 - $1 > most { print "line " NR ": " $0; bad = 1; exit }
        END { exit bad || NR == 0 }' || fail "$1 and $2 are not near"
}

# The sets of kernels that this processor runs.
kernel_sets() {
    local set
    for set in avx512 avx2 neon plain reference; do
        [[ $(ROTPIPE_KERNELS=$set rottrain -q - </dev/null 2>&1) == *ROTPIPE_KERNELS* ]] || echo $set
    done
}
