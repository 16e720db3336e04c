#!/usr/bin/env bats
# Nothing damaged passes: files cut after every byte, files with every bit turned over, one by one,
# against every program that reads them. `make check` takes a sample, `make check-all` all of them.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load fault/small

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    small_files
}

setup() {
    start_in "$BATS_FILE_TMPDIR"
    need_drivers
}

# try_damage TITLE STRIDE [OPTION...] FILE <COMMANDS: a line each; @ is the damaged file.
try_damage() {
    local title=$1 stride command text failed=0
    stride=$(every "$2")
    shift 2
    while read -r command; do
        text=
        [[ $command == @(classdump|rts2tsv|rtsinfo)* ]] && text=-t
        # shellcheck disable=SC2086 # a command with its arguments
        "$BUILD/tests/damage" -s "$stride" $text "$@" $command >>"$BATS_TEST_TMPDIR/counts" || failed=1
    done
    [[ $failed == 0 ]]
    tell "$title" "$BATS_TEST_TMPDIR/counts"
    rm "$BATS_TEST_TMPDIR/counts"
}

image_readers() {
    cat <<'END'
rts2png @
rts2png --labels @
rtsample -n 2 @
rtsample -n 2 -v
rtsample --share 40% @
rtsample --fold 2/2 @
rtsample --first 3 @
rtshuf @
rtspick -q -n 2 -j 1 @
rtspick -q -n 2 -j 1 --features @ data.rts
rtspick -q -n 1 -j 1 --method centres --labelled @ other.rts
rtspick -q -n 1 -j 1 --method facility @
rts2idx @
rtsmap --transpose @
rtsmap --rgb --crop 1 --pad 3 @
rtsmap --compact
rotgen @
augment -n 2 flip @
rotgen -r
rottrain -q -e 1 -j 1 --net d1 @
rottrain -q -e 1 -j 1 --net d1 --valid @ data.rts
rottrain -q -e 1 -j 1 --net d1 --unlabelled @ --strong flip data.rts
rottrain -q -e 1 -j 1 -m model.rts @
evalacc -j 1 -m model.rts @
evalcmp -q -j 1 -A model.rts -B model.rts @
evalpng -j 1 -m model.rts @
evalpng -j 1 -m model.rts --worst --bars @
classdump -j 1 -m model.rts -m model.rts --flip -k all @
rtslabel -q -j 1 -m model.rts --select 0.1 @
rtslabel -q -j 1 -m model.rts --balance @
rtslabel -q -j 1 -m model.rts --soft @
featdump -j 1 -m model.rts @
umap -q -e 2 -k 3 -j 1 @
knneval -q -k 1 -j 1 data.rts @
rtsspread -q -k 3 -j 1 data.rts @
rtsspread -q -k 3 -j 1 --balance @ data.rts
rtsinfo @
rtsinfo -r @
rts2tsv @
rtscomm @ other.rts
rtscomm --only-b other.rts @
END
}

model_readers() {
    cat <<'END'
evalacc -j 1 -m @ data.rts
evalcmp -q -j 1 -A model.rts -B @ data.rts
featdump -j 1 -m @ data.rts
evalpng -j 1 -m @ data.rts
classdump -j 1 -m model.rts -m @ data.rts
rtslabel -j 1 -m @ data.rts
filtdump @
headswap -c 3 @
headswap --thaw
rottrain -q -e 1 -j 1 -m @ data.rts
rtsinfo @
END
}

state_readers() {
    cat <<'END'
rottrain -q -e 1 -b 2 -j 1 --net d1 --optimizer sgd --resume @ data.rts
rtsinfo @
END
}

feature_readers() {
    cat <<'END'
umap -q -e 2 -k 3 -j 1 @
knneval -q -k 1 -j 1 @ features.rts
rtsspread -q -k 3 -j 1 --method spreading @ features.rts
rtsample -n 2 @
rtspick -q -n 2 -j 1 @
rtspick -q -n 2 -j 1 --features @ data.rts
rtsmap --unlabel @
rtshuf @
rts2idx @
rtsinfo @
rts2tsv @
END
}

@test "damage: what tries it notices a program that takes damaged files" {
    run "$BUILD/tests/damage" -s 100 -t data.rts rts2tsv @
    [[ $status == 0 ]] || fail "$output"
    run "$BUILD/tests/damage" -s 100 data.rts head -c 100 @
    [[ $status != 0 && $output == *'status is not 1'* ]] || fail "$output"
    run "$BUILD/tests/damage" -s 100 data.rts sh -c 'cat "$1"; echo "sh: so: so" >&2; exit 1' sh @
    [[ $status == 2 && $output == *'does not take the whole file'* ]] || fail "$output"
    # A whole result before the failure.
    printf '%s\n' '#!/bin/sh' 'cat data.rts' 'rtsinfo "$1" >out 2>err && exit 0' \
        'sed s/^rtsinfo/careless/ err >&2; exit 1' >careless
    chmod +x careless
    run "$BUILD/tests/damage" -s 100 data.rts ./careless @
    [[ $status != 0 && $output == *'a whole result'* ]] || fail "$output"
}

