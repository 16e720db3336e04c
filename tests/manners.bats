#!/usr/bin/env bats
# The manners that all programs share, tried on every one of cmd/*.c and cmd/*.sh.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load programs

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    idx_images 12 8 8 >images
    # shellcheck disable=SC2046
    idx_labels $(cycle 12 3) >labels
    idx2rts images labels >data.rts
    rottrain -q -e 1 --net 'c2 r p d4 r' data.rts >model.rts
    rtsample -k 1 data.rts >other.rts
    rts2png data.rts >photo.png
    printf 'title\tA report\ntext\tof nothing\n' >plan
    for label in 7 0 9; do
        octal $label && noise 3072
    done >batch.bin
    for file in images labels batch.bin data.rts model.rts plan; do
        gzip -c $file >$file.gz
    done
}

# Every test starts in a folder with these files.
setup() {
    start_in "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/* .
}

# A sensible use of the program but for its operands; and what it reads. A new program needs a line
# here.
use() {
    command=("$1")
    operand=data.rts
    case $1 in
    augment) command+=(-n 2 'flip rotate9') ;;
    cifar2rts) operand=batch.bin ;;
    classdump | evalacc | evalpng) command+=(-m model.rts) ;;
    evalcmp) command+=(-q -A model.rts -B model.rts) ;;
    featdump) command+=(-m model.rts) ;;
    filtdump) operand=model.rts ;;
    headswap) command+=(-c 3) operand=model.rts ;;
    idx2png | idx2rts) operand=images ;;
    img2rts) command+=(-q) operand=photo.png ;;
    knneval) command+=(-q -k 2 data.rts) ;;
    layereval) command+=(-m model.rts -k 2 data.rts) ;;
    rotpipe-report) operand=plan ;;
    rotgen | rts2idx | rts2png | rts2tsv | rtsinfo) ;;
    rottrain) command+=(-q -e 1 --net 'c2 r d3') ;;
    rtscomm) command+=(--only-b other.rts) ;;
    rtsample) command+=(-n 2) ;;
    rtspick) command+=(-q -n 2 --labelled other.rts) ;;
    rtslabel) command+=(-m model.rts --balance -q) ;;
    rtshuf) ;;
    rtsspread) command+=(-q -k 4 --balance data.rts) ;;
    rtsmap) command+=(--compact --transpose --pad 9) ;;
    umap) command+=(-q -k 4 -e 20) ;;
    *) fail "tests/manners.bats does not know how to use $1" ;;
    esac
}

# True of programs whose result is for people; --version and --help of all others are, too.
writes_text() {
    [[ $1 == classdump || $1 == evalacc || $1 == evalcmp || $1 == knneval || $1 == layereval || $1 == rtsinfo || $1 == rts2tsv || $1 == rotpipe-report ]]
}

# ---- what holds for one program ----

help() {
    quiet_success "$1" --help
    [[ $output == "usage: $1 "* ]] || fail "$output" || return 1
    # It names no option but those that there are; headswap's --freeze[=layer] is --freeze.
    grep -oE -e '--[a-z][a-z-]*' <<<"$output" | sed 's/^--//' | sort -u >told
    long_options "$1" >known
    same told known || return 1
    for letter in $(short_options "$1"); do
        [[ $output == *"-$letter, --"* ]] || fail "-$letter is not in --help" || return 1
    done
    cp "$BATS_FILE_TMPDIR/plan" . # any file: nothing is read
    quiet_success "$1" -h
    "$1" --help | cmp - <(printf '%s\n' "$output") || fail '-h is not --help' || return 1
    # It fits into a terminal.
    awk 'length > 80 { exit 1 }' <<<"$output" || fail 'lines of more than 80 characters'
}

version() {
    quiet_success "$1" --version
    # A second line tells which formats it was built to read.
    [[ $1 != img2rts ]] || output=${lines[0]}
    [[ $output == "$1 (rotpipe) $VERSION" ]] || fail "$output"
}

unknown_option() {
    use "$1"
    expect_error 2 "unrecognized option '--no-such-option'" "${command[@]}" --no-such-option "$operand"
    [[ -z $output ]] || fail "$output" || return 1
    expect_error 2 "invalid option -- 'Z'" "${command[@]}" -Z "$operand"
    expect_error 2 "option '--help' doesn't allow an argument" "$1" --help=x
    [[ $1 != rotpipe-report ]] || return 0
    expect_error 2 "option '--output' requires an argument" "${command[@]}" "$operand" --output
    expect_error 2 "option requires an argument -- 'o'" "${command[@]}" "$operand" -qo
    expect_error 2 "option '--quiet' doesn't allow an argument" "${command[@]}" --qui=x "$operand"
}

