#!/usr/bin/env bats
# Training that is killed, stopped or resumed.
# shellcheck disable=SC2086,SC2094 # options in one string; one file is read and written
load lib
load nets

# What decides nothing: the last two columns, images/s and seconds.
epochs_of() {
    cut -f 1-6 "$1"
}

# now: milliseconds.
now() {
    local t=${EPOCHREALTIME/./}
    echo $((t / 1000))
}

# The whole training takes as long as its 200 epochs; it is killed at a random moment of that, goes
# on, is killed again and so on, twenty times; whenever it has come to its end the model must be
# that of the uninterrupted one, and another one begins.
@test "resume: twenty SIGKILLs at random moments, and the same bytes in the end" {
    local how='-q -e 200 -b 8 -s 4 --net c2 --optimizer adamw --schedule cosine'
    local started took kills=0 ends=0 pid resume=
    stream 60 8 3 >data.rts
    started=$(now)
    rottrain $how --save state --every 17 --log want.log -o want data.rts
    took=$(($(now) - started))
    echo "uninterrupted: $took ms"
    rm state
    while ((kills < 20)); do
        rottrain $how --save state --every 17 $resume --log log -o m data.rts &
        pid=$!
        sleep "$(awk -v ms=$((RANDOM % took)) 'BEGIN { print ms / 1000 }')"
        if kill -s KILL $pid 2>/dev/null; then
            kills=$((kills + 1))
            wait $pid || true
            [[ ! -e state ]] || resume='--resume state'
            # Never half a state, and no model before the end, which the program may have reached
            # without having ended yet.
            [[ ! -e state ]] || rtsinfo state >/dev/null
            [[ ! -e m ]] || { same m want && rm m; }
        else
            wait $pid
            same m want
            cmp <(epochs_of log) <(epochs_of want.log)
            ends=$((ends + 1))
            rm m state
            resume=
        fi
    done
    echo "$ends ends"
    rottrain $how $resume --log log -o m data.rts
    same m want
    cmp <(epochs_of log) <(epochs_of want.log)
}

