#!/usr/bin/env bats
# A file of another kind than a program needs: it is told which kind that is, and what fits it.
# shellcheck disable=SC2154 # bats' own variables

load lib
load programs

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    idx_images 12 8 8 >images
    # shellcheck disable=SC2046
    idx_labels $(cycle 12 3) >labels
    idx2rts images labels >data.rts
    rottrain -q -e 1 --net 'c2 r p d4 r' --save state.rts data.rts >model.rts
    featdump -m model.rts data.rts >features.rts
    rts2png data.rts >photo.png
    # rottrain keeps the last state of a training, too.
    [[ -s state.rts ]]
}

setup() {
    start_in "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/* .
}

# What each program reads as its operand, and as its model.
reads() {
    case $1 in
    cifar2rts) echo cifar ;;
    filtdump | headswap) echo model ;;
    idx2png | idx2rts) echo idx ;;
    img2rts) echo pictures ;;
    rotpipe-report) echo plan ;;
    rtsinfo) echo anything ;;
    knneval | rts2idx | rts2tsv | rtsample | rtshuf | rtsmap | rtspick | rtsspread | umap) echo examples ;;
    augment | classdump | evalacc | evalcmp | evalpng | featdump | layereval | rotgen | rottrain | rts2png | rtscomm | rtslabel) echo images ;;
    *) fail "tests/kinds.bats does not know what $1 reads" ;;
    esac
}

# What a use of the program needs in front of its operand.
use() {
    command=("$1")
    case $1 in
    augment) command+=(flip) ;;
    classdump | evalacc | evalpng | featdump | rtslabel) command+=(-m model.rts) ;;
    evalcmp) command+=(-q -A model.rts -B model.rts) ;;
    knneval) command+=(-k 1 data.rts) ;;
    layereval) command+=(-m model.rts -k 1 data.rts) ;;
    rottrain) command+=(-q -e 1) ;;
    rtsample | rtspick) command+=(-n 1) ;;
    rtsmap) command+=(--unlabel) ;;
    rtscomm) command+=(data.rts) ;;
    rtsspread) command+=(-q data.rts) ;;
    esac
}

other_kind() {
    use "$1"
    case $(reads "$1") in
    cifar)
        expect_error 1 'data.rts: not a CIFAR batch: it is already an rts stream \(rtsinfo describes' "$1" data.rts
        expect_error 1 'photo.png: not a CIFAR batch: it is a PNG image; batches of the binary version' "$1" photo.png
        expect_error 1 'images: not a CIFAR batch: it is an IDX file;' "$1" --fine images
        printf '\x80\002}q\001(' >data_batch_1
        expect_error 1 'data_batch_1: not a CIFAR batch: it is a Python pickle;' "$1" data_batch_1
        mkdir folder
        tar -czf cifar.tar.gz folder
        expect_error 1 'cifar.tar.gz: not a CIFAR batch: it is a tar archive, which must be unpacked' "$1" cifar.tar.gz
        return
        ;;
    idx)
        expect_error 1 'data.rts: not an IDX file: it is already an rts stream \(rts2png' "$1" data.rts
        expect_error 1 'photo.png: not an IDX file: it is a PNG image; images must be in the IDX format \(img2rts makes' \
            "$1" photo.png
        expect_error 1 'labels: IDX of 1 dimension: images have 3 or 4 \(labels are the second' "$1" labels
        expect_error 1 'images: IDX of 3 dimensions: labels have 1 \(images are the first' "$1" images images
        return
        ;;
    pictures)
        expect_error 1 'data.rts: neither PNG nor JPEG: it is an rts stream' "$1" data.rts
        expect_error 1 'images: neither PNG nor JPEG: it is an IDX file \(idx2rts makes a' "$1" images
        return
        ;;
    plan)
        expect_error 1 'data.rts: is an rts stream, but text is needed \(rtsinfo' "$1" data.rts
        expect_error 1 'photo.png: is a PNG image, but text is needed' "$1" photo.png
        expect_error 1 'images: is an IDX file, but text is needed' "$1" images
        return
        ;;
    esac
    expect_error 1 'images: not an rts stream: it is an IDX file \(idx2rts' "${command[@]}" images
    expect_error 1 'photo.png: not an rts stream: it is a PNG image \(img2rts makes a' "${command[@]}" photo.png
    expect_error 1 'standard input: not an rts stream: it is a PNG image' "${command[@]}" - <photo.png
    case $(reads "$1") in
    model)
        expect_error 1 'data.rts: .*: the file is a data set, but a model is needed \(rottrain' "${command[@]}" data.rts
        expect_error 1 'state.rts: is a saved training state, but a model is needed \(rottrain --resume' \
            "${command[@]}" state.rts
        ;;
    images | examples)
        expect_error 1 'model.rts: .*the file is a model, but a data set is needed \(use a model with -m, or with filtdump' \
            "${command[@]}" model.rts
        expect_error 1 'state.rts: .*the file is a saved training state, but a data set is needed \(rottrain --resume' \
            "${command[@]}" state.rts
        ;;
    esac
    [[ $(reads "$1") != images ]] ||
        expect_error 1 'features.rts: .*features, but images are needed \(knneval, umap and rts2tsv' \
            "${command[@]}" features.rts
}

