# Shared by the tests: `load lib` at the top of a .bats file.
#
# Programs are taken from $ROTPIPE_BUILD (default: build); every test has a folder of its own in
# $BATS_TEST_TMPDIR, which is where it starts. The locale is C, or $ROTPIPE_LOCALE (see tests/run), in
# which awk and sort of the tests themselves read and write decimal commas.
# shellcheck shell=bash disable=SC2154 # bats sets $status, $stderr, $output

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
DATA=$ROOT/tests/data
# shellcheck disable=SC2034 # the tests read it
VERSION=$(sed -n 's/^VERSION = //p' "$ROOT/Makefile")
BUILD=${ROTPIPE_BUILD:-build}
[[ $BUILD == /* ]] || BUILD=$ROOT/$BUILD
PATH=$BUILD:$PATH
export ROOT DATA PATH LC_ALL=${ROTPIPE_LOCALE:-C}
[[ -z ${ROTPIPE_LOCALE:-} ]] || export LOCPATH=$BUILD/tests/locale

# What comes first in the path may be a script that looks for the right python3 and takes ten times as
# long. No test needs more than its own library.
[[ ! -x /usr/bin/python3 ]] || python3() {
    /usr/bin/python3 -S "$@"
}

# start_in FOLDER: first of all in every setup and setup_file. Bats notes each step before it is taken, to
# know which line failed, and in functions and subshells that takes longer than what the tests do: only
# the lines of a test itself are noted. Where a function failed, `failed_in` tells instead.
start_in() {
    set +T
    # bats_error_trap ends the notes, too, but a function that inherits none cannot.
    trap 'failed_in "$BASH_COMMAND"; trap - DEBUG; bats_error_trap' ERR
    cd "$1" || return 1
}

# failed_in COMMAND: adds to what the test has said where the command was, if not in the test itself.
failed_in() {
    local name i=1 where=
    for name in "${FUNCNAME[@]:1}"; do
        [[ $name != "${BATS_TEST_NAME:-}" && $name != bats_* ]] || break
        where+=" $name:${BASH_LINENO[i++ - 1]}"
    done
    [[ -z $where ]] || echo "failed in$where: $1" >&4
}

setup() {
    start_in "$BATS_TEST_TMPDIR"
}

# ---- saying what is wrong ----

# fail MESSAGE...: the test fails.
fail() {
    printf '%s\n' "$@" >&2
    return 1
}

# same FILE FILE
same() {
    cmp "$1" "$2" || fail "$1 and $2 differ"
}

# try COMMAND...: as bats' `run --separate-stderr`, but for a process less; the tests start thousands.
try() {
    local flags=$- said=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}.said.$BASHPID
    set +eE
    output=$("$@" 2>"$said")
    status=$?
    read -d '' -r stderr <"$said"
    # shellcheck disable=SC2034 # the tests read it
    IFS=$'\n' read -d '' -r -a lines <<<"$output"
    IFS=$'\n' read -d '' -r -a stderr_lines <<<"$stderr"
    [[ $flags != *E* ]] || set -E
    [[ $flags != *e* ]] || set -e
}

# expect_error STATUS REGEX COMMAND...: the command ends with STATUS and says REGEX on standard
# error: one line, `program: what: why`; with status 2 a second line may point to --help. For a
# redirection of the output write COMMAND as: sh -c 'program > /dev/full'.
expect_error() {
    local want=$1 regex=$2
    shift 2
    try "$@"
    local told=${#stderr_lines[@]} form='^[a-z0-9-]+: .+'
    [[ $want == 1 ]] && form='^[a-z0-9-]+: .+: .+'
    [[ $status == "$want" ]] || fail "status $status, not $want" "$stderr" || return 1
    [[ $told == 1 || ($want == 2 && $told == 2) ]] || fail "$told lines:" "$stderr" || return 1
    [[ $stderr =~ $form ]] || fail "not 'program: what: why': $stderr" || return 1
    [[ $stderr =~ $regex ]] || fail "does not say '$regex': $stderr" || return 1
    case $1 in
    sh | bash | env | refuse_sigpipe) ;;
    *) [[ $stderr == "$1: "* ]] || fail "does not begin with '$1: ': $stderr" || return 1 ;;
    esac
}

# quiet_success COMMAND...: status 0 and nothing on standard error.
quiet_success() {
    try "$@"
    [[ $status == 0 && -z $stderr ]] || fail "status $status: $stderr"
}

# True if the programs carry a sanitizer that reserves terabytes of addresses, so that memory cannot
# be limited.
sanitized() {
    grep -qE "__(asan|tsan)_init" "$BUILD/rotgen"
}

# True if the programs carry the thread sanitizer, which makes trainings a hundred times as slow.
thread_sanitized() {
    grep -q __tsan_init "$BUILD/rotgen"
}

# within KIB COMMAND...: runs it with its address space limited. The library of the undefined-behaviour
# sanitizer takes some of its own.
within() {
    local kib=$1
    shift
    if sanitized; then
        "$@"
    else
        ! grep -q __ubsan_handle "$BUILD/rotgen" || kib=$((kib + 8192))
        (ulimit -v "$kib" && exec "$@")
    fi
}

# until_log N [FILE]: waits until the log of a training, or FILE, has more lines than N.
until_log() {
    local file=${2:-log}
    for _ in {1..6000}; do
        [[ -e $file ]] && (($(wc -l <"$file") > $1)) && return
        sleep 0.02
    done
    fail 'training does not get on'
}

# ---- bytes and files ----

# octal BYTE...: the bytes, as numbers from 0 to 255, to standard output.
octal() {
    local text
    printf -v text '\\%03o' "$@"
    # shellcheck disable=SC2059 # the text is the format: that is how NUL bytes come out
    printf "$text"
}

# be32 N...: numbers as four bytes each, the highest first, as IDX has them.
be32() {
    local n
    for n; do
        octal $((n >> 24 & 255)) $((n >> 16 & 255)) $((n >> 8 & 255)) $((n & 255))
    done
}

# noise N [SEED]: N bytes that look random, always the same.
noise() {
    local text
    text=$(awk -v n="$1" -v x="${2:-1}" 'BEGIN {
        for (i = 0; i < n; i++) { x = (x * 1103 + 12345) % 1048573; printf "\\%03o", int(x / 7) % 256 }
    }')
    # shellcheck disable=SC2059
    printf "$text"
}

# idx_images N H W [C]: an IDX file of noise.
idx_images() {
    local n=$1 h=$2 w=$3 c=${4:-1}
    octal 0 0 8 $(($# == 4 ? 4 : 3))
    be32 "$@"
    noise $((n * h * w * c)) "$((n + h))"
}

# idx_labels LABEL...: an IDX file of labels.
idx_labels() {
    octal 0 0 8 1
    be32 $#
    [[ $# == 0 ]] || octal "$@"
}

# cycle N CLASSES: 0 1 .. CLASSES-1 0 1 .., N in all.
cycle() {
    local i
    for ((i = 0; i < $1; i++)); do
        echo $((i % $2))
    done
}

# stream N SIZE CLASSES [CHANNELS]: a small labelled image stream to standard output.
# shellcheck disable=SC2046 # a list of numbers
stream() {
    local work
    work=$(mktemp -d "$BATS_TEST_TMPDIR/stream.XXXXXX")
    idx_images "$1" "$2" "$2" ${4:+"$4"} >"$work/images"
    idx_labels $(cycle "$1" "$3") >"$work/labels"
    idx2rts "$work/images" "$work/labels"
}

# fashion train|t10k: the committed sample as a labelled stream with class names.
fashion() {
    idx2rts --names "$DATA/fashion-names.txt" "$DATA/fashion-sample-$1-images-idx3-ubyte.gz" \
        "$DATA/fashion-sample-$1-labels-idx1-ubyte.gz"
}

# first_images N train|t10k: the first N images of the sample as IDX; first_labels: their labels.
first_images() {
    octal 0 0 8 3
    be32 "$1" 28 28
    gzip -dc "$DATA/fashion-sample-$2-images-idx3-ubyte.gz" | tail -c +17 | head -c $(($1 * 784))
}

first_labels() {
    octal 0 0 8 1
    be32 "$1"
    gzip -dc "$DATA/fashion-sample-$2-labels-idx1-ubyte.gz" | tail -c +9 | head -c "$1"
}

# size_of FILE
size_of() {
    local n
    n=$(wc -c <"$1")
    echo $((n)) # without the blanks of some
}

# flip FILE OFFSET: the file with one bit of one byte turned over, to standard output.
flip() {
    local byte
    byte=$(od -An -v -tu1 -j "$2" -N 1 "$1")
    head -c "$2" "$1"
    octal $((byte ^ 1))
    tail -c +$(($2 + 2)) "$1"
}

# ---- streams, taken apart without the programs under test ----

# records FILE: a line for each record: offset, payload bytes, dtype, shape, name.
records() {
    local at=0 end line word text dtype shape name i
    end=$(size_of "$1")
    while ((at < end)); do
        # The header as 16 numbers, then as characters, of which those that do not print are dots.
        IFS= read -r line < <(od -An -v -tu8z -w128 -j $at -N 128 "$1")
        read -ra word <<<"${line%%>*}"
        text=${line#*>} shape=
        for ((i = 0; i < word[3] >> 32; i++)); do
            shape+=,${word[4 + i]}
        done
        dtype=${text:24:4} name=${text:80:40}
        echo "$at ${word[2]} ${dtype%"${dtype##*[!.]}"} [${shape#,}] ${name%"${name##*[!.]}"}"
        at=$((at + 128 + (word[2] + 63) / 64 * 64))
    done
}

# payloads FILE NAME: the payloads of all records of that name, one after the other.
payloads() {
    local at size name
    records "$1" | while read -r at size _ _ name; do
        [[ $name == "$2" ]] || continue
        tail -c +$((at + 129)) "$1" | head -c "$size"
    done
}

# labels FILE: the labels of a stream, one a line.
labels() {
    payloads "$1" label | od -An -v -tu4 -w4 | tr -d ' '
}

# images FILE STRIDE: the examples of an image stream, one a line in hexadecimal.
images() {
    payloads "$1" image | od -An -v -tx1 -w"$2" | tr -d ' '
}

# record NAME DTYPE INDEX SIZE [DIM...]: a record of zeros with a right header (for streams that no
# program here writes). The checksums come from gzip, whose trailer holds the CRC-32 of its input.
record() {
    local name=$1 dtype=$2 index=$3 size=$4 padded i head
    shift 4
    padded=$(((size + 63) / 64 * 64))
    head=$(mktemp "$BATS_TEST_TMPDIR/record.XXXXXX")
    {
        printf 'rts1'
        le_bytes 0 4
        le_bytes "$index" 8
        le_bytes "$size" 8
        padded_text "$dtype" 4
        le_bytes $# 4
        for i in 0 1 2 3 4 5; do
            le_bytes "${1:-0}" 8
            shift $(($# > 0))
        done
        padded_text "$name" 40
        head -c $padded /dev/zero | crc
    } >"$head"
    cat "$head"
    crc <"$head"
    head -c $padded /dev/zero
}

crc() {
    gzip -c | tail -c 8 | head -c 4
}

le_bytes() {
    local i
    for ((i = 0; i < $2; i++)); do
        octal $(($1 >> (8 * i) & 255))
    done
}

padded_text() {
    printf '%s' "$1"
    [[ ${#1} == "$2" ]] || head -c $(($2 - ${#1})) /dev/zero
}

# with_files <STREAM: the stream with the name of a file for each example, "set/N x.png" with N from 0.
with_files() {
    python3 -c 'import struct, sys, zlib
data, out, at, index, count, owed = sys.stdin.buffer.read(), [], 0, 0, 0, 0

def put(head, payload):
    global index
    payload += bytes(-len(payload) % 64)
    head = head[:8] + struct.pack("<Q", index) + head[16:120] + struct.pack("<I", zlib.crc32(payload))
    out.append(head + struct.pack("<I", zlib.crc32(head)) + payload)
    index += 1

def put_names():
    global count, owed
    text = "".join("set/%d x.png\n" % i for i in range(count, count + owed)).encode()
    put(struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, 0, len(text), b"text", 1, len(text),
                    0, 0, 0, 0, 0, b"file", 0), text)
    count, owed = count + owed, 0

while at < len(data):
    head, size = data[at:at + 124], struct.unpack_from("<Q", data, at + 16)[0]
    name = head[80:120].rstrip(b"\0")
    if owed and name != b"label":
        put_names()
    put(head, data[at + 128:at + 128 + size])
    if name in (b"image", b"feature"):
        owed = struct.unpack_from("<Q", head, 32)[0]
    elif name == b"end":
        index = 0
    at += 128 + (size + 63) // 64 * 64
sys.stdout.buffer.write(b"".join(out))'
}

# model: a stream that is a model, as far as a data filter looks at it.
model() {
    record net text 0 8 8
    record end u1 1 0
}

# features N STRIDE: an unlabelled feature stream of zeros.
features() {
    record feature f4 0 $((4 * $1 * $2)) "$1" "$2"
    record end u1 1 0
}

# ---- what every filter owes on wrong input ----

# refuse_sigpipe COMMAND...: runs it with a closed pipe as output and SIGPIPE ignored.
refuse_sigpipe() {
    # shellcheck disable=SC2016
    bash -c 'trap "" PIPE; exec 3> >(true); wait $!; "$@" >&3' - "$@"
}

# silent_sigpipe COMMAND...: a closed pipe as output ends it without a word, as it ends cat.
silent_sigpipe() {
    # shellcheck disable=SC2016
    try bash -c 'exec 3> >(true); wait $!; "$@" >&3' - "$@"
    [[ $status == 141 && -z $stderr ]] || fail "status $status, not 141: $stderr"
}

# check_refusals GOOD COMMAND...: COMMAND reads a stream on standard input or as an operand; GOOD
# is a small image stream that it takes and answers with at least one byte. Nothing that is no
# whole stream passes.
check_refusals() {
    local good=$1 size last offsets at
    shift
    size=$(size_of "$good")
    quiet_success "$@" "$good"
    [[ -n $output ]] || fail "no output" || return 1
    : >empty
    expect_error 1 'standard input: empty' "$@" <empty
    echo 'hello, world: this is no stream' >text
    expect_error 1 'text: .*not an rts stream' "$@" text
    expect_error 1 'missing: No such file' "$@" missing
    mkdir folder
    expect_error 1 'folder: is a directory' "$@" folder
    model >model.rts
    expect_error 1 "model.rts: record 0 'net' at offset 0: the file is a model" "$@" model.rts
    head -c $((size / 2)) "$good" >half
    expect_error 1 'half: .*cut short' "$@" half
    last=$(records "$good" | tail -n 1 | cut -d ' ' -f 1)
    head -c "$last" "$good" >unended
    expect_error 1 'unended: cut short .* no end record' "$@" unended
    head -c $((last + 40)) "$good" >torn
    expect_error 1 'torn: cut short in the header' "$@" torn
    # A bit in the header and one in the payload of the first image record.
    offsets=$(records "$good" | awk '$5 == "image" { print $1 + 20, $1 + 130; exit }')
    for at in $offsets; do
        flip "$good" "$at" >flipped
        expect_error 1 'flipped: record .*damaged' "$@" flipped
    done
    { cat "$good" && echo rubbish; } >trailed
    expect_error 1 'trailed: .*damaged' "$@" trailed
    # shellcheck disable=SC2016 # for the inner shell
    expect_error 1 'standard output: No space left' sh -c '"$@" > /dev/full' - "$@" "$good"
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe "$@" "$good"
    silent_sigpipe "$@" "$good"
    expect_error 2 'option' "$@" --no-such-option "$good"
}

# check_common PROGRAM: --help, --version.
check_common() {
    quiet_success "$1" --help
    [[ $output == "usage: $1 "* ]] || fail "$output"
    quiet_success "$1" --version
    [[ $output =~ ^$1\ \(rotpipe\)\ [0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "$output"
    # shellcheck disable=SC2016
    expect_error 1 'standard output: cannot write' sh -c '"$1" --help > /dev/full' - "$1"
}