# Files without names are Linux's, and not every file system's.
@test "resume: whatever kills a program, it leaves no part of a file behind" {
    local signal pid status partial
    stream 24 8 3 >data.rts
    mkdir made
    cd made
    python3 -c 'import os; os.open(".", os.O_TMPFILE | os.O_WRONLY)' 2>said ||
        skip 'no files without names here'
    rm said
    for signal in KILL HUP TERM 'TERM --partial'; do
        partial=${signal#"${signal% *}"}
        rottrain -q -e 1000000 -b 8 --net c2 --log ../log -o m $partial ../data.rts 2>../said &
        pid=$!
        for _ in {1..600}; do
            [[ -e ../log ]] && (($(wc -l <../log) > 2)) && break
            sleep 0.02
        done
        [[ -z $(ls) ]]
        kill -s ${signal% *} $pid
        if [[ $signal == 'TERM --partial' ]]; then
            status=0
            wait $pid || status=$?
            ((status == 143))
            [[ $(ls) == m ]]
            rm m
        else
            wait $pid && fail "$signal: status 0"
            [[ -z $(ls) ]] || fail "$signal leaves $(ls)"
        fi
        rm ../log
    done
    # While it reads, and over a file that is there.
    cp ../data.rts old
    mkfifo ../late
    rtscomm --only-b -o old ../data.rts ../late &
    pid=$!
    exec 9>../late
    head -c 1000 ../data.rts >&9
    kill -s KILL $pid
    wait $pid && fail 'status 0'
    exec 9>&-
    [[ $(ls) == old ]]
    cmp old ../data.rts
}

@test "resume: a signal saves the state; with --partial the model so far is written, too" {
    local status said partial
    stream 24 8 3 >data.rts
    local how='-q -e 3000 -b 8 --net c2'
    rottrain $how -j 1 -o want data.rts
    for partial in --partial ''; do
        rm -f log state m
        rottrain $how --log log --save state --every 100000000 -o m $partial data.rts 2>said &
        until_log 2
        kill -s TERM $!
        status=0
        wait $! || status=$?
        ((status == 143))
        said=$(<said)
        [[ $said =~ ^rottrain:\ stopped\ by\ SIGTERM\ at\ step\ ([0-9]+)\ of\ 9000\;\ (.*)$ ]] || fail "$said"
        if [[ -n $partial ]]; then
            [[ -e m && ${BASH_REMATCH[2]} == 'the model so far and the state are written' ]] || fail "$said"
        else
            [[ ! -e m && ${BASH_REMATCH[2]} == 'the state is saved, no model is written' ]] || fail "$said"
        fi
    done
    rtsinfo state | grep "^training    step ${BASH_REMATCH[1]}, epoch "
    rottrain $how -j 1 --resume state data.rts | cmp - want
    # From standard input, and compressed.
    gzip -c state | rottrain $how -j 1 --resume - data.rts | cmp - want
}

@test "resume: frozen layers, the best epoch, another optimiser" {
    stream 40 8 3 >data.rts
    stream 30 8 3 | rtsample -n 12 -s 5 >valid.rts
    rottrain -q -e 1 --net 'c2 r p d4 r' data.rts >base
    local how
    for how in '-m frozen' '-m base --keep-best' '-m frozen --keep-best --optimizer adamw' \
        '-m base --optimizer sgd --nesterov --momentum 0.5'; do
        headswap --freeze -c 3 <base >frozen
        rottrain -q -e 5 -b 16 $how --valid valid.rts data.rts >want
        rm -f state
        # 15 steps: the last state that is saved is that of the 12th, in the last epoch.
        rottrain -q -e 5 -b 16 $how --valid valid.rts --save state --every 6 data.rts | cmp - want
        rtsinfo state | grep 'training    step 12, epoch 5, 0 images into it'
        rottrain -q -e 5 -b 16 $how --valid valid.rts --resume state data.rts | cmp - want
    done
}

@test "resume: what is another training is refused, and says what differs" {
    stream 24 8 3 >data.rts
    stream 25 8 3 >other.rts
    rottrain -q -e 2 -b 8 --net c2 --save state data.rts >m
    local go='rottrain -q --resume state --net c2'
    expect_error 1 "state: was saved with different settings: '-e 2' in the file, '-e 1' now; delete it to start over" \
        $go -e 1 -b 8 data.rts
    expect_error 1 "different settings: '-b 8' in the file, '-b 4' now" $go -e 2 -b 4 data.rts
    expect_error 1 "'--net 'c2'' in the file, '--net 'c3'' now" rottrain --resume state --net c3 -e 2 -b 8 data.rts
    expect_error 1 "'--lr 0.001' in the file, '--lr 0.01' now" $go -e 2 -b 8 --lr 0.01 data.rts
    expect_error 1 "images=24.* in the file, .*images=25.* now" $go -e 2 -b 8 other.rts
    expect_error 1 'images=24 kernels=[a-z0-9]+.* in the file, .*images=24 kernels=reference.* now' \
        env ROTPIPE_KERNELS=reference $go -e 2 -b 8 data.rts
    stream 25 8 3 | rtsample -n 24 -s 9 >shuffled.rts
    expect_error 1 'state: was saved with different training data' $go -e 2 -b 8 shuffled.rts
    rottrain -q -e 2 -b 8 -m m --save state2 data.rts >m2
    expect_error 1 'state2: was saved while training a different model' \
        rottrain -q -e 2 -b 8 -m m2 --resume state2 data.rts
    expect_error 1 'm: is a model, but a saved training state is needed' \
        rottrain -q -e 2 -b 8 --net c2 --resume m data.rts
    expect_error 1 'data.rts: .*: the file is a data set, but a model is needed' \
        rottrain -q -e 2 -b 8 --net c2 --resume data.rts data.rts
    expect_error 1 'nothing: No such file' rottrain -q --resume nothing data.rts
    # And a state is no model.
    local program
    for program in 'rottrain -m state data.rts' 'evalacc -m state data.rts' \
        'featdump -m state data.rts' 'headswap -c 3 state'; do
        expect_error 1 'state: is a saved training state, but a model is needed' $program
    done
}

@test "resume: a state that cannot be written ends training before it begins, or where it happens" {
    stream 24 8 3 >data.rts
    expect_error 1 'nowhere/state: No such file' rottrain --save nowhere/state -o m data.rts
    expect_error 1 '/dev/full: No space left' rottrain -q --save /dev/full -o m data.rts
    [[ ! -e m ]]
    expect_error 2 '--every needs --state or --save' rottrain --every 3 data.rts
    expect_error 2 '--every: ' rottrain --save s --every 0 data.rts
    expect_error 2 "--save: 'm' is also the output" rottrain --save m -o m data.rts
    expect_error 2 "--save: '-' is not a file name" rottrain --save - data.rts
    expect_error 2 'standard input can be only one' rottrain -m - --resume - data.rts
}

@test "resume: the log goes on behind the epochs that are done" {
    stream 24 8 3 >data.rts
    local how='-q -e 6 -b 8 --net c2'
    rottrain $how --save state --every 7 --log want.log data.rts >want
    # The last state is of step 14, in the fifth epoch. What is behind, and half a line, goes.
    { cat want.log && printf '7\t0.1'; } >log
    rottrain $how --resume state --log log data.rts | cmp - want
    cmp <(epochs_of log) <(epochs_of want.log)
    head -n 3 want.log >log
    rottrain $how --resume state --log log data.rts | cmp - want
    [[ $(cut -f 1 log | xargs) == 'epoch 1 2 5 6' ]]
    rm log
    rottrain $how --resume state --log log data.rts | cmp - want
    [[ $(cut -f 1 log | xargs) == 'epoch 5 6' ]]
    echo 'my letters' >log
    expect_error 1 'log: is not a training log, so it cannot be continued' rottrain $how --resume state --log log data.rts
    [[ $(<log) == 'my letters' ]]
}

@test "resume: a saved training that has got on is not replaced by the beginning of another" {
    stream 24 8 3 >data.rts
    local how='-q -e 4 -b 8 --net c2' said
    rottrain $how --save state data.rts >want
    cp state kept
    said='state: contains a checkpoint at step 12; use --resume or delete it$'
    expect_error 1 "$said" rottrain $how --save state -o m data.rts
    expect_error 1 "$said" rottrain $how --save ./state --resume kept -o m data.rts
    expect_error 1 "$said" rottrain $how --save state --resume - -o m data.rts <kept
    cmp state kept
    [[ ! -e m ]]
    ln -s state link
    rottrain $how --save state --resume link data.rts | cmp - want
    rottrain $how --save state --resume - data.rts <state | cmp - want
    # One that has done no step, half a one and what is none may go.
    rottrain $how -e 0 --save early data.rts >m
    head -c 200 state >half
    echo 'my letters' >text
    local file
    for file in early half text m; do
        rottrain $how --save $file data.rts | cmp - want
        rtsinfo $file | grep '^training    step 12,'
    done
}

@test "resume: an option whose text another begins with, and one that tells no history" {
    stream 24 8 3 >data.rts
    local go='rottrain -q --net c2 -b 8'
    $go -e 2 --warmup 1 --save state data.rts >m
    expect_error 1 "settings: '--warmup 1' in the file, '--warmup 10' now" \
        $go -e 2 --warmup 10 --resume state data.rts
    expect_error 1 "settings: '-b 8' in the file, '-b 80' now" \
        $go -b 80 -e 2 --warmup 1 --resume state data.rts
    expect_error 1 "settings: '-s 0 .*' in the file, '--no-history .*' now" \
        $go -e 2 --warmup 1 --no-history --resume state data.rts
    rm state
    $go -e 2 --no-history --save state data.rts >m
    expect_error 1 "settings: '--no-history .*' in the file" $go -e 2 --resume state data.rts
    $go -e 2 --no-history --resume state data.rts | cmp - m
}

@test "resume: --state starts, continues and is gone when the model is complete; so do --save and --resume" {
    local status=0 how='-q -e 2000 -b 8 --net c2' state
    stream 24 8 3 >data.rts
    stream 25 8 3 >more.rts
    rottrain $how -j 1 -o want data.rts
    ln -s behind link
    for state in '--state state' '--state link' '--save state --resume state'; do
        rm -f state log
        rottrain $how $state --every 100000000 --log log -o m data.rts 2>said &
        until_log 2
        kill -s TERM $!
        wait $! || status=$?
        ((status == 143)) && [[ ! -e m ]]
        grep -q 'the state is saved, no model is written$' said
        # A model that was complete but for its file: the state stays.
        expect_error 1 'nowhere/m: No such file' rottrain $how -j 1 $state --every 1000 -o nowhere/m data.rts
        quiet_success rottrain $how -j 1 $state --every 1000 --log log -o m data.rts
        same m want
        [[ $(cut -f 1 log | tail -n +2) == $(seq 2000) ]]
        case $state in
        '--state '*) [[ ! -e state && ! -e behind && -L link ]] ;;
        *) [[ -e state ]] ;;
        esac
        rm m
    done
    # To standard output, and uninterrupted; where the log is lost the state stays.
    rm state
    expect_error 1 ': cannot write$' bash -c \
        'rottrain "$@" -j 1 --state state --every 1000 --log >(head -n 1 >first) -o m data.rts' - $how
    same m want
    [[ -e state ]]
    rottrain $how -j 1 --state state --every 1000 data.rts | cmp - want
    [[ ! -e state ]]
    expect_error 1 'state: No such file' rottrain $how --resume state data.rts
    expect_error 1 'data.rts: .*: the file is a data set, but a model is needed' rottrain $how --state data.rts more.rts
    expect_error 2 '--state and --save are mutually exclusive' rottrain --state s --save s data.rts
    expect_error 2 '--state and --resume are mutually exclusive' rottrain --state s --resume s data.rts
    expect_error 2 '--partial and --no-history are mutually exclusive' \
        rottrain --partial --no-history data.rts
}

