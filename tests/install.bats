#!/usr/bin/env bats
# What make does beside building: the tarball, a build from it, installing that and taking it away.
# shellcheck disable=SC2154 # bats' own variables

load lib

# The make that runs the tests hands its options and variables down; this one is on its own.
own_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u SAN -u BUILD -u CC -u CFLAGS \
        -u CPPFLAGS -u LDFLAGS make "$@"
}

# One tarball for all tests, and in `my source` what was in it, built: all of this holds in a folder
# whose name has a blank.
setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    own_make -s -C "$ROOT" dist TARBALL="$PWD/dist.tar.gz"
    tar -xzf dist.tar.gz
    mv rotpipe-* 'my source'
    # That all of it compiles and runs shows without the optimizer, which takes most of the time: the
    # record of the flags says that it had been on.
    own_make -s -C 'my source' build/flags
    cp -p 'my source/build/flags' flags
    own_make -s -C 'my source' -j2 CFLAGS='-O0 -g' KERNEL_FLAGS='-O0 -ffp-contract=off -Wno-psabi' \
        all build/tests/test_base
    cp -p flags 'my source/build/flags'
}

setup() {
    start_in "$BATS_FILE_TMPDIR"
}

# record EDIT: changes by sed the record of the flags that `my source` was built with, as if it had
# been built so at the time.
record() {
    cp -p 'my source/build/flags' flags
    sed -i "$1" 'my source/build/flags'
    touch -r flags 'my source/build/flags'
}

# compiled ARGUMENT...: the sources that make would compile.
compiled() {
    own_make -n -C 'my source' "$@" | grep -oE '(lib|cmd|tests)/[a-z0-9_/]+\.c$' | sort -u
}

@test "install: the tarball holds the sources, and nothing that was made from them" {
    tar -tzf dist.tar.gz | sed 's,^rotpipe-[0-9.]*/,,' | sort >held
    for file in Makefile LICENSE README.md cmd/rtsinfo.c lib/rts/header.h man/man5/rts.5 tests/run \
        tests/data/fashion-names.txt examples/fashion-mnist/Makefile .ci/run; do
        grep -qx "$file" held || fail "no $file"
    done
    run ! grep -E '^(build|\.git/)|\.o$|^examples/.*/out' held
    # A tarball that is made from a tarball holds the same.
    mkdir again
    own_make -s -C 'my source' dist TARBALL="$PWD/again/dist.tar.gz"
    tar -tzf again/dist.tar.gz | sed 's,^rotpipe-[0-9.]*/,,' | sort >again/held
    same held again/held
}

@test "install: what was built from the tarball passes tests" {
    # With nothing in the environment that points to this build.
    run env -u ROTPIPE_BUILD 'my source'/tests/run test_base rts2tsv
    [[ $status == 0 ]] || fail "$output"
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed$ ]]
}

@test "install: the last line of a test run tells what failed, and so does the status" {
    mkdir -p 'my source'/tests/unit 'my source'/build/tests
    echo '@test "x: wrong" { false; }; @test "x: skipped" { skip; }; @test "x: right" { :; }' |
        sed 's/; @/\n@/g' >'my source'/tests/x.bats
    run env -u ROTPIPE_BUILD 'my source'/tests/run x
    rm 'my source'/tests/x.bats
    [[ $status == 1 && ${lines[-1]} == '1 passed, 1 failed, 1 skipped' ]] || fail "$output"
    [[ $output == *'not ok 1 x: wrong'* ]]
    # A unit test that dies is a failure, whatever it has printed before.
    : >'my source'/tests/unit/test_x.c
    printf '#!/bin/sh\necho ok one\nkill -9 $$\n' >'my source'/build/tests/test_x
    chmod +x 'my source'/build/tests/test_x
    run env -u ROTPIPE_BUILD 'my source'/tests/run test_x
    rm 'my source'/tests/unit/test_x.c 'my source'/build/tests/test_x
    [[ $status == 1 && ${lines[-1]} == '1 passed, 1 failed' ]] || fail "$output"
}

