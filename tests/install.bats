#!/usr/bin/env bats
# What make does beside building: the tarball, a build from it, installing that and taking it away.
# shellcheck disable=SC2154 # bats' own variables

load lib

# The make that runs the tests hands its options and variables down; this one is on its own.
own_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u SAN -u BUILD -u CC -u CFLAGS \
        -u CPPFLAGS -u LDFLAGS make "$@"
}

# One tarball for all tests, and in `source` what was in it, built.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    own_make -s -C "$ROOT" dist TARBALL="$PWD/dist.tar.gz"
    tar -xzf dist.tar.gz
    mv rotpipe-* source
    own_make -s -C source -j2 all build/tests/test_base
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return 1
}

# compiled ARGUMENT...: the sources that make would compile.
compiled() {
    own_make -n -C source "$@" | grep -oE '(lib|cmd|tests)/[a-z0-9_/]+\.c$' | sort -u
}

@test "install: the tarball holds the sources, and nothing that was made from them" {
    tar -tzf dist.tar.gz | sed 's,^rotpipe-[0-9.]*/,,' | sort >held
    for file in Makefile LICENSE README.md cmd/rtsinfo.c lib/rts/rts.h man/man5/rts.5 tests/run \
        tests/data/fashion-names.txt examples/fashion-mnist/Makefile .ci/run; do
        grep -qx "$file" held || fail "no $file"
    done
    run ! grep -E '^(build|\.git/)|\.o$|^examples/.*/out' held
    # A tarball that is made from a tarball holds the same.
    mkdir again
    own_make -s -C source dist TARBALL="$PWD/again/dist.tar.gz"
    tar -tzf again/dist.tar.gz | sed 's,^rotpipe-[0-9.]*/,,' | sort >again/held
    same held again/held
}

@test "install: what was built from the tarball passes tests" {
    # With nothing in the environment that points to this build.
    run env -u ROTPIPE_BUILD source/tests/run test_base rts2tsv
    [[ $status == 0 ]] || fail "$output"
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed$ ]]
}

@test "install: the last line of a test run tells what failed, and so does the status" {
    mkdir -p source/tests/unit source/build/tests
    echo '@test "x: wrong" { false; }; @test "x: skipped" { skip; }; @test "x: right" { :; }' |
        sed 's/; @/\n@/g' >source/tests/x.bats
    run env -u ROTPIPE_BUILD source/tests/run x
    rm source/tests/x.bats
    [[ $status == 1 && ${lines[-1]} == '1 passed, 1 failed, 1 skipped' ]] || fail "$output"
    [[ $output == *'not ok 1 x: wrong'* ]]
    # A unit test that dies is a failure, whatever it has printed before.
    : >source/tests/unit/test_x.c
    printf '#!/bin/sh\necho ok one\nkill -9 $$\n' >source/build/tests/test_x
    chmod +x source/build/tests/test_x
    run env -u ROTPIPE_BUILD source/tests/run test_x
    rm source/tests/unit/test_x.c source/build/tests/test_x
    [[ $status == 1 && ${lines[-1]} == '1 passed, 1 failed' ]] || fail "$output"
}

@test "install: nothing is built twice; a header builds what includes it, a flag everything" {
    own_make -q -C source all
    [[ -z $(compiled all) ]]
    touch source/lib/img/idx.h
    compiled all >changed
    grep -qx lib/img/idx.c changed
    grep -qx cmd/idx2rts.c changed
    run ! grep -E 'lib/rts|lib/base|cmd/rotgen' changed
    [[ $(compiled all CFLAGS=-O0 | wc -l) == $(find source/lib source/cmd -name '*.c' | wc -l) ]]
}

@test "install: make install puts programs and pages where it is told, make uninstall takes them away" {
    mkdir -p stage/opt/x/bin
    echo keep >stage/opt/x/bin/keep
    own_make -s -C source install DESTDIR="$PWD/stage" PREFIX=/opt/x
    for source in source/cmd/*.c source/cmd/*.sh; do
        name=$(basename "${source%.*}")
        same "stage/opt/x/bin/$name" "source/build/$name"
        quiet_success "stage/opt/x/bin/$name" --version
    done
    for page in source/man/man?/*.?; do
        same "$page" "stage/opt/x/share/man/${page#source/man/}"
    done
    [[ $(find stage -type f | wc -l) == $((1 + $(find source/cmd -name '*.c' -o -name '*.sh' | wc -l) + \
        $(find source/man -name '*.?' | wc -l))) ]]
    own_make -s -C source uninstall DESTDIR="$PWD/stage" PREFIX=/opt/x
    [[ $(find stage -type f) == stage/opt/x/bin/keep ]]
}

@test "install: INSTALL='install -s' strips the programs, and installs what cannot be stripped" {
    command -v strip >/dev/null || skip 'no strip here'
    own_make -s -C source install INSTALL='install -s' DESTDIR="$PWD/stripped" PREFIX=/usr
    (($(size_of stripped/usr/bin/rtsinfo) < $(size_of source/build/rtsinfo)))
    quiet_success stripped/usr/bin/rtsinfo --version
    same stripped/usr/bin/rotpipe-report source/build/rotpipe-report
    same stripped/usr/share/man/man1/rtsinfo.1 source/man/man1/rtsinfo.1
    [[ $(stat -c %a stripped/usr/share/man/man1/rtsinfo.1) == 644 ]]
}

@test "install: make clean leaves the sources alone" {
    own_make -s -C source clean
    (cd source && find . -type f | cut -c 3- | sort) >left
    same held left
}