@test "damage: a data set, cut after every byte and with every bit turned over" {
    image_readers | try_damage 'image streams' 197 data.rts
}

@test "damage: a data set with soft labels" {
    printf '%s\n' 'rtsample -q -n 2 @' 'rtshuf @' 'rtsmap --transpose @' 'rotgen @' 'umap -q -e 2 -k 3 -j 1 @' \
        'rottrain -q -e 1 -j 1 --net d1 @' 'rts2idx @' 'rtsinfo @' 'rts2tsv @' |
        try_damage 'streams with soft labels' 97 soft.rts
}

@test "damage: a data set that comes through a pipe" {
    printf '%s\n' 'rtsample -n 2' 'rtsample --share 40%' 'rtsmap --compact' 'rtspick -q -n 2 -j 1' rts2idx 'rtslabel -q -j 1 -m model.rts --soft --balance' \
        'rtsspread -q -k 3 -j 1 data.rts' | try_damage 'image streams by pipe' 197 -p data.rts
}

@test "damage: a model, cut after every byte and with every bit turned over" {
    model_readers | try_damage 'models' 397 model.rts
}

@test "damage: a training state, cut after every byte and with every bit turned over" {
    state_readers | try_damage 'training states' 397 state.rts
}

@test "damage: features, cut after every byte and with every bit turned over" {
    feature_readers | try_damage 'feature streams' 197 features.rts
}

@test "damage: two streams joined, of which one is damaged" {
    cat features.rts features.rts >joined.rts
    # Cut between the two it is a whole file: bits only. The features of twice as many images suit none.
    feature_readers | grep -v -- '--features' | try_damage 'joined streams' 397 -n joined.rts
}

@test "damage: compressed streams" {
    for file in data model; do
        gzip -n -c $file.rts >$file.gz
    done
    # Some bits mean nothing, as those of the time in the header: then the result is the same.
    image_readers | try_damage 'compressed image streams' 197 -e data.gz
    model_readers | try_damage 'compressed models' 197 -e model.gz
}

@test "damage: IDX files, cut after every byte and with every bit of their headers turned over" {
    # They have no checksum: a pixel may be any byte.
    printf '%s\n' 'idx2rts @' 'idx2rts @ labels' 'idx2png @' 'idx2png @ labels' 'idx2rts' |
        try_damage 'IDX images' 7 -b 16 images
    # As signed bytes, of which the type is one bit away, these labels are negative.
    idx_labels 200 255 128 200 >high-labels
    printf '%s\n' 'idx2rts images @' 'idx2png images @' | try_damage 'IDX labels' 7 -b 8 high-labels
    for file in images labels; do
        gzip -n -c $file >$file.gz
    done
    printf '%s\n' 'idx2rts @' 'idx2png @ labels' | try_damage 'compressed IDX' 7 -e images.gz
    echo 'idx2rts images @' | try_damage 'compressed IDX' 7 -e labels.gz
}

@test "damage: CIFAR batches, cut after every byte, and compressed with every bit turned over" {
    # A pixel may be any byte, and most bits of a label make another label.
    echo 'cifar2rts @' | try_damage 'CIFAR batches' 7 -b 0 batch
    gzip -n -c batch >batch.gz
    printf '%s\n' 'cifar2rts @' 'cifar2rts' | try_damage 'compressed CIFAR batches' 97 -e batch.gz
}

@test "damage: forged streams, every bit turned over behind right checksums" {
    # What they say may be true, so a result counts; a crash, a hang or much memory does not.
    image_readers | try_damage 'forged image streams' 197 -f data.rts
    model_readers | try_damage 'forged models' 397 -f model.rts
    state_readers | try_damage 'forged training states' 397 -f state.rts
    feature_readers | try_damage 'forged feature streams' 197 -f features.rts
}

@test "damage: PNG files, cut after every byte and with every bit turned over; JPEG files, cut" {
    command -v pnmtojpeg >/dev/null || skip 'no netpbm'
    { printf 'P5\n14 9\n255\n' && noise 126; } >a.pgm
    pnmtopng -interlace a.pgm >a.png 2>/dev/null
    printf '%s\n' 'img2rts -q -j 1 @' 'img2rts -q -j 1 --rgb --size 5 @' 'img2rts -q -j 1' | try_damage 'PNG files' 7 a.png
    img2rts --version | grep -q JPEG || return 0
    # Most bits of a JPEG file that are turned over make another picture.
    for options in '' -progressive; do
        # shellcheck disable=SC2086 # an option, or none
        pnmtojpeg $options a.pgm >a.jpg 2>/dev/null
        printf '%s\n' 'img2rts -q -j 1 @' 'img2rts -q -j 1 --size 5 @' | try_damage 'JPEG files' 7 -b 0 a.jpg
    done
}
