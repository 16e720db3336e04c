#!/usr/bin/env bats
# The recipe of examples/, on the sample and without any training.
# shellcheck disable=SC2030,SC2031,SC2046,SC2154 # number lists; bats' own variables

load lib

RECIPE=$ROOT/examples/fashion-mnist

# The make that runs the tests hands its options and variables down; this one is on its own.
recipe() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s \
        -C "$RECIPE" BIN="$BUILD" D=/nowhere OUT="$PWD/out-sample" \
        LABELLED=100 PRETRAIN='-q -e 0' FEW='-e 0' FINE='-e 0' "$@"
}

@test "example: the recipe makes its table, and tells that its parts share no image" {
    run --separate-stderr recipe SEEDS='1 2'
    [[ $status == 0 ]] || fail "$stderr"
    [[ $output == *'classes, everything fine-tuned '*' +- '* ]] || fail "$output"
    # In any locale they are the accuracies that evalacc has found, and the seconds of the clock.
    "$RECIPE/table" -t out-sample 2 >t
    cat out-sample/{rotations,scratch,frozen,tuned,midscratch,midfrozen,midtuned}-2.tsv |
        LC_ALL=C awk '$1 == "accuracy" { printf "%.1f %%\n", 100 * $2 }' >want
    tail -n +2 t | cut -f 4 >got
    same got want
    for file in out-sample/*.seconds; do
        [[ $(<"$file") =~ ^[0-9]+\.[0-9][0-9]$ ]] || fail "$file: $(<"$file")"
    done
    [[ $output == *'labelled/unlabelled 0, labelled/test 0,'*'unlabelled/test 0;'* ]]
    [[ $output == *'within labelled 0, unlabelled 0, test 0.'* ]]
    # A second run redoes nothing.
    run --separate-stderr recipe SEEDS='1 2'
    [[ $status == 0 && -z $stderr ]] || fail "$stderr"
    # Other settings redo what depends on them, and no more.
    run --separate-stderr recipe FEW='-e 0 -b 8'
    [[ $status == 0 && $stderr == scratch-1.rts*frozen-1.rts*tuned-1.rts*midscratch-1.rts*midfrozen-1.rts*midtuned-1.rts* ]] || fail "$stderr"
    [[ $stderr != *rotations-1.rts* && $stderr != *labelled* ]] || fail "$stderr"
    run --separate-stderr recipe FEW='-e 0 -b 8' FINE='-e 0 -b 8'
    [[ $status == 0 && $stderr == midtuned-1.rts* && $stderr != *frozen* ]] || fail "$stderr"
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

# spoiled FILE TEXT COMMAND...: with TEXT in FILE the command fails, names the file and prints nothing.
spoiled() {
    cp "$1" kept
    printf '%b' "$2" >"$1"
    run --separate-stderr "${@:3}"
    cp kept "$1"
    [[ $status == 1 && -z $output && $stderr == *"$1: no "* ]] ||
        fail "$1: '$2': status $status: $output $stderr"
}

@test "example: no table has a figure that was not measured" {
    local step seed
    mkdir f
    for seed in 1 2; do
        for step in rotations scratch frozen tuned midscratch midfrozen midtuned; do
            printf 'accuracy\t0.99994\ncorrect\t3\n' >f/$step-$seed.tsv
            echo 1.50 >f/$step-$seed.rts.seconds
        done
        for step in 1 2 3; do
            printf 'a-images\t9\na-duplicates\t%d\nb-duplicates\t%d\nshared\t%d\n' $step $((step + 3)) $((7 - seed))
        done >f/shared-$seed.tsv
    done
    "$RECIPE/table" -t f '1 2' >t
    [[ $(tail -n 1 t) == $'fine-tuned from there\t-\t-\t99.99 % +- 0.0\t1.5' ]] || fail "$(<t)"
    "$RECIPE/table" f '1 2' >t
    grep -q 'labelled/unlabelled 6, labelled/test 6,$' t
    grep -q '^unlabelled/test 6; repeated within labelled 1, unlabelled 4, test 5.$' t
    grep -qx '21.0 seconds.' t
    local bad
    for bad in 'accuracy\n' 'accuracy\t-nan\n' 'accuracy\tinf\n' 'accuracy\t0,5\n' 'accuracy\t1.5\n' \
        'accuracy\t0.5x\n' 'accuracy\t\n' 'accuracy\t-0.5\n' 'rubbish\n' \
        'accuracy\t0.5\naccuracy\t0.5\n'; do
        spoiled f/tuned-2.tsv "$bad" "$RECIPE/table" f '1 2'
    done
    for bad in '' 'x\n' '1,50\n' '1.5\n2\n' 'nan\n'; do
        spoiled f/frozen-1.rts.seconds "$bad" "$RECIPE/table" -t f '1 2'
    done
    for bad in '0 images\n' 'shared\t1\na-duplicates\t1\nb-duplicates\t1\n'; do
        spoiled f/shared-2.tsv "$bad" "$RECIPE/table" f '1 2'
    done
    sed 's/6$/-/' f/shared-1.tsv >junk
    spoiled f/shared-1.tsv "$(<junk)\n" "$RECIPE/table" f '1 2'
    # The plan of the report has no figure either.
    printf 'accuracy\t-nan\n' >f/tuned-2.tsv
    cd "$RECIPE" || return 1
    run --separate-stderr ./report "$BATS_TEST_TMPDIR/f" '1 2'
    [[ $status == 1 && -z $output && $stderr == *"tuned-2.tsv: no measurement of 'accuracy'" ]] || fail "$output $stderr"
}

@test "example: nor has one of votes, or of labels" {
    local kind metric bad
    mkdir f
    for kind in pixels rotations tuned; do
        for metric in euclidean cosine; do
            printf 'k\taccuracy\n1\t0.99999\n5\t1.0000\n20\t0.0001\n' >f/votes-$kind-$metric-1.tsv
        done
    done
    "$RECIPE/neighbours" -t f 1 >t
    [[ $(sed -n 2p t) == $'pixels, Euclidean\t99.999\t100.0\t0.01' ]] || fail "$(<t)"
    for bad in '1\t0.5\n5\t0.5\n' '1\t0.5\n5\t0.5\n20\tnan\n' '1\t0.5\n5\n20\t0.5\n' 'rubbish\n'; do
        spoiled f/votes-tuned-cosine-1.tsv "$bad" "$RECIPE/neighbours" -t f 1
        spoiled f/votes-pixels-euclidean-1.tsv "$bad" "$RECIPE/neighbours" f 1
    done
    for kind in scratch frozen tuned midscratch midfrozen midtuned; do
        printf 'accuracy\t0.5\n' | tee f/$kind-30-1.tsv >f/$kind-60-1.tsv
    done
    "$ROOT/examples/shared/labels" f '30 60' 1 <"$RECIPE/steps" >t
    [[ $(tail -n 1 t) == $'60\t50.00\t0.00\t50.00\t0.00\t50.00\t0.00\t50.00\t0.00\t50.00\t0.00\t50.00\t0.00' ]] || fail "$(<t)"
    for bad in 'accuracy\t-nan\n' 'accuracy\t0.5\naccuracy\t0.5\n' 'correct\t4\n'; do
        cp f/frozen-60-1.tsv kept
        printf '%b' "$bad" >f/frozen-60-1.tsv
        run --separate-stderr "$ROOT/examples/shared/labels" f '30 60' 1 <"$RECIPE/steps"
        [[ $status == 1 && $stderr == "labels: f/frozen-60-1.tsv: no measurement of 'accuracy'" ]] || fail "$bad: $stderr"
        cp kept f/frozen-60-1.tsv
    done
}

# On all that the sample has to learn rotations from, by a small net and for so long that it can be
# interrupted.
@test "example: an interrupted training continues with the next make, to the same bytes" {
    local pid epochs=10 model="$PWD/out-sample/rotations-1.rts" how
    ! thread_sanitized || epochs=4
    how="-q -e $epochs --net c2"
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
    [[ $(cut -f 1 out-sample/rotations-1.log | tail -n +2) == $(seq $epochs) ]]
}