@test "install: nothing is built twice; a header builds what includes it, a flag everything" {
    own_make -q -C 'my source' all
    [[ -z $(compiled all) ]]
    touch 'my source'/lib/import/idx.h
    compiled all >changed
    grep -qx lib/import/idx.c changed
    grep -qx cmd/idx2rts.c changed
    run ! grep -E 'lib/rts|lib/base|cmd/rotgen' changed
    [[ $(compiled all CFLAGS=-O0 | wc -l) == $(find 'my source/lib' 'my source/cmd' -name '*.c' | wc -l) ]]
}

@test "install: make install puts programs and pages where it is told, make uninstall takes them away" {
    mkdir -p 'my stage/opt/x y/bin'
    echo keep >'my stage/opt/x y/bin/keep'
    echo keep >my
    own_make -s -C 'my source' install DESTDIR="$PWD/my stage" PREFIX='/opt/x y'
    for source in 'my source'/cmd/*.c 'my source'/cmd/*.sh; do
        name=$(basename "${source%.*}")
        same "my stage/opt/x y/bin/$name" "my source/build/$name"
        quiet_success "my stage/opt/x y/bin/$name" --version
    done
    for page in 'my source'/man/man?/*.?; do
        same "$page" "my stage/opt/x y/share/man/${page#*/man/}"
    done
    [[ $(find 'my stage' -type f | wc -l) == $((1 + \
        $(find 'my source/cmd' -name '*.c' -o -name '*.sh' | wc -l) + \
        $(find 'my source/man' -name '*.?' | wc -l))) ]]
    own_make -s -C 'my source' uninstall DESTDIR="$PWD/my stage" PREFIX='/opt/x y'
    [[ $(find 'my stage' -type f) == 'my stage/opt/x y/bin/keep' ]]
    # Nothing has come into the sources, and what only shares a word with the folder is left alone.
    [[ -e my && ! -e 'my source/stage' ]]
}

@test "install: a folder for the build whose name make cannot handle is refused" {
    run own_make -C 'my source' all BUILD='my build'
    [[ $status == 2 && $output == *"BUILD: 'my build' has a blank in it"* ]] || fail "$output"
    run own_make -C 'my source' all BUILD=
    [[ $status == 2 && $output == *'BUILD: the name of a folder is needed'* ]] || fail "$output"
    run own_make -C 'my source/examples/fashion-mnist' D='my data'
    [[ $status == 2 && $output == *"D: 'my data' has a blank in it"* ]] || fail "$output"
    [[ ! -e 'my source/my' && ! -e 'my source/my build' && ! -e 'my source/examples/fashion-mnist/my' ]]
}

@test "install: make install installs what was built, or says what differs" {
    # As if the build had had other flags: with those, nothing is left to do, and make install does
    # nothing else.
    record 's/^CFLAGS=.*/CFLAGS=-O1/; s/^all=\(.*\) -O2 -g /all=\1 -O1 /'
    grep -q '^all=.* -O1 ' 'my source/build/flags'
    own_make -q -C 'my source' all CFLAGS=-O1
    [[ -z $(compiled install DESTDIR="$PWD/other") ]]
    run own_make -C 'my source' install DESTDIR="$PWD/other" CFLAGS=-O3
    [[ $status == 2 && $output == *"build/ was built with CFLAGS='-O1', not '-O3'"* ]] || fail "$output"
    [[ ! -e other ]]
    # Without a word of install, make builds by its own defaults, as ever.
    [[ -n $(compiled all) ]]
    record 's/^CFLAGS=.*/CFLAGS=-O2 -g/; s/^all=\(.*\) -O1 /all=\1 -O2 -g /'
    own_make -q -C 'my source' all
}