@test "resume: more epochs than were planned, where the learning rates so far are the same" {
    local how='-q -b 8 --net c2' every=
    stream 24 8 3 >data.rts
    stream 30 8 3 | rtsample -n 12 -s 5 >valid.rts
    # longer FROM TO OPTION...: the same bytes as a training of TO epochs.
    longer() {
        rm -f s
        rottrain $how -e "$1" --save s $every "${@:3}" data.rts >short
        rottrain $how -e "$2" "${@:3}" data.rts >want
        rottrain $how -e "$2" --save s --resume s "${@:3}" data.rts | cmp - want
    }
    # differs REGEX FROM TO OPTION...
    differs() {
        rm -f s
        rottrain $how -e "$2" --save s "${@:4}" data.rts >short
        cp s kept
        expect_error 1 "s: was saved with -e $2, and -e $3 would have started with different learning rates: $1" \
            rottrain $how -e "$3" --resume s --save s "${@:4}" data.rts
        cmp s kept
    }
    longer 3 5
    every='--every 2' longer 3 5
    longer 3 5 --valid valid.rts --keep-best
    longer 3 9 --warmup 4
    longer 3 9 --warmup 0 --optimizer sgd --nesterov
    longer 700 703 # 2,100 steps: both warm-ups are the longest
    longer 0 9 --schedule cosine
    every='--every 5' longer 2 4 --schedule cosine --warmup 5
    # 3 steps per epoch: a tenth of 9 is none, of 30 three.
    differs 'a warm-up of 3 steps, not 0' 3 10
    differs 'the schedule extends over all epochs' 3 5 --schedule cosine
    differs 'the schedule extends over all epochs' 3 5 --schedule cosine --warmup 7
    differs 'the schedule extends over all epochs' 3 5 --schedule onecycle
    # All other options, and fewer epochs, are refused as ever.
    rm s
    rottrain $how -e 3 --save s data.rts >short
    expect_error 1 "settings: '-e 3' in the file, '-e 2' now" rottrain $how -e 2 --resume s data.rts
    expect_error 1 "settings: '-e 3' in the file, '-e 5' now" \
        rottrain $how -e 5 --warmup 0 --resume s data.rts
}

