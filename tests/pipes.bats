#!/usr/bin/env bats
# When the first program of a pipe fails, the last one does: without pipefail, for every pair of
# programs that stand side by side in the workflow.
# shellcheck disable=SC2046,SC2154 # labels, a word each; bats' own variables

load lib
load nets

# Whole inputs: images, their IDX files, a model, features.
whole() {
    idx_images 40 8 8 >images
    idx_labels $(cycle 40 3) >labels
    idx2rts images labels >data.rts
    teach model.rts
    featdump -m model.rts data.rts >features.rts
    umap -q -e 2 -k 3 features.rts >layout.rts
    cp data.rts whole.rts
    rts2png --border 0 --columns 5 data.rts >photo.png
}

# pair PRODUCER CONSUMER INPUT...: succeeds with the inputs as they are; with one of them cut
# anywhere both programs complain, the pipe's status is 1, and what was written is not whole.
pair() {
    local producer=$1 consumer=$2 input size at got where
    shift 2
    eval "$producer | $consumer" >good 2>said || fail "$producer | $consumer" "$(<said)"
    for input; do
        mv "$input" "whole-$input"
        size=$(size_of "whole-$input")
        for at in 0 1 $((size / 3)) $((size - 129)) $((size - 128)) $((size - 1)); do
            ((at >= 0)) || continue
            where="$producer | $consumer: $input cut at $at"
            head -c "$at" "whole-$input" >"$input"
            got=0
            eval "$producer | $consumer" >result 2>said || got=$?
            [[ $got == 1 ]] || fail "$where: status $got"
            grep -q "^${producer%% *}: " said || fail "$where: ${producer%% *} is silent: $(<said)"
            grep -q "^${consumer%% *}: " said || fail "$where: ${consumer%% *} is silent: $(<said)"
            ! cmp -s good result || fail "$where: the same result"
            ! rtsinfo result >info 2>&1 || fail "$where: a whole result"
        done
        mv "whole-$input" "$input"
    done
}

@test "pipes: from the data set's files on" {
    whole
    pair 'idx2rts images labels' rtsample\ -n\ 6 images labels
    pair 'idx2rts images labels' 'rtspick -q -n 6' images labels
    pair 'idx2rts images labels' rotgen images labels
    pair 'img2rts --size 8 photo.png' rotgen photo.png
    { octal 1 && noise 3072; } >batch.bin
    pair 'cifar2rts batch.bin' rotgen batch.bin
    pair 'idx2rts images labels' 'rottrain -q -e 1 --net c2' images labels
    pair 'idx2rts images labels' 'evalacc -m model.rts' images labels
    pair 'idx2rts images labels' 'evalcmp -q -A model.rts -B model.rts' images labels
    pair 'idx2rts images labels' 'evalpng -m model.rts' images labels
    pair 'idx2rts images labels' 'classdump -m model.rts' images labels
    pair 'idx2rts images labels' 'rtslabel -m model.rts' images labels
    pair 'idx2rts images labels' 'rtslabel -q -m model.rts --balance' images labels
    pair 'idx2rts images labels' 'featdump -m model.rts' images labels
    pair 'idx2rts images labels' 'umap -q -e 2' images labels
    pair 'idx2rts images labels' 'knneval -q -k 1 data.rts' images labels
    pair 'idx2rts images labels' 'rtsspread -q -k 3 data.rts' images labels
    pair 'idx2rts images labels' 'rtsspread -q -k 3 - data.rts' images labels
    pair 'idx2rts images labels' rts2png images labels
    pair 'idx2rts images labels' rts2tsv images labels
    pair 'idx2rts images labels' rtsinfo images labels
    pair 'idx2rts images labels' 'rtscomm data.rts' images labels
    pair 'idx2rts images labels' 'rtscomm --disjoint=99 - data.rts' images labels
}

@test "pipes: from samples and rotations on" {
    whole
    local consumer
    for consumer in 'rtsample -n 3' 'rtsmap --transpose' rtshuf rotgen 'augment flip' 'rottrain -q -e 1 --net c2' 'evalacc -m model.rts' \
        'evalpng -m model.rts' 'featdump -m model.rts' 'umap -q -e 2 -k 3' \
        'knneval -q -k 1 - whole.rts' rts2idx rts2png rts2tsv rtsinfo; do
        pair 'rtsample -n 6 data.rts' "$consumer" data.rts
        pair 'rtsample -v -n 6 data.rts' "$consumer" data.rts
        pair 'rtsmap --compact data.rts' "$consumer" data.rts
        pair 'rtshuf data.rts' "$consumer" data.rts
        pair 'rtspick -q -n 6 data.rts' "$consumer" data.rts
    done
    cp data.rts other.rts
    for consumer in rotgen 'rottrain -q -e 1 --net c2' 'umap -q -e 2' rtsinfo; do
        pair 'rtscomm --both data.rts other.rts' "$consumer" data.rts
        pair 'rtscomm --both other.rts data.rts' "$consumer" data.rts
        pair 'augment -n 2 flip data.rts' "$consumer" data.rts
    done
    rotgen data.rts | rottrain -q -e 1 --net c2 >rotations.rts
    for consumer in 'rtsample -n 4' rotgen 'rottrain -q -e 1 --net c2' \
        'evalacc -m rotations.rts' 'evalpng -m rotations.rts' 'featdump -m model.rts' \
        'umap -q -e 2' 'knneval -q -k 1 - whole.rts' rts2png rts2tsv rtsinfo; do
        pair 'rotgen data.rts' "$consumer" data.rts
    done
}

