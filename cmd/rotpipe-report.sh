#!/bin/sh
# rotpipe-report - pictures, tables and provenance of a run in one HTML file
#
# The Makefile makes the program of this file, with the version in it. A part of the plan becomes a
# piece of HTML in a folder of its own, and nothing is written before all of them are whole.

program=rotpipe-report
version=@VERSION@
export LC_ALL=C
tab=$(printf '\t')
NARROW=544 # pixels that a picture takes where it scrolls: 34rem, as the style has it
work=

help() {
    cat <<'END'
usage: rotpipe-report [-q] [-o file] [file ...]
Write one self-contained HTML file from a plan. Each line of the plan is one
part of the report: a keyword, then its fields, separated by tabs.

  title    TEXT                 title of the report
  heading  TEXT                 heading of a section
  text     TEXT                 a paragraph
  picture  FILE  ALT  CAPTION   a PNG or SVG image, its alternative text ALT
  table    FILE  CAPTION        tab-separated text; its first line is the header
  output   FILE  CAPTION        any other text, shown unchanged
  model    FILE  CAPTION        how a model, or another stream, was made

Captions are optional.

  -o, --output FILE  write the result to FILE, complete or not at all
  -q, --quiet        no progress, no notes on standard error
  -h, --help         print this help
      --version      print the version
END
}

# ---- manners ----

# printable: standard input as one line that may be shown; control characters and what is not UTF-8
# become '?', as in the messages of the other programs.
printable() {
    tr '\000-\037\177' '?' | awk '
        BEGIN {
            more = "[\200-\277]"
            character = "^([\001-\177]|\302[\240-\277]|[\303-\337]" more "|\340[\240-\277]" more \
                "|[\341-\354\356\357]" more more "|\355[\200-\237]" more "|\360[\220-\277]" more more \
                "|[\361-\363]" more more more "|\364[\200-\217]" more more ")+"
        }
        {
            for (s = $0; s != ""; s = substr(s, 2)) {
                if (match(s, character)) {
                    printf "%s", substr(s, 1, RLENGTH)
                    s = substr(s, RLENGTH + 1)
                }
                if (s == "") break
                printf "?"
                if (s ~ /^\302[\200-\237]/) s = substr(s, 2)
            }
        }'
}

# complain WORD...: one line on standard error.
complain() {
    printf '%s: %s\n' "$program" "$(printf '%s' "$*" | printable)" >&2
}

fail() {
    complain "$@"
    exit 1
}

misused() {
    complain "$* (try '$program --help')"
    exit 2
}

# put FILE: to standard output. A closed pipe ends this program as it ends cat; of what else goes
# wrong the reason is passed on, without the name of the program that gave it.
put() {
    cat "$1" 2>"$work/said" && return
    if [ $? = 141 ]; then
        rm -rf "$work"
        kill -s PIPE $$
    fi
    said=$(tail -n 1 "$work/said")
    said=${said##*: }
    fail "standard output: cannot write: ${said:-the reason found no room in ${TMPDIR:-/tmp}}"
}

# put_open FILE OUTPUT N: to the open file N, called OUTPUT, which is written on from where it is.
put_open() {
    case $3 in
    '' | *[!0-9]*) fail "$2: No such file or directory" ;;
    esac
    (eval "exec 3>&$3") 2>"$work/said" || fail "$2: Bad file descriptor"
    eval "exec 3>&$3"
    said=$({ cat "$1" >&3; } 2>&1) || fail "$2: ${said##*: }"
}

