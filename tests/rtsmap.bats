#!/usr/bin/env bats
# shellcheck disable=SC2002,SC2016,SC2046,SC2086,SC2154
# (cat for a pipe, $ for inner shells, lists of words, sizes, bats' own variables)

load lib
load filenames

# table NAME OLD=NEW...: a table of labels.
table() {
    local pair
    for pair in "${@:2}"; do
        printf '%s\t%s\n' "${pair%%=*}" "${pair#*=}"
    done >"$1"
}

# named N CLASSES NAME...: a stream of 2 x 3 images, labels going round, with class names.
named() {
    idx_images "$1" 2 3 >images
    idx_labels $(cycle "$1" "$2") >labels
    printf '%s\n' "${@:3}" >names
    idx2rts --names names images labels
}

# pairs STREAM: each example in hexadecimal and its label, in order.
pairs() {
    paste <(images "$1" "${2:-6}") <(labels "$1")
}

@test "rtsmap: manners" {
    check_common rtsmap
    stream 6 5 3 >good
    for how in --transpose --shift=1 --compact; do
        check_refusals good rtsmap $how
        rm -r folder
    done
    table t 0=-
    check_refusals good rtsmap --table t
}

@test "rtsmap: used wrongly" {
    stream 6 5 3 >s
    expect_error 2 'nothing to change: give at least one of --answers, --shift, --table, .* and --unlabel' rtsmap s
    expect_error 2 '--grey and --rgb cannot both be given' rtsmap --grey --rgb s
    expect_error 2 '--background needs --pad or --fit pad' rtsmap --background 3 --grey s
    expect_error 2 '--background needs --pad or --fit pad' rtsmap --background 3 --size 4 s
    expect_error 2 '--fit needs --size' rtsmap --fit crop s
    expect_error 2 "--fit: 'zoom' is not known; it may be crop, pad or stretch" rtsmap --size 3 --fit zoom s
    for size in '' 0 x 3x 3x4+1+2 0x3 4194305; do
        expect_error 2 "--size: '${size//+/[+]}' is not a size N or WxH" rtsmap --size "$size" s
    done
    for size in '' 0 x 3x x3 3x4x5 3+1 3x4+1 3x4+1+ 3x4+1+2+3 -1 3x4+-1+0 ' 3' 3.5 4194305 99999999999999999999; do
        expect_error 2 "--crop: '${size//+/[+]}' is not a size N, WxH or WxH.X.Y" rtsmap --crop "$size" s
    done
    for size in '' 0 3x 3x4+1+2 0x3; do
        expect_error 2 "--pad: '${size//+/[+]}' is not a size N or WxH" rtsmap --pad "$size" s
    done
    for colour in '' 256 -1 '1,2' '1,2,3,4' '1,,3' '1,2,' ',' red '1, 2,3' '#' '#12345' '#1234567' '#12345g' ffffff; do
        expect_error 2 "--background: '$colour' is not a colour: #rrggbb, R,G,B, 0 to 255, black or white" rtsmap --pad 9 --background "$colour" s
    done
    expect_error 2 'nothing to change' rtsmap --no-history s
    for shift in x 1.5 '' 4294967296 -4294967296; do
        expect_error 2 "--shift: '$shift' is not an integer" rtsmap --shift "$shift" s
    done
    local one='standard input can be only one of data, --answers, --table and --names'
    expect_error 2 "$one" rtsmap --table - </dev/null
    expect_error 2 "$one" rtsmap --answers - - </dev/null
    expect_error 2 "$one" rtsmap --names - - </dev/null
    expect_error 2 "$one" rtsmap --names - --table - s </dev/null
}

@test "rtsmap --shift: labels move, and names with them" {
    stream 6 4 3 >s
    rtsmap --shift 4 s >a
    [[ $(labels a | xargs) == '4 5 6 4 5 6' ]]
    cmp <(payloads a image) <(payloads s image)
    rtsmap --shift -4 a >b
    [[ $(labels b | xargs) == '0 1 2 0 1 2' ]]
    rtsmap --shift=4294967293 s >c
    [[ $(labels c | xargs) == '4294967293 4294967294 4294967295 4294967293 4294967294 4294967295' ]]
    expect_error 1 "s: record 1 'image' at offset [0-9]+: label 0 cannot be shifted by -1" rtsmap --shift -1 s
    expect_error 1 'label 2 cannot be shifted by 4294967294' rtsmap --shift 4294967294 s
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --shift 4'
    # The name of label 0, which no image has, goes.
    named 4 1 none one two >s
    rtsmap --shift 1 --names names s | rtsmap --shift -1 >a
    [[ $(payloads a names | xargs) == 'one two' && $(labels a | sort -u) == 0 ]]
    expect_error 1 '--shift 1: the first classes would have no name \(use --names to name them' rtsmap --shift 1 s
    expect_error 1 'label 0 cannot be shifted' rtsmap --shift -1 s
    # Past the last name there are none.
    idx_images 0 2 3 >images
    idx_labels >labels
    idx2rts --names names images labels | rtsmap --shift -3 >a
    [[ $(records a | cut -d ' ' -f 5 | xargs) == 'history image label digest end' ]]
}

