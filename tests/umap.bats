#!/usr/bin/env bats
# umap: layouts. How good they are is measured by test_umap and by tests/bench.
# shellcheck disable=SC2046,SC2094,SC2154 # number lists; one file read twice; bats' own variables

load lib
load nets

# layout OPERAND...: the rows of the layout: labels and coordinates.
layout() {
    umap -q -e 30 "$@" | rts2tsv
}

# finite FILE ROWS FIELDS: a table of so many rows and fields, all of them numbers.
finite() {
    awk -F '\t' -v rows="$2" -v fields="$3" '
        NF != fields { exit 1 }
        { for (i = 2; i <= NF; i++) if ($i !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) exit 1 }
        END { exit NR != rows }' "$1" || fail "$(head "$1")"
}

@test "umap: the same bytes for any number of threads, and others for another seed" {
    stream 300 6 4 >data.rts
    umap -q -s 3 data.rts >want
    rtsinfo want | grep '^features *300 of 2$'
    for threads in 1 2 7; do
        umap -q -s 3 -j $threads <data.rts | cmp - want
    done
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set umap -q -s 3 -j 1 data.rts >one
        ROTPIPE_KERNELS=$set umap -q -s 3 -j 5 data.rts | cmp - one
    done
    run -1 cmp -s <(umap -q -s 4 data.rts) want
}

@test "umap: labels and names are passed on, unlabelled examples stay so, runs of both too" {
    stream 20 5 4 >a.rts
    idx2rts <(idx_images 12 5 5) >b.rts
    printf '%s\n' red green blue grey >names
    idx2rts --names names <(idx_images 20 5 5) <(idx_labels $(cycle 20 4)) >c.rts
    layout -k 5 c.rts | cut -f 1 | cmp - <(rts2tsv c.rts | cut -f 1)
    umap -q -e 5 c.rts | rts2tsv --names | cut -f 1 | sort -u | cmp - <(sort names)
    layout a.rts b.rts a.rts | cut -f 1 >got
    { rts2tsv a.rts b.rts a.rts | cut -f 1; } | cmp - got
    umap -q a.rts | rtsinfo --history | tail -n 1 | grep '^umap [0-9.]* -k 15 -d 2 --metric euclidean '
}

@test "umap: two learning rates that differ in the tenth digit differ in the history, too" {
    stream 20 5 4 >a.rts
    for lr in 0.123456789 0.1234567894; do
        umap -q -e 200 --lr $lr a.rts >$lr
        rtsinfo --history $lr | grep -qF -e " --lr $lr "
    done
    run -1 cmp -s <(payloads 0.123456789 feature) <(payloads 0.1234567894 feature)
}

@test "umap: each point keeps the name of its file, whatever the others have" {
    stream 1030 3 3 >plain
    with_files <plain >a
    umap -q -e 2 -k 3 a >l
    cmp <(payloads l file) <(payloads a file)
    cmp <(labels l) <(labels a)
    # But for the names the layout is that of the same points without.
    umap -q -e 2 -k 3 plain >m
    [[ -z $(payloads m file) ]]
    cmp <(payloads l feature) <(payloads m feature)
    rtsample -n 30 a >few
    rtsample -n 20 -s 1 plain >others
    rtsmap --unlabel few >unlabelled
    umap -q -e 2 -k 3 few others unlabelled few >l
    [[ $(records l | grep -E ' (feature|label|file)$' | sed 's/.*\[/[/' | xargs) =~ \
        ^'[30,2] feature [30] label '\[[0-9]+\]' file [20,2] feature [20] label [30,2] feature '\[[0-9]+\]' file [30,2] feature [30] label '\[[0-9]+\]' file'$ ]] ||
        fail "$(records l)"
    cmp <(payloads l file) <(for _ in 1 2 3; do payloads few file; done)
}

@test "umap: few points, one class, one dimension and many, and the same point again and again" {
    local n
    stream 40 5 1 >all.rts
    for n in 1 2 3 4 15 16; do
        rtsample -n $n all.rts >few.rts
        layout few.rts >table
        finite table $n 3
    done
    layout -d 1 all.rts >table
    finite table 40 2
    layout -d 20 all.rts >table
    finite table 40 21
    layout -k 1000 all.rts >table
    finite table 40 3
    # A hundred times the same image, and then with another.
    rtsample -n 1 all.rts >one.rts
    # shellcheck disable=SC2046
    cat $(yes one.rts | head -n 100) >same.rts
    layout same.rts >table
    finite table 100 3
    layout --metric cosine same.rts all.rts >table
    finite table 140 3
    # No examples at all.
    idx2rts <(octal 0 0 8 3 && be32 0 5 5) >none.rts
    [[ -z $(layout none.rts) ]]
    umap -q none.rts | rtsinfo >/dev/null
}

