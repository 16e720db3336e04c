#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2046,SC2154 # $ for inner shells; number lists; bats' own variables

load lib

# ---- an oracle that shares nothing with the program: netpbm turns, md5sum compares ----

# pgms IDX FOLDER HEIGHT WIDTH: each image of an IDX file as a PGM.
pgms() {
    local i n size=$(($3 * $4))
    mkdir -p "$2"
    n=$((($(size_of "$1") - 16) / size))
    for ((i = 0; i < n; i++)); do
        {
            printf 'P5\n%d %d\n255\n' "$4" "$3"
            tail -c +$((17 + i * size)) "$1" | head -c $size
        } >"$2/$((1000 + i)).pgm"
    done
}

# contents FOLDER exact|rotated: a name for the content of each PGM, one a line: its checksum, or the
# first in order of those of its four rotations.
contents() {
    local pgm k
    rm -f "$1"/*.turned
    for pgm in "$1"/*.pgm; do
        for k in 90 180 270; do
            [[ $2 == exact ]] || pamflip -r$k "$pgm" >"$pgm.$k.turned"
        done
    done
    md5sum "$1"/* | awk '{ image = substr($2, 1, index($2, ".pgm")) }
        !(image in first) { order[++n] = image }
        !(image in first) || $1 < first[image] { first[image] = $1 }
        END { for (i = 1; i <= n; i++) print first[order[i]] }'
}

# counts A LABELS_A B LABELS_B: the report, from lists of contents and of labels (- for none).
counts() {
    { paste "$1" "$2" | sed 's/^/a\t/' && paste "$3" "$4" | sed 's/^/b\t/'; } | awk -F '\t' '
        { side[NR] = $1; what[NR] = $2; label[NR] = $3; has[$1, $2]++; n[$1]++ }
        { labels[$1, $2] = labels[$1, $2] " " $3 }
        has[$1, $2] > 1 { again[$1]++ }
        END {
            for (i = 1; i <= NR; i++) {
                s = side[i]; other = s == "a" ? "b" : "a"
                if (!((other, what[i]) in has)) continue
                shared[s]++
                if (s == "a" && !seen[what[i]]++) common++
                k = split(labels[other, what[i]], l, " ")
                for (j = 1; j <= k; j++)
                    if (label[i] != "-" && l[j] != "-" && l[j] != label[i]) { differ[s]++; break }
            }
            print "a-images", n["a"]; print "b-images", n["b"]
            print "a-duplicates", again["a"] + 0; print "b-duplicates", again["b"] + 0
            print "shared", common + 0
            print "a-shared", shared["a"] + 0; print "b-shared", shared["b"] + 0
            print "a-relabelled", differ["a"] + 0; print "b-relabelled", differ["b"] + 0
        }' OFS='\t'
}

# image I: image I of the training sample, as raw bytes; turned I K: after K quarter turns.
image() {
    tail -c +$((17 + $1 * 784)) train.idx | head -c 784
}

turned() {
    { printf 'P5\n28 28\n255\n' && image "$1"; } | pamflip -r$(($2 * 90)) | tail -c 784
}

# idx HEIGHT WIDTH < raw: raw grey images as an IDX file.
idx() {
    cat >raw
    octal 0 0 8 3
    be32 $(($(size_of raw) / ($1 * $2))) "$1" "$2"
    cat raw
}

# Two sets of real images with planted copies: A has 50 of the training sample, three of them again,
# one of these turned; B has 40 of the test sample, six of A's (two of them twice), and five of A's
# turned, one of them as it is, too.
make_planted() {
    gzip -dc "$DATA/fashion-sample-train-images-idx3-ubyte.gz" >train.idx
    gzip -dc "$DATA/fashion-sample-t10k-images-idx3-ubyte.gz" >test.idx
    { head -c $((16 + 50 * 784)) train.idx | tail -c +17 && image 3 && image 3 && turned 9 1; } |
        idx 28 28 >a.idx
    {
        head -c $((16 + 40 * 784)) test.idx | tail -c +17
        for i in 3 4 5 4 6 7 8 8; do image $i; done
        turned 20 1 && turned 21 2 && turned 22 3 && turned 5 2 && turned 9 3
        image 3999
    } | idx 28 28 >b.idx
    cycle 53 5 >a.list
    cycle 54 4 >b.list
    idx2rts a.idx <(idx_labels $(<a.list)) >a.rts
    idx2rts b.idx <(idx_labels $(<b.list)) >b.rts
    pgms a.idx a 28 28
    pgms b.idx b 28 28
}

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    command -v pamflip >/dev/null || skip 'no netpbm'
    mkdir planted
    cd planted || return 1
    make_planted
}

plant() {
    cp -R "$BATS_FILE_TMPDIR/planted/." .
}

# ---- the tests ----

@test "rtscomm: manners" {
    check_common rtscomm
    stream 6 5 3 >other
    stream 7 5 3 >good
    cp other keep
    check_refusals good rtscomm --only-b keep
    # Either side is read to its end, whatever is asked for.
    local what size
    size=$(size_of good)
    head -c $((size - 128)) good >short
    for what in '' --only-a --only-b --both --duplicates; do
        # shellcheck disable=SC2086
        expect_error 1 'short: cut short .* no end record' rtscomm $what short keep
        # shellcheck disable=SC2086
        expect_error 1 'short: cut short .* no end record' rtscomm $what keep short
    done
    expect_error 2 'one or two streams are needed' rtscomm
    expect_error 2 'too many operands' rtscomm a b c
    expect_error 2 'standard input can be only one of the streams' rtscomm -
    expect_error 2 'standard input can be only one of the streams' rtscomm - -
    expect_error 2 '--only-a, --only-b and --both are mutually exclusive' rtscomm --both --only-a a b
    expect_error 2 '--no-history needs --only-a' rtscomm --no-history a b
    expect_error 2 "--disjoint: 'x' is not an integer" rtscomm --disjoint=x a b
    expect_error 2 "--disjoint: '-1' is not an integer" rtscomm --disjoint=-1 a b
    expect_error 1 'standard output: cannot write' sh -c 'rtscomm good good > /dev/full'
    expect_error 1 'standard output: cannot write' refuse_sigpipe rtscomm good good
    features 2 3 >f
    expect_error 1 "f: record 0 'feature' .*features, but images are needed" rtscomm f good
    expect_error 1 "f: record 0 'feature' .*features, but images are needed" rtscomm good f
}

# Says nothing of streams that it has not read to a good end.
@test "rtscomm: no counts of what is damaged" {
    local at
    stream 6 5 3 >good
    stream 7 5 3 >other
    for at in $(records good | awk '$5 == "image" { print $1 + 20, $1 + 130 }'); do
        flip good "$at" >flipped
        expect_error 1 'flipped: record .*damaged' rtscomm flipped other
        [[ -z $output ]]
        expect_error 1 'flipped: record .*damaged' rtscomm --disjoint other flipped
        [[ -z $output ]]
    done
}

@test "rtscomm: counts what md5sum counts, in real images with copies planted" {
    plant
    contents a exact >a.md5
    contents b exact >b.md5
    counts a.md5 a.list b.md5 b.list >want
    # As planted; the oracle itself must have seen it.
    grep -qx $'shared\t6' want && grep -qx $'b-shared\t8' want && grep -qx $'a-duplicates\t2' want
    grep -qx $'a-shared\t8' want && grep -qx $'b-duplicates\t2' want
    rtscomm --duplicates a.rts b.rts | diff want -
    grep -v duplicates want >few
    rtscomm a.rts b.rts | diff few -
    rtscomm a.rts <b.rts | diff few -
    rtscomm - b.rts <a.rts | diff few -
    counts b.md5 b.list a.md5 a.list >want
    rtscomm --duplicates b.rts a.rts | diff want -
}

@test "rtscomm: --rotated counts what pamflip and md5sum count" {
    plant
    contents a rotated >a.md5
    contents b rotated >b.md5
    counts a.md5 a.list b.md5 b.list >want
    grep -qx $'shared\t10' want && grep -qx $'b-shared\t13' want && grep -qx $'a-duplicates\t3' want
    rtscomm --rotated --duplicates a.rts b.rts | diff want -
    counts b.md5 b.list a.md5 a.list >want
    rtscomm --rotated --duplicates b.rts a.rts | diff want -
    # Every image in four rotations is four times the same.
    rotgen a.rts >turned.rts
    rtscomm --rotated --duplicates turned.rts a.rts >got
    grep -qx $'a-images\t212' got && grep -qx $'a-shared\t212' got && grep -qx $'shared\t50' got
    grep -qx $'a-duplicates\t162' got
}

# bits HEIGHT WIDTH SEED: 20 images whose pixels are one of two, so that small ones come again.
bits() {
    noise $((20 * $1 * $2)) "$3" | od -An -v -tu1 -w1 | awk '{ printf "%s", $1 % 2 ? "y" : "n" }' |
        idx "$1" "$2"
}

@test "rtscomm: images that are not square, small ones, many copies" {
    local shapes h w how
    cycle 20 3 >a.list
    cycle 20 7 >b.list
    for shapes in '2 3 3 2' '2 2 2 2' '1 5 5 1' '2 3 2 2'; do
        read -r h w h2 w2 <<<"$shapes"
        bits "$h" "$w" 5 >a.idx
        bits "$h2" "$w2" 8 >b.idx
        rm -rf a b
        pgms a.idx a "$h" "$w"
        pgms b.idx b "$h2" "$w2"
        idx2rts a.idx <(idx_labels $(<a.list)) >a.rts
        idx2rts b.idx <(idx_labels $(<b.list)) >b.rts
        for how in exact rotated; do
            contents a $how >a.md5
            contents b $how >b.md5
            counts a.md5 a.list b.md5 b.list >want-$how
        done
        rtscomm --duplicates a.rts b.rts | diff want-exact -
        rtscomm --duplicates --rotated a.rts b.rts | diff want-rotated -
        awk '$1 == "shared" { print FILENAME, $2 }' want-exact want-rotated
        echo "$shapes"
    done >said
    # What the oracle said of them: they had something to tell.
    paste -sd ' ' said
    [[ $(grep -c 'rotated 0' said) == 1 && $(grep -c 'exact 0' said) == 3 ]]
}

@test "rtscomm: colour, and the shape as a part of the image" {
    { octal 0 0 8 4; be32 2 1 2 3; octal 1 2 3 4 5 6 7 8 9 1 2 3; } | idx2rts >wide
    { octal 0 0 8 4; be32 2 2 1 3; octal 1 2 3 4 5 6 1 2 3 7 8 9; } | idx2rts >tall
    { octal 0 0 8 3; be32 2 2 3; octal 1 2 3 4 5 6 7 8 9 1 2 3; } | idx2rts >grey
    shared() { rtscomm "$@" | awk '$1 == "shared" { print $2 }'; }
    [[ $(shared wide wide) == 2 && $(shared wide tall) == 0 && $(shared wide grey) == 0 ]]
    # Pixels turn as a whole: both of them are in both.
    [[ $(shared --rotated wide tall) == 2 && $(shared --rotated wide grey) == 0 ]]
    cat wide tall grey >all
    [[ $(shared all all) == 6 && $(shared --rotated all all) == 4 && $(shared all tall) == 2 ]]
}

@test "rtscomm: labels are compared where they can be" {
    idx_images 4 3 3 >images
    idx_labels 0 1 0 1 >labels
    idx_labels 0 0 1 1 >others
    idx2rts images labels >a
    idx2rts images others >b
    idx2rts images >none
    rtscomm a b >got
    grep -qx $'a-relabelled\t2' got && grep -qx $'b-relabelled\t2' got && grep -qx $'shared\t4' got
    # Of an image with both labels, any label is another than one of them.
    cat a b >both
    rtscomm both a >got
    grep -qx $'a-shared\t8' got && grep -qx $'a-relabelled\t2' got && grep -qx $'b-relabelled\t2' got
    rtscomm a both | grep -qx $'a-relabelled\t2'
    rtscomm both both | grep -qx $'a-relabelled\t4'
    rtscomm a a | grep -qx $'a-relabelled\t0'
    for pair in 'a none' 'none a' 'none none'; do
        # shellcheck disable=SC2086
        [[ $(rtscomm $pair | tail -n 2) == $'a-relabelled\t-\nb-relabelled\t-' ]]
    done
    # Some have labels: these are compared.
    cat a none >some
    rtscomm some b >got
    grep -qx $'a-shared\t8' got && grep -qx $'a-relabelled\t2' got && grep -qx $'b-relabelled\t2' got
    # Label 0 of one set is no label 0 of another.
    printf 'cat\ndog\n' >names
    printf 'dog\ncat\n' >names2
    idx2rts --names names images labels >c
    idx2rts --names names2 images labels >d
    rtscomm c d | grep -qx $'a-relabelled\t-'
    rtscomm d c | grep -qx $'a-relabelled\t-'
    rtscomm c a | grep -qx $'a-relabelled\t0'
    rtscomm c b | grep -qx $'b-relabelled\t2'
}

# ---- what it writes ----

@test "rtscomm: --only-a, --only-b and --both write what the oracle would" {
    plant
    rts2tsv a.rts >a.tsv
    rts2tsv b.rts >b.tsv
    cut -f 2- a.tsv | sort -u >a.pixels
    cut -f 2- b.tsv | sort -u >b.pixels
    # pick FILE IN|OUT LIST: the lines whose pixels are in the list, or are not, in their order.
    pick() {
        awk -F '\t' -v within="$2" 'NR == FNR { there[$0] = 1; next }
            { pixels = $0; sub(/^[^\t]*\t/, "", pixels) } (pixels in there) == within' "$3" "$1"
    }
    pick a.tsv 0 b.pixels >want
    rtscomm --only-a a.rts b.rts | rts2tsv | cmp - want
    pick b.tsv 0 a.pixels >want
    rtscomm --only-b a.rts b.rts | rts2tsv | cmp - want
    [[ $(wc -l <want) == 46 ]]
    pick a.tsv 1 b.pixels >want
    rtscomm --both a.rts b.rts | rts2tsv | cmp - want
    [[ $(wc -l <want) == 8 ]]
    rtscomm --both b.rts a.rts | rts2tsv >got
    pick b.tsv 1 a.pixels | cmp - got
    # --rotated takes the turned ones as well; images are written as they stand.
    rtscomm --rotated --only-b a.rts b.rts | rts2tsv >got
    head -n 40 b.tsv >want && tail -n 1 b.tsv >>want
    same got want
    rtscomm --rotated --both b.rts a.rts | rts2tsv >got
    tail -n +41 b.tsv | head -n -1 | cmp - got
}

@test "rtscomm: the two parts of a sample share nothing and make up the whole" {
    fashion train >train.rts
    rtsample -n 400 -s 3 train.rts >few.rts
    rtsample -n 400 -s 3 -v --no-history train.rts >rest.rts
    fashion t10k >test.rts
    rtscomm --disjoint --rotated few.rts rest.rts >/dev/null
    rtscomm --disjoint --rotated train.rts test.rts >/dev/null
    rtscomm --only-a --no-history train.rts few.rts | cmp - rest.rts
    rtscomm few.rts train.rts >got
    grep -qx $'shared\t400' got && grep -qx $'a-relabelled\t0' got && grep -qx $'b-shared\t400' got
}

@test "rtscomm: -o writes a file, whole or not at all, and prints the counts beside it" {
    plant
    rtscomm a.rts b.rts >want
    rtscomm --both a.rts b.rts >stream
    rtscomm --both -o out a.rts b.rts | cmp - want
    same out stream
    rtscomm --both --output=out2 a.rts b.rts >/dev/null
    same out2 stream
    rtscomm --both -o - a.rts b.rts | cmp - stream
    mkdir empty
    head -c 3000 b.rts >short
    expect_error 1 'short: .*cut short' rtscomm --both -o empty/x a.rts short
    expect_error 1 'short: .*cut short' rtscomm --both -o empty/x short b.rts
    [[ -z $(ls -A empty) ]]
    expect_error 1 '/dev/full: No space left' rtscomm --both -o /dev/full a.rts b.rts
    [[ -z $output ]]
}

@test "rtscomm: none to be written are a whole stream without images" {
    stream 6 5 3 >s
    rtscomm --only-a s s >none
    [[ $(records none | grep -E ' (image|label)$' | cut -d ' ' -f 3-) == $'u1 [0,5,5,1] image\nu4 [0] label' ]]
    rtsinfo none >/dev/null
    idx_images 3 5 5 | idx2rts >unlabelled
    rtscomm --both unlabelled s >none
    [[ $(records none | grep -cE ' (image|label)$') == 1 ]]
    # Nothing is a stream like others.
    rtscomm --duplicates none s >got
    grep -qx $'a-images\t0' got && grep -qx $'b-images\t6' got && grep -qx $'shared\t0' got
    rtscomm --only-b none s | { cat >all && cmp <(payloads all image) <(payloads s image); }
}

@test "rtscomm: the history tells how both came to be; names and unknown records pass" {
    record future b3 0 70 5 5 >odd
    record end u1 1 0 >>odd
    printf 'x\ny\nz\n' >names
    idx_images 6 5 5 >images
    idx_labels 0 1 2 0 1 2 >labels
    idx2rts --names names images labels | cat - odd >a
    stream 4 5 2 | rtsample -n 2 >b
    rtscomm --rotated --only-a a b >s
    payloads s names | cmp - names
    records s | grep -q ' future$'
    { payloads a digest; payloads a history; echo "rtscomm $VERSION --only-a --rotated"
        rtsinfo --history b | sed 's/^/  other: /'; } >want
    rtsinfo --history s | cmp - want
    # The same from the other side, in the other order of reading.
    rtscomm --rotated --only-b b a >t
    rtsinfo --history t | sed 's/--only-b/--only-a/' | cmp - want
    [[ $(rtsinfo --history <(rtscomm --both --no-history a b)) == '' ]]
}

# ---- the assertion ----

@test "rtscomm: --disjoint fails when something is shared, with the counts" {
    plant
    rtscomm a.rts b.rts >want
    expect_error 1 'a.rts and b.rts: 6 images are in both, at most 0 are allowed' \
        rtscomm --disjoint a.rts b.rts
    [[ $output == "$(<want)" ]]
    expect_error 1 '6 images are in both, at most 5 are allowed' rtscomm --disjoint=5 a.rts b.rts
    quiet_success rtscomm --disjoint=6 a.rts b.rts
    [[ $output == "$(<want)" ]]
    expect_error 1 '10 images are in both' rtscomm --rotated --disjoint=9 a.rts b.rts
    expect_error 1 'a.rts and standard input: 6 images are in both' \
        sh -c 'rtscomm --disjoint a.rts < b.rts'
    # A stream that was asked for with it is not finished.
    expect_error 1 '6 images are in both' sh -c 'rtscomm --disjoint --only-a a.rts b.rts > s'
    run -1 rtsinfo s
    expect_error 1 '6 images are in both' rtscomm --disjoint --only-a -o t a.rts b.rts
    [[ ! -e t ]]
    rtscomm --only-a a.rts b.rts >c.rts
    quiet_success rtscomm --disjoint c.rts b.rts
}

@test "rtscomm: one side is held, the other may be endless" {
    stream 24 8 3 >few
    for _ in {1..40}; do cat few; done >many
    local i
    export -f within sanitized
    export BUILD
    # 1,000,000 images of 64 bytes against 24 of them, in 16 MiB (a sanitizer takes 2 of them).
    run --separate-stderr bash -c 'for i in {1..1042}; do cat many; done |
        within 16384 rtscomm few -'
    [[ $status == 0 ]] || fail "$stderr"
    [[ ${lines[1]} == $'b-images\t1000320' && ${lines[4]} == $'b-shared\t1000320' ]]
    # What is wanted of the endless side comes out while it goes on.
    idx_images 1024 8 8 | idx2rts >images
    bash -c 'while cat images; do :; done 2>/dev/null' | rtscomm --only-b few - | head -c 3000000 >f || true
    [[ $(size_of f) == 3000000 ]]
}
