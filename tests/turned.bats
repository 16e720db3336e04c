#!/usr/bin/env bats
# rottrain --lambda-rotation, as a whole; test_turned has its steps.

load lib

# Data to train on, and others without labels.
sets() {
    stream 40 8 4 >data.rts
    stream 60 8 4 | rtsmap --transpose --unlabel --no-history >others.rts
}

how=(rottrain -q --net 'c4 bn r p d8 drop0.5' -e 2 -b 16 --ratio 2 --strong 'shift1 flip' --weak flip
    --threshold 0.3 --align --average 0.9 --clip 1 --decay weights --lr-scale head=2 --class-weight balanced
    --no-history --unlabelled others.rts)

# Trains beside the images without labels.
train() {
    "${how[@]}" "$@" data.rts
}

# What a model consists of, without its history.
form() {
    rtsinfo -r "$1" | awk -F '\t' '{ print $3, $4, $5 }'
}

@test "rotation: the model is of the same form, whatever -j is; and one that others load" {
    sets
    train --log plain.tsv >plain
    train --lambda-rotation 0 | cmp - plain
    train --lambda-rotation 0.5 -j 1 --log log.tsv >want
    train --lambda-rotation 0.5 -j 3 | cmp - want
    ! cmp -s plain want || fail "the rotations do not count"
    cmp <(form plain) <(form want)
    [[ $(cut -f 11 log.tsv plain.tsv | tr '\n' ' ') =~ ^rotation\ 0\.[0-9]+\ 0\.[0-9]+\ rotation\ -\ -\ $ ]] ||
        fail "$(cut -f 11 log.tsv plain.tsv)"
    evalacc -m want data.rts | grep -q accuracy
    # It is started from, and its head swapped, as any other.
    rottrain -q -e 1 -m want --no-history data.rts >again
    cmp <(form again) <(form plain)
    headswap -c 3 --freeze <want >frozen
    rottrain -q -e 1 -m frozen --unlabelled others.rts --lambda 0 --lambda-rotation 1 <(stream 30 8 3) >tuned
    [[ $(rtsinfo tuned) == *frozen* ]]
}

@test "rotation: alone no image is classified, and none need change" {
    local alone=(rottrain -q --net 'c4 r p' -e 2 -b 16 --no-history --unlabelled others.rts --lambda 0 --lambda-rotation 1)
    sets
    "${alone[@]}" --log log.tsv data.rts >want
    "${alone[@]}" --threshold 0 --weak flip --align data.rts | cmp - want
    "${alone[@]}" --augment '' data.rts | cmp - want
    ! "${alone[@]}" --strong flip data.rts | cmp -s - want || fail "--strong does not count"
    [[ $(tail -n 1 log.tsv | cut -f 9-11) =~ ^-$'\t'-$'\t'0\.[0-9]+$ ]]
}

@test "rotation: a training is continued, and stopped, kept or averaged the model has no more outputs" {
    sets
    train --lambda-rotation 0.5 >want
    # In the middle of the second epoch.
    train --lambda-rotation 0.5 --save state --every 5 | cmp - want
    rtsinfo -r state | grep -q $'\thead.weight.exp_avg\tf4\t.8,8'
    rtsinfo -r state | grep -q $'\ttrain.rotation\t'
    train --lambda-rotation 0.5 --resume state --log log.tsv | cmp - want
    expect_error 1 "'--lambda-rotation 0.5' in the file, '--lambda-rotation 0.6' now" \
        "${how[@]}" --lambda-rotation 0.6 --resume state data.rts
    expect_error 1 "was saved with different settings" "${how[@]}" --resume state data.rts
    train --lambda-rotation 0.5 --save best --every 5 --keep-best --valid data.rts >kept
    cmp <(form kept) <(form want)
    train --lambda-rotation 0.5 --resume best --keep-best --valid data.rts | cmp - kept
    rtsinfo -r best | grep -q $'\ttrain.rotation\t'
    grep -q '^\.It Cm train.rotation$' "$ROOT/man/man5/rts.5"
}

@test "rotation: used wrongly" {
    sets
    expect_error 2 '--lambda-rotation needs --unlabelled' rottrain --lambda-rotation 1 data.rts
    expect_error 2 '--unlabelled needs --strong or --augment' rottrain --unlabelled others.rts --lambda-rotation 1 data.rts
    expect_error 2 '--unlabelled needs --strong or --augment' rottrain --unlabelled others.rts --lambda 0 data.rts
    expect_error 2 '--lambda-rotation' rottrain --unlabelled others.rts --strong flip --lambda-rotation -1 data.rts
    rtsmap --crop 6x8 data.rts >wide.rts
    expect_error 1 'images of .* are not square, so they cannot be rotated' \
        rottrain -q --unlabelled wide.rts --lambda 0 --lambda-rotation 1 wide.rts
    expect_error 1 '997 classes and 4 outputs beside them, but at most 1000 are possible' \
        rottrain -q -c 997 --net d1 --unlabelled others.rts --lambda 0 --lambda-rotation 1 data.rts
}
