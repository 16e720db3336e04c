#!/usr/bin/env bats
# rottrain --unlabelled, as a whole; test_consistency has its steps.

load lib
load softlabels

# Data to train on; others of them, with labels and without.
sets() {
    stream 40 8 4 >data.rts
    stream 60 8 4 | rtsmap --transpose --no-history >labelled.rts
    rtsmap --unlabel --no-history labelled.rts >others.rts
}

how=(rottrain -q --net 'c4 bn r p d8 drop0.5' -e 2 -b 16 --ratio 2 --strong 'shift1 flip' --weak flip
    --threshold 0.3 --align --average 0.9 --class-weight balanced --smooth 0.1 --no-history --unlabelled)

# Trains beside the images of a stream.
train() {
    "${how[@]}" "$@"
}

@test "unlabelled: the same model whatever labels the images have, or none" {
    local file
    sets
    train others.rts -j 1 data.rts >want
    train others.rts -j 3 data.rts | cmp - want
    rtsmap --shift 1 labelled.rts >shifted.rts
    # No class of any model, and no int.
    rtsmap --shift 5000 labelled.rts >large.rts
    rtsmap --shift 4000000000 labelled.rts >huge.rts
    printf 'k\nl\nm\nn\n' >names
    rtsmap --names names labelled.rts >named.rts
    soften labelled.rts >soft.rts
    for file in labelled shifted large huge named soft; do
        train $file.rts data.rts | cmp - want
    done
    cat others.rts large.rts | train - data.rts >joined
    cat others.rts others.rts | train - data.rts | cmp - joined
    # And it learns something from them.
    ! train data.rts data.rts | cmp -s - want || fail "the images do not count"
}

@test "unlabelled: beside soft labels; certain ones are labels" {
    sets
    soften data.rts certain >certain.rts
    soften data.rts >soft.rts
    train others.rts data.rts >want
    train others.rts certain.rts | cmp - want
    ! train others.rts soft.rts | cmp -s - want || fail "soft labels do not count"
}

@test "unlabelled: a training is continued, and rts(5) has every record of its state" {
    local name
    sets
    train others.rts data.rts >want
    # In the middle of the second epoch.
    train others.rts --save state --every 5 data.rts | cmp - want
    train others.rts --resume state data.rts | cmp - want
    expect_error 1 'state: was saved with different unlabelled data' "${how[@]}" labelled.rts --resume state data.rts
    train others.rts --save best --every 5 --keep-best --valid data.rts data.rts >want
    train others.rts --resume best --keep-best --valid data.rts data.rts | cmp - want
    for name in $(records best | awk '$5 ~ /^train\./ { print $5 }'); do
        grep -q "^\.It Cm $name\$" "$ROOT/man/man5/rts.5" || fail "$name is not in the page"
    done
}

@test "unlabelled: used wrongly" {
    local option
    sets
    for option in '--ratio 2' '--weak flip' '--strong flip' '--threshold 0.5' '--lambda 2' --align; do
        # shellcheck disable=SC2086 # an option and its argument
        expect_error 2 "${option%% *} needs --unlabelled" rottrain $option data.rts
    done
    expect_error 2 '--unlabelled needs --strong or --augment' rottrain --unlabelled others.rts data.rts
    expect_error 2 '--unlabelled and --rotate are mutually exclusive' \
        rottrain --unlabelled others.rts --strong flip --rotate one data.rts
    expect_error 2 '--unlabelled and --mixup are mutually exclusive' \
        rottrain --unlabelled others.rts --strong flip --mixup 0.2 data.rts
    expect_error 2 '--ratio 5 of -b 65536 is more than 262144 images per step' \
        rottrain --unlabelled others.rts --strong flip -b 65536 --ratio 5 data.rts
    expect_error 2 "augmentation: 'turn' at position 1: unknown" \
        rottrain --unlabelled others.rts --strong turn data.rts
    expect_error 2 "standard input can be only one of" rottrain --unlabelled - --strong flip <data.rts
    expect_error 1 'nowhere: No such file' rottrain -q --unlabelled nowhere --strong flip data.rts
}