# put_file FILE OUTPUT: to a file of that name, which appears when it is complete. What is there and
# is not a regular file (a device, a FIFO), or is an open one, is written to; a symbolic link is followed.
put_file() {
    case $2 in
    /dev/stderr) put_open "$1" "$2" 2 && return ;;
    /dev/fd/*) put_open "$1" "$2" "${2#/dev/fd/}" && return ;;
    esac
    if [ -e "$2" ] && [ ! -f "$2" ]; then
        said=$({ cat "$1" >"$2"; } 2>&1) || fail "$2: ${said##*: }"
        return
    fi
    target=$2
    while [ -L "$target" ]; do
        link=$(readlink -- "$target") || fail "$2: cannot be followed"
        case $link in
        /*) target=$link ;;
        *) target=$(dirname -- "$target")/$link ;;
        esac
    done
    # Made beside it, so that a rename is all that is left to do, with the permissions of a new file
    # or those of the file that is replaced.
    said=$(mktemp -- "$(dirname -- "$target")/rotpipe.XXXXXX" 2>&1) || fail "$2: ${said##*: }"
    temporary=$said
    said=$({ place "$1" "$temporary" "$target"; } 2>&1) || fail "$2: ${said##*: }"
    temporary=
}

# place FILE TEMPORARY TARGET: the last steps.
place() {
    if [ -e "$3" ]; then
        cp -p -- "$3" "$2"
    else
        chmod '=rw' -- "$2"
    fi && cat "$1" >"$2" && mv -f -- "$2" "$3"
}

# full SAID: the folder for the parts did not take something, for the reason that SAID ends with.
full() {
    case $1 in
    *'No space left'*) said='No space left on device' ;;
    *) said=$(printf '%s\n' "$1" | tail -n 1) ;;
    esac
    said=${said##*: }
    fail "${TMPDIR:-/tmp}: cannot write: ${said:-what was written is not whole}"
}

# keep FILE COMMAND...: adds the output of the command to FILE, all of it, or ends the program. What
# the command says is caught without a file, for which there may be no room either; so it is none
# that fails by itself.
keep() {
    into=$1
    shift
    said=$({ "$@" >>"$into"; } 2>&1) || full "$said"
}

# Prints a text of the program's own and ends it.
say() {
    keep "$work/text" "$@"
    put "$work/text"
    exit 0
}

# set_output FILE OPTION
set_output() {
    [ -n "$1" ] || misused "$2: the name of the file is empty"
    output=$1
}

# One argument that is no operand. An option whose argument is the next word leaves its name in
# $wanting.
option() {
    case $1 in
    -h | --help) say help ;;
    --version) say echo "$program (rotpipe) $version" ;;
    -q | --quiet) quiet=yes ;;
    -o | --output) wanting=$1 ;;
    --output=*) set_output "${1#*=}" --output ;;
    --help=* | --version=* | --quiet=*) misused "option '${1%%=*}' doesn't allow an argument" ;;
    --*) misused "unrecognized option '$1'" ;;
    -o*) set_output "${1#-o}" -o ;;
    -[hq]*)
        letters=${1#??}
        option "${1%"$letters"}"
        option "-$letters"
        ;;
    *)
        letters=${1#-}
        misused "invalid option -- '${letters%"${letters#?}"}'"
        ;;
    esac
}

# is_output FILE: true if it is the regular file that the page goes to.
is_output() {
    case $output in
    '' | -) page=/dev/stdout ;;
    *) page=$output ;;
    esac
    # shellcheck disable=SC3013 # every sh that is in use has -ef
    [ -f "$1" ] && { [ "$1" -ef /dev/stdout ] || [ "$1" -ef "$page" ]; }
}

# fetch FILE INTO NAME: a copy of FILE, or of standard input if it is empty; unpacked where it is
# compressed by gzip.
fetch() {
    if is_output "${1:-/dev/stdin}"; then
        fail "$3: is both input and output"
    elif [ -z "$1" ]; then
        said=$({ cat >"$2"; } 2>&1)
    elif [ ! -e "$1" ]; then
        fail "$3: No such file or directory"
    elif [ -d "$1" ]; then
        fail "$3: is a directory"
    elif [ ! -r "$1" ]; then
        fail "$3: Permission denied"
    else
        said=$({ cat <"$1" >"$2"; } 2>&1)
    fi || case $said in
    *'write error'* | *'No space left'*) full "$said" ;;
    *'Is a directory'*) fail "$3: is a directory" ;;
    *) fail "$3: ${said##*: }" ;;
    esac
    [ "$(bytes "$2" 0 2)" = 1f8b ] || return 0
    said=$({ gzip -dc <"$2" >"$2.plain"; } 2>&1) || case $said in
    *'No space left'*) full "$said" ;;
    *) fail "$3: damaged, or cut short: its compressed data do not end well" ;;
    esac
    said=$(mv "$2.plain" "$2" 2>&1) || full "$said"
}

# fetch_text FILE INTO NAME: the same, of what is to be text.
fetch_text() {
    fetch "$@"
    case $(bytes "$2" 0 4) in
    72747331) fail "$3: is an rts stream, but text is needed (rtsinfo and rts2tsv write text)" ;;
    89504e47) fail "$3: is a PNG image, but text is needed" ;;
    0000080?) fail "$3: is an IDX file, but text is needed" ;;
    esac
    [ "$(tr -d '\000' <"$2" | wc -c)" = "$(wc -c <"$2")" ] || fail "$3: is not text: it contains NUL bytes"
}

# bytes FILE FIRST N: in hexadecimal.
bytes() {
    od -An -v -tx1 -j "$2" -N "$3" <"$1" 2>/dev/null | tr -d ' \n'
}

# ---- HTML ----

# Each of what follows is handed to keep, or its output is put into a variable: its status says
# whether all of it went well. Pipelines whose first program may fail tell their second of their end.

# Text from elsewhere: nothing in it is a tag, an entity or the end of an attribute.
clean() {
    tr '\000-\010\013-\037\177' '?'
}

marked() {
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g; s/'\''/\&#39;/g'
}

escaped() {
    printf '%s' "$1" | clean | marked
}

# escape FILE
escape() {
    clean <"$1" >"$work/clean" && marked <"$work/clean"
}

# base64_line FILE: on one line (POSIX has no program for it that is everywhere).
base64_line() {
    { od -An -v -tu1 <"$1" && echo end; } | awk '
        function char(v) { return substr(letters, v % 64 + 1, 1) }
        BEGIN { letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
        $1 == "end" { ended = 1; next }
        {
            line = ""
            for (i = 1; i <= NF; i++) {
                v = v * 256 + $i
                if (++n < 3) continue
                line = line char(int(v / 262144)) char(int(v / 4096)) char(int(v / 64)) char(v)
                n = v = 0
            }
            printf "%s", line
        }
        END {
            if (n == 1) printf "%s%s==", char(int(v / 4)), char(v * 16)
            if (n == 2) printf "%s%s%s=", char(int(v / 1024)), char(int(v / 16)), char(v * 4)
            exit !ended
        }'
}

# The size of a PNG as attributes, so that a page does not jump about while it is laid out.
png_size() {
    od -An -v -tu1 -j 16 -N 8 <"$1" | awk '{
        printf " width=\"%d\" height=\"%d\"", (($1 * 256 + $2) * 256 + $3) * 256 + $4,
            (($5 * 256 + $6) * 256 + $7) * 256 + $8 }'
}

# kind_of_svg FILE: 0 for an SVG, 3 for one without an end, 4 for what is none. Remarks may be as long
# as they like, before it and behind it, and so may blanks.
kind_of_svg() {
    tr '\000\r\t' '?  ' <"$1" | awk '
        function bare(s,    kept, at) {
            for (;;) {
                if (remark) {
                    at = index(s, "-->")
                    if (!at) return kept
                    s = substr(s, at + 3)
                    remark = 0
                }
                at = index(s, "<!--")
                if (!at) return kept s
                kept = kept substr(s, 1, at - 1)
                s = substr(s, at + 4)
                remark = 1
            }
        }
        {
            s = bare($0)
            if (s ~ /^ *$/) next
            sub(/ +$/, "", s)
            if (first == "") first = s
            # A root without anything in it may end where it begins: <svg/>.
            if (svg && index(s, "<")) inside = 1
            if (!svg && match(s, /<(svg:)?svg([ \/>]|$)/)) {
                svg = 1
                inside = index(substr(s, RSTART + 1), "<") > 0
            }
            last = last " " s
            last = substr(last, length(last) > 100 ? length(last) - 100 : 1)
        }
        END {
            sub(/^\357\273\277/, "", first)
            if (!svg || first !~ /^ *</) exit 4
            exit last ~ /<\/(svg:)?svg *>$/ || (!inside && last ~ /\/>$/) ? 0 : 3
        }'
}

# kind_of NAME: of the picture that has been fetched; $type and $size. A picture that may have text too
# small to read when it is as narrow as a telephone is $wide, and scrolls there.
kind_of() {
    wide=' wide'
    if [ "$(bytes "$work/source" 0 8)" = 89504e470d0a1a0a ]; then
        [ "$(tail -c 8 <"$work/source" | od -An -v -tx1 | tr -d ' \n')" = 49454e44ae426082 ] ||
            fail "$1: cut short: a PNG without an end"
        type=png
        size=$(png_size "$work/source")
        [ "$(printf '%s' "$size" | tr -cd '0-9 ' | awk '{ print $1 }')" -gt "$NARROW" ] || wide=
        return
    fi
    [ "$(bytes "$work/source" 0 4)" != 72747331 ] ||
        fail "$1: is an rts stream, but a picture is needed (rts2png draws one)"
    kind_of_svg "$work/source"
    case $? in
    0) ;;
    3) fail "$1: cut short: an SVG without an end" ;;
    *) fail "$1: neither PNG nor SVG" ;;
    esac
    type=svg+xml
    size=
}

caption() {
    [ -n "$1" ] || return 0
    shown=$(escaped "$1") && printf '<figcaption>%s</figcaption>\n' "$shown"
}

# picture FILE ALT CAPTION
picture() {
    alt=$(escaped "$2") &&
        printf '<figure>\n<div class="scroll picture%s" role="region" aria-label="picture" tabindex="0"><img%s alt="%s" src="data:image/%s;base64,' \
            "$wide" "$size" "$alt" "$type" &&
        base64_line "$1" &&
        printf '"></div>\n' &&
        caption "$3" &&
        echo '</figure>'
}

# The rows of a table, of standard input that ends with a line of one \001.
rows() {
    awk -F '\t' '
        function number(s) {
            gsub(/[0-9][eE][-+]?[0-9]+/, "0", s) # an exponent
            return s ~ /^[-+]?[0-9][-+0-9., %]*$/
        }
        $0 == "\001" { ended = 1; next }
        { line[++lines] = $0 }
        lines == 1 { columns = NF }
        lines > 1 { for (i = 1; i <= NF; i++) if (i == 1 || !number($i)) words[i] = 1 }
        END {
            printf "<thead><tr>"
            split(line[1], cell)
            for (i = 1; i <= columns; i++)
                printf "<th scope=\"col\"%s>%s</th>", (i in words ? "" : " class=\"n\""), cell[i]
            print "</tr></thead>\n<tbody>"
            for (row = 2; row <= lines; row++) {
                n = split(line[row], cell)
                printf "<tr><th scope=\"row\">%s</th>", cell[1]
                for (i = 2; i <= n; i++)
                    printf "<td%s>%s</td>", (number(cell[i]) ? " class=\"n\"" : ""), cell[i]
                print "</tr>"
            }
            print "</tbody>"
            exit !ended
        }'
}

# table FILE CAPTION: numbers to the right, and what stands above a column of them; the first cell of
# a line is what the line is about.
table() {
    echo '<figure>' &&
        caption "$2" &&
        echo '<div class="scroll" role="region" aria-label="table" tabindex="0"><table>' &&
        clean <"$1" >"$work/clean" &&
        { ends_line "$work/clean" || echo >>"$work/clean"; } &&
        { marked <"$work/clean" && printf '\001\n'; } | rows &&
        printf '</table></div>\n</figure>\n'
}

ends_line() {
    [ "$(tail -c 1 <"$1" | od -An -tx1 | tr -d ' \n')" = 0a ]
}

# text_block CLASS FILE CAPTION: the text unchanged.
text_block() {
    echo '<figure>' &&
        caption "$3" &&
        printf '<pre class="%s" tabindex="0">' "$1" &&
        escape "$2" &&
        printf '</pre>\n</figure>\n'
}

# provenance FILE: what rtsinfo says of it, into a file.
provenance() {
    ! is_output "$1" || fail "$where$1: is both input and output"
    said=$({ "$rtsinfo" --history -- "$1" >"$work/source"; } 2>&1) || case $said in
    *'standard output: '*) full "$said" ;;
    *) fail "$where${said#rtsinfo: }" ;;
    esac
    [ -s "$work/source" ] || keep "$work/source" echo '(It has no history.)'
}

# ---- the plan ----

# next_field: cuts the first field off $rest, into $field.
next_field() {
    field=${rest%%"$tab"*}
    case $rest in
    *"$tab"*) rest=${rest#*"$tab"} ;;
    *) rest= ;;
    esac
}

# part LINE: a line of the plan as HTML; a title is kept for the head.
part() {
    rest=$1
    next_field
    word=$field
    next_field
    first=$field
    next_field
    second=$field
    next_field
    third=$field
    case $word in
    title | heading | text | picture | table | output | model) ;;
    *) fail "$where'$word' is not a part of a report" ;;
    esac
    [ -z "$rest" ] || fail "${where}too many fields for '$word'"
    [ -n "$first" ] || fail "${where}'$word' needs a value after a tab"
    : >"$work/source"
    : >"$work/part"
    html
    [ "$word" != title ] || return 0
    # A tool that does not tell when it cannot write has not written this.
    case $(tail -n 1 <"$work/part") in
    *'</figure>' | *'</h2>' | *'</p>') keep "$work/body" cat "$work/part" ;;
    *) full '' ;;
    esac
}

# The HTML of $word, $first, $second and $third.
html() {
    shown=$(escaped "$first" 2>&1) || full "$shown"
    case $word in
    title) title=$shown ;;
    heading) keep "$work/part" printf '<h2>%s</h2>\n' "$shown" ;;
    text) keep "$work/part" printf '<p>%s</p>\n' "$shown" ;;
    picture)
        [ -n "$second" ] || fail "${where}a picture needs an alternative text"
        fetch "$first" "$work/source" "$where$first"
        kind_of "$where$first"
        keep "$work/part" picture "$work/source" "$second" "$third"
        ;;
    table)
        fetch_text "$first" "$work/source" "$where$first"
        [ -s "$work/source" ] || fail "$where$first: empty"
        keep "$work/part" table "$work/source" "$second"
        ;;
    output)
        fetch_text "$first" "$work/source" "$where$first"
        keep "$work/part" text_block output "$work/source" "$second"
        ;;
    model)
        provenance "$first"
        keep "$work/part" text_block history "$work/source" "${second:-$first}"
        ;;
    esac
}

# plan FILE: its parts are added to the body.
plan() {
    name=$1
    where=
    if [ "$1" = - ]; then
        name='standard input'
        [ -n "$quiet" ] || [ ! -t 0 ] ||
            printf '%s: reads from the terminal; Ctrl-D ends the input\n' "$program" >&2
        fetch_text '' "$work/plan" "$name"
    else
        fetch_text "$1" "$work/plan" "$name"
    fi
    [ -s "$work/plan" ] || fail "$name: empty"
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        where="$name: line $number: "
        case $line in
        '' | '#'*) ;;
        *) part "$line" ;;
        esac
    done <"$work/plan"
}

style() {
    cat <<'END'
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --paper: #fff; --rule: #d1d9e0;
  --block: #f6f8fa; --card: #fff; --shade: #0004 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --faint: #9da7b1; --paper: #14181d;
  --rule: #3d444d; --block: #1e242b; --card: #d9dde2; --shade: #fff5 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 54rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word }
h1 { margin: 0 0 1rem; font-size: 1.8rem; line-height: 1.2 }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .3rem; font-size: 1.3rem;
  border-bottom: 1px solid var(--rule) }
p { margin: .75rem 0; max-width: 44rem }
figure { margin: 1.25rem 0 }
figcaption, footer { color: var(--faint); font-size: .9rem; text-align: left }
figcaption { margin: .4rem 0 }
.scroll, pre { --under: var(--paper); overflow-x: auto; scrollbar-width: thin; background:
  linear-gradient(to right, var(--under) 30%, transparent) left / 3rem 100% no-repeat local,
  linear-gradient(to left, var(--under) 30%, transparent) right / 3rem 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) left / 1rem 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), transparent) right / 1rem 100% no-repeat scroll, var(--under) }
.picture { padding: .5rem; background: var(--card); border: 1px solid var(--rule);
  border-radius: .4rem }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; mix-blend-mode: multiply }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; font-weight: normal;
  border-bottom: 1px solid var(--rule); white-space: nowrap }
thead th { color: var(--faint); font-size: .9rem; vertical-align: bottom; white-space: normal }
th:last-child, td:last-child { padding-right: 0 }
.n { text-align: right }
pre { --under: var(--block); margin: 0; padding: .75rem;
  border-radius: .4rem; font: .85rem/1.45 ui-monospace, monospace }
.history { white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 3rem }
:focus-visible { outline: 2px solid #0072b2 }
@media (max-width: 37rem) { .wide img { max-width: none; width: 34rem }
  .wide::after { content: "\2194  scroll sideways"; position: sticky; left: 0; display: block;
    width: fit-content; color: #59636e; font-size: .8rem } }
@media (max-width: 40rem) { h1 { font-size: 1.5rem }
  th, td, thead th { padding-right: .5rem; font-size: .8rem } tbody th { white-space: normal; min-width: 6rem } }
@media print { .scroll, pre { overflow: visible; white-space: pre-wrap } .wide::after { content: none } figure { break-inside: avoid } }
END
}

# The page is head, body and foot. Its policy forbids to load anything from anywhere.
page() {
    head_of_page && cat "$work/body" && foot
}

head_of_page() {
    cat <<END
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>
$(style)
</style>
</head>
<body>
<header><h1>$title</h1></header>
<main>
END
}

foot() {
    cat <<END
</main>
<footer>Written by $program $version.</footer>
</body>
</html>
END
}

work=$(mktemp -d "${TMPDIR:-/tmp}/$program.XXXXXX" 2>/dev/null) ||
    fail "${TMPDIR:-/tmp}: no folder can be made there"
temporary=
trap 'rm -rf "$work"; [ -z "$temporary" ] || rm -f -- "$temporary"' EXIT
trap 'exit 1' INT TERM HUP

# Options may stand behind operands, too, up to `--`.
options=yes quiet='' output='' wanting=''
for argument; do
    shift
    if [ -n "$wanting" ]; then
        set_output "$argument" "$wanting"
        wanting=
        continue
    fi
    case $options$argument in
    yes--) options= ;;
    yes-?*) option "$argument" ;;
    *) set -- "$@" "$argument" ;;
    esac
done
case $wanting in
--*) misused "option '$wanting' requires an argument" ;;
-*) misused "option requires an argument -- '${wanting#-}'" ;;
esac
[ $# -gt 0 ] || set -- -
rtsinfo=$(dirname -- "$0")/rtsinfo
[ -x "$rtsinfo" ] || rtsinfo=rtsinfo

: >"$work/body"
title='A run of rotpipe'
for operand; do
    plan "$operand"
done
keep "$work/page" page
[ "$(tail -n 1 <"$work/page")" = '</html>' ] || full ''
case $output in
'' | - | /dev/stdout | /dev/fd/1) put "$work/page" ;;
*) put_file "$work/page" "$output" ;;
esac
