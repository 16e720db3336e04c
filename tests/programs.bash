# Shared by manners.bats and pages.bats: what the sources say of the programs. `load programs` after
# `load lib`.
# shellcheck shell=bash

# Every program: cmd/NAME.c, or cmd/NAME.sh.
programs() {
    basename -s .c "$ROOT"/cmd/*.c
    basename -s .sh "$ROOT"/cmd/*.sh
}

# long_options PROGRAM: without the dashes, one a line. The rows of a program's table are the lines of
# its --help; a script's options are the cases of their own names.
long_options() {
    if [[ -e $ROOT/cmd/$1.c ]]; then
        "$1" --help | sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p'
    else
        sed -n 's/^ *\(-[a-z] | \)\{0,1\}--\([a-z-]*\)).*/\2/p' "$ROOT/cmd/$1.sh"
    fi | sort -u
}

# short_options PROGRAM: the letters, one a line.
short_options() {
    if [[ -e $ROOT/cmd/$1.c ]]; then
        "$1" --help | sed -n 's/^  -\(.\), --.*/\1/p'
    else
        sed -n 's/^ *-\([a-z]\) | --[a-z-]*).*/\1/p' "$ROOT/cmd/$1.sh"
    fi | sort -u
}

# each COMMAND...: runs it with the name of every program behind it. Not behind ||, where bash would
# not stop at the first failure inside.
each() {
    local program
    for program in $(programs); do
        echo "$program:"
        "$@" "$program"
    done
}
