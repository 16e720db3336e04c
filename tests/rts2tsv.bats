#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load filenames

@test "rts2tsv: manners" {
    check_common rts2tsv
    expect_error 2 '-n: .x. is not an integer' rts2tsv -n x
    expect_error 2 '-n: .-1. is not an integer' rts2tsv -n -1
}

@test "rts2tsv: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rts2tsv
}

@test "rts2tsv: a line an example, its label first" {
    { octal 0 0 8 3; be32 3 1 3; octal 0 9 10 99 100 255 1 2 3; } >images
    idx_labels 7 0 12 >labels
    idx2rts images labels | rts2tsv >got
    printf '7\t0\t9\t10\n0\t99\t100\t255\n12\t1\t2\t3\n' >want
    same got want
    idx2rts images | rts2tsv >got
    printf '%s\t0\t9\t10\n-\t99\t100\t255\n-\t1\t2\t3\n' - >want
    same got want
}

@test "rts2tsv: pixels are the bytes of the images" {
    fashion t10k >s
    rts2tsv s | cut -f 2- | tr '\t' '\n' >got
    payloads s image | od -An -v -tu1 -w1 | tr -d ' ' >want
    same got want
    rts2tsv s | cut -f 1 >got
    labels s >want
    same got want
}

@test "rts2tsv: --names" {
    idx_images 3 2 2 >images
    idx_labels 1 0 1 >labels
    printf 'T-shirt/top\nankle boot\n' >names
    idx2rts --names names images labels >s
    rts2tsv --names s | cut -f 1 >got
    printf 'ankle boot\nT-shirt/top\nankle boot\n' >want
    same got want
    # Without --names, and without names, it is the number.
    [[ $(rts2tsv s | cut -f 1 | tr '\n' ' ') == '1 0 1 ' ]]
    [[ $(idx2rts images labels | rts2tsv --names | cut -f 1 | tr '\n' ' ') == '1 0 1 ' ]]
    [[ $(idx2rts --names names images | rts2tsv --names | cut -f 1 | tr '\n' ' ') == '- - - ' ]]
}

@test "rts2tsv: --files" {
    stream 5 2 2 >s
    rts2tsv s >want
    quiet_success rts2tsv --files s
    printf '%s\n' "$output" | diff - <(sed 's/\t/\t-\t/' want)
    name_files s >named
    rts2tsv named | cmp - want
    rts2tsv --files named | cut -f 1,3- | cmp - want
    rts2tsv --files named | cut -f 2 | cmp - <(seq -f 'a/%g.png' 0 4)
    rts2tsv --files --names named | cmp - <(rts2tsv --files named)
    # Names that nobody should have written break no line.
    printf 'a\\tb\n\n\033[31mred\ntab\there\n\303\244.png\n' >lines
    name_files s lines >odd
    rts2tsv --files odd | cut -f 2 >got
    printf 'a\\tb\n-\n?[31mred\ntab?here\n\303\244.png\n' | cmp - got
    # Of features, too.
    rottrain -q -e 0 --net d2 named | featdump -m - named | rts2tsv --files | cut -f 2 | cmp - <(seq -f 'a/%g.png' 0 4)
}

@test "rts2tsv: --names looks a name up in no more time where the list is long" {
    python3 - >s <<'END'
import struct, sys, zlib

def record(name, dtype, index, shape, payload):
    padded = payload + b"\0" * (-len(payload) % 64)
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, len(payload), dtype, len(shape),
                       *shape, *[0] * (6 - len(shape)), name, zlib.crc32(padded))
    sys.stdout.buffer.write(head + struct.pack("<I", zlib.crc32(head)) + padded)

names, examples = 1 << 19, 1 << 17
record(b"names", b"text", 0, [2 * names], b"a\n" * (names - 1) + b"z\n")
record(b"image", b"u1", 1, [examples, 1, 1, 1], bytes(examples))
record(b"label", b"u4", 2, [examples], struct.pack("<I", names - 1) * examples)
record(b"end", b"u1", 3, [], b"")
END
    timeout 20 rts2tsv --names s >got || fail "status $?"
    [[ $(sort -u got) == $'z\t0' ]]
    [[ $(wc -l <got) == 131072 ]]
}

@test "rts2tsv: -n prints the first, and verifies the rest" {
    stream 2500 6 3 >s
    for n in 0 1 1023 1024 1025 2500 9999; do
        rts2tsv -n $n s >got
        rts2tsv s | head -n $n >want
        same got want
    done
    rts2tsv --count 2 s s >got
    [[ $(wc -l <got) == 2 ]]
    flip s $(($(size_of s) - 1000)) >bad
    expect_error 1 'bad: .*damaged' rts2tsv -n 1 bad
    [[ ${#lines[@]} == 1 ]]
}

@test "rts2tsv: features read back as the same 32-bit numbers" {
    fashion t10k | rtsample -n 50 | rottrain -q -e 1 --net 'c4 r p d8 r' >model
    fashion t10k | featdump -m model >f
    rts2tsv f | cut -f 2- | tr '\t' '\n' >values
    [[ $(wc -l <values) == 8000 && $(sort -u values | wc -l) -gt 1000 ]]
    payloads f feature >want
    python3 -c 'import struct, sys
for line in sys.stdin: sys.stdout.buffer.write(struct.pack("<f", float(line)))' <values >got
    same got want
    # And never of more than nine digits, which always do.
    run ! grep -qE '^-?0*[1-9][0-9]{9}' <(tr -d . <values)
}

@test "rts2tsv: several operands are one data set" {
    stream 3 4 2 >a
    stream 5 4 2 >b
    rts2tsv a b >got
    { rts2tsv a && rts2tsv b; } >want
    same got want
    rts2tsv a - <b >got
    same got want
    cat a b | rts2tsv >got
    same got want
}

@test "rts2tsv: no examples, no lines" {
    idx_images 0 28 28 | idx2rts >none
    quiet_success rts2tsv none
    [[ -z $output ]]
}

@test "rts2tsv: memory does not grow with the stream" {
    stream 1024 28 10 >s
    export -f within sanitized
    export BUILD
    run --separate-stderr bash -c 'for i in {1..50}; do cat s; done |
        within 20000 rts2tsv | wc -l'
    [[ $status == 0 && $output == 51200 ]] || fail "$stderr" "$output"
}
