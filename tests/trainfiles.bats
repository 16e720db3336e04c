#!/usr/bin/env bats
# What rottrain reads and writes at once: nothing of it is lost.
# shellcheck disable=SC2086,SC2016,SC2094 # options in one string; $ for inner shells
load lib

# refuses REGEX OPTION...: status 2, and every file is as it was.
refuses() {
    local regex=$1
    shift
    sha256sum ./*.rts >before
    expect_error 2 "$regex" rottrain -q -e 1 --net d1 "$@"
    sha256sum --quiet -c before || fail "$*: a file has changed" || return 1
    [[ ! -e new && ! -e other ]] || fail "$*: a file is there"
}

@test "trainfiles: -o, --save, --state and --log never take the place of what is read" {
    local option
    stream 12 4 2 >d.rts
    cp d.rts v.rts
    rottrain -q -e 0 --net d1 d.rts >base.rts
    ln -s d.rts link.rts
    ln d.rts hard.rts
    refuses "-o: 'd.rts' is also the training data" -o d.rts d.rts
    refuses "-o: 'link.rts' is also the training data" -o link.rts v.rts d.rts
    refuses "-o: 'hard.rts' is also the training data" -o hard.rts <d.rts
    refuses "-o: 'v.rts' is also the data of --valid" -o v.rts --valid v.rts d.rts
    refuses "-o: 'v.rts' is also the data of --unlabelled" -o v.rts --unlabelled v.rts --strong flip d.rts
    refuses "-o: 'base.rts' is also the model of -m" -o base.rts d.rts -m base.rts
    for option in --save --state --log; do
        refuses "$option: 'd.rts' is also the training data" $option d.rts -o new d.rts
        refuses "'./d.rts' is also the training data" $option ./d.rts -o new v.rts d.rts
        refuses "'link.rts' is also the training data" $option link.rts -o new d.rts
        refuses "'hard.rts' is also the training data" $option hard.rts -o new d.rts
        refuses "'d.rts' is also the training data" $option d.rts -o new <d.rts
        refuses "'d.rts' is also the training data" $option d.rts -o new v.rts - <d.rts
        refuses "'v.rts' is also the data of --valid" $option v.rts --valid v.rts -o new d.rts
        sha256sum base.rts >kept
        expect_error 2 "'base.rts' is also the model of -m" rottrain -q -m base.rts $option base.rts d.rts
        sha256sum --quiet -c kept
        expect_error 2 "'base.rts' is also the model of -m" rottrain -q $option base.rts d.rts -m - <base.rts
        sha256sum --quiet -c kept
        refuses "'d.rts' is also (the output|the state of --state)" $option d.rts -o d.rts v.rts
        refuses "$option: '-' is not a file name" $option - -o new d.rts
        refuses "$option: '' is not a file name" $option '' -o new d.rts
    done
    rottrain -q -e 1 --net d1 --save state.rts d.rts >m.rts
    refuses "'state.rts' is also the state of --resume" --log state.rts --resume state.rts d.rts
    refuses "'state.rts' is also the state of --resume" --log state.rts --resume - d.rts <state.rts
    refuses "-o: 'state.rts' is also the state of --resume" -o state.rts --resume state.rts d.rts
    refuses "-o: 'state.rts' is also the state of --state" -o state.rts --state state.rts d.rts
    rottrain -q -e 1 --net d1 --save state.rts --resume state.rts d.rts | cmp - m.rts
}

@test "trainfiles: of -o, --save and --log no two are one file, also where none is there yet" {
    stream 12 4 2 >d.rts
    mkdir folder
    ln -s . here
    ln -s new dangling
    refuses "--save: './new' is also the output" --save ./new -o new d.rts
    refuses 'is also the output' --save here/new -o folder/../new d.rts
    refuses 'is also the output' --save dangling -o new d.rts
    refuses "--log: 'new' is also the output" --log new -o new d.rts
    refuses "--log: 'new' is also the saved state" --log new --save ./new -o other d.rts
    refuses 'the name of the file is empty' -o '' d.rts
    # Names alone do not count, and what is no regular file may be several of them.
    rottrain -q -e 1 --net d1 --save /dev/null --log /dev/null -o /dev/null d.rts
    rottrain -q -e 1 --net d1 --save folder/new --log here/log -o new d.rts
    [[ -s new && -s log && -s folder/new ]]
}

@test "trainfiles: standard output is a file, too" {
    stream 12 4 2 >d.rts
    expect_error 2 "--save: 'm' is also the output" \
        sh -c 'rottrain -q -e 1 --net d1 --save m d.rts >m'
    expect_error 2 "--log: 'm' is also the output" \
        sh -c 'rottrain -q -e 1 --net d1 --log m -o - d.rts >m'
    [[ ! -s m ]]
    rottrain -q -e 1 --net d1 --save s --log m -o new d.rts >m
    [[ -s s && $(wc -l <m) == 2 ]]
}

@test "trainfiles: a log that cannot be written ends training before it begins, and costs no model later" {
    stream 12 4 2 >d.rts
    expect_error 1 '/dev/full: No space left' rottrain -q -e 1000000 --log /dev/full -o m d.rts
    [[ ! -e m ]]
    rottrain -q -e 40 --net d1 d.rts >want
    # The log may have a block (of 512 or 1024 bytes), the model goes into a pipe.
    { (ulimit -f 1 && rottrain -q -e 40 --net d1 --log log d.rts 2>said) || echo "$?" >status; } | cat >m
    [[ $(<status) == 1 && $(<said) == 'rottrain: log: cannot write' ]] || fail "$(<status): $(<said)"
    same m want
}

@test "trainfiles: past ulimit -f it says so, and leaves nothing" {
    stream 12 28 2 >d.rts
    mkdir made
    expect_error 1 'made/m: File too large' bash -c \
        'ulimit -f 20 && exec rottrain -q -e 1 --net d64 -o made/m d.rts'
    expect_error 1 'standard output: File too large' bash -c \
        'ulimit -f 20 && exec rottrain -q -e 1 --net d64 d.rts >m'
    [[ -z $(ls made) ]]
}

@test "trainfiles: stopped, and the state cannot be saved: with --partial the model so far is written" {
    local status=0 said
    stream 24 8 3 >d.rts
    mkdir folder
    rottrain -q -e 1000000 -b 8 --net c2 --save folder/state --every 100000000 --log log -o m \
        --partial d.rts 2>said &
    until_log 2
    rm -r folder
    kill -s TERM $!
    wait $! || status=$?
    said=$(<said)
    ((status == 1)) || fail "status $status: $said"
    [[ $said =~ ^rottrain:\ stopped\ by\ SIGTERM\ at\ step\ ([0-9]+)\ of\ 3000000\;\ the\ model\ so\ far\ is\ written[[:space:]]rottrain:\ folder/state:\ No\ such\ file ]] ||
        fail "$said"
    rtsinfo --history m 2>/dev/null | grep -q "stopped=SIGTERM at step ${BASH_REMATCH[1]} of 3000000\$"
}

@test "trainfiles: a signal while the model goes into a slow pipe is not swallowed" {
    ! thread_sanitized || skip 'the thread sanitizer holds signals back'
    local pid status=0
    stream 12 28 2 >d.rts
    mkfifo pipe
    # Held open and never read from: a megabyte fits in, the model is larger.
    exec 9<>pipe
    rottrain -q -e 1 --net d2000 --log log d.rts >pipe 9>&- &
    pid=$!
    until_log 1
    sleep 0.5
    kill -s TERM $pid
    for _ in {1..250}; do
        kill -0 $pid 2>/dev/null || break
        sleep 0.02
    done
    kill -s KILL $pid 2>/dev/null || true
    wait $pid || status=$?
    exec 9>&-
    ((status == 143)) || fail "status $status"
}