# printed STATUS COMMAND...: an error that says ?[31m; its message is added to the file said.
printed() {
    expect_error "$1" '\?\[31m' "${@:2}" || return 1
    printf '%s\n' "$stderr" >>said
}

unprintable() {
    use "$1"
    local bad
    rm -f said
    # Escape, delete, the control characters of Latin-1 in UTF-8 and bare, and what is cut or no UTF-8.
    for bad in $'\e' $'\177' $'\302\233' $'\233' $'\342\202' $'\355\240\200' $'\n'; do
        printed 1 "${command[@]}" "no${bad}[31m" || return 1
        printed 2 "${command[@]}" "--no${bad}[31m" "$operand" || return 1
        expect_error 2 "invalid option -- '\?'" "${command[@]}" "-$bad" "$operand" || return 1
    done
    # The argument of an option, a value out of a list, and the name of the program itself.
    if [[ " $(long_options "$1" | xargs) " == *' threads '* ]]; then
        printed 2 "${command[@]}" -j $'\e[31m' "$operand" || return 1
    fi
    python3 -c 'import sys
text = open("said", "rb").read().decode("utf-8")
sys.exit(any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text))' ||
        fail "$(od -c said)" || return 1
    if [[ -e $ROOT/cmd/$1.c ]]; then
        ln -sf "$BUILD/$1" $'p\e[31m'
        run --separate-stderr ./$'p\e[31m' --no-such
        [[ $stderr == "p?[31m: unrecognized option '--no-such' (try 'p?[31m --help')" ]] || fail "$stderr"
    fi
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
    expect_error 1 'missing: No such file or directory' "${command[@]}" missing
    [[ $1 != img2rts ]] || return 0 # which reads folders
    expect_error 1 'folder: is a directory' "${command[@]}" folder
}

compressed() {
    [[ $1 != img2rts ]] || return 0 # pictures are compressed already
    use "$1"
    "${command[@]}" "$operand" >plain
    "${command[@]}" "$operand.gz" >packed
    same plain packed
    [[ -s plain ]] || fail 'no output'
}

