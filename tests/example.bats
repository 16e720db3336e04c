#!/usr/bin/env bats
# The recipe of examples/, on the sample and without any training.
# shellcheck disable=SC2046,SC2154 # number lists; bats' own variables

load lib

# The make that runs the tests hands its options and variables down; this one is on its own.
recipe() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s \
        -C "$ROOT/examples/fashion-mnist" BIN="$BUILD" D=/nowhere OUT="$PWD/out-sample" \
        LABELLED=100 PRETRAIN='-q -e 0' FEW='-e 0' "$@"
}

@test "example: the recipe makes its table, and tells that its parts share no image" {
    run --separate-stderr recipe SEEDS='1 2'
    [[ $status == 0 ]] || fail "$stderr"
    [[ $output == *'classes, everything fine-tuned '*' +- '* ]] || fail "$output"
    [[ $output == *'labelled/unlabelled 0, labelled/test 0,'*'unlabelled/test 0;'* ]]
    [[ $output == *'within labelled 0, unlabelled 0, test 0.'* ]]
    # A second run redoes nothing.
    run --separate-stderr recipe SEEDS='1 2'
    [[ $status == 0 && -z $stderr ]] || fail "$stderr"
    # Other settings redo what depends on them, and no more.
    run --separate-stderr recipe FEW='-e 0 -b 8'
    [[ $status == 0 && $stderr == *scratch-1.rts*frozen-1.rts*tuned-1.rts* ]] || fail "$stderr"
    [[ $stderr != *rotations-1.rts* && $stderr != *labelled* ]] || fail "$stderr"
    run --separate-stderr recipe FEW='-e 0 -b 8' LABELLED=50
    [[ $status == 0 && $stderr == *labelled-1.rts*rotations-1.rts* ]] || fail "$stderr"
    rtsinfo out-sample/labelled-1.rts | grep '^images  *50 '
}

@test "example: nothing is learnt where a test image is among the labelled ones, if only turned" {
    recipe "$PWD/out-sample/labelled-1.rts" "$PWD/out-sample/test.rts"
    rtsample -n 10 out-sample/labelled-1.rts | rotgen -r -s 3 >turned
    { octal 0 0 8 3 && be32 10 28 28 && payloads turned image; } >turned.idx
    mv out-sample/test.rts whole
    idx2rts turned.idx <(idx_labels $(cycle 10 10)) | cat whole - >out-sample/test.rts
    run --separate-stderr recipe
    [[ $status == 2 && -z $output ]]
    [[ $stderr == *'test.rts: 10 images are in both, at most 0 are allowed'* ]] || fail "$stderr"
    [[ ! -e out-sample/shared-1.tsv && ! -e out-sample/scratch-1.rts && ! -e out-sample/rotations-1.rts ]]
    # Whoever knows of them may go on; the table does not hide them.
    run --separate-stderr recipe SHARED=10
    [[ $status == 0 ]] || fail "$stderr"
    [[ $output == *'labelled/test 10,'*'unlabelled/test 0;'* ]] || fail "$output"
}

# On all that the sample has to learn rotations from, by a small net and for so long that it can be
# interrupted.
@test "example: an interrupted training continues with the next make, to the same bytes" {
    local pid how="-q -e 40 --net c2" model="$PWD/out-sample/rotations-1.rts"
    recipe PRETRAIN="$how" "$model"
    mv out-sample want
    recipe PRETRAIN="$how" "$PWD/out-sample/unlabelled-1.rts" "$PWD/out-sample/shared-1.tsv"
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES --default-signal=INT setsid make -s \
        -C "$ROOT/examples/fashion-mnist" BIN="$BUILD" D=/nowhere OUT="$PWD/out-sample" \
        LABELLED=100 PRETRAIN="$how" "$model" >said 2>&1 &
    pid=$!
    until_log 2 out-sample/rotations-1.log
    kill -s INT -- -$pid
    wait $pid && fail 'status 0'
    grep -q 'the state is saved, no model is written' said || fail "$(<said)"
    [[ ! -e $model && ! -e $model.part && ! -e $model.seconds ]]
    [[ -e out-sample/rotations-1.state && -e $model.before ]]
    recipe PRETRAIN="$how" "$model"
    same "$model" want/rotations-1.rts
    [[ ! -e out-sample/rotations-1.state && ! -e $model.before ]]
    [[ $(cut -f 1 out-sample/rotations-1.log | tail -n +2) == $(seq 40) ]]
}