@test "resume: a save that fails is said once and training continues; the last good state stays" {
    local how='-q -e 4000 -b 8 --net c2'
    stream 24 8 3 >data.rts
    rottrain $how -j 1 -o want data.rts
    mkdir folder
    rottrain $how --save folder/state --log log -o m data.rts 2>said &
    until_log 5
    mv folder away
    until_log "$(($(wc -l <log) + 5))"
    rtsinfo away/state | grep '^training    step '
    mv away folder
    until_log "$(($(wc -l <log) + 5))"
    mv folder away
    wait $!
    same m want
    [[ $(sort -u said) == 'rottrain: folder/state: No such file or directory; training continues' ]] ||
        fail "$(<said)"
    (($(wc -l <said) == 2)) || fail "$(<said)"
    rottrain $how -j 1 --resume away/state data.rts | cmp - want
}

# Both were made by version 0.1.0, which added the shares of a batch up in their order.
@test "resume: a model of 0.1.0 loads, its training state is refused" {
    fashion train | rtsample -n 40 -s 1 >tiny.rts
    evalacc -m "$DATA/model-0.1.0.rts.gz" tiny.rts >scores
    grep -qx 'loss	2.2521' scores || fail "$(<scores)"
    quiet_success rottrain -q -e 1 -m "$DATA/model-0.1.0.rts.gz" -o m tiny.rts
    expect_error 1 'state-0.1.0.rts.gz: was saved by rottrain 0.1.0, and this is rottrain [0-9.]*, whose results may differ' \
        rottrain -q -e 2 -b 8 --net 'c2 r p d3 r' --resume "$DATA/state-0.1.0.rts.gz" tiny.rts
}

