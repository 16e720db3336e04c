#!/usr/bin/env bats
# What stops a program from outside: signals to make and to what it runs, readers of a log or of
# messages that have gone. (One that bash has started in the background ignores SIGINT, but for env.)
# shellcheck disable=SC1003,SC2016,SC2086,SC2154 # texts for inner shells; options in one string; bats' variables

load lib

# own_make ARGUMENT...: a make that knows nothing of the one that runs the tests.
own_make() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make "$@"
}

# makefile OPTION...: the rule of a user, whose training takes these options.
makefile() {
    printf '%s\n' "rot.rts: d.rts" "	rotgen \$< | rottrain -q -b 8 --net c2 --log log $* -o \$@" \
        '.DELETE_ON_ERROR:' >Makefile
}

@test "signals: make has no target of a training that was stopped, and begins again" {
    local pid signal
    stream 24 8 3 >d.rts
    for signal in INT TERM; do
        rm -f log
        makefile -e 1000000
        # A session of its own, so that all that runs in it can be sent the signal, as by Ctrl-C.
        env --default-signal=INT setsid make >made 2>&1 &
        pid=$!
        until_log 2
        kill -s $signal -- -$pid
        wait $pid && fail "$signal: status 0"
        [[ ! -e rot.rts ]] || fail "$signal leaves a target"
        run -1 own_make -q
        # The same where the training alone is stopped.
        rm log
        printf '%s\n' 'rot.rts: d.rts' '	rotgen $< | sh -c '"'"'echo $$$$ >train.pid; exec "$$@"'"'"' - \' \
            '    rottrain -q -e 1000000 -b 8 --net c2 --log log -o $@' '.DELETE_ON_ERROR:' >Makefile
        env --default-signal=INT make >made 2>&1 &
        pid=$!
        until_log 2
        kill -s $signal "$(<train.pid)"
        wait $pid && fail "$signal: status 0"
        [[ ! -e rot.rts ]] || fail "$signal leaves a target"
    done
    makefile -e 2
    own_make -s
    own_make -q
}

@test "signals: with --state the same make continues where it was stopped" {
    local pid
    stream 24 8 3 >d.rts
    makefile -e 800
    own_make -s
    mv rot.rts want
    rm log
    makefile -e 800 --state '$@.state'
    env --default-signal=INT setsid make >made 2>&1 &
    pid=$!
    until_log 2
    kill -s INT -- -$pid
    wait $pid && fail 'status 0'
    [[ ! -e rot.rts && -e rot.rts.state ]]
    grep -q 'the state is saved, no model is written' made
    own_make -s
    same rot.rts want
    [[ ! -e rot.rts.state && $(cut -f 1 log | tail -n +2) == $(seq 800) ]]
}

@test "signals: to a pipe, a training that was stopped writes nothing, or with --partial a whole model" {
    local pid partial
    stream 24 8 3 >d.rts
    for partial in '' --partial; do
        rm -f log
        (
            rottrain -q -e 1000000 -b 8 --net c2 --log log $partial d.rts 2>said &
            echo $! >pid
            wait $! || echo $? >status
        ) | cat >m &
        pid=$!
        until_log 2
        kill -s TERM "$(<pid)"
        wait $pid
        [[ $(<status) == 143 ]]
        if [[ -z $partial ]]; then
            [[ ! -s m ]]
        else
            rtsinfo m >shown 2>said
        fi
    done
}

@test "signals: every program that reads a stopped model says so, once" {
    local command how
    stream 24 8 3 >d.rts
    rottrain -q -e 1000000 -b 8 --net 'c2 r d4' --log log --partial -o m d.rts 2>said &
    until_log 2
    kill -s TERM $!
    wait $! && fail 'status 0'
    how=$(rtsinfo --history m 2>/dev/null | sed -n 's/^rottrain .* stopped=//p')
    [[ $how =~ ^SIGTERM\ at\ step\ [0-9]+\ of\ 3000000$ ]]
    how="training of this model was stopped by $how"
    for command in 'layereval -m m -k 1 d.rts d.rts' 'evalacc -m m d.rts' 'evalpng -m m d.rts' \
        'classdump -m m d.rts' 'rtslabel -m m d.rts' 'featdump -m m d.rts' 'filtdump m' \
        'headswap -c 3 m' 'rtsinfo m' 'rtsinfo --history m' 'rtsinfo -r m'; do
        run --separate-stderr $command
        [[ $status == 0 && $stderr == "${command%% *}: m: $how" ]] || fail "$command: $stderr"
    done
    evalacc -m - d.rts <m 2>said >shown
    [[ $(<said) == "evalacc: standard input: $how" ]]
    rottrain -q -e 1 --net c2 -o whole d.rts
    evalcmp -A whole -B m d.rts 2>said >shown
    [[ $(grep -v ' tell A from B: ' said) == "evalcmp: m: $how" ]]
    quiet_success evalacc -q -m m d.rts
    rottrain -e 0 -m m d.rts 2>said >again
    [[ $(<said) == "rottrain: m: $how" ]]
    quiet_success rottrain -q -e 0 -m m -o again d.rts
    # Swapping a head does not end what was stopped, another training does.
    headswap -c 3 m 2>said >swapped
    featdump -m swapped d.rts 2>said >features
    [[ $(<said) == "featdump: swapped: $how" ]]
    quiet_success rtsinfo features
    rottrain -q -e 1 -m swapped -o trained d.rts
    quiet_success rtsinfo trained
    quiet_success evalacc -m trained d.rts
}