standard_input() {
    [[ $1 != img2rts ]] || return 0 # a picture without a name
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
    [[ $1 != img2rts ]] || return 0 # the name is part of the stream
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

# True of programs that print something beside the result which goes to the file of -o.
prints_beside() {
    [[ $1 == rtscomm ]]
}

# The file of -o appears complete or not at all, and what was there stays until then.
output_file() {
    use "$1"
    "${command[@]}" "$operand" >want
    [[ -s want ]] || fail 'no output' || return 1
    rm -rf new
    mkdir new
    quiet_success "${command[@]}" -o new/got "$operand"
    [[ -z $output ]] || prints_beside "$1" || fail "printed: $output" || return 1
    same want new/got
    [[ $(stat -c %a new/got) == "$(stat -c %a want)" ]] || fail 'other permissions' || return 1
    # In the place of another, behind a link, as the long option, which may stand behind operands.
    echo old >new/old
    ln -s old new/link
    chmod 640 new/old
    quiet_success "${command[@]}" "$operand" --output=new/link
    same want new/old
    [[ -L new/link && $(stat -c %a new/old) == 640 ]] || fail 'the link or the permissions' || return 1
    # Nothing where it fails: not even the name, nor what was on its way.
    echo old >new/old
    expect_error 1 'missing: No such file' "${command[@]}" -o new/none missing
    expect_error 1 'missing: No such file' "${command[@]}" -o new/old missing
    head -c $(($(size_of "$operand") / 2)) "$operand" >half
    if [[ $1 != rotpipe-report ]]; then
        expect_error 1 'half: ' "${command[@]}" -o new/none half
        expect_error 1 'half: ' "${command[@]}" -o new/old half
    fi
    [[ $(cat new/old) == old && $(find new -mindepth 1 | sort) == $'new/got\nnew/link\nnew/old' ]] ||
        fail "left: $(ls -A new)" || return 1
    expect_error 1 'no/got: No such file' "${command[@]}" -o no/got "$operand"
    expect_error 1 'new: ' "${command[@]}" -o new "$operand"
    expect_error 1 '/dev/full: ' "${command[@]}" -o /dev/full "$operand"
    expect_error 2 'the name of the file is empty' "${command[@]}" -o '' "$operand"
    expect_error 2 'option requires an argument -- .o' "$1" -o
    "${command[@]}" -o - "$operand" | cmp - want
    "${command[@]}" -o /dev/stdout "$operand" >got
    prints_beside "$1" || same want got
}

# Whoever starts a program without an operand learns why it does not end.
waiting() {
    use "$1"
    local note="$1: reads from the terminal; Ctrl-D ends the input" loud=() word
    for word in "${command[@]}"; do
        [[ $word == -q ]] || loud+=("$word")
    done
    script -qec "${loud[*]@Q} >out" /dev/null </dev/null >screen || true
    [[ $(grep -cF "$note" screen) == 1 ]] || fail "$(cat screen)" || return 1
    script -qec "${loud[*]@Q} -q >out" /dev/null </dev/null >screen || true
    ! grep -F 'terminal' screen || fail 'not quiet' || return 1
    # And nobody else does.
    run --separate-stderr "${loud[@]}" <"$operand"
    [[ $status == 0 && $stderr != *terminal* ]] || fail "$stderr" || return 1
    script -qec "${command[*]@Q} $operand >out" /dev/null </dev/null >screen
    ! grep -F 'terminal' screen || fail 'reads the terminal' || return 1
}

# with_letter LETTER: the programs that have it.
with_letter() {
    local program
    for program in $(programs); do
        [[ $(short_options "$program") != *"$1"* ]] || echo "$program"
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
    told+=("$1")
    [[ $1 != img2rts ]] || return 0
    # Through a pipe, which rtsample keeps in a file of its own.
    # shellcheck disable=SC2002
    cat "$operand" | "${command[@]}" --no-history | cmp - untold
}

# refused FILE COMMAND...: FILE would be both input and output; it stays as it is.
refused() {
    local file=$1 status=1
    shift
    cp "$file" kept
    # rottrain sees it in its options already.
    [[ $* == *rottrain*' -o '* ]] && status=2
    expect_error $status "(is both input and output|-o: '[a-z.]*' is also )" "$@"
    cmp "$file" kept
}

# Of all that the program reads, nothing can be where its result goes: its operand, standard input
# and each file that its options name.
own_input() {
    local file files=() operands
    use "$1"
    for file in "${command[@]}"; do
        [[ ! -f $file ]] || files+=("$file")
    done
    operands=("$operand")
    case $1 in
    cifar2rts | headswap) command+=(--names names) files+=(names) ;;
    idx2rts | idx2png) command+=(--names names) files+=(labels names) operands+=(labels) ;;
    esac
    for file in "$operand" "${files[@]}"; do
        refused "$file" sh -c 'f=$1; shift; "$@" >>"$f"' - "$file" "${command[@]}" "${operands[@]}"
        ln -f "$file" hard
        refused "$file" sh -c 'f=$1; shift; "$@" >>"$f"' - hard "${command[@]}" "${operands[@]}"
        grep -qx output <(long_options "$1") || continue
        refused "$file" "${command[@]}" -o "$file" "${operands[@]}"
        ln -sf "$file" link
        refused "$file" sh -c '"$@" || exit' - "${command[@]}" -o link "${operands[@]}"
        tried=$((tried + 1))
    done
    if [[ $1 != idx2* ]]; then
        refused "$operand" sh -c 'f=$1; shift; "$@" <"$f" >>"$f"' - "$operand" "${command[@]}"
    fi
}

# ---- the tests ----

@test "manners: --help names every option that there is, and no other" {
    each help
}

@test "manners: --version" {
    each version
}

@test "manners: -o, of every program, writes the result to a file, complete or not at all" {
    each output_file
}

@test "manners: a program that waits for a terminal says so, but for -q" {
    each waiting
}