# Two of each kind of value; `options` is what the state was saved with, without its file.
refuses() {
    local name=$1
    shift
    expect_error 1 '' rottrain -q --resume "$saved" "$@" data.rts
    # shellcheck disable=SC2154 # bats sets stderr
    [[ $stderr == *'was saved with different settings'*"$name"* ||
        $stderr == *'was saved while training a different model'* ]] || fail "$name: $stderr"
}

@test "resume: an option that decides the result must be as it was, and every option is known here" {
    local option adam='-e 2 -b 8' sgd='-e 2 -b 8 --optimizer sgd' saved
    local beside='-e 2 -b 8 --unlabelled data.rts --strong flip'
    stream 20 8 4 >data.rts
    rottrain -q -e 0 data.rts >other
    # shellcheck disable=SC2086 # several options
    for saved in adam sgd beside; do
        rottrain -q --net c2 ${!saved} --save $saved data.rts >/dev/null
    done
    saved=adam
    # shellcheck disable=SC2086
    for option in $(rottrain --help | sed -n 's/^ .* --\([a-z-]*\).*/\1/p'); do
        case $option in
        model) refuses '' $adam -m other ;;
        net) refuses --net $adam --net c3 ;;
        classes) refuses -c $adam --net c2 -c 5 ;;
        epochs) refuses -e -b 8 --net c2 -e 1 ;;
        batch) refuses -b -e 2 --net c2 -b 9 ;;
        optimizer) refuses --optimizer $adam --net c2 --optimizer adamw ;;
        lr) refuses --lr $adam --net c2 --lr 0.002 ;;
        momentum) saved=sgd refuses --momentum $sgd --net c2 --momentum 0.8 ;;
        nesterov) saved=sgd refuses --nesterov $sgd --net c2 --nesterov ;;
        weight-decay) refuses --weight-decay $adam --net c2 --weight-decay 0.1 ;;
        decay) refuses --decay $adam --net c2 --decay weights ;;
        lr-scale) refuses --lr-scale $adam --net c2 --lr-scale conv1=2 ;;
        clip) refuses --clip $adam --net c2 --clip 0.5 ;;
        augment) refuses --augment $adam --net c2 --augment flip ;;
        schedule) refuses --schedule $adam --net c2 --schedule cosine ;;
        warmup) refuses --warmup $adam --net c2 --warmup 2 ;;
        class-weight) refuses --class-weight $adam --net c2 --class-weight balanced ;;
        average) refuses --average $adam --net c2 --average 0.9 ;;
        smooth) refuses --smooth $adam --net c2 --smooth 0.1 ;;
        seed) refuses -s $adam --net c2 -s 1 ;;
        keep-best) refuses --keep-best $adam --net c2 --valid data.rts --keep-best ;;
        mixup) refuses --mixup $adam --net c2 --mixup 0.4 ;;
        rotate) refuses --rotate $adam --net c2 --rotate one ;;
        unlabelled) refuses --unlabelled $adam --net c2 --unlabelled data.rts --strong flip ;;
        ratio) saved=beside refuses --ratio $beside --net c2 --ratio 5 ;;
        weak) saved=beside refuses --weak $beside --net c2 --weak shift1 ;;
        strong) saved=beside refuses --strong $beside --net c2 --strong shift1 ;;
        threshold) saved=beside refuses --threshold $beside --net c2 --threshold 0.5 ;;
        lambda) saved=beside refuses --lambda $beside --net c2 --lambda 2 ;;
        lambda-rotation) saved=beside refuses --lambda-rotation $beside --net c2 --lambda-rotation 0.5 ;;
        align) saved=beside refuses --align $beside --net c2 --align ;;
        patience) refuses --patience $adam --net c2 --valid data.rts --patience 2 ;;
        no-history) refuses --no-history $adam --net c2 --no-history ;;
        threads | valid | log | state | save | every | resume | partial) ;;
        output | quiet | help | version) ;;
        *) fail "--$option: does it decide the result?" ;;
        esac
    done
    # Where two long texts begin alike, too.
    option=$(printf 'conv1=0.5,%.0s' {1..30})
    # shellcheck disable=SC2086
    rottrain -q --net c2 $adam --lr-scale "${option}head=1" --save long data.rts >/dev/null
    # shellcheck disable=SC2086
    saved=long refuses --lr-scale $adam --net c2 --lr-scale "${option}head=2"
    # As it was it is taken up.
    # shellcheck disable=SC2086
    quiet_success rottrain -q --resume adam $adam --net c2 -o m data.rts
}

