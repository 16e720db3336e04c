#!/usr/bin/env bats
# Input that is small and asks for much: refused or handled within a second of processor time and
# 64 MiB.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib

setup() {
    start_in "$BATS_TEST_TMPDIR"
    # Where the driver is not built, the programs run without it.
    limits=(env)
    [[ ! -x $BUILD/tests/limits ]] || limits=(env "$BUILD/tests/limits" 1 64)
}

forge() {
    python3 "$ROOT/tests/fault/forge.py" "$1" >"$1.rts"
}

# refuses REGEX COMMAND...: an error of one line, within the limits.
refuses() {
    local regex=$1
    shift
    expect_error 1 "$regex" sh -c '"$@" >result' - "${limits[@]}" "$@"
}

# handles COMMAND...: success, within the limits. What it writes is in the file `result`.
handles() {
    "${limits[@]}" "$@" >result 2>err || fail "$*: status $?: $(cat err)" || return 1
    [[ ! -s err ]] || fail "$*: $(cat err)"
}

small_model() {
    stream 6 1 2 >small.rts
    rottrain -q -e 0 --net d1 small.rts >model.rts
}

# every_reader CHECK...: runs it with each command that reads images from $file.
every_reader() {
    "$@" rts2png "$file"
    "$@" rtsample -n 2 "$file"
    "$@" rtsmap --compact "$file"
    "$@" rtshuf --memory 16M "$file"
    "$@" rtspick -q -n 2 -j 1 --method centres "$file"
    [[ $file == tiny-@(chunks|streams).rts ]] || "$@" rtspick -q -n 2 -j 1 "$file"
    [[ $file == tiny-@(chunks|streams).rts ]] || "$@" rtspick -q -n 2 -j 1 --method facility "$file"
    "$@" rts2idx --labels labels.idx "$file"
    "$@" rotgen "$file"
    "$@" augment 'flip rotate9' "$file"
    "$@" rottrain -q -e 1 -j 1 --net d1 "$file"
    "$@" evalacc -q -j 1 -m model.rts "$file"
    "$@" evalcmp -q -j 1 -A model.rts -B model.rts "$file"
    "$@" evalpng -j 1 -m model.rts "$file"
    "$@" classdump -j 1 -m model.rts --flip "$file"
    "$@" rtslabel -q -j 1 -m model.rts --select 0 "$file"
    "$@" rtslabel -q -j 1 -m model.rts --soft --balance "$file"
    "$@" featdump -j 1 -m model.rts "$file"
    # Of 50,000 examples every pair is looked at; knneval reads them by the same reader.
    [[ $file == tiny-@(chunks|streams).rts ]] || "$@" umap -q -e 1 -k 2 -j 1 "$file"
    "$@" knneval -q -k 1 -j 1 "$file" small.rts
    "$@" knneval -q -k 1 -j 1 small.rts "$file"
    [[ $file == tiny-@(chunks|streams).rts ]] || "$@" rtsspread -q -k 2 -j 1 small.rts "$file"
    [[ $file == tiny-@(chunks|streams).rts ]] || "$@" rtsspread -q -k 2 -j 1 "$file" small.rts
    "$@" rtsinfo "$file"
    "$@" rts2tsv "$file"
    "$@" rtscomm --only-b small.rts "$file"
    "$@" rtscomm "$file" small.rts
}

# zeros MIB: so many MiB of zeros, compressed, in members of 32 MiB.
zeros() {
    local i
    head -c $((32 << 20)) /dev/zero | gzip -1 -c >member
    for ((i = 0; i < $1 / 32; i++)); do
        cat member
    done
}

# idx_head N H W: a header without images.
idx_head() {
    octal 0 0 8 3
    be32 "$@"
}

# png_claiming WIDTH HEIGHT [BYTES]: a grey PNG without interlace that says it has this size, and has a few zeros, or BYTES of them.
png_claiming() {
    python3 -c 'import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
w, h = int(sys.argv[1]), int(sys.argv[2])
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 0, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(bytes(int(sys.argv[3])))) + chunk(b"IEND", b""))' "$1" "$2" "${3:-1000}"
}

# ---- pictures ----

