# Shared by manners.bats and pages.bats: what the sources say of the programs. `load programs` after
# `load lib`.
# shellcheck shell=bash

# Every program: cmd/NAME.c, or cmd/NAME.sh.
programs() {
    basename -s .c "$ROOT"/cmd/*.c
    basename -s .sh "$ROOT"/cmd/*.sh
}

# long_options PROGRAM: without the dashes, one a line; those too that macros of lib/cli bring.
long_options() {
    local macro
    [[ -e $ROOT/cmd/$1.c ]] || {
        # A script's options are the cases of their own names.
        sed -n 's/^ *\(-[a-z] | \)\{0,1\}--\([a-z-]*\)).*/\2/p' "$ROOT/cmd/$1.sh" | sort -u
        return
    }
    {
        cat "$ROOT/cmd/$1.c"
        # What settings_read adds to a table of rows.
        ! grep -q settings_read "$ROOT/cmd/$1.c" ||
            sed -n '/^#define COMMON_OPTIONS\b/,/[^\\]$/p' "$ROOT/lib/cli/options.h"
        for macro in $(grep -oE '\b[A-Z]+_OPTIONS\b' "$ROOT/cmd/$1.c" | sort -u); do
            # To the first line without a backslash behind the macro's own.
            sed -n "/^#define $macro\b/,/[^\\\\]\$/p" "$ROOT"/lib/cli/*.h
        done
    } | grep -oE "\\{\"[a-z-]+\", *((no|required|optional)_argument|0,|'.',)" | cut -d '"' -f 2 | sort -u
}

# short_options PROGRAM: the letters, one a line, those too that all programs have.
short_options() {
    [[ -e $ROOT/cmd/$1.c ]] || {
        # The letters in front of the names: -q | --quiet).
        sed -n 's/^ *-\([a-z]\) | --[a-z-]*).*/\1/p' "$ROOT/cmd/$1.sh" | sort -u
        return
    }
    {
        grep -oE 'next_option\([^"]*"[a-zA-Z0-9:]*"' "$ROOT/cmd/$1.c" || true
        grep -oE "\\{\"[a-z-]+\", '.'" "$ROOT/cmd/$1.c" | sed "s/.*'\(.\)'/\"\1\"/" || true
        grep -E '^#define COMMON_LETTERS' "$ROOT/lib/cli/options.h"
    } | cut -d '"' -f 2 | tr -d ':' | fold -w 1 | sort | sed '/^$/d'
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
