#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib

@test "augment: manners" {
    check_common augment
    expect_error 2 'the changes are missing, such as .shift2 flip. \(.augment help. lists them\)' augment
    expect_error 2 "the string names no changes \\('augment help' lists them\\)" augment ' '
    expect_error 2 "augmentation: 'turn' at position 6: unknown \\(use flip, shiftN, .* or greyX\\)" augment 'flip turn'
    expect_error 2 "augmentation: 'data.rts' at position 1: unknown" augment data.rts
    expect_error 2 "augmentation: 'bright1.5' at position 1: needs a number above 0, at most 1" augment bright1.5
    expect_error 2 "augmentation: 'shift' at position 1: needs an integer from 1 to 999" augment shift
    expect_error 2 "-n: '0' is not an integer between 1 and 1000000" augment -n 0 flip
    expect_error 2 "-s: 'x' is not an integer between 0 and 2\^64 - 1" augment -s x flip
    expect_error 2 "--epoch: '0' is not an integer between 1 and 1000000" augment --epoch 0 flip
}

@test "augment: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good augment flip
    features 2 3 >f.rts
    expect_error 1 "f.rts: record 0 'feature' .*images are needed" augment flip f.rts
    idx_images 2 3 4 | idx2rts >oblong
    expect_error 1 "oblong: record 1 'image' .*augmentation: 'shift3' shifts the whole image away \\(images of 3 x 4 x 1\\)" \
        augment 'flip shift3' oblong
    expect_error 1 "'hue0.1' needs colour images \\(images of 3 x 4 x 1\\)" augment hue0.1 oblong
    { octal 0 0 8 3 && be32 1 1 65536 && head -c 65536 /dev/zero; } | idx2rts >long
    expect_error 1 "'flip' needs sides of at most 65535 pixels \\(images of 1 x 65536 x 1\\)" augment flip long
}

@test "augment: help lists the changes of the manual, as rottrain's does" {
    local form about
    quiet_success augment help
    ((${#lines[@]} >= 14))
    rottrain --augment help | cmp - <(printf '%s\n' "$output")
    augment -o list help
    cmp list <(printf '%s\n' "$output")
    command -v mandoc >/dev/null || skip 'mandoc is missing'
    mandoc -T utf8 -O width=200 "$ROOT/man/man1/augment.1" | col -bx | tr -s ' \n' ' ' >page
    while read -r form about; do
        grep -qF -- " $form $about" page || fail "augment(1) does not say: $form $about"
    done <<<"$output"
}

# What is known of one image beside its pixels.
@test "augment: labels, names and files go along, with each copy" {
    stream 5 6 3 | rtsmap --names <(printf 'one\ntwo\nthree\n') | with_files >s
    augment -n 2 --original 'shift1 erase2' s >t
    [[ $(labels t) == "$(labels s | sed 'p;p')" ]]
    [[ $(payloads t file) == "$(payloads s file | sed 'p;p')" ]]
    payloads t names | cmp - <(payloads s names)
    images t 36 | awk 'NR % 3 == 1' | cmp - <(images s 36)
    # An image without label or file stays so.
    idx_images 3 6 6 | idx2rts | augment flip >u
    run ! grep -E ' (label|file)$' <(records u)
    # Numbers go on from stream to stream, whose images may have another shape.
    augment 'shift1 erase2' s >first
    augment 'shift1 erase2' s s >twice
    images twice 36 | head -n 5 | cmp - <(images first 36)
    run ! cmp -s <(images twice 36 | tail -n 5) <(images first 36)
    idx_images 2 4 5 3 | idx2rts >wide
    augment 'shift1 erase2' wide s >both
    [[ $(records both | grep image | cut -d ' ' -f 2-) == $'120 u1 [2,4,5,3] image\n180 u1 [5,6,6,1] image' ]] ||
        fail "$(records both)"
}

@test "augment: seed and epoch decide, and each copy is of the next epoch" {
    stream 20 8 3 >s
    augment 'shift2 rotate20' s >a
    augment -s 0 -n 1 --epoch 1 'shift2  rotate20 ' s | cmp - a
    augment --seed 1 'shift2 rotate20' s >b
    augment --epoch 2 'shift2 rotate20' s >c
    augment --count 3 'shift2 rotate20' s >d
    run ! cmp -s <(images a 64) <(images b 64)
    run ! cmp -s <(images a 64) <(images c 64)
    images d 64 | awk 'NR % 3 == 1' | cmp - <(images a 64)
    images d 64 | awk 'NR % 3 == 2' | cmp - <(images c 64)
    [[ $(rtsinfo --history a | tail -n 1) == "augment $VERSION 'shift2 rotate20' -s 0" ]] || fail "$(rtsinfo --history a)"
    [[ $(rtsinfo --history c | tail -n 1) == "augment $VERSION 'shift2 rotate20' -s 0 --epoch 2" ]]
    [[ $(rtsinfo --history d | tail -n 1) == "augment $VERSION 'shift2 rotate20' -n 3 -s 0" ]]
}

# A line feed in the string makes no line of its own in the history.
@test "augment: blanks of any kind part words" {
    stream 4 8 3 >s
    augment $'shift2\n\tflip' s >a
    augment 'shift2 flip' s | cmp - a
}

# Trained with a rate of zero, a model only says what it has seen.
@test "augment: what it writes is what rottrain --augment sees in that epoch" {
    local epoch changes='shift2 flip rotate15 scale0.2 erase3 bright0.3 contrast0.3 crop1 cutout2'
    stream 60 8 3 >s
    rottrain -q -e 0 --net 'c4 r p d8 r' s >m
    rottrain -q -m m -e 3 -b 60 --lr 0 -s 7 --augment "$changes" --log seen s >/dev/null
    for epoch in 1 2 3; do
        augment -s 7 --epoch $epoch "$changes" s >t
        rottrain -q -m m -e 1 -b 60 --lr 0 -s 7 --log log t >/dev/null
        [[ $(sed -n 2p log | cut -f 2,3) == "$(sed -n $((epoch + 1))p seen | cut -f 2,3)" ]] ||
            fail "epoch $epoch: $(cat log seen)"
    done
    [[ $(cut -f 2 seen | sort -u | wc -l) == 4 ]]
    # Weights that are trained on them are the same, byte by byte.
    rottrain -q -m m -e 1 -b 16 -s 7 --no-history --augment "$changes" s >want
    augment -s 7 "$changes" s | rottrain -q -m m -e 1 -b 16 -s 7 --no-history | cmp - want
    # And of images in colour.
    stream 30 8 3 3 >s
    changes='resizedcrop0.3 flip bright0.4 contrast0.4 saturation0.4 hue0.1 grey0.2'
    rottrain -q -e 0 --net 'c4 r p d8 r' s >m
    rottrain -q -m m -e 1 -b 16 -s 7 --no-history --augment "$changes" s >want
    augment -s 7 "$changes" s | rottrain -q -m m -e 1 -b 16 -s 7 --no-history | cmp - want
}