@test "pipes: from models and features on" {
    whole
    local consumer
    cp model.rts whole-model
    for consumer in 'rottrain -q -e 1 -m - data2.rts' 'evalacc -m - data2.rts' \
        'evalcmp -q -A whole-model -B - data2.rts' \
        'evalpng -m - data2.rts' 'classdump -m - data2.rts' 'rtslabel -m - data2.rts' \
        'featdump -m - data2.rts' headswap filtdump rtsinfo; do
        cp data.rts data2.rts
        pair 'headswap --freeze model.rts' "$consumer" model.rts
        pair 'rottrain -q -e 1 -m model.rts data.rts' "$consumer" model.rts data.rts
    done
    pair 'featdump -m model.rts data.rts' rts2tsv model.rts data.rts
    for consumer in rotgen 'rottrain -q -e 1 --net c2' 'evalacc -m whole-model' \
        'evalcmp -q -A whole-model -B whole-model' rtsinfo; do
        pair 'rtslabel -m model.rts data.rts' "$consumer" model.rts data.rts
        pair 'rtslabel -q -m model.rts --select 0.1 --balance data.rts' "$consumer" model.rts data.rts
    done
    for consumer in rotgen 'rottrain -q -e 1 --net c2' 'evalacc -m whole-model' rtsinfo; do
        cp data.rts other.rts
        pair 'rtsspread -q -k 3 other.rts data.rts' "$consumer" data.rts
        pair 'rtsspread -q -k 3 --balance data.rts other.rts' "$consumer" data.rts
    done
    pair 'filtdump model.rts' rts2png model.rts
    pair 'featdump -m model.rts data.rts' 'rtsample -n 3' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'rtspick -q -n 3' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'rtspick -q -n 3 --features - whole.rts' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'umap -q -e 2' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'knneval -q -k 1 features.rts' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'knneval -q -k 1 - features.rts' model.rts data.rts
    pair 'featdump -m model.rts data.rts' 'rtsspread -q -k 3 features.rts' model.rts data.rts
    pair 'featdump -m model.rts data.rts' rtsinfo model.rts data.rts
    for consumer in rts2tsv rtsinfo 'rtsample -n 3' 'knneval -q -k 1 layout.rts' 'umap -q -e 2'; do
        pair 'umap -q -e 2 -k 3 features.rts' "$consumer" features.rts
    done
}

# cut_behind_records FILE CONSUMER...: each consumer refuses FILE cut behind any of its records.
cut_behind_records() {
    local file=$1 consumer at got n=0
    shift
    for consumer; do
        for at in $(records "$file" | cut -d ' ' -f 1); do
            got=0
            eval "head -c $at $file | $consumer" >result 2>said || got=$?
            ((got == 1)) || fail "$consumer: $file cut at $at: status $got"
            n=$((n + 1))
        done
    done
    ((n > 25))
}

# A program that is killed leaves a stream cut anywhere, between records too.
@test "pipes: a stream cut behind any of its records is no stream to any program" {
    whole
    cp data.rts other.rts
    cut_behind_records data.rts 'rtscomm other.rts' 'rtscomm --only-a - other.rts' 'rtsample -n 6' 'rtsample -v -n 6' 'rtsmap --unlabel' rtshuf 'rtspick -q -n 6' rts2idx rotgen 'augment -n 2 flip' \
        'rottrain -q -e 1 --net c2' 'evalacc -m model.rts' 'evalcmp -q -A model.rts -B model.rts' \
        'featdump -m model.rts' rts2png \
        'evalpng -m model.rts' 'classdump -m model.rts' 'rtslabel -q -m model.rts' \
        'rtslabel -q -m model.rts --balance' 'umap -q -e 1' 'knneval -q -k 1 other.rts' rts2tsv rtsinfo \
        'rtsspread -q -k 3 other.rts' 'rtsspread -q -k 3 --balance - other.rts'
    cut_behind_records model.rts headswap 'rottrain -q -e 1 -m - data.rts' \
        'evalacc -m - data.rts' 'evalcmp -q -A model.rts -B - data.rts' 'evalpng -m - data.rts' 'classdump -m - data.rts' \
        'rtslabel -m - data.rts' 'featdump -m - data.rts' filtdump rtsinfo
}