@test "umap: a single feature" {
    rottrain -q -e 1 --net 'd1' <(stream 60 5 3) | featdump -m - <(stream 60 5 3) >one.rts
    rtsinfo one.rts | grep '^features *60 of 1$'
    layout one.rts >table
    finite table 60 3
}

@test "umap: either search, the same bytes for any threads, and the line between them" {
    stream 300 6 4 >data.rts
    for search in exact descent; do
        umap -q -e 30 --search $search -j 1 data.rts >$search
        umap -q -e 30 --search $search -j 7 <data.rts | cmp - $search
        rtsinfo --history $search | tail -n 1 | grep -E "^umap .* --search $search\$"
    done
    # Few examples: exact; said or not, but where it is said the history says so.
    umap -q -e 30 --no-history --search auto data.rts >auto
    umap -q -e 30 --no-history data.rts | cmp - auto
    umap -q -e 30 --no-history --search exact data.rts | cmp - auto
    umap -q -e 30 data.rts | rtsinfo --history | tail -n 1 >line
    run -1 grep -e --search line
    umap -q -e 30 --search auto data.rts | rtsinfo --history | tail -n 1 | cmp - line
}

@test "umap: beyond the line the descent, but for noise, in which it finds too little" {
    local kind
    fashion train >images.rts
    idx2rts <(idx_images 3000 28 28) >noise.rts
    for kind in images noise; do
        for search in exact descent auto; do
            umap -q -e 5 -k 7 --no-history --search $search $kind.rts >$kind.$search
        done
        run -1 cmp -s $kind.exact $kind.descent
    done
    same images.auto images.descent
    same noise.auto noise.exact
}

@test "umap: the descent on few points, and on the same point again and again" {
    local n
    stream 40 5 1 >all.rts
    for n in 0 1 2 3 16; do
        rtsample -n $n all.rts >few.rts
        layout --search descent few.rts >table
        finite table $n 3
    done
    layout --search descent -k 1000 all.rts >table
    finite table 40 3
    rtsample -n 1 all.rts >one.rts
    # shellcheck disable=SC2046
    cat $(yes one.rts | head -n 300) all.rts >same.rts
    for metric in euclidean cosine; do
        layout --search descent --metric $metric same.rts >table
        finite table 340 3
    done
}

@test "umap: wrong input" {
    stream 12 5 3 >a.rts
    stream 12 6 3 >b.rts
    expect_error 1 'images of 6 x 6 x 1, expected images of 5 x 5 x 1' umap a.rts b.rts
    rottrain -q -e 0 --net d2 a.rts | featdump -m - a.rts >f.rts
    # The fourth example's second feature is no number, and the checksums hold.
    python3 - f.rts >nan.rts <<'END'
import struct, sys, zlib
data = bytearray(open(sys.argv[1], 'rb').read())
at = 0
while True:
    size, = struct.unpack_from('<Q', data, at + 16)
    whole = (size + 63) // 64 * 64
    if data[at + 80:at + 88] == b'feature\0':
        break
    at += 128 + whole
struct.pack_into('<f', data, at + 128 + 4 * 7, float('nan'))
struct.pack_into('<I', data, at + 120, zlib.crc32(data[at + 128:at + 128 + whole]))
struct.pack_into('<I', data, at + 124, zlib.crc32(data[at:at + 124]))
sys.stdout.buffer.write(data)
END
    expect_error 1 'nan.rts: .*value 1 of example 3 is not finite' umap nan.rts
    expect_error 1 'nan.rts: .*value 1 of example 3 is not finite' knneval f.rts nan.rts
    expect_error 1 'features of 2, expected images of 5 x 5 x 1' umap a.rts f.rts
    head -c 700 f.rts >cut.rts
    expect_error 1 'cut.rts: .*cut short' umap cut.rts
    rottrain -q -e 0 --net c2 a.rts >m
    expect_error 1 'm: ' umap m
    expect_error 2 "-k: '1' is not an integer" umap -k 1 a.rts
    expect_error 2 "-d: '65' is not an integer" umap -d 65 a.rts
    expect_error 2 '--min-dist must not be above --spread' umap --min-dist 2 a.rts
    expect_error 2 "--search: 'fast' is not known" umap --search fast a.rts
    expect_error 2 "--metric: 'angle' is not known" umap --metric angle a.rts
    expect_error 1 "'x' cannot run here" env ROTPIPE_KERNELS=x umap a.rts
}