@test "rottrain: --net help lists the layers of the manual" {
    local form about
    quiet_success rottrain --net help
    [[ $output == *'bn      batch normalization of each channel'* ]]
    [[ -x $BUILD/tests/test_kinds ]] || skip 'test_kinds is not built'
    command -v mandoc >/dev/null || skip 'mandoc is missing'
    mandoc -T utf8 -O width=200 "$ROOT/man/man7/rotpipe.7" | col -bx | tr -s ' \n' ' ' >page
    "$BUILD/tests/test_kinds" --kinds >kinds
    (($(wc -l <kinds) >= 6))
    while IFS=$'\t' read -r form about; do
        grep -qF -- " $form $about" page || fail "NETS in rotpipe(7) does not say: $form $about"
        tr -s ' ' <<<"$output" | grep -qxF -- "$form $about" || fail "--net help does not say: $form $about"
    done <kinds
    # And the nets with their numbers.
    tr -s ' ' <<<"$output" | sed -nE 's/^([a-z0-9-]+ [0-9]+ [0-9]+) .*/ \1 /p' >nets
    (($(wc -l <nets) >= 8))
    while IFS= read -r about; do
        grep -qF -- "$about" page || fail "NETS in rotpipe(7) does not say:$about"
    done <nets
}

@test "rottrain --patience: ends after N epochs without a better one, and goes on counting when resumed" {
    local patience end how=(-q -e 40 -b 8 --lr 0.05 --warmup 0 --net c2 --valid valid.rts) keep every
    stream 24 8 3 >data.rts
    stream 60 8 3 | rtsample -n 12 -s 5 >valid.rts
    rottrain "${how[@]}" --log all data.rts >long
    for patience in 1 3 6; do
        # What the log of the whole training says.
        end=$(awk -v n=$patience 'NR > 1 && !end {
            if (!best || $5 > accuracy || ($5 == accuracy && $4 < loss)) { best = NR - 1; accuracy = $5; loss = $4 }
            if (NR - 1 - best >= n) end = NR - 1 " " best
        } END { print end }' all)
        [[ -n $end ]] || fail "patience of $patience does not end it"
        for keep in '' --keep-best; do
            rm -f log state
            rottrain "${how[@]}" --patience $patience $keep --log log -o want data.rts
            cmp <(epochs_of log) <(epochs_of all | head -n $((${end% *} + 1)))
            rtsinfo --history want >told
            grep -q " ended=patience at epoch ${end% *} of 40$" told || fail "$(<told)"
            grep -q '^  valid: ' told
            [[ -z $keep ]] || grep -q " best=epoch ${end#* } " told || fail "$(<told)"
            # It is complete, and is the training of so many epochs.
            quiet_success evalacc -m want data.rts
            [[ -n $keep ]] || rottrain "${how[@]}" -e "${end% *}" data.rts >short
            [[ -n $keep ]] || cmp <(tensors short) <(tensors want)
            for every in 2 7; do
                rottrain "${how[@]}" --patience $patience $keep --save state --every $every -o m data.rts
                cmp want m
                rottrain "${how[@]}" --patience $patience $keep --resume state -o m data.rts
                cmp want m
                rm state
            done
        done
    done
    # What was ended so is ended, also from the state that it left; and it says so.
    rottrain "${how[@]}" --patience 3 --save state -o m data.rts
    run --separate-stderr rottrain "${how[@]:1}" --patience 3 --resume state -o n data.rts
    cmp m n
    [[ $status == 0 && $stderr == *"rottrain: training ended after epoch "*" of 40: none since epoch "*" was better on the data of --valid" ]] ||
        fail "$stderr"
    rottrain "${how[@]}" --patience 3 --state state2 -o m data.rts
    [[ ! -e state2 ]]
    expect_error 1 'was saved with different validation data' \
        rottrain "${how[@]}" --valid data.rts --patience 3 --resume state data.rts
    expect_error 2 '--patience needs --valid' rottrain --patience 3 data.rts
    # The last epoch is no early one.
    rottrain -q -e 2 -b 8 --lr 0 --net c2 --valid valid.rts --patience 1 data.rts | rtsinfo --history - >told
    ! grep -q ended= told || fail "$(<told)"
}

