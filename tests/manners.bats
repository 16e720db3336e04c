#!/usr/bin/env bats
# The manners that all programs share, tried on every one of cmd/*.c and cmd/*.sh.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load programs

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    idx_images 12 8 8 >images
    # shellcheck disable=SC2046
    idx_labels $(cycle 12 3) >labels
    idx2rts images labels >data.rts
    rottrain -q -e 1 --net 'c2 r p d4 r' data.rts >model.rts
    rtsample -k 1 data.rts >other.rts
    printf 'title\tA report\ntext\tof nothing\n' >plan
    for file in images labels data.rts model.rts plan; do
        gzip -c $file >$file.gz
    done
}

# Every test starts in a folder with these files.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    cp "$BATS_FILE_TMPDIR"/* .
}

# A sensible use of the program but for its operands; and what it reads. A new program needs a line
# here.
use() {
    command=("$1")
    operand=data.rts
    case $1 in
    evalacc | evalpng) command+=(-m model.rts) ;;
    featdump) command+=(-m model.rts) ;;
    filtdump) operand=model.rts ;;
    headswap) command+=(-c 3) operand=model.rts ;;
    idx2png | idx2rts) operand=images ;;
    knneval) command+=(-k 2 data.rts) ;;
    rotpipe-report) operand=plan ;;
    rotgen | rts2png | rts2tsv | rtsinfo) ;;
    rottrain) command+=(-q -e 1 --net 'c2 r d3') ;;
    rtscomm) command+=(--only-b other.rts) ;;
    rtsample) command+=(-n 2) ;;
    rtsmap) command+=(--compact --transpose) ;;
    umap) command+=(-q -k 4 -e 20) ;;
    *) fail "tests/manners.bats does not know how to use $1" ;;
    esac
}

# True of programs whose result is for people; --version and --help of all others are, too.
writes_text() {
    [[ $1 == evalacc || $1 == knneval || $1 == rtsinfo || $1 == rts2tsv || $1 == rotpipe-report ]]
}

# ---- what holds for one program ----

help() {
    quiet_success "$1" --help
    [[ $output == "usage: $1 "* ]] || fail "$output" || return 1
    # Not one option more or less than the source has; headswap's --freeze[=layer] is --freeze.
    grep -oE -e '--[a-z][a-z-]*' <<<"$output" | sed 's/^--//' | sort -u >told
    long_options "$1" >known
    same told known || return 1
    for letter in $(short_options "$1"); do
        [[ $output == *"-$letter, --"* ]] || fail "-$letter is not in --help" || return 1
    done
    # It fits into a terminal.
    awk 'length > 100 { exit 1 }' <<<"$output" || fail 'lines of more than 100 characters'
}

version() {
    quiet_success "$1" --version
    [[ $output == "$1 (rotpipe) $(sed -n 's/^VERSION = //p' "$ROOT/Makefile")" ]] || fail "$output"
}

unknown_option() {
    use "$1"
    expect_error 2 "unrecognized option '--no-such-option'" "${command[@]}" --no-such-option "$operand"
    [[ -z $output ]] || fail "$output" || return 1
    expect_error 2 "invalid option -- 'Z'" "${command[@]}" -Z "$operand"
    expect_error 2 "option '--help' doesn't allow an argument" "$1" --help=x
}

terminal() {
    use "$1"
    writes_text "$1" && return
    # script(1) gives the program a terminal for its standard output.
    run script -qec "${command[*]@Q} $operand" /dev/null </dev/null
    [[ $status == 1 && ${lines[0]} == "$1: standard output: is a terminal; "* ]] ||
        fail "status $status: $output" || return 1
    [[ ${#lines[@]} == 1 ]] || fail "$output"
}

full() {
    use "$1"
    expect_error 1 'standard output: ' sh -c '"$@" > /dev/full' - "${command[@]}" "$operand"
}

operands() {
    use "$1"
    mkdir -p folder
    expect_error 1 'folder: is a directory' "${command[@]}" folder
    expect_error 1 'missing: No such file or directory' "${command[@]}" missing
}

compressed() {
    use "$1"
    "${command[@]}" "$operand" >plain
    "${command[@]}" "$operand.gz" >packed
    same plain packed
    [[ -s plain ]] || fail 'no output'
}

standard_input() {
    use "$1"
    "${command[@]}" "$operand" >from_file
    "${command[@]}" <"$operand" >from_input
    "${command[@]}" - <"$operand.gz" >from_dash
    same from_file from_input
    same from_file from_dash
    # shellcheck disable=SC2002 # a pipe cannot be sought in
    cat "$operand" | "${command[@]}" >from_pipe
    same from_file from_pipe
}

# A name that could be taken for an option, and one with spaces.
odd_names() {
    use "$1"
    "${command[@]}" "$operand" >want
    cp -- "$operand" "./-a odd name"
    "${command[@]}" -- "-a odd name" >got
    same want got
}

broken_pipe() {
    use "$1"
    silent_sigpipe "${command[@]}" "$operand"
}

# What is in a stream beside its provenance: a line for each record, with a checksum.
contents() {
    local at size dtype shape name
    records "$1" | while read -r at size dtype shape name; do
        [[ $name == history || $name == digest ]] ||
            echo "$name $dtype $shape $(tail -c +$((at + 129)) "$1" | head -c "$size" | cksum)"
    done
}

# A program that writes a stream tells how it was made, unless it is told not to.
no_history() {
    use "$1"
    "${command[@]}" "$operand" >told
    if [[ $(head -c 4 told) != rts1 ]]; then
        run -1 grep -qx no-history <(long_options "$1")
        return
    fi
    records told | grep -q ' history$'
    records told | grep -q ' digest$'
    "${command[@]}" --no-history "$operand" >untold
    run -1 grep -E ' (history|digest)$' <(records untold)
    [[ -z $(rtsinfo --history untold) ]]
    contents told >want
    contents untold >got
    same want got
    # Through a pipe, which rtsample keeps in a file of its own.
    # shellcheck disable=SC2002
    cat "$operand" | "${command[@]}" --no-history | cmp - untold
    told+=("$1")
}

# ---- the tests ----

@test "manners: --help names every option that there is, and no other" {
    each help
}

@test "manners: --version" {
    each version
}

@test "manners: an unknown option is a use that is wrong" {
    each unknown_option
}

@test "manners: no binary result to a terminal" {
    each terminal
}

@test "manners: a full disk makes the program fail" {
    each full
}

@test "manners: operands that are folders or missing" {
    each operands
}

@test "manners: compressed input gives the same result" {
    each compressed
}

@test "manners: standard input, a pipe, - and an operand give the same result" {
    each standard_input
}

@test "manners: operands of odd names" {
    each odd_names
}

@test "manners: a closed pipe ends a program without a word" {
    each broken_pipe
}

@test "manners: --no-history, of all that write streams, drops how it was made and nothing else" {
    local told=()
    each no_history
    ((${#told[@]} >= 6))
}

@test "manners: models may be compressed, and come by -m - from standard input" {
    # shellcheck disable=SC2086 # a program with its options
    for command in evalacc evalpng featdump 'rottrain -q -e 1'; do
        $command -m model.rts data.rts >want
        $command -m model.rts.gz data.rts >got
        same want got
        $command -m - data.rts <model.rts.gz >got
        same want got
        expect_error 1 'missing: No such file' $command -m missing data.rts
        expect_error 1 "data.rts: record 1 'image' .*data set" $command -m data.rts data.rts
    done
}
