#!/usr/bin/env bats
# What the programs draw on a terminal: no line is wider than it, whatever its width. script(1) gives
# them one.
# shellcheck disable=SC2154 # bats' own variables

load lib
load pictures

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    stream 400 8 4 >data.rts
}

setup() {
    start_in "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR/data.rts" .
    export TERM=xterm
    unset COLUMNS
}

# on_terminal WIDTH COMMAND: runs the command on a terminal so wide; what it draws to `screen`.
on_terminal() {
    script -qec "stty cols $1; $2" /dev/null </dev/null >screen
}

# drawn: the lines of `screen`, those that were drawn over as well, as they looked.
drawn() {
    tr '\r' '\n' <screen | sed 's/\x1b\[K//g' | sed '/^$/d'
}

# not_wider WIDTH: no line is, and those that are drawn over leave the last column free.
not_wider() {
    drawn | awk -v width="$1" 'length > width { print; wide = 1 } END { exit wide }' >wide ||
        fail "wider than $1:" "$(cat wide)" || return 1
    tr -d '\n' <screen | tr '\r' '\n' | sed -n 's/\x1b\[K$//p' |
        awk -v width="$1" 'length >= width { print; wide = 1 } END { exit wide }' >wide ||
        fail "drawn in the last of $1 columns:" "$(cat wide)"
}

# Training long enough for several bars, umap and knneval.
programs=(
    "rottrain -e 2 -b 1 -j 1 --net 'c32 r c32 r d4' --valid data.rts -o m data.rts"
    'umap -e 3000 -o layout data.rts'
    'ROTPIPE_KERNELS=reference knneval --leave-one-out data.rts'
    'rtsmap --unlabel data.rts | ROTPIPE_KERNELS=reference rtsspread -o spread.rts data.rts'
)

@test "terminal: no line is wider than the terminal, from 120 columns to 1" {
    for width in 120 100 80 60 40 20 10 1; do
        for command in "${programs[@]}"; do
            echo "$width columns: $command"
            on_terminal $width "{ $command; } >table"
            not_wider $width
        done
    done
}

@test "terminal: what fits is shown, and goes from the right" {
    on_terminal 120 "${programs[0]}"
    drawn | grep -Eq '^epoch 2/2 \[[#.]{24}\] +[0-9]+%, [0-9]+ images/s, [0-9]+ s left, loss [0-9.]+, accuracy [0-9.]+$'
    drawn | grep -Eq '^epoch 2/2: loss [0-9.]+, accuracy [0-9.]+, valid [0-9.]+ [0-9.]+, [0-9]+ images/s$'
    on_terminal 80 "${programs[0]}"
    drawn | grep -Eq '^epoch 2/2 \[[#.]{8,24}\] +[0-9]+%, [0-9]+ images/s, [0-9]+ s left, loss [0-9.]+'
    drawn | grep -Eq '^epoch 2/2: loss [0-9.]+, accuracy [0-9.]+, valid [0-9.]+ [0-9.]+, [0-9]+ images/s$'
    on_terminal 60 "${programs[0]}"
    drawn | grep -Eq '^epoch 2/2 \[[#.]{8,24}\] +[0-9]+%, [0-9]+ images/s'
    drawn | grep -Eq '^epoch 2/2: loss [0-9.]+, accuracy [0-9.]+'
    on_terminal 20 "${programs[0]}"
    drawn | grep -Eq '^epoch 2/2 +[0-9]+%$'
    drawn | grep -Eq '^epoch 2/2$'
    on_terminal 60 "${programs[1]}"
    drawn | grep -Eq '^layout \[[#.]{8,24}\] +[0-9]+%, [0-9]+ epochs/s, [0-9]+ s left$'
}

@test "terminal: the width is asked for again when it changes" {
    # shellcheck disable=SC2016 # for the shell on the terminal
    on_terminal 100 'rottrain -e 1000 -b 1 -j 1 --net "c32 r c32 r d4" -o m data.rts & sleep 1
        stty cols 30 <&2; sleep 0.3; echo now; sleep 1; kill $!; wait $! || true'
    drawn | sed '/now$/q' | awk 'length > 60 { seen = 1 } END { exit !seen }'
    drawn | sed '1,/now$/d' | grep -v '^rottrain: stopped' >after
    grep -q '^epoch ' after
    awk 'length > 30 { exit 1 }' after || fail "$(cat after)"
}

@test "terminal: where its width is unknown, COLUMNS has it, or it is 80" {
    COLUMNS=50 on_terminal 0 "${programs[0]}"
    not_wider 50
    drawn | awk 'length > 40 { seen = 1 } END { exit !seen }'
    COLUMNS=many on_terminal 0 "${programs[0]}"
    not_wider 80
    drawn | awk 'length > 70 { seen = 1 } END { exit !seen }'
}

@test "terminal: one that cannot rewrite a line gets the plain lines of a file" {
    for term in 'TERM=dumb' 'TERM=' '-u TERM'; do
        on_terminal 40 "env $term ${programs[0]}"
        # Each line ends with the terminal's own \r\n, and that is all.
        run -1 grep -q $'\x1b' screen
        tr -d '\n' <screen | tr '\r' '\n' >lines
        [[ $(wc -l <lines) == 2 ]] || fail "$(cat lines)"
        run -1 grep -vE '^epoch [12]/2: loss [0-9.]+, accuracy [0-9.]+, valid [0-9.]+ [0-9.]+, [0-9]+ images/s$' lines
        on_terminal 40 "env $term ${programs[1]}"
        [[ ! -s screen ]] || fail "$(cat screen)"
    done
}

@test "terminal: -q draws nothing" {
    for command in "${programs[@]}"; do
        on_terminal 80 "$command -q >table"
        [[ ! -s screen ]] || fail "$(cat screen)"
    done
}

@test "terminal: img2rts counts its files, in a line that fits" {
    mkdir -p pictures
    rts2png -n 1 data.rts >pictures/1.png
    links pictures/1.png pictures/{2..2000}.png
    for width in 80 40 20 1; do
        on_terminal $width 'img2rts -j 1 --flat -o s pictures'
        not_wider $width
        # Nothing stays of it.
        [[ $(tail -c 4 screen | od -An -c | tr -d ' \n') == '\r033[K' ]] || fail "$(od -c screen | tail -n 3)"
    done
    on_terminal 60 'img2rts -j 1 --flat -o s pictures'
    drawn | grep -Eq '^reading: [0-9]+ files, [0-9]+ files/s$' || fail "$(drawn)"
    # A file that is broken has a line of its own.
    echo text >pictures/1500.txt
    mv pictures/1500.txt pictures/1500.png
    on_terminal 60 'img2rts -j 1 --flat -o s pictures || true'
    tr '\r' '\n' <screen | sed 's/\x1b\[K//g' | grep -q '^img2rts: pictures/1500.png: ' || fail "$(drawn)"
    on_terminal 60 'img2rts -q -j 1 --flat -o s pictures || true'
    [[ $(wc -l <screen) == 2 && $(drawn) != *files/s* ]] || fail "$(drawn)"
}