# The middle of an epoch of augmented images, with batch norm and a validation stream.
@test "resume: augmented images and batch norm go on as they were" {
    local threads how=(-q -e 3 -b 8 --average 0.9 --mixup 0.3 --augment 'shift1 flip' --net 'c4 bn r p bn d5 bn r' --valid data.rts --keep-best)
    stream 36 8 3 >data.rts
    rottrain "${how[@]}" -o want data.rts
    for threads in 1 3; do
        rm -f state
        rottrain "${how[@]}" -j $threads --save state --every 7 -o m data.rts
        cmp want m
        rottrain "${how[@]}" -j 2 --resume state -o m data.rts
        cmp want m
    done
    # Not by one image where batch norm follows a dense layer.
    expect_error 1 'layer bn3 needs at least 2 images in every batch, but the last one of an epoch has 1' \
        rottrain -q -b 7 --net 'c4 bn r p bn d5 bn r' data.rts
}

@test "headswap: running statistics go along, frozen ones stay" {
    local tensor
    stream 36 8 3 >data.rts
    rottrain -q -e 1 -b 8 --net 'c4 bn r p d5 bn r' -o base data.rts
    headswap --at pool1 -c 3 --freeze <base >frozen
    rottrain -q -e 1 -m frozen -o tuned data.rts
    for tensor in weight bias running_mean running_var; do
        payloads base bn1.$tensor | cmp - <(payloads tuned bn1.$tensor)
    done
    headswap --thaw <frozen | rottrain -q -e 1 -m - -o thawed data.rts
    ! cmp -s <(payloads base bn1.running_mean) <(payloads thawed bn1.running_mean) || fail 'did not move'
}
