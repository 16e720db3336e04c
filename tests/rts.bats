#!/usr/bin/env bats
# The format as rts(5) has it: the two readers on that page against rtsinfo, on whole streams and on
# damaged ones.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib

# listing N: the N-th block of text shown as it is on rts(5), as a person would copy it.
listing() {
    awk -v want="$1" '
        /^\.Ed/ { inside = 0 }
        inside && n == want { gsub(/\\e/, "\\"); print }
        /^\.Bd -literal/ { inside = 1; n++ }' "$ROOT/man/man5/rts.5"
}

# The readers, as programs in the current folder.
make_readers() {
    listing 1 >reader.c
    listing 2 >reader.py
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -O1 -o reader_c reader.c -lz
    printf '#!/bin/sh\nexec python3 "%s/reader.py" 2>python.err\n' "$PWD" >reader_python
    chmod +x reader_python
}

# agree FILE: both readers list what rtsinfo lists.
agree() {
    rtsinfo -r "$1" | cut -f 3,4,6 >by_rtsinfo
    ./reader_c <"$1" >by_c
    ./reader_python <"$1" >by_python
    same by_rtsinfo by_c
    same by_rtsinfo by_python
}

# refused FILE: neither reader takes it, nor does rtsinfo, and all list the same before it.
refused() {
    local reader
    for reader in './reader_c' './reader_python' 'rtsinfo -r'; do
        if $reader <"$1" >"by_${reader##*[/_]}" 2>err; then
            fail "$reader takes it"
            return 1
        fi
    done
    cut -f 3,4,6 'by_rtsinfo -r' >by_rtsinfo
    same by_rtsinfo by_c
    same by_rtsinfo by_python
}

@test "rts: the page's readers list data sets, models, joined and unknown streams" {
    make_readers
    fashion t10k >data
    agree data
    [[ $(wc -l <by_c) == 5 ]]
    features 3 4 >f
    agree f
    cat data f data >joined
    agree joined
    [[ $(wc -l <by_c) == 11 ]]
    { record future b3 0 70 5 5; record image u1 1 12 1 2 2 3; record end u1 2 0; } >unknown
    agree unknown
    grep -q 'future	b3	70' by_c
    rtsample -n 50 data | rottrain -q -e 1 --net 'c2 r p d4 r' >model
    agree model
    grep -q 'conv1.weight	f4	72' by_c
}

@test "rts: the page's readers refuse what is cut, anywhere" {
    make_readers
    { record a u1 0 3 3; record b f4 1 68 17; record end u1 2 0; } >whole
    agree whole
    for n in 0 1 4 100 127 128 150 192 193 319 330 400 448 575; do
        head -c $n whole >short
        refused short
    done
    { cat whole whole && head -c 192 whole; } >short
    refused short
}

@test "rts: the page's readers refuse every kind of damage" {
    make_readers
    { record a u1 0 3 3; record b f4 1 68 17; record end u1 2 0; } >whole
    # Magic, flags, index, size, dtype, dimensions, shape, name, both checksums, payload, padding; of
    # the first record, of the second, of the end.
    for at in 0 3 4 8 16 24 28 32 80 119 120 124 128 140 192 200 210 272 310 320 400 448 456 528 574; do
        flip whole $at >flipped
        refused flipped
    done
    # A record is missing, a record comes twice, rubbish comes behind.
    tail -c +193 whole >gap
    refused gap
    { head -c 192 whole && cat whole; } >twice
    refused twice
    { cat whole && echo rubbish; } >trailed
    refused trailed
    echo 'hello, world' >text
    refused text
}

@test "rts: a stream that promises terabytes needs no memory" {
    # 2^42 bytes, of which 100,000 come.
    { record image u1 0 0 0 28 28 1; record end u1 1 0; } >small
    quiet_success rts2tsv small
    {
        printf 'rts1'
        le_bytes 0 4
        le_bytes 0 8
        le_bytes $((1 << 42)) 8
        padded_text u1 4
        le_bytes 1 4
        le_bytes $((1 << 42)) 8
        padded_text '' 40
        padded_text huge 40
        le_bytes 0 4
    } >header
    { cat header && crc <header && head -c 100000 /dev/zero; } >huge
    export -f within sanitized
    export BUILD
    for program in rtsinfo rts2tsv rotgen rts2png; do
        expect_error 1 "huge: record 0 'huge' at offset 0: cut short" \
            bash -c 'within 100000 "$@"' - "$program" huge
    done
}

@test "rts: 100,000 records, one after the other" {
    idx_images 1 2 2 | idx2rts >one
    # Ten doublings and a bit of a stream of four records: history, image, digest, end.
    cp one many
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        cat many many >twofold
        mv twofold many
    done
    rtsinfo many >info
    grep -q '^whole  *98304 records in 32768 streams' info
    grep -q '^images  *32768 of 2 x 2 x 1$' info
    [[ $(wc -l <info) -lt 100000 ]]
    [[ $(rts2tsv many | sort -u | wc -l) == 1 ]]
}

@test "rts: compressed streams are read as they are; members may follow each other" {
    stream 5 3 2 >a
    stream 7 3 2 >b
    gzip -c a >a.gz
    { gzip -c a && gzip -9 -c b; } >ab.gz
    cat a b >ab
    rtsinfo -r a >plain
    rtsinfo -r a.gz >packed
    same plain packed
    rts2tsv ab >plain
    rts2tsv <ab.gz >packed
    same plain packed
    head -c $(($(size_of ab.gz) - 5)) ab.gz >cut.gz
    expect_error 1 'cut.gz: gzip: cut short' rts2tsv cut.gz
    flip ab.gz $(($(size_of ab.gz) - 6)) >bad.gz
    expect_error 1 'bad.gz: gzip: incorrect data check' rts2tsv bad.gz
    { cat a.gz && echo rubbish; } >trailed.gz
    expect_error 1 'trailed.gz: gzip: bytes after' rts2tsv trailed.gz
}
