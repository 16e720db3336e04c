#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2046,SC2154,SC2238
# (cat for a pipe, $ for inner shells, lists of words, bats' own variables, short file names)

load lib

# batch N SEED LABEL...: N records of noise behind these bytes each: those of all records in turn.
batch() {
    local n=$1 size=3072 i
    noise $((n * size)) "$2" >pixels
    shift 2
    for ((i = 0; i < n; i++)); do
        # shellcheck disable=SC2086 # two labels in one word
        octal ${1//,/ }
        tail -c +$((i * size + 1)) pixels | head -c $size
        shift
    done
}

# interleaved FILE SKIP: the pixels of batches, channels last, by python3; SKIP labels a record.
interleaved() {
    python3 -c 'import sys
data, skip = open(sys.argv[1], "rb").read(), int(sys.argv[2])
out = bytearray()
for at in range(0, len(data), 3072 + skip):
    pixels = data[at + skip:at + skip + 3072]
    for i in range(1024):
        out += bytes((pixels[i], pixels[1024 + i], pixels[2048 + i]))
sys.stdout.buffer.write(out)' "$1" "$2"
}

# crc_of FILE: as gzip has it.
crc_of() {
    gzip -c <"$1" | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' '
}

@test "cifar2rts: manners" {
    check_common cifar2rts
    expect_error 2 '--fine and --coarse cannot both be given' cifar2rts --fine --coarse x
    expect_error 2 '--fine and --coarse cannot both be given' cifar2rts --coarse --fine x
    expect_error 2 'standard input can be only one of the batches and --names' cifar2rts - -
    expect_error 2 'standard input can be only one of' cifar2rts --names -
    batch 2 1 9 0 >good
    expect_error 1 'standard output: No space left' sh -c 'cifar2rts good > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe cifar2rts good
    silent_sigpipe cifar2rts good
}

@test "cifar2rts: images channels last, labels, checksums, of one batch or several" {
    batch 5 1 3 0 9 9 1 >a.bin
    batch 2 7 4 2 >b.bin
    quiet_success sh -c 'cifar2rts a.bin b.bin >s'
    [[ $(labels s | xargs) == '3 0 9 9 1 4 2' ]]
    cat a.bin b.bin >both
    interleaved both 1 >want
    payloads s image | cmp - want
    [[ $(records s | cut -d ' ' -f 3- | grep image) == $'u1 [5,32,32,3] image\nu1 [2,32,32,3] image' ]]
    [[ $(payloads s history) =~ ^cifar2rts\ [0-9.]+$ ]]
    [[ $(payloads s digest) == "batch 5 crc32 $(crc_of a.bin)
batch 2 crc32 $(crc_of b.bin)" ]]
    # The same pixels from gzip, from standard input and from a pipe.
    gzip -c a.bin >a.gz
    cifar2rts a.gz - <b.bin | cmp - s
    cifar2rts both >joined
    cifar2rts <both | cmp - joined
    cat both | cifar2rts - | cmp - joined
    payloads joined image | cmp - want
}

@test "cifar2rts: more images than a chunk holds" {
    batch 350 3 $(cycle 350 10) >a.bin
    cifar2rts a.bin >s
    interleaved a.bin 1 | cmp - <(payloads s image)
    [[ $(labels s) == "$(cycle 350 10)" ]]
    [[ $(records s | grep -c ' image$') == 2 ]]
    # A whole number of chunks is followed by none that is empty.
    head -c $((341 * 3073)) a.bin >b.bin
    cifar2rts b.bin >s
    [[ $(records s | grep -c ' image$') == 1 ]]
}

@test "cifar2rts --fine, --coarse: CIFAR-100, by either of its labels" {
    batch 3 5 19,99 0,0 7,50 >train.bin
    cifar2rts --fine train.bin >s
    [[ $(labels s | xargs) == '99 0 50' && $(payloads s history) =~ ^cifar2rts\ [0-9.]+\ --fine$ ]]
    interleaved train.bin 2 | cmp - <(payloads s image)
    cifar2rts --coarse train.bin >t
    [[ $(labels t | xargs) == '19 0 7' && $(payloads t history) =~ ^cifar2rts\ [0-9.]+\ --coarse$ ]]
    cmp <(payloads s image) <(payloads t image)
    cmp <(payloads s digest) <(payloads t digest)
}

@test "cifar2rts: names beside the first batch, or of --names" {
    mkdir set
    batch 2 1 2 0 >set/a.bin
    printf '%s\n' plane car bird '' >set/batches.meta.txt
    printf '%s\n' a b c >others
    cifar2rts set/a.bin >s
    [[ $(payloads s names | xargs) == 'plane car bird' ]]
    [[ $(payloads s history) =~ ^cifar2rts\ [0-9.]+\ names$ ]]
    cp set/a.bin b.bin
    cifar2rts set/a.bin b.bin >t
    [[ $(payloads t names | xargs) == 'plane car bird' ]]
    cifar2rts b.bin set/a.bin >t
    [[ -z $(payloads t names) && $(payloads t history) =~ ^cifar2rts\ [0-9.]+$ ]]
    (cd set && cifar2rts a.bin) | cmp - s
    cifar2rts --names others set/a.bin >t
    [[ $(payloads t names | xargs) == 'a b c' ]]
    cifar2rts --names - set/a.bin <others | cmp - t
    cifar2rts <set/a.bin >t
    [[ -z $(payloads t names) ]]
    # Each kind has its own.
    batch 1 5 1,2 >set/train.bin
    printf '%s\n' f0 f1 f2 >set/fine_label_names.txt
    printf '%s\n' c0 c1 >set/coarse_label_names.txt
    cifar2rts --fine set/train.bin >s
    [[ $(rts2tsv --names s | cut -f 1) == f2 ]]
    cifar2rts --coarse set/train.bin >s
    [[ $(rts2tsv --names s | cut -f 1) == c1 ]]
    # Too few, wrong, or unreadable.
    printf '%s\n' plane car >set/batches.meta.txt
    expect_error 1 'set/a.bin: record 0 at offset 0: label 2 has no name: labels 0 to 1 have names' \
        cifar2rts set/a.bin
    printf '%s\n' plane '' bird >set/batches.meta.txt
    expect_error 1 'set/batches.meta.txt: line 2: an empty class name' cifar2rts set/a.bin
    expect_error 1 'none: No such file' cifar2rts --names none set/a.bin
    rm set/batches.meta.txt
    mkdir set/batches.meta.txt
    expect_error 1 'set/batches.meta.txt: is a directory' cifar2rts set/a.bin
    # They are an input, too.
    rmdir set/batches.meta.txt
    cp others set/batches.meta.txt
    expect_error 1 'is both input and output' cifar2rts -o set/batches.meta.txt set/a.bin
    cmp set/batches.meta.txt others
}

@test "cifar2rts: sizes and labels that do not fit" {
    batch 3 1 3 0 9 >a.bin
    batch 3 1 3,7 0,1 9,2 >c.bin
    : >empty
    expect_error 1 'empty: empty, not a CIFAR batch' cifar2rts empty
    expect_error 1 'empty: empty, not a CIFAR batch' cifar2rts a.bin empty
    expect_error 1 'standard input: empty' cifar2rts <empty
    expect_error 1 'missing: No such file' cifar2rts a.bin missing
    for size in 1 3072; do
        head -c $size a.bin >cut
        expect_error 1 "cut: cut short: record 0 at offset 0 has $size of 3073 bytes \(use --fine" cifar2rts cut
    done
    head -c 9000 a.bin >cut
    expect_error 1 'cut: cut short: record 2 at offset 6146 has 2854 of 3073 bytes' cifar2rts a.bin cut
    expect_error 1 'c.bin: (record 1 at offset 3073: label|cut short: record 3 at)' cifar2rts c.bin
    batch 2 1 3 10 >ten
    expect_error 1 'ten: record 1 at offset 3073: label 10, but CIFAR-10 has 0 to 9 \(use --fine or --coarse' cifar2rts ten
    batch 2 1 3,3 20,3 >twenty
    for option in --fine --coarse; do
        expect_error 1 'a.bin: (record|cut)' cifar2rts $option a.bin
        expect_error 1 'twenty: record 1 at offset 3074: coarse label 20, but CIFAR-100 has 0 to 19$' \
            cifar2rts $option twenty
    done
    batch 1 1 3,100 >hundred
    expect_error 1 'hundred: record 0 at offset 0: fine label 100, but CIFAR-100 has 0 to 99$' cifar2rts --coarse hundred
    head -c 6000 c.bin >cut
    expect_error 1 'cut: cut short: record 1 at offset 3074 has 2926 of 3074 bytes$' cifar2rts --fine cut
    # What failed has no end record.
    cifar2rts ten >out 2>/dev/null || true
    [[ $(records out | tail -n 1) != *' end' ]]
    gzip -c a.bin | head -c 5000 >cut.gz
    expect_error 1 'cut.gz: gzip: cut short' cifar2rts cut.gz
}

@test "cifar2rts: memory does not grow with the input" {
    # 100 MB of images through a pipe, in 16 MiB.
    head -c $((33000 * 3073)) /dev/zero | within 16384 cifar2rts | tail -c 128 | tr -d '\0' >end
    grep -q end end
}