# ---- readers that have gone ----

@test "signals: a log whose reader has gone costs no model" {
    stream 24 8 3 >d.rts
    rottrain -q -e 300 -b 8 --net c2 -o want d.rts
    expect_error 1 ': cannot write$' bash -c \
        'rottrain -q -e 300 -b 8 --net c2 --log >(head -n 1 >first) -o m d.rts'
    same m want
    [[ $(cut -f 1 first) == epoch ]]
    # A FIFO, and an open file of its own.
    mkfifo fifo
    head -n 1 fifo >first &
    expect_error 1 'fifo: cannot write$' rottrain -q -e 300 -b 8 --net c2 --log fifo -o m d.rts
    same m want
    run --separate-stderr bash -c 'exec 3> >(true); wait $!
        rottrain -q -e 3 -b 8 --net c2 --log /dev/fd/3 -o m2 d.rts'
    [[ $status == 1 && $stderr == 'rottrain: /dev/fd/3: Broken pipe' && ! -e m2 ]] || fail "$stderr"
}

@test "signals: messages whose reader has gone cost no result, whatever the program" {
    local command status=0
    stream 24 8 3 >d.rts
    stream 30 8 3 | rtsample -n 12 -s 5 >other.rts
    rottrain -q -e 5 --net c2 -o want d.rts
    # deaf COMMAND...: with a closed pipe as standard error.
    deaf() {
        bash -c 'exec 2> >(true); wait $!; exec "$@"' - "$@"
    }
    deaf rottrain -e 5 --net c2 -o m d.rts
    same m want
    deaf rottrain -e 5 --net c2 d.rts >m
    same m want
    rottrain -e 5 --net c2 d.rts 2> >(head -n 1 >first) >m
    same m want
    for command in 'umap -k 4 -e 20' 'knneval -k 1 d.rts' 'evalacc -m want' 'evalpng -m want' \
        'classdump -m want' 'rtslabel -m want' 'featdump -m want' 'rotgen' 'rts2tsv' 'rtscomm d.rts' 'rtsspread d.rts'; do
        $command other.rts >right 2>said
        deaf $command other.rts >got
        same right got
    done
    # A stopped model is mentioned to nobody.
    rottrain -q -e 1000000 -b 8 --net c2 --log log --partial -o stopped d.rts 2>said &
    until_log 2
    kill -s TERM $!
    wait $! && fail 'status 0'
    deaf evalacc -m stopped d.rts >got
    evalacc -m stopped d.rts 2>said | cmp - got
    # A signal is still what the training dies of.
    rm log
    bash -c 'exec 2> >(true); wait $!
        exec rottrain -e 1000000 -b 8 --net c2 --log log --partial -o stopped d.rts' &
    until_log 2
    kill -s TERM $!
    wait $! || status=$?
    [[ $status == 143 ]]
    rtsinfo --history stopped 2>/dev/null | grep -q 'stopped=SIGTERM'
}

@test "signals: /dev/stdout and /dev/stderr as a log are written on from where they are" {
    stream 24 8 3 >d.rts
    ln -s /proc/self/fd/1 out
    ln -s /proc/self/fd/2 err
    echo before >f
    rottrain -q -e 2 -b 8 --net c2 --log out -o m d.rts >>f
    [[ $(cut -f 1 f | xargs) == 'before epoch 1 2' ]] || fail "$(<f)"
    { echo first && rottrain -q -e 2 -b 8 --net c2 --log out -o m d.rts && echo last; } >f
    [[ $(cut -f 1 f | xargs) == 'first epoch 1 2 last' ]] || fail "$(<f)"
    rottrain -e 2 -b 8 --net c2 --log err -o m d.rts 2>f
    [[ $(cut -c 1-7 f | cut -f 1 | xargs) == 'epoch epoch 1 1 epoch 2 2' ]] || fail "$(<f)"
    printf 'title\tx\n' >plan
    echo before >f
    rotpipe-report -o /dev/stderr plan 2>>f
    [[ $(head -n 2 f | xargs -d '\n') == 'before <!DOCTYPE html>' ]] || fail "$(<f)"
    # Resumed, too.
    rottrain -q -e 2 -b 8 --net c2 --save s --every 4 -o m d.rts
    echo before >f
    rottrain -q -e 2 -b 8 --net c2 --resume s --log out -o m d.rts >>f
    [[ $(cut -f 1 f | xargs) == 'before epoch 2' ]] || fail "$(<f)"
    # Where the model goes the log cannot, also if that is a pipe.
    expect_error 2 "--log: 'out' is also the output" \
        bash -o pipefail -c 'rottrain -q -e 2 --net c2 --log out d.rts | cat'
}