@test "bombs: pictures that say they are large" {
    for size in '2147483647 2147483647' '100000 100000' '100000001 1' '1000000 101'; do
        # shellcheck disable=SC2086 # two numbers
        png_claiming $size >a.png
        refuses 'a.png: ' img2rts -j 1 --size 8 a.png
        refuses 'a.png: ' img2rts -j 1 a.png
    done
    # A side as long as it may be: a pixel is made of all of them.
    png_claiming 1000000 1 1000001 >long.png
    for option in '--size 1 --fit stretch' '--size 5x1 --fit stretch' '--size 64 --fit pad' '--size 64'; do
        # shellcheck disable=SC2086 # options
        handles img2rts -q -j 1 $option long.png
    done
    # Of what is not there no pixel is read.
    png_claiming 4000 4000 >a.png
    refuses 'a.png: ' img2rts -j 1 --size 8 a.png
    if img2rts --version | grep -q JPEG; then
        { printf '\xff\xd8\xff\xc0\0\013\010\xff\xff\xff\xff\001\001\021\0\xff\xd9'; head -c 100 /dev/zero; } >a.jpg
        refuses 'a.jpg: ' img2rts -j 1 --size 8 a.jpg
        refuses 'a.jpg: ' img2rts -j 1 a.jpg
    fi
}

@test "bombs: lists and folders of many names" {
    # A list of empty lines, one long line, and as many classes as lines.
    yes '' | head -n 10000000 >list
    refuses 'list: no images' img2rts -j 1 --files-from list
    head -c 100000000 /dev/zero | tr '\0' x >list
    refuses 'list: line 1: too long' img2rts -j 1 --files-from list
    seq 1000000 | sed 's/.*/x\t&/' >list
    refuses 'the class names take more than' img2rts -j 1 --files-from list
    zeros 1024 >list.gz
    refuses 'list.gz: line 1: ' img2rts -j 1 --files-from list.gz
}

# ---- IDX ----

@test "bombs: 10 GiB of zeros in the place of a batch of CIFAR" {
    zeros 10240 >bomb.gz
    { octal 10 | gzip -c && cat bomb.gz; } >label.gz
    refuses 'label.gz: record 0 at offset 0: label 10' cifar2rts label.gz
}

@test "bombs: 10 GiB of zeros behind a header that promises little" {
    { idx_head 2 5 5 | gzip -c && zeros 10240; } >bomb.gz
    [[ $(size_of bomb.gz) -lt $((64 << 20)) ]]
    refuses 'bytes left over at offset 66, after 2 images' idx2rts bomb.gz
    refuses 'bytes left over' idx2png bomb.gz
    { octal 0 0 8 1 && be32 2; } | gzip -c >labels.gz
    cat member >>labels.gz
    idx_images 2 3 3 >images
    refuses 'labels.gz: bytes left over' idx2rts images labels.gz
}

@test "bombs: zeros behind a header that promises more than all of them" {
    # Written while they come; where they end is seen when they end.
    { idx_head 4294967295 28 28 | gzip -c && zeros 64; } >bomb.gz
    refuses 'cut short at offset 67108880, in image 85598 of 4294967295' idx2rts bomb.gz
    refuses 'cut short at offset 67108880' idx2png bomb.gz
    refuses 'cut short at offset 67108880' idx2png -d folder -n 1 bomb.gz
}

@test "bombs: IDX dimensions of 2^32 - 1" {
    { idx_head 4294967295 4294967295 4294967295 && head -c 1000 /dev/zero; } >all
    refuses 'the product of the dimensions overflows' idx2rts all
    { idx_head 1 4294967295 1 && head -c 1000 /dev/zero; } >high
    refuses 'images of 4294967295 bytes, but at most 4194304' idx2png high
    { idx_head 4294967295 1 1 && head -c 1000 /dev/zero; } >many
    refuses 'in image 1000 of 4294967295' idx2png many
    refuses 'in image 1000 of 4294967295' idx2rts many
    { octal 0 0 8 1 && be32 4294967295; } >labels
    refuses '4294967295 labels for the 4294967295 images|cut short' idx2rts many labels
}

