#!/usr/bin/env bats
# Where -o leads: links, open files, terminals, long names. (Nothing here names /dev/stdout itself:
# whoever runs the tests as root would lose it if they failed.)
# shellcheck disable=SC2016,SC2086,SC2094 # options in one string; $ for inner shells
load lib

setup() {
    start_in "$BATS_TEST_TMPDIR"
    stream 6 3 2 >a.rts
    rtscomm --only-b a.rts <(stream 8 3 2) >want
}

@test "outputs: a link stays, and what it leads to is replaced" {
    mkdir far
    echo old >far/there
    chmod 640 far/there
    ln -s far/there link
    ln -s link second
    ln -s far/new dangling
    ln -s "$PWD/far/absolute" dangling2
    ln -s nowhere/new lost
    ln -s loop loop
    rtscomm --only-b -o second a.rts <(stream 8 3 2)
    [[ -L second && -L link ]]
    cmp far/there want
    [[ $(stat -c %a far/there) == 640 ]]
    rtscomm --only-b -o dangling a.rts <(stream 8 3 2)
    rtscomm --only-b -o dangling2 a.rts <(stream 8 3 2)
    [[ -L dangling && -L dangling2 ]]
    cmp far/new want
    cmp far/absolute want
    [[ $(ls far) == "$(printf 'absolute\nnew\nthere')" ]]
    expect_error 1 'lost: No such file' rtscomm --only-b -o lost a.rts a.rts
    expect_error 1 'loop: Too many levels' rtscomm --only-b -o loop a.rts a.rts
    expect_error 2 'rtscomm: -o: the name of the file is empty' rtscomm --only-b -o '' a.rts a.rts
}

@test "outputs: a path that stands for an open file is written to, and stays" {
    [[ -e /proc/self/fd/1 ]] || skip 'no /proc here'
    local train='rottrain -q -e 0 --net d1'
    ln -s /proc/self/fd/1 out
    ln -s out again
    $train a.rts >want
    $train -o again a.rts >m
    [[ -L out && -L again && ! -L m ]]
    cmp m want
    # Where the file is by then, as with >>.
    { echo first && $train -o out a.rts && echo last; } >m
    { echo first && cat want && echo last; } | cmp - m
    $train -o out a.rts | cmp - want
    ln -s /proc/self/fd/0 in
    stream 6 3 2 >b.rts
    expect_error 1 'in: Bad file descriptor' $train -o in a.rts <b.rts
    expect_error 2 "-o: 'in' is also the training data" $train -o in a.rts <a.rts
    # Another program's: opened anew.
    sleep 60 >held &
    local pid=$!
    # Until the shell has redirected it, this is the test's own output.
    until [[ $(readlink "/proc/$pid/fd/1") == */held ]]; do sleep 0.01; done
    ln -s "/proc/$pid/fd/1" theirs
    $train -o theirs a.rts
    kill $pid
    [[ -L theirs ]]
    cmp held want
}

@test "outputs: a name of 250 characters" {
    local name
    name=$(printf 'x%.0s' {1..250})
    mkdir folder
    cp a.rts folder
    (cd folder && rottrain -q -e 0 --net d1 -o "$name" a.rts)
    rottrain -q -e 0 --net d1 a.rts | cmp - "folder/$name"
    [[ $(ls folder) == "$(printf 'a.rts\n%s' "$name")" ]]
}

@test "outputs: a terminal is refused by its name, too" {
    command -v script >/dev/null || skip 'no script(1) here'
    script -qec 'rtscomm --only-b -o /dev/tty a.rts a.rts; echo status $?' /dev/null >said
    grep -q '^rtscomm: /dev/tty: is a terminal; send' said || fail "$(cat said)"
    grep -q '^status 1' said
}