@test "rtsmap --table: numbers, drops and all others; the rest stays" {
    stream 12 4 6 >s
    table t 0=5 5=0 3=70000 1=-
    rtsmap --table t s >a
    [[ $(labels a | xargs) == '5 2 70000 4 0 5 2 70000 4 0' ]]
    # Every image keeps its label, in order.
    pairs s 16 | awk -v OFS='\t' '$2 == 1 { next } $2 == 0 { print $1, 5; next } $2 == 5 { print $1, 0; next }
        $2 == 3 { print $1, 70000; next } { print }' | cmp - <(pairs a 16)
    payloads a history | tail -n 1 | grep -Eqx \
        "rtsmap [0-9.]+ --table crc32=$(gzip -c t | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')"
    table t 2=1 '*=-'
    rtsmap --table t s >a
    [[ $(labels a | xargs) == '1 1' ]]
    table t '*=7' 2=2
    rtsmap --table - s <t >a
    [[ $(labels a | xargs) == '7 7 2 7 7 7 7 7 2 7 7 7' ]]
    # Lines as other systems end them, a last line without an end, compressed.
    printf '2\t1\r\n*\t-' | gzip -c >t
    rtsmap --table t s >a
    [[ $(labels a | xargs) == '1 1' ]]
    # Everything dropped is an empty chunk.
    table t '*=-'
    rtsmap --table t s >a
    [[ $(records a | grep -E ' (image|label)$' | cut -d ' ' -f 2-) == '0 u1 [0,4,4,1] image
0 u4 [0] label' ]] || fail "$(records a)"
    rtsmap --table t --unlabel --transpose s >a
    [[ $(records a | grep -E ' (image|label)$' | cut -d ' ' -f 2-) == '0 u1 [0,4,4,1] image' ]]
}

@test "rtsmap --table: class names" {
    named 8 4 cat dog 'barn owl' 3 >s
    table t cat=dog 'barn owl=-'
    rtsmap --table t s >a
    [[ $(labels a | xargs) == '1 1 3 1 1 3' ]]
    payloads a names | cmp - names
    # Digits are a label, also where a class is called so; NEW is of --names where that is given.
    printf 'bird\nmammal\n' >new
    table t cat=mammal dog=1 2=bird 3=-
    rtsmap --table t --names new s >a
    [[ $(labels a | xargs) == '1 1 0 1 1 0' ]]
    payloads a names | cmp - new
    # Of labels that were shifted, names are those of the shifted ones.
    table t dog=0
    rtsmap --table <(printf 'cat\t-\n') s | rtsmap --shift -1 --table t >a
    [[ $(labels a | xargs) == '0 1 2 0 1 2' && $(payloads a names | xargs) == 'dog barn owl 3' ]]
}

@test "rtsmap --answers: by number and by name, one for each example" {
    stream 5 4 3 >s
    table t 4=1 0=7 1=0 3=2 2=2
    rtsmap --answers t s >a
    [[ $(labels a | xargs) == '7 0 2 2 1' ]]
    cmp <(payloads a image) <(payloads s image)
    payloads a history | tail -n 1 | grep -Eqx \
        "rtsmap [0-9.]+ --answers crc32=$(gzip -c t | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')"
    # Whether there were labels or not; from a pipe, compressed.
    rtsmap --unlabel s | rtsmap --answers <(gzip -c t) - >b
    cmp <(labels b) <(labels a)
    # Over several streams, by new names, dropped, all others, and twice the same.
    printf 'cat\nbarn owl\n' >names
    table t 9='barn owl' 1=- 3=cat 3=0 '*=cat' '*=0'
    rtsmap --unlabel s | cat - s | rtsmap --answers t --names names - >a
    [[ $(labels a | xargs) == '0 0 0 0 0 0 0 0 1' ]]
    cmp <(images a 16) <(images s 16 | cat - <(images s 16) | sed 2d)
    payloads a names | cmp - names
    # Of the names that are there; the images changed, too; by two readings.
    printf 'dog\ncat\ncow\n' >names
    idx2rts --names names <(payloads s image | cat <(octal 0 0 8 3 && be32 5 4 4) -) >named
    table t 0=cow 2=dog 3=cow 4=dog 1=-
    rtsmap --answers t --compact --transpose named >a
    [[ $(labels a | xargs) == '1 0 1 0' && $(payloads a names | xargs) == 'dog cow' ]]
    cat named | rtsmap --answers t --compact --transpose | cmp - a
    table t '*=-'
    rtsmap --answers t s >a
    [[ $(records a | grep -E ' (image|label)$' | cut -d ' ' -f 2-) == '0 u1 [0,4,4,1] image
0 u4 [0] label' ]] || fail "$(records a)"
}

@test "rtsmap --answers: names of files, escaped as they are, several of one" {
    stream 4 4 3 >plain
    printf '%s\n' 'a/b c.png' 'odd\tname' '' 7 >lines
    name_files plain lines >s
    table t 'a/b c.png=2' 'odd\tname=1' 2=0 3=5
    rtsmap --answers t s >a
    [[ $(labels a | xargs) == '2 1 0 5' ]]
    cmp <(payloads a file) lines
    # As rts2tsv prints them.
    rts2tsv --files s | cut -f 2 | sed '3,$d; s/$/\t9/' >t
    printf '*\t0\n' >>t
    rtsmap --answers t s >a
    [[ $(labels a | xargs) == '9 9 0 0' ]]
    # All rotations of a picture.
    rotgen s >turned
    table t 'a/b c.png=1' '*=0'
    rtsmap --answers t turned >a
    [[ $(labels a | xargs) == '1 1 1 1 0 0 0 0 0 0 0 0 0 0 0 0' ]]
    # By its number and by its name.
    table t 'a/b c.png=1' 0=1 '*=0'
    rtsmap --answers t s >a
    [[ $(labels a | xargs) == '1 0 0 0' ]]
    table t 'a/b c.png=1' '*=0' 0=2
    expect_error 1 's: record .*: t: lines 1 and 3 give example 0 different classes' rtsmap --answers t s
    table t 'a/b c.png=1'
    expect_error 1 's: record .*: t: no answer for example 1 \(odd' rtsmap --answers t s
}

@test "rtsmap --answers: what is missing, unknown or said twice" {
    named 4 2 cat dog >s
    table t 0=0 1=1 2=0
    expect_error 1 "s: record [0-9]+ 'image' at offset [0-9]+: t: no answer for example 3" rtsmap --answers t s
    table t 0=0 1=1 2=0 3=1 4=0 9=0
    expect_error 1 't: line 5: no example has the number 4' rtsmap --answers t s
    table t '*=0' b.png=1
    expect_error 1 't: line 2: no example is of the file b.png' rtsmap --answers t s
    expect_error 1 't: line 2: no example is of the file b.png' rtsmap --answers t --compact s
    table t '*=0' 1=1 00=1 1=0
    expect_error 1 "t: lines 2 and 4 give '1' different classes" rtsmap --answers t s
    table t '*=0' 1=1 1=-
    expect_error 1 "t: lines 2 and 3 give '1' different classes" rtsmap --answers t s
    table t '*=0' 1=1 '*=1'
    expect_error 1 't: lines 1 and 3 give all other examples different classes' rtsmap --answers t s
    table t '*=cow'
    expect_error 1 "t: line 1: no class is called 'cow'" rtsmap --answers t s
    table t '*=2'
    expect_error 1 'label 2 has no name: labels 0 to 1 have names' rtsmap --answers t s
    table t 99999999999999999999=1 '*=0'
    expect_error 1 't: line 1: no example has the number 99999999999999999999' rtsmap --answers t s
    printf '0 1\n' >t
    expect_error 1 't: line 1: is not of the form EXAMPLE<tab>CLASS' rtsmap --answers t s
    : >t
    expect_error 1 't: empty, not a table of answers' rtsmap --answers t s
    expect_error 2 '--answers cannot be given with --shift or --table' rtsmap --answers t --shift 0 s
    expect_error 2 '--answers cannot be given with --shift or --table' rtsmap --answers t --table t s
}

@test "rtsmap --table: what is not a table, or does not fit" {
    named 8 4 a b c d >s
    : >empty
    expect_error 1 'empty: empty, not a table of labels' rtsmap --table empty s
    expect_error 1 'missing: No such file' rtsmap --table missing s
    printf '0\t1\n1 2\n' >t
    expect_error 1 't: line 2: is not of the form OLD<tab>NEW' rtsmap --table t s
    for line in '0\t1\t2\n' '0\t\n' '\t0\n' '\n' '0\n'; do
        # shellcheck disable=SC2059 # the line is the format
        printf "$line" >t
        expect_error 1 't: line 1: is not of the form OLD' rtsmap --table t s
    done
    printf '0\t1\0\n' >t
    expect_error 1 't: holds NUL bytes' rtsmap --table t s
    head -c 1100000 /dev/zero | tr '\0' 'x' >t
    expect_error 1 't: more than 1048576 bytes, not a table of labels' rtsmap --table t s
    table t 1=2 0=1 1=3
    expect_error 1 't: lines 1 and 3 both map label 1' rtsmap --table t s
    table t b=2 0=1 1=3
    expect_error 1 't: lines 1 and 3 both map label 1' rtsmap --table t s
    table t '*=2' 0=1 '*=3'
    expect_error 1 't: lines 1 and 3 both map all other' rtsmap --table t s
    table t 0=1 1=4294967296
    expect_error 1 't: line 2: label 4294967296 is larger than 4294967295' rtsmap --table t s
    table t e=0
    expect_error 1 "t: line 1: no class is called 'e'\$" rtsmap --table t s
    table t a=-1
    expect_error 1 "t: line 1: no class is called '-1'\$" rtsmap --table t s
    table t a=b
    stream 6 4 3 >plain
    expect_error 1 "t: line 1: no class is called 'a' \(there are no class names\)" rtsmap --table t plain
    table t a=4
    expect_error 1 "s: record .*'image' at offset [0-9]+: label 4 has no name: labels 0 to 3 have names" \
        rtsmap --table t s
    idx_images 3 4 4 | idx2rts >unlabelled
    table t 0=1
    for option in '--table t' '--shift 1' --compact; do
        expect_error 1 "unlabelled: record .*'image' .*examples without labels to change" \
            rtsmap $option unlabelled
        expect_error 1 'examples without labels to change' rtsmap $option plain unlabelled
    done
}

@test "rtsmap --names: new ones, which must suffice; old ones go" {
    named 6 3 a b c >s
    printf 'x\ny\nz\n' >new
    rtsmap --names new s >a
    [[ $(records a | cut -d ' ' -f 5 | xargs) == 'history names image label digest end' ]]
    payloads a names | cmp - new
    cmp <(pairs a) <(pairs s)
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --names'
    rtsmap --names - s <new | cmp - a
    stream 6 4 3 | rtsmap --names new >a
    payloads a names | cmp - new
    printf 'x\ny\n' >two
    expect_error 1 'label 2 has no name: labels 0 to 1 have names' rtsmap --names two s
    expect_error 1 'missing: No such file' rtsmap --names missing s
    # A stream without labels may have names all the same.
    idx_images 3 4 4 | idx2rts | rtsmap --names new >a
    payloads a names | cmp - new
}

@test "rtsmap --compact: classes without examples go, the others are renumbered" {
    named 8 3 a b c d e >s
    table t 1=4
    rtsmap --table t --compact s >a
    [[ $(labels a | xargs) == '0 2 1 0 2 1 0 2' && $(payloads a names | xargs) == 'a c e' ]]
    cmp <(payloads a image) <(payloads s image)
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --table crc32=[0-9a-f]{8} --compact'
    cat s | rtsmap --table t --compact | cmp - a
    gzip -c s | rtsmap --table t --compact - | cmp - a
    rtsmap --table t --compact <s | cmp - a
    # Without names; large labels; new names are of the labels before.
    stream 6 4 3 >plain
    rtsmap --shift 4000000000 plain | rtsmap --compact >b
    [[ $(labels b | xargs) == '0 1 2 0 1 2' ]]
    printf 'p\nq\nr\ns\n' >new
    rtsmap --shift 1 --names new --compact plain >b
    [[ $(labels b | xargs) == '0 1 2 0 1 2' && $(payloads b names | xargs) == 'q r s' ]]
    # None missing: the same but for the history.
    rtsmap --compact plain >b
    cmp <(pairs b 16) <(pairs plain 16)
    # No examples, no classes.
    idx_images 0 3 3 >images
    idx_labels >labels
    idx2rts --names names images labels | rtsmap --compact >b
    [[ $(records b | cut -d ' ' -f 5 | xargs) == 'history image label digest end' ]]
}

@test "rtsmap --compact: several streams, names of one of them, nothing left of the temporary file" {
    named 6 3 a b c >s
    stream 6 4 3 >plain
    mkdir tmp
    cat plain s | TMPDIR=$PWD/tmp rtsmap --table <(printf '1\t-\n') --compact >a
    [[ -z $(ls -A tmp) ]]
    [[ $(payloads a names | xargs) == 'a c' && $(labels a | xargs) == '0 1 0 1 0 1 0 1' ]]
    rtsmap --table <(printf '1\t-\n') --compact plain s | cmp - a
    expect_error 1 'temporary file: .*/none/rotpipe.*: No such file' \
        sh -c 'cat s | TMPDIR=$PWD/none rtsmap --compact'
    # More classes than can be numbered.
    { octal 0 0 8 3; be32 65537 1 1; head -c 65537 /dev/zero; } >images
    { octal 0 0 12 1; be32 65537; seq 0 65536 | awk '{ printf "%08x", $1 }' | xxd -r -p; } >labels
    idx2rts images labels >many
    expect_error 1 'label 65536: at most 65536 classes can be renumbered' rtsmap --compact many
    rtsmap --table <(printf '3\t-\n') --compact many >a
    [[ $(labels a | tail -n 1) == 65535 ]]
}

@test "rtsmap --transpose: rows become columns; twice is nothing" {
    idx_images 5 7 11 >images
    idx2rts images >s
    rtsmap --transpose s >a
    [[ $(records a) == *'385 u1 [5,11,7,1] image'* ]]
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --transpose'
    rtsmap --transpose a >b
    cmp <(images b 77) <(images s 77)
    # A corner that is known: pixel (x, y) of the first image is byte 7 x + y now.
    payloads s image | head -c 77 | od -An -v -tu1 -w11 >rows
    payloads a image | head -c 77 | od -An -v -tu1 -w7 |
        awk 'NR == FNR { for (i = 1; i <= NF; i++) want[FNR, i] = $i; next }
            { for (i = 1; i <= NF; i++) if (want[i, FNR] != $i) exit 1 }' rows -
    idx_images 3 9 4 3 | idx2rts >colour
    rtsmap --transpose colour >a
    [[ $(records a) == *'u1 [3,4,9,3] image'* ]]
    rtsmap --transpose a >b
    cmp <(payloads b image) <(payloads colour image)
    featdump -m <(stream 6 8 2 | rottrain -q -e 0 --net d2) <(stream 6 8 2) >features
    expect_error 1 "features: record .*'feature' .*features, but images are needed" \
        rtsmap --transpose features
}

@test "rtsmap --transpose: the same as netpbm's pamflip" {
    command -v pamflip >/dev/null || skip 'no netpbm'
    for size in '1 5' '8 8' '13 9' '20 17'; do
        read -r h w <<<"$size"
        noise $((h * w * 3)) >pixels
        { octal 0 0 8 4; be32 1 "$h" "$w" 3; cat pixels; } | idx2rts | rtsmap --transpose >a
        { printf 'P6\n%d %d\n255\n' "$w" "$h"; cat pixels; } | pamflip -transpose | tail -c $((h * w * 3)) >want
        payloads a image | cmp - want
        { octal 0 0 8 3; be32 1 "$h" "$w"; head -c $((h * w)) pixels; } | idx2rts | rtsmap --transpose >a
        { printf 'P5\n%d %d\n255\n' "$w" "$h"; head -c $((h * w)) pixels; } | pamflip -transpose |
            tail -c $((h * w)) >want
        payloads a image | cmp - want
    done
}

# pnm FILE H W CHANNELS: raw pixels as a PNM image.
pnm() {
    printf 'P%d\n%d %d\n255\n' $(($4 == 3 ? 6 : 5)) "$3" "$2"
    cat "$1"
}

@test "rtsmap --grey: the grey levels of ITU-R BT.601" {
    { octal 0 0 8 4; be32 1 3 3 3; octal 255 0 0 0 255 0 0 0 255 255 255 255 0 0 0 10 20 30 1 1 1 254 254 254 200 100 50; } |
        idx2rts >s
    rtsmap --grey s >a
    # As Pillow has them.
    [[ $(payloads a image | od -An -v -tu1 | xargs) == '76 150 29 255 0 18 1 254 124' ]]
    [[ $(records a) == *'9 u1 [1,3,3,1] image'* ]]
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --grey'
    # Many colours, by exact integers of another language.
    idx_images 40 16 16 3 | idx2rts >s
    python3 -c 'import sys
p = sys.stdin.buffer.read()
sys.stdout.buffer.write(bytes((19595 * p[i] + 38470 * p[i + 1] + 7471 * p[i + 2] + 32768) >> 16
                              for i in range(0, len(p), 3)))' < <(payloads s image) |
        cmp - <(rtsmap --grey s >a; payloads a image)
    # Grey stays grey, and grey made colour comes back.
    rtsmap --grey a >b
    cmp <(payloads b image) <(payloads a image)
    rtsmap --rgb a >b
    payloads a image | od -An -v -tx1 -w1 | awk '{ print $1 $1 $1 }' | cmp - <(images b 3)
    rtsmap --grey b >c
    cmp <(payloads c image) <(payloads a image)
    rtsmap --rgb b >c
    cmp <(payloads c image) <(payloads b image)
}

@test "rtsmap --crop, --pad: the same as netpbm's pamcut and pnmpad" {
    command -v pamcut >/dev/null || skip 'no netpbm'
    for channels in 1 3; do
        for size in '9 12' '8 8' '5 20'; do
            read -r h w <<<"$size"
            noise $((h * w * channels)) $w >pixels
            { octal 0 0 8 4; be32 1 "$h" "$w" $channels; cat pixels; } | idx2rts >s
            for geometry in '5 5 0 0' '3 4 1 1' '1 1 4 3' '8 5 0 0'; do
                read -r width height x y <<<"$geometry"
                rtsmap --crop ${width}x$height+$x+$y s >a
                pnm pixels $h $w $channels | pamcut $x $y $width $height | tail -c $((width * height * channels)) |
                    cmp - <(payloads a image)
                [[ $(records a) == *"u1 [1,$height,$width,$channels] image"* ]]
                # In the middle.
                rtsmap --crop ${width}x$height s >a
                pnm pixels $h $w $channels | pamcut $(((w - width) / 2)) $(((h - height) / 2)) $width $height |
                    tail -c $((width * height * channels)) | cmp - <(payloads a image)
            done
            rtsmap --pad 23x17 s >a
            pnm pixels $h $w $channels | pnmpad -black -left $(((23 - w) / 2)) -right $((23 - w - (23 - w) / 2)) \
                -top $(((17 - h) / 2)) -bottom $((17 - h - (17 - h) / 2)) | tail -c $((23 * 17 * channels)) |
                cmp - <(payloads a image)
            # A border that is cut off again.
            rtsmap --pad 31 --background 9 s | rtsmap --crop ${w}x$h >b
            cmp <(payloads b image) pixels
            rtsmap --crop ${w}x$h --pad ${w}x$h s >b
            cmp <(payloads b image) pixels
        done
    done
}

@test "rtsmap --size, --fit: the same as img2rts makes of the pictures" {
    command -v pnmtopng >/dev/null || skip 'no netpbm'
    for channels in 1 3; do
        noise $((13 * 9 * channels)) >pixels
        pnm pixels 9 13 $channels | pnmtopng >a.png 2>/dev/null
        rgb=$( ((channels == 3)) && echo --rgb || true)
        img2rts $rgb a.png >s
        for size in 5x4 6 20x30 13x5 13x9 1; do
            for fit in crop pad stretch; do
                background=$([[ $fit != pad ]] || echo '--background #203040')
                # shellcheck disable=SC2086 # options, or none
                rtsmap --size $size --fit $fit $background s >a
                # shellcheck disable=SC2086
                img2rts $rgb --size $size --fit $fit $background a.png >b
                cmp <(payloads a image) <(payloads b image)
                [[ $(records a | grep -o '[^ ]* image$') == "$(records b | grep -o '[^ ]* image$')" ]]
            done
        done
    done
    # By default as with --fit crop; after --crop and before --pad.
    rtsmap --size 4 s >a
    rtsmap --size 4 --fit crop s >b
    cmp <(payloads a image) <(payloads b image)
    rtsmap --pad 12 --size 6 --crop 8 s >a
    rtsmap --crop 8 s | rtsmap --size 6 | rtsmap --pad 12 >b
    cmp <(payloads a image) <(payloads b image)
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --crop 8x8 --size 6x6 --fit crop --pad 12x12 --background 0,0,0'
    rtsmap --size 6x2 --fit pad --background white s >a
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --size 6x2 --fit pad --background 255,255,255'
    rtsmap --grey --transpose --size 4x9 s >a
    [[ $(records a | grep ' image$') == *' [1,9,4,1] image' ]]
    expect_error 1 'one image would be of 2048 x 2049 x 3 bytes' rtsmap --size 2049x2048 s
}

@test "rtsmap --pad: the colour of the border" {
    { octal 0 0 8 4; be32 1 1 1 3; octal 1 2 3; } | idx2rts >colour
    { octal 0 0 8 3; be32 1 1 1; octal 7; } | idx2rts >grey
    pixels() {
        payloads a image | od -An -v -tu1 | xargs
    }
    rtsmap --pad 3x1 --background 200,100,50 colour >a
    [[ $(pixels) == '200 100 50 1 2 3 200 100 50' ]]
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --pad 3x1 --background 200,100,50'
    rtsmap --pad 3x1 --background 200,100,50 grey >a
    [[ $(pixels) == '124 7 124' ]]
    rtsmap --pad 2x1 --background 9 colour >a
    [[ $(pixels) == '1 2 3 9 9 9' ]]
    rtsmap --pad 1x2 grey >a
    [[ $(pixels) == '7 0' ]]
    # Grey first.
    rtsmap --background 200,100,50 --pad 1x3 --grey colour >a
    [[ $(pixels) == '124 2 124' ]]
}

@test "rtsmap: images that cannot be changed so" {
    stream 4 5 2 >s
    expect_error 1 "s: record 1 'image' at offset [0-9]+: images of 5 x 5 pixels .width, height. do not contain the 6x5 of --crop" \
        rtsmap --crop 6x5 s
    for geometry in 5x6 5x5+1+0 5x5+0+1 1x1+5+0 4x4+4194304+0; do
        expect_error 1 'do not contain the .* of --crop' rtsmap --crop $geometry s
    done
    expect_error 1 'are larger than the 9x4 of --pad' rtsmap --pad 9x4 s
    expect_error 1 'are larger than the 4x9 of --pad' rtsmap --pad 4x9 s
    expect_error 1 "s: record 1 .*: one image would be of 2048 x 2049 x 1 bytes, more than 4194304" rtsmap --pad 2049x2048 s
    expect_error 1 'one image would be of 4194304 x 4194304 x 1 bytes' rtsmap --pad 4194304 s
    expect_error 1 'one image would be of 1200 x 1200 x 3 bytes' rtsmap --rgb --pad 1200 s
    rtsmap --pad 2048 s >a
    [[ $(records a | grep -c ' image$') == 4 ]]
    features 4 4 >f
    for option in --grey --rgb '--crop 1' '--pad 9'; do
        expect_error 1 'f: .*features, but images are needed' rtsmap $option f
    done
    # Channels that are not colours may be cut, but not painted.
    { record image u1 0 24 3 2 2 2; record end u1 1 0; } >two
    for option in --grey --rgb '--pad 9' '--size 9'; do
        expect_error 1 'two: record 0 .*: images of 2 channels, neither grey nor colour' rtsmap $option two
    done
    rtsmap --crop 1x2 --transpose two >a
    [[ $(records a) == *'12 u1 [3,2,1,2] image'* ]] || fail "$(records a)"
}

@test "rtsmap: images of other sizes keep their labels and files, in chunks of their size" {
    stream 2000 4 7 | with_files >s
    rtsmap --rgb --crop 2 --pad 40 s >a
    cmp <(labels a) <(labels s)
    cmp <(payloads a file) <(payloads s file)
    # A MiB at most.
    [[ $(records a | grep ' image$' | head -n 2 | cut -d ' ' -f 4 | xargs) == '[218,40,40,3] [218,40,40,3]' ]]
    rtsmap --crop 2 a >b
    rtsmap --crop 2 s | rtsmap --rgb >c
    cmp <(payloads b image) <(payloads c image)
    [[ $(records b | grep ' image$' | cut -d ' ' -f 4 | xargs) == '[1024,2,2,3] [976,2,2,3]' ]]
    # With labels that are dropped.
    rtsmap --table <(printf '*\t-\n3\t0\n') --pad 6 s >d
    [[ $(payloads d file | head -n 2 | xargs) == 'set/3 x.png set/10 x.png' ]]
    rtsmap --table <(printf '*\t-\n3\t0\n') s | rtsmap --pad 6 | cmp <(payloads d image) <(cat >e; payloads e image)
    # All dropped, or none there: an empty chunk of the new shape.
    rtsmap --table <(printf '*\t-\n') --pad 6x5 --rgb s >d
    [[ $(records d) == *'0 u1 [0,5,6,3] image'* ]]
    idx_images 0 3 3 | idx2rts | rtsmap --crop 2x1 >d
    [[ $(records d) == *'0 u1 [0,1,2,1] image'* ]]
    # Images of several sizes get one.
    stream 3 4 2 >x
    stream 3 6 2 >y
    rtsmap --pad 6 x y >d
    [[ $(records d | grep -c 'u1 \[3,6,6,1\] image') == 2 || $(records d) == *'u1 [6,6,6,1] image'* ]] || fail "$(records d)"
}

@test "rtsmap --unlabel: no labels; names and the rest stay" {
    named 6 3 a b c >s
    rtsmap --unlabel s >a
    [[ $(records a | cut -d ' ' -f 5 | xargs) == 'history names image digest end' ]]
    cmp <(payloads a image) <(payloads s image)
    payloads a names | cmp - names
    # After the table, which needs them.
    table t b=-
    rtsmap --unlabel --table t s >a
    cmp <(images a 6) <(pairs s | awk '$2 != 1 { print $1 }')
    payloads a history | tail -n 1 | grep -Eqx 'rtsmap [0-9.]+ --table crc32=[0-9a-f]{8} --unlabel'
    rtsmap --unlabel a >b
    cmp <(images b 6) <(images a 6)
}

@test "rtsmap: the order of the options means nothing, that of the page all" {
    stream 12 4 4 >s
    table t 1=6 2=3 3=-
    printf '%s\n' n0 n1 n2 n3 n4 n5 n6 >new
    # 0 1 2 3 are 1 2 3 4, then 6 3 - 4, then 2 0 - 1.
    rtsmap --shift 1 --table t --names new --compact --transpose s >a
    rtsmap --transpose --compact --names new --table t --shift 1 s | cmp - a
    [[ $(labels a | xargs) == '2 0 1 2 0 1 2 0 1' && $(payloads a names | xargs) == 'n3 n4 n6' ]]
    payloads a history | tail -n 1 |
        grep -Eqx 'rtsmap [0-9.]+ --shift 1 --table crc32=[0-9a-f]{8} --names --compact --transpose'
    # One after the other, the same.
    rtsmap --shift 1 s | rtsmap --table t | rtsmap --names new | rtsmap --compact | rtsmap --transpose >b
    cmp <(pairs a 16) <(pairs b 16)
    cmp <(payloads a names) <(payloads b names)
}

@test "rtsmap: records and chunks that it does not concern pass as they are" {
    { record camera u2 0 10 5; record image u1 1 12 3 2 2 1; record label u4 2 12 3; record note u1 3 3 3
        record image u1 4 4 1 2 2 1; record label u4 5 4 1; record end u1 6 0; } >s
    for option in --shift=2 --compact --transpose; do
        rtsmap $option s >a
        cat s | rtsmap $option | cmp - a
        [[ $(records a | cut -d ' ' -f 4- | paste -sd ' ') == \
            *'[5] camera [3,2,2,1] image [3] label [3] note [1,2,2,1] image [1] label [] end' ]] || fail "$(records a)"
    done
    rtsmap --unlabel s >a
    [[ $(records a | cut -d ' ' -f 5 | paste -sd ' ') == 'history camera image note image end' ]]
    # Those that drop examples gather the others, and stay before what comes after them.
    rtsmap --table <(printf '1\t-\n') s >a
    [[ $(records a | cut -d ' ' -f 5 | paste -sd ' ') == 'history camera image label note image label end' ]]
    features 6 3 | rtsmap --unlabel >a
    [[ $(records a) == *'72 f4 [6,3] feature'* ]]
    stream 6 4 3 >labelled
    rtsmap --shift 2 labelled >a
    payloads a digest | cmp - <(payloads labelled digest)
}

@test "rtsmap: EMNIST's letters, transposed and labelled from 1, in two words" {
    idx_images 26 3 3 >images
    idx_labels $(seq 1 26) >labels
    printf '%s\n' {a..z} >letters
    idx2rts images labels | rtsmap --transpose --shift -1 --names letters >a
    [[ $(labels a | head -n 2 | xargs) == '0 1' ]]
    [[ $(rts2tsv --names a | cut -f 1 | xargs) == "$(echo {a..z})" ]]
}

@test "rtsmap: memory does not grow with the input" {
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } >images
    { octal 0 0 8 1; be32 62500; head -c 62500 /dev/zero; } >labels
    idx2rts images labels >s
    cat s | TMPDIR=$PWD within 16384 rtsmap --transpose --compact >a
    within 16384 rtsmap --transpose --compact s | cmp - a
    rtsmap --rgb --crop 24 --pad 40 s | within 16384 rtsmap --pad 48 --unlabel | tail -c 128 | tr -d '\0' | grep -q end
    within 16384 rtsmap --table <(printf '1\t-\n') s | tail -c 128 | tr -d '\0' | grep -q end
}