@test "bombs: sheets of 2^31 pixels a side" {
    # As wide as an image may be, a thousand times as large.
    { idx_head 1 1 2000000 && head -c 2000000 /dev/zero; } >wide
    refuses 'sheet: 2000000002 x 1002 pixels, but at most 1000000 per side' idx2png --scale 1000 wide
    idx2rts wide >wide.rts
    refuses 'sheet: 2000000002 x 1002 pixels' rts2png --scale 1000 wide.rts
    { idx_head 1 2000000 1 && head -c 2000000 /dev/zero; } >high
    refuses 'sheet: 1002 x 2000000002 pixels' idx2png --scale 1000 high
    refuses 'sheet: more than 1000000 pixels per side' idx2png -n 2 --scale 1000 --border 1000 \
        --columns 2147483647 <(idx_head 2 1 2000000 && head -c 4000000 /dev/zero)
}

# ---- streams ----

@test "bombs: headers that promise 2^60 bytes and more" {
    small_model
    for kind in examples-2-63 examples-2-62 image-2-62 overflow features-2-60 labels-2-61 \
        history-gigabyte names-gigabyte net-gigabyte tensor-terabyte; do
        forge "$kind"
        file=$kind.rts
        every_reader refuses "$kind.rts: record "
        refuses "$kind.rts: record " headswap -c 2 "$file"
        refuses "$kind.rts: record " evalacc -m "$file" small.rts
        refuses "$kind.rts: record " rottrain -q -m "$file" small.rts
    done
}

@test "bombs: 100,000 tiny records that nobody knows, 50,000 tiny chunks, 25,000 tiny streams" {
    small_model
    for file in tiny-records tiny-chunks tiny-streams; do
        forge $file
        file=$file.rts
        every_reader handles
    done
    refuses 'tiny-records.rts: record 1024 .*: more than 1024 records' headswap -c 2 tiny-records.rts
}

@test "bombs: class names by the hundred thousand" {
    small_model
    forge names
    handles rtsinfo names.rts
    [[ $(grep -c '^class ' result) == 524288 ]]
    handles rts2tsv --names names.rts
    handles rts2png --labels names.rts
    handles rtsample -q -n 2 names.rts
    handles rtsmap --compact names.rts
    [[ $(rtsinfo result | grep -c '^class ') == 2 ]]
    forge far-names
    handles rts2tsv --names far-names.rts
    [[ $(cut -f 1 result | uniq -c | tr -s ' ') == ' 100000 a' ]]
    handles rts2png -n 4000 --labels far-names.rts
    forge names-too-long
    file=names-too-long.rts
    every_reader refuses "record 0 'names' at offset 0: 1048577 bytes, but at most 1048576 are allowed"
}

@test "bombs: histories of a million lines, 50,000 histories and digests, no two alike" {
    small_model
    for file in history histories tiny-histories; do
        forge $file
        file=$file.rts
        every_reader handles
    done
}

@test "bombs: more neighbours, dimensions, threads than there are points" {
    small_model
    handles umap -q -e 1 -k 1000 -d 64 -j 1 --negatives 1000 small.rts
    rtsinfo result | grep '^features *6 of 64$'
    handles rtsspread -q -k 1000 -j 1 small.rts small.rts
    refuses '6 examples, but -k needs 1000' knneval -q -k 1000 -j 1 small.rts small.rts
    expect_error 2 "-k: '1001' is not an integer" "${limits[@]}" umap -k 1001 small.rts
    expect_error 2 "-k: '2147483648' is not an integer" "${limits[@]}" knneval -k 2147483648 small.rts
    expect_error 2 '-k: more than 32 numbers' "${limits[@]}" knneval \
        -k "$(yes 1 | head -n 50000 | paste -sd ,)" small.rts small.rts
    # Two examples of 262,144 values, and one of them against the other.
    forge wide
    handles umap -q -e 1 -k 1000 -j 1 wide.rts
    handles knneval -q -k 1,2 -j 1 wide.rts wide.rts
    handles rtspick -q -n 2 -j 1 wide.rts
    refuses 'too few examples: 6, but 1000000000 are needed' rtspick -q -n 1000000000 -j 1 small.rts
    forge no-values
    refuses 'no-values.rts: record 0 ' umap -q no-values.rts
    refuses 'no-values.rts: record 0 ' rtspick -n 1 no-values.rts
    refuses 'no-values.rts: record 0 ' knneval -q -k 1 no-values.rts no-values.rts
}