@test "manners: an option is called what the user has typed" {
    local program letter name
    for letter in j:threads s:seed n:count e:epochs c:classes; do
        name=${letter#*:} letter=${letter%:*}
        [[ -n $(with_letter "$letter") ]]
        for program in $(with_letter "$letter"); do
            use "$program"
            expect_error 2 "^$program: --$name: 'x' is not a" "${command[@]}" "--$name" x "$operand"
            expect_error 2 "^$program: --$name: 'x' is not a" "${command[@]}" "--${name:0:6}=x" "$operand"
            expect_error 2 "^$program: -$letter: 'x' is not a" "${command[@]}" "-$letter" x "$operand"
            expect_error 2 "^$program: -$letter: 'x' is not a" "${command[@]}" "-${letter}x" "$operand"
        done
    done
    expect_error 2 '^rotgen: --seed needs -r' rotgen --seed 3 data.rts
    expect_error 2 '^headswap: --seed needs -c, --at or --reinit' headswap --seed 3 model.rts
    expect_error 2 '^idx2png: --force needs -d' idx2png --force images
}

@test "manners: a letter means the same in every program" {
    local pair program
    for pair in b:batch c:classes e:epochs h:help j:threads m:model n:count o:output q:quiet s:seed; do
        for program in $(with_letter "${pair%:*}"); do
            "$program" --help | grep -q -e "^  -${pair%:*}, --${pair#*:}\\b" ||
                fail "$program: -${pair%:*} is not --${pair#*:}"
        done
    done
    for letter in h o q; do
        [[ $(with_letter $letter) == "$(programs)" ]]
    done
}

@test "manners: a name that is not known is answered with those that are" {
    # program, option, all of its names
    while read -r program option names; do
        use "$program"
        expect_error 2 "^$program: $option: 'nonesuch' is not known; it may be $names \\(try" \
            "${command[@]}" "$option" nonesuch "$operand"
        for name in ${names//[,]/}; do
            [[ $name == or ]] || run -0 "${command[@]}" "$option" "$name" "$operand"
        done
    done <<'END'
rottrain --optimizer adam, adamw or sgd
rottrain --schedule constant, cosine or onecycle
rottrain --class-weight none or balanced
rottrain --rotate none, all or one
knneval --metric euclidean or cosine
rtsspread --metric euclidean or cosine
rtsspread --method poisson or spreading
rtsspread --prior none, uniform or labelled
rtsspread --search auto, exact or descent
rtspick --metric euclidean or cosine
rtspick --method typical, centres or facility
umap --metric euclidean or cosine
umap --search auto, exact or descent
END
}

@test "manners: an argument that may be left out is joined to its option by =" {
    # Of every option with such an argument.
    local found=() program option
    for program in $(programs); do
        [[ -e $ROOT/cmd/$program.c ]] || continue
        while read -r option; do
            use "$program"
            [[ $program == rtscomm ]] && command=(rtscomm data.rts)
            expect_error 2 "^$program: --$option: 'conv1' is not a file; .* write --$option=conv1" \
                "${command[@]}" "--$option" conv1 "$operand"
            expect_error 2 "write --$option=conv1" "${command[@]}" "--$option" conv1 <"$operand"
            found+=("$program --$option")
        done < <("$program" --help | sed -n 's/^  .* --\([a-z-]*\)\[=.*/\1/p')
    done
    [[ ${found[*]} == *'headswap --freeze'*'rtscomm --disjoint'* ]]
    # In front of a file or an option it has no argument.
    headswap --freeze model.rts | cmp - <(headswap model.rts --freeze)
    headswap --freeze -c 3 <model.rts >frozen.rts
    headswap --freeze -- model.rts | cmp - <(headswap --freeze <model.rts)
}

@test "manners: messages have no control characters, and are UTF-8" {
    each unprintable
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

@test "manners: no file becomes both input and output" {
    local tried=0
    printf '%s\n' one two three >names
    each own_input
    ((tried >= 3))
    # Where files are written by name.
    mkdir -p folder
    cp images folder/000003-0.png
    expect_error 1 'folder/000003-0.png: is both input and output' \
        idx2png -f -d folder folder/000003-0.png labels
    cmp images folder/000003-0.png
    quiet_success idx2png -f -d folder images labels
    # Reading a file twice, two outputs, and what is no regular file are no fault.
    knneval -q -k 2 data.rts data.rts >out
    rtscomm --both -o out data.rts data.rts
    expect_error 1 'standard input: empty' sh -c 'rotgen </dev/null >/dev/null'
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
    for command in classdump evalacc evalpng featdump rtslabel 'rottrain -q -e 1'; do
        $command -m model.rts data.rts >want
        $command -m model.rts.gz data.rts >got
        same want got
        $command -m - data.rts <model.rts.gz >got
        same want got
        expect_error 1 'missing: No such file' $command -m missing data.rts
        expect_error 1 "data.rts: record 1 'image' .*data set" $command -m data.rts data.rts
    done
}