@test "kinds: every program says what a file is that it cannot read, and what fits" {
    each other_kind
}

@test "kinds: a model and a saved state are not each other, nor a data set" {
    local program
    for program in classdump evalacc evalpng featdump rtslabel 'layereval data.rts' rottrain; do
        # shellcheck disable=SC2086 # a program and an operand
        set -- $program
        expect_error 1 'data.rts: .*: the file is a data set, but a model is needed \(rottrain' "$@" -m data.rts data.rts
        expect_error 1 'state.rts: is a saved training state, but a model is needed \(rottrain --resume' \
            "$@" -m state.rts data.rts
        expect_error 1 'images: not an rts stream: it is an IDX file' "$@" -m images data.rts
        expect_error 1 'photo.png: not an rts stream: it is a PNG image' "$@" -m photo.png data.rts
    done
    expect_error 1 'model.rts: is a model, but a saved training state is needed \(rottrain -m' \
        rottrain -q --resume model.rts data.rts
    expect_error 1 'line 1: data.rts: is an rts stream, but a picture is needed \(rts2png' \
        rotpipe-report <(printf 'picture\tdata.rts\tseen\n')
}

@test "kinds: other formats by their first bytes, compressed too" {
    local kind bytes hint
    while IFS='|' read -r kind bytes; do
        # shellcheck disable=SC2059 # escapes make the bytes
        printf "$bytes" >file
        gzip -c file >file.gz
        for name in file file.gz; do
            expect_error 1 "$name: not an IDX file: it is $kind; images must be in the IDX" idx2rts $name
            hint='$'
            [[ $kind != 'a JPEG image' ]] || hint=' \(img2rts makes a stream from it\)$'
            expect_error 1 "$name: not an rts stream: it is $kind$hint" rtsinfo $name
        done
    done <<'END'
a JPEG image|\xff\xd8\xff\xe0\0\020JFIF
a GIF image|GIF89a
a TIFF image|II*\0\010\0\0\0
a TIFF image|MM\0*\0\0\0\010
a WebP image|RIFF\044\0\0\0WEBPVP8
a PDF document|%%PDF-1.7
an SVG image|<svg width="1">
an XML document|<?xml version="1.0"?>
an HTML page|<!DOCTYPE html><title>Not found</title>
an HTML page|<html><head>
a zip archive, which must be unpacked first|PK\003\004\024\0
a 7-Zip archive, which must be unpacked first|7z\xbc\xaf\x27\x1c\0\004
compressed by xz, and must be unpacked first|\xfd7zXZ\0\0\004
compressed by bzip2, and must be unpacked first|BZh91AY
compressed by zstd, and must be unpacked first|\x28\xb5\x2f\xfd\044
a NumPy array|\x93NUMPY\001\0
an HDF5 file|\x89HDF\r\n\x1a\n
a Parquet file|PAR1\025\004
a PNM image|P5 2 2 255\nabcd
a Python pickle|\x80\002}q\001(
END
    mkdir folder
    tar -cf archive.tar folder
    expect_error 1 'archive.tar: not an IDX file: it is a tar archive, which' idx2rts archive.tar
    # What nobody knows keeps the words that it had.
    echo 'hello, world' >text
    expect_error 1 'text: not an IDX file: magic number 68656c6c' idx2rts text
    expect_error 1 'text: not an rts stream: no record at offset 0' rtsinfo text
}