@test "bombs: many classes" {
    forge classes
    handles rtsample -n 65536 classes.rts
    refuses 'examples, but 100000 are needed' rtsample -n 6553600000 classes.rts
    refuses 'label 1024|at most 1000 classes' rottrain -q classes.rts
    handles rtsinfo classes.rts
}

@test "bombs: compressed zeros in the place of a stream" {
    small_model
    zeros 10240 >bomb.gz
    file=bomb.gz
    every_reader refuses 'bomb.gz: not an rts stream'
    { gzip -c small.rts && zeros 10240; } >bomb.gz
    every_reader refuses 'bomb.gz: damaged: no record at offset'
    { gzip -c model.rts && zeros 10240; } >bomb.gz
    refuses 'bomb.gz: damaged: no record' headswap -c 2 bomb.gz
    refuses 'bomb.gz: damaged: no record' evalacc -m bomb.gz small.rts
}

# ---- nets and models ----

@test "bombs: a net string of a hundred kilobytes" {
    small_model
    long=$(printf 'r %.0s' {1..50000})
    expect_error 2 'net: longer than 1023 characters' "${limits[@]}" rottrain --net "$long" small.rts
    long=$(printf 'x%.0s' {1..100000})
    expect_error 2 'net: longer than 1023 characters' "${limits[@]}" rottrain --net "$long" small.rts
}

@test "bombs: models of a million layers" {
    small_model
    forge net
    forge net-too-long
    forge layers
    forge frozen
    for command in headswap\ --thaw "rottrain -q -m %" "evalacc -m %" "evalcmp -A model.rts -B %" "evalpng -m %" "classdump -m %" "rtslabel -m %" "featdump -m %"; do
        # shellcheck disable=SC2086 # a command with its arguments
        for pair in 'net:net: longer than 1023 characters' \
            'net-too-long:2097152 bytes, but at most 1048576 are allowed' \
            'layers:more than 1024 records: not a model'; do
            case $command in
            *%*) refuses "${pair#*:}" ${command/\%/${pair%%:*}.rts} small.rts ;;
            *) refuses "${pair#*:}" $command "${pair%%:*}.rts" ;;
            esac
        done
    done
    handles rtsinfo layers.rts
    handles rtsinfo net.rts
    handles headswap frozen.rts
    [[ $(rtsinfo frozen.rts | grep -c '^layer.*frozen') == 1 ]]
}

@test "bombs: models with megabytes of records that no model has" {
    small_model
    forge texts
    forge junk
    forge dense-junk
    for command in 'headswap -c 2 %' 'rottrain -q -m % small.rts' 'evalacc -m % small.rts' \
        'evalcmp -A % -B model.rts small.rts' \
        'classdump -m % small.rts' 'rtslabel -m % small.rts' \
        'featdump -m % small.rts' 'filtdump %' 'rottrain -q --net d1 --resume % small.rts'; do
        # shellcheck disable=SC2086 # a command with its arguments
        refuses "texts.rts: record .*: more than 4194304 bytes of text" ${command/\%/texts.rts}
        # shellcheck disable=SC2086
        refuses "junk.rts: record 4 'junk' .*: more than 16777216 bytes besides weights" \
            ${command/\%/junk.rts}
        # shellcheck disable=SC2086
        refuses "record .*: more than 16777216 bytes besides weights" ${command/\%/dense-junk.rts}
    done
    # Compressed they are a few kilobytes.
    gzip -1 -c junk.rts >junk.gz
    refuses "junk.gz: record 4 'junk' .*: more than 16777216 bytes" headswap -c 2 junk.gz
}

@test "bombs: nets that ask for gigabytes in a line" {
    small_model
    forge parameters
    forge activations
    for command in 'headswap %' 'rottrain -q -m % small.rts' 'evalacc -m % small.rts' 'filtdump %' \
        'evalcmp -A % -B model.rts small.rts' \
        'classdump -m % small.rts' 'rtslabel -m % small.rts' \
        'featdump -m % small.rts'; do
        # shellcheck disable=SC2086 # a command with its arguments
        refuses "parameters.rts: record 'dense1.weight' is missing" ${command/\%/parameters.rts}
        # shellcheck disable=SC2086
        refuses 'activations.rts: net: conv5: more than 67108864 activations' \
            ${command/\%/activations.rts}
    done
}
