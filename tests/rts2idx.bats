#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2046,SC2154,SC2238
# (cat for a pipe, $ for inner shells, lists of words, bats' own variables, short file names)

load lib

@test "rts2idx: manners" {
    check_common rts2idx
    stream 6 5 3 >good
    check_refusals good rts2idx
    rm -r folder
    check_refusals good rts2idx --labels labels
    expect_error 2 "--labels: '-' is also the output" rts2idx --labels - good
    expect_error 2 "--labels: '-' is also the output" rts2idx --labels - -o - good
    expect_error 2 "--labels: 'out' is also the output" rts2idx --labels out -o out good
    expect_error 2 "--labels: './out' is also the output" rts2idx --labels ./out -o out good
    expect_error 2 '--labels: the name of the file is empty' rts2idx --labels '' good
}

@test "rts2idx: what idx2rts has read comes back byte for byte" {
    for shape in '5 4 6' '1 1 1' '3 5 2 3' '2500 2 3' '0 3 3' '0 3 3 3'; do
        # shellcheck disable=SC2086 # a list of numbers
        idx_images $shape >images
        # shellcheck disable=SC2086
        idx_labels $(cycle ${shape%% *} 7) >labels
        idx2rts images labels >s
        quiet_success sh -c 'rts2idx --labels got-labels s >got'
        same images got
        same labels got-labels
        rm got-labels
        rts2idx -o got --labels - <s >got-labels
        same images got
        same labels got-labels
        cat s | rts2idx --labels got-labels | cmp - images
        same labels got-labels
        gzip -c s | rts2idx - | cmp - images
    done
    fashion t10k | rts2idx --labels labels | cmp - <(gzip -dc "$DATA/fashion-sample-t10k-images-idx3-ubyte.gz")
    cmp labels <(gzip -dc "$DATA/fashion-sample-t10k-labels-idx1-ubyte.gz")
}

@test "rts2idx: several streams, names of files, other records" {
    stream 20 3 2 >x
    stream 30 3 3 | with_files >y
    rts2idx --labels l x y >got
    { octal 0 0 8 3 && be32 50 3 3 && payloads x image && payloads y image; } | cmp - got
    { idx_labels $({ labels x && labels y; } | xargs); } | cmp - l
    cat x y | rts2idx --labels m | cmp - got
    cmp l m
    rts2idx --labels m x - <y | cmp - got
    { record camera u2 0 10 5; record image u1 1 12 3 2 2 1; record label u4 2 12 3; record end u1 3 0; } | rts2idx >got
    { octal 0 0 8 3 && be32 3 2 2 && head -c 12 /dev/zero; } | cmp - got
}

@test "rts2idx: labels beyond a byte are integers" {
    stream 6 2 3 >s
    for shift in 253 254 70000 2147483645; do
        rtsmap --shift $shift s >t
        rts2idx --labels l t >i
        idx2rts i l >back
        cmp <(labels back) <(labels t)
        [[ $(od -An -tx1 -N 4 l | tr -d ' ') == "$([[ $shift == 253 ]] && echo 00000801 || echo 00000c01)" ]]
    done
    rtsmap --shift 2147483646 s >t
    rm l
    expect_error 1 "t: record 1 'image' .*: label 2147483648, but labels of an IDX file are at most 2147483647" \
        rts2idx --labels l -o i2 t
    [[ ! -e l && ! -e i2 ]]
    rts2idx t | cmp - i
}

@test "rts2idx: features are floats" {
    stream 6 8 3 >s
    rottrain -q -e 1 --net 'c2 r p d4 r' s >m
    for layer in conv1 dense1; do
        featdump -m m --layer $layer s >f
        rts2idx --labels l f >got
        payloads f feature >values
        shape=$(records f | grep ' feature$' | cut -d ' ' -f 4 | tr -d '[]' | tr , ' ')
        python3 -c 'import struct, sys
shape = [int(n) for n in sys.argv[1].split()]
data = open("values", "rb").read()
n = len(data) // 4
sys.stdout.buffer.write(struct.pack(">4B%dI" % len(shape), 0, 0, 13, len(shape), *shape) +
                        struct.pack(">%df" % n, *struct.unpack("<%df" % n, data)))' "$shape" | cmp - got
    done
    idx_labels $(labels s | xargs) | cmp - l
}

@test "rts2idx: examples that do not fit one file" {
    stream 4 2 2 >s
    stream 4 3 2 >large
    stream 4 2 2 3 >colour
    idx_images 4 2 2 | idx2rts >unlabelled
    features 4 4 >f
    echo old >l
    for file in large colour f; do
        expect_error 1 "$file: record [01] '.*' at offset [0-9]+: another shape than the examples before" \
            rts2idx --labels l s $file
    done
    expect_error 1 "unlabelled: record 1 'image' .*: examples without labels, which --labels needs" \
        rts2idx --labels l s unlabelled
    rts2idx s unlabelled | cmp - <(octal 0 0 8 3 && be32 8 2 2 && payloads s image && payloads unlabelled image)
    [[ $(<l) == old ]]
}

@test "rts2idx: both files appear, or none" {
    stream 6 2 3 >s
    head -c 700 s >cut
    expect_error 1 'cut: .*cut short' rts2idx --labels l -o i cut
    expect_error 1 'standard output: No space left' sh -c 'rts2idx --labels l s >/dev/full'
    expect_error 1 '/dev/full: No space left' rts2idx --labels /dev/full -o i s
    expect_error 1 'none/l: No such file' rts2idx --labels none/l -o i s
    expect_error 1 'none/i: No such file' rts2idx --labels l -o none/i s
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe rts2idx --labels l s
    silent_sigpipe rts2idx --labels l s
    [[ ! -e l && ! -e i ]] || fail "$(ls)"
    # What is read is not written.
    cp s t
    expect_error 1 'is both input and output' rts2idx --labels s s
    expect_error 1 'is both input and output' rts2idx -o s s
    cmp s t
}

@test "rts2idx: memory does not grow with the input" {
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } >images
    idx2rts images >s
    within 16384 rts2idx s | cmp - images
    cat s | TMPDIR=$PWD within 16384 rts2idx | cmp - images
}