@test "install: warnings are errors in make check alone, and what it has built serves make, too" {
    run own_make -n -B -C 'my source' all
    [[ $output == *-Wextra* && $output != *-Werror* ]]
    # (-n runs the make in the make, and nothing else.)
    run own_make -n -C 'my source' check BUILD=other
    [[ $output == *' -Werror '* ]]
    run own_make -n -C 'my source' check BUILD=other WERROR=
    [[ $output == *-Wextra* && $output != *-Werror* ]]
    record 's/^all=.*/& -Werror/'
    [[ -z $(compiled all) && -z $(compiled all WERROR=1) ]]
    record 's/ -Werror$//'
    [[ -z $(compiled all) && -n $(compiled all WERROR=1) ]]
}

@test "install: an older make, another make and a processor of 32 bits are refused with one line" {
    # The version is a variable like others.
    run own_make --no-print-directory -C 'my source' all MAKE_VERSION=3.81
    [[ $status == 2 && ${#lines[@]} == 1 && $output == *'needs GNU make 4.0 or newer: this is 3.81'* ]] ||
        fail "$output"
    run own_make -C 'my source' -s all BUILD=narrow CC='cc -U__LP64__'
    [[ $status == 2 && $output == *"rotpipe needs a 64-bit little-endian processor"* ]] || fail "$output"
    [[ $(grep -vc 'make: ' <<<"$output") == 1 && ! -e 'my source/narrow' ]] || fail "$output"
    command -v bmake >/dev/null || skip 'bmake is missing'
    run env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL bmake -C 'my source' all
    [[ $status != 0 && ${lines[0]} == *'This Makefile needs GNU make 4.0 or newer'* ]] || fail "$output"
}

@test "install: a list of files that git does not give is no tarball without them" {
    command -v git >/dev/null || skip 'git is missing'
    cp -R 'my source' tracked
    (cd tracked && git init -q && git add Makefile 'cmd/rtsinfo.c')
    own_make -s -C tracked dist TARBALL="$PWD/tracked.tar.gz"
    tar -tzf tracked.tar.gz >listed
    [[ $(sed 's,^rotpipe-[0-9.]*/,,' listed) == $'Makefile\ncmd/rtsinfo.c' ]]
    # Whose folder it is, git takes from this variable in its own tests.
    run env GIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL=/dev/null \
        bash -c "$(declare -f own_make); own_make -C tracked dist TARBALL=../none.tar.gz"
    [[ $status == 2 && $output == *dubious* ]] || fail "$output"
    # A file that is tracked and not there.
    rm tracked/cmd/rtsinfo.c
    run own_make -C tracked dist TARBALL=../none.tar.gz
    [[ $status == 2 && $output == *rtsinfo.c* ]] || fail "$output"
    # Nothing tracked.
    (cd tracked && git rm -q -r --cached .)
    run own_make -C tracked dist TARBALL=../none.tar.gz
    [[ $status == 2 && $output == *'git tracks no files here'* ]] || fail "$output"
    run ! compgen -G 'none.tar.gz*'
}

@test "install: INSTALL='install -s' strips the programs, and installs what cannot be stripped" {
    command -v strip >/dev/null || skip 'no strip here'
    own_make -s -C 'my source' install INSTALL='install -s' DESTDIR="$PWD/stripped" PREFIX=/usr
    (($(size_of stripped/usr/bin/rtsinfo) < $(size_of 'my source/build/rtsinfo')))
    quiet_success stripped/usr/bin/rtsinfo --version
    same stripped/usr/bin/rotpipe-report 'my source/build/rotpipe-report'
    same stripped/usr/share/man/man1/rtsinfo.1 'my source/man/man1/rtsinfo.1'
    [[ $(stat -c %a stripped/usr/share/man/man1/rtsinfo.1) == 644 ]]
}

@test "install: make clean leaves the sources alone" {
    own_make -s -C 'my source' clean
    (cd 'my source' && find . -type f | cut -c 3- | sort) >left
    same held left
}
