#!/usr/bin/env bats
# What surrounds the fuzz targets: a finding is told, and so is what is missing. (The targets
# themselves are run by tests/run, on the inputs that are kept, and by make fuzz.)
# shellcheck disable=SC2154 # bats' own variables

load lib

@test "fuzz: every target has seeds, and make-corpus makes them" {
    "$ROOT"/tests/fuzz/make-corpus seeds
    for target in "$ROOT"/tests/fuzz/fuzz_*.c; do
        name=${target##*/fuzz_}
        name=${name%.c}
        ls "seeds/$name"/seed-* >/dev/null || fail "no seeds for $name"
        tar -tzf "$ROOT/tests/fuzz/corpus/$name.tar.gz" | grep -q '^seed-' || fail "none committed for $name"
        run "$BUILD/tests/fuzz_$name" "seeds/$name"
        [[ $status == 0 && ${lines[-1]} =~ ^ok\ fuzz_$name:\ [0-9]+\ inputs$ ]] || fail "$output"
    done
}

@test "fuzz: an archive of the same inputs has the same bytes" {
    cp -R "$ROOT/tests/fuzz" fuzz
    fuzz/pack -x text kept
    touch kept/*
    fuzz/pack text kept
    cmp fuzz/corpus/text.tar.gz "$ROOT/tests/fuzz/corpus/text.tar.gz"
    run fuzz/pack -x nothing there
    [[ $status != 0 ]]
}

@test "fuzz: a replay of nothing fails" {
    mkdir empty
    run "$BUILD"/tests/fuzz_text empty missing
    [[ $status == 1 && ${lines[-1]} == 'not ok fuzz_text: 0 inputs' ]] || fail "$output"
}

@test "fuzz: a finding fails the replay, whose last line but one names the input" {
    mkdir inputs
    printf 'coat\n' >inputs/names
    # The target with a claim that does not hold.
    sed 's/REQUIRE(n > 0);/REQUIRE(n > 1);/' "$ROOT"/tests/fuzz/fuzz_text.c >fuzz_wrong.c
    cmp -s fuzz_wrong.c "$ROOT"/tests/fuzz/fuzz_text.c && fail 'nothing to break in fuzz_text.c'
    ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -I"$ROOT"/lib -I"$ROOT"/tests/fuzz -o fuzz_wrong \
        fuzz_wrong.c "$ROOT"/tests/fuzz/replay.c "$ROOT"/lib/{base,rts}/*.c -lz -lm -pthread
    run ./fuzz_wrong inputs
    [[ $status == 134 && $output == *'# inputs/names'* ]] || fail "$status: $output"
    [[ ${lines[-1]} == *'does not hold: n > 1'* ]] || fail "$output"
}

@test "fuzz: without clang, make fuzz says what to install" {
    run --separate-stderr "$ROOT"/tests/fuzz/run check no-such-clang
    [[ $status == 1 && -z $output ]] || fail "$output"
    [[ $stderr == *'apt-get install --install-recommends clang'* ]] || fail "$stderr"
}
