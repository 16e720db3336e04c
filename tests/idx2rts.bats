#!/usr/bin/env bats
# shellcheck disable=SC2046,SC2016,SC2154 # number lists; $ for inner shells; bats' own variables

load lib

@test "idx2rts: manners" {
    check_common idx2rts
    expect_error 2 'option' idx2rts --no-such-option
    expect_error 2 'too many operands' idx2rts a b c
    expect_error 2 'cannot both be standard input' idx2rts - -
}

@test "idx2rts: images come out byte for byte, with their shape" {
    idx_images 5 4 6 >images
    idx2rts images >s
    [[ $(records s | cut -d ' ' -f 3- | tail -n +2) == 'u1 [5,4,6,1] image
text [24] digest
u1 [] end' ]] || fail "$(records s)"
    payloads s image >got
    tail -c +17 images | cmp - got
    [[ $(payloads s history) =~ ^idx2rts\ [0-9.]+\ 4x6x1$ ]]
}

@test "idx2rts: colour images, with four dimensions" {
    idx_images 3 5 2 3 >images
    idx2rts images >s
    [[ $(records s) == *'u1 [3,5,2,3] image'* ]]
    payloads s image >got
    tail -c +21 images | cmp - got
}

@test "idx2rts: labels, names and where they stand" {
    idx_images 5 2 2 >images
    idx_labels 1 0 2 1 1 >labels
    printf 'red\ngreen\nblue\n' >names
    idx2rts --names names images labels >s
    [[ $(records s | cut -d ' ' -f 5 | paste -sd ' ') == 'history names image label digest end' ]]
    [[ $(labels s | paste -sd ' ') == '1 0 2 1 1' ]]
    payloads s names | cmp - names
    [[ $(payloads s history) == *' 2x2x1 labels names' ]]
}

@test "idx2rts: the digest is the CRC-32 of the files before compression" {
    idx_images 7 3 3 >images
    idx_labels $(cycle 7 3) >labels
    gzip -c images >images.gz
    idx2rts images.gz labels >s
    hex() { gzip -c <"$1" | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' '; }
    printf 'images 7 crc32 %s\nlabels 7 crc32 %s\n' "$(hex images)" "$(hex labels)" >want
    payloads s digest | cmp - want
}

@test "idx2rts: gzip, plain, operand and standard input give the same bytes" {
    idx_images 9 3 3 >images
    idx_labels $(cycle 9 4) >labels
    gzip -c images >images.gz
    gzip -c labels >labels.gz
    idx2rts images labels >want
    idx2rts images.gz labels.gz | cmp - want
    idx2rts - labels <images | cmp - want
    idx2rts images - <labels.gz | cmp - want
    idx2rts images >want
    idx2rts <images.gz | cmp - want
    # Several gzip members in a row are one file.
    { head -c 50 images | gzip -c; tail -c +51 images | gzip -c; } | idx2rts | cmp - want
}

@test "idx2rts: many images become chunks of at most 1 MiB, all labels beside theirs" {
    idx2rts "$DATA/fashion-sample-train-images-idx3-ubyte.gz" \
        "$DATA/fashion-sample-train-labels-idx1-ubyte.gz" >s
    records s | awk '$5 == "image" && ($2 < 1 || $2 > 1048576) { exit 1 }'
    (($(records s | grep -c ' image$') > 1))
    payloads s image | cmp - <(gzip -dc "$DATA/fashion-sample-train-images-idx3-ubyte.gz" | tail -c +17)
    labels s | cmp - <(gzip -dc "$DATA/fashion-sample-train-labels-idx1-ubyte.gz" |
        tail -c +9 | od -An -v -tu1 -w1 | tr -d ' ')
}

@test "idx2rts: names from other systems, and the line of one that cannot be" {
    idx_images 3 2 2 >images
    idx_labels 0 1 2 >labels
    printf 'shirt\ncoat\nbag of two\n' >names
    idx2rts --names names images labels >want
    printf 'shirt\r\ncoat\r\nbag of two\r\n' >crlf
    printf 'shirt\r\ncoat\nbag of two\r' >mixed
    printf 'shirt\ncoat\nbag of two' >unended
    for file in crlf mixed unended; do
        idx2rts --names $file images labels | cmp - want
    done
    idx2rts images labels | rottrain -q -e 1 --net c2 -c 3 >m.rts
    headswap -c 3 --names crlf m.rts >swapped.rts
    [[ $(payloads swapped.rts names) == "$(cat names)" ]]
    printf 'shirt\r\n\r\nbag\r\n' >gap
    expect_error 1 'gap: line 2: an empty class name' idx2rts --names gap images labels
    # Empty lines at the end are nothing, as in CIFAR's lists.
    printf 'shirt\ncoat\nbag of two\n\n' >trailing
    idx2rts --names trailing images labels | cmp - want
    printf 'shirt\r\ncoat\r\nbag of two\r\n\r\n\n' >trailing
    idx2rts --names trailing images labels | cmp - want
    for lines in '\n' '\r\n' '\n\n' '\n\r\n\n'; do
        # shellcheck disable=SC2059 # the lines are the format
        printf "$lines" >blank
        expect_error 1 'blank: line 1: an empty class name' idx2rts --names blank images labels
    done
    printf 'shirt\ncoat\n\nbag\n\n' >gap
    expect_error 1 'gap: line 3: an empty class name' idx2rts --names gap images labels
    printf 'shirt\r\n\r\nbag\r\n' >gap
    printf 'shirt\ncoat\nbag\tof two\n' >tab
    expect_error 1 'tab: line 3: a control character in a class name' idx2rts --names tab images labels
    printf 'shirt\rcoat\r' >mac
    expect_error 1 'mac: line 1: a control character' headswap -c 2 --names mac m.rts
    : >none
    expect_error 1 'none: empty, not a list of class names' idx2rts --names none images labels
    # A byte order mark at the head is not part of the first name.
    printf '\357\273\277shirt\r\ncoat\r\nbag of two\r\n' >bom
    idx2rts --names bom images labels | cmp - want
    printf '\357\273\277' >bom
    expect_error 1 'bom: line 1: an empty class name' idx2rts --names bom images labels
    # UTF-8 of every length is a name; other bytes are not.
    printf '\303\274\n\342\202\254\n\360\237\221\232\n' >utf8
    idx2rts --names utf8 images labels >got
    payloads got names | cmp - utf8
    local bytes
    for bytes in '\374' '\300\257' '\355\240\200' '\364\220\200\200' '\342\202' '\200'; do
        printf '%b' "shirt\ncoat$bytes\nbag\n" >latin
        expect_error 1 "latin: line 2: not UTF-8: byte 0x[0-9a-f]{2}" idx2rts --names latin images labels
        expect_error 1 "latin: line 2: not UTF-8" headswap -c 3 --names latin m.rts
    done
    printf 'shirt\ncoat\302\233\nbag\n' >c1
    expect_error 1 'c1: line 2: a control character' idx2rts --names c1 images labels
}

@test "idx2rts: no images are one empty chunk" {
    idx_images 0 3 3 >images
    idx_labels >labels
    idx2rts images labels >s
    [[ $(records s | cut -d ' ' -f 2-5 | grep -E 'image|label') == '0 u1 [0,3,3,1] image
0 u4 [0] label' ]] || fail "$(records s)"
}

@test "idx2rts: what is no IDX file is refused, and why" {
    printf 'P5 hello world this is it' >pgm
    expect_error 1 'pgm: not an IDX file: it is a PNM image; images must be in the IDX format' idx2rts pgm
    : >empty
    expect_error 1 'empty: empty, not an IDX file' idx2rts empty
    printf '\0\0' >two
    expect_error 1 'two: not an IDX file: cut short in the header' idx2rts two
    { octal 0 0 8 3; be32 1 2; } >dims
    expect_error 1 'dims: not an IDX file: cut short in the header' idx2rts dims
    { octal 0 0 7 3; be32 1 1 1; octal 0; } >type7
    expect_error 1 'not an IDX file: magic number 00000703' idx2rts type7
    { octal 0 0 8 0; } >none
    expect_error 1 'not an IDX file: magic number 00000800' idx2rts none
    stream 2 4 2 >s
    expect_error 1 's: not an IDX file' idx2rts s
    mkdir folder
    expect_error 1 'folder: is a directory' idx2rts folder
    expect_error 1 'missing: No such file' idx2rts missing
}

# idx_file TYPE DIMS HEX...: an IDX file of that type; dimensions as one word, with commas.
idx_file() {
    local dims
    IFS=, read -ra dims <<<"$2"
    octal 0 0 "$1" ${#dims[@]}
    be32 "${dims[@]}"
    printf %s "${@:3}" | xxd -r -p
}

@test "idx2rts: images of other elements than unsigned bytes are refused, and say what to do" {
    for type in '9 signed byte' '11 short' '12 int' '13 float' '14 double'; do
        { octal 0 0 "${type%% *}" 3; be32 1 1 1; octal 1; } >f
        for program in idx2rts idx2png; do
            expect_error 1 "f: images of type ${type#* }, expected unsigned bytes; use --range LOW:HIGH" \
                $program f
        done
    done
    for type in 7 10 15 255; do
        { octal 0 0 "$type" 3; be32 1 1 1; octal 1; } >f
        expect_error 1 'f: not an IDX file: magic number' idx2rts --range 0:1 f
    done
}

# scaled RANGE: the bytes that the file f becomes.
scaled() {
    idx2rts --range "$1" f >s
    payloads s image | od -An -v -tu1 -w999 | xargs
}

@test "idx2rts --range: elements of every type become bytes" {
    idx_file 8 2,1,3 00 01 02 03 04 ff >f
    [[ $(scaled 0:4) == '0 64 128 191 255 255' ]]
    idx_file 9 1,1,5 80 ff 00 01 7f >f
    [[ $(scaled -128:127) == '0 127 128 129 255' && $(scaled -1:1) == '0 0 128 255 255' ]]
    idx_file 11 1,1,5 8000 ffff 0000 0100 7fff >f
    [[ $(scaled 0:256) == '0 0 0 255 255' && $(scaled -32768:32767) == '0 127 128 128 255' ]]
    idx_file 12 1,1,4 80000000 ffffffff 00000080 7fffffff >f
    [[ $(scaled -1:128) == '0 0 255 255' && $(scaled 0:1024) == '0 0 32 255' ]]
    # 0, 1/2, 1, -1, 2, infinity, -infinity, the smallest number above 0
    idx_file 13 1,4,2 00000000 3f000000 3f800000 bf800000 40000000 7f800000 ff800000 00000001 >f
    [[ $(scaled 0:1) == '0 128 255 0 255 255 0 0' && $(scaled -1:1) == '128 191 255 0 255 255 0 128' ]]
    # 1/4, 1e300, -1e300, infinity
    idx_file 14 1,2,2 3fd0000000000000 7e37e43c8800759c fe37e43c8800759c 7ff0000000000000 >f
    [[ $(scaled 0:1) == '64 255 0 255' && $(scaled -1e100:1e100) == '128 255 0 255' ]]
    [[ $(rtsinfo --history s | tail -n 1) == *' 2x2x1 --range -1e+100:1e+100' ]]
}

@test "idx2rts --range: 0:255 leaves bytes as they are; several pieces, colour, gzip" {
    idx_images 9 30 20 3 >images
    idx2rts images >want
    idx2rts --range 0:255 images >got
    cmp <(payloads want image) <(payloads got image)
    # The same pixels as shorts, floats' neighbours left out: 5400 elements are more than a piece.
    { octal 0 0 11 4; be32 9 30 20 3; payloads want image | xxd -p -c 1 | sed 's/^/00/' | xxd -r -p; } >f
    for file in f 'f.gz'; do
        gzip -c f >f.gz
        idx2rts --range 0:255 $file >got
        cmp <(payloads want image) <(payloads got image)
        payloads got digest | grep -q "crc32 $(gzip -c f | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')$"
    done
    idx2png --range 0:255 f | cmp - <(idx2png images)
}

@test "idx2rts --range: what is not a number, and no range" {
    { idx_file 13 3,1,2 00000000 00000000 00000000 7fc00000 00000000 00000000; } >f
    for program in idx2rts idx2png 'idx2png -n 1'; do
        # shellcheck disable=SC2086 # a program with its options
        expect_error 1 'f: image 1 has a pixel that is not a number' $program --range 0:1 f
    done
    idx_file 14 1,1,1 fff8000000000001 >f
    expect_error 1 'f: image 0 has a pixel that is not a number' idx2rts --range 0:1 f
    for range in 1:0 1:1 0 :1 0: 0:1:2 a:b 0:inf nan:1 -1e101:1 0x0:1 ''; do
        for program in idx2rts idx2png; do
            expect_error 2 "--range: '$range' is not LOW:HIGH" $program --range "$range" f
        done
    done
    # Cut within an element, behind a full piece.
    { octal 0 0 14 3; be32 3 20 20; head -c 8003 /dev/zero; } >f
    expect_error 1 'f: cut short at offset 8019, in image 2 of 3' idx2rts --range 0:1 f
}

@test "idx2rts: labels of every integer type, which must not be negative" {
    idx_images 3 2 2 >images
    printf 'a\nb\nc\n' >names
    for labels in '9 02 00 01' '11 0002 0000 0001' '12 00000002 00000000 00000001'; do
        # shellcheck disable=SC2086 # words
        idx_file ${labels%% *} 3 ${labels#* } >l
        idx2rts --names names images l >s
        [[ $(labels s | xargs) == '2 0 1' ]]
        idx2png -d pngs -f images l
        [[ -e pngs/000000-2.png ]]
    done
    idx_file 11 3 7fff 0100 0000 >l
    [[ $(idx2rts images l | rts2tsv | cut -f 1 | xargs) == '32767 256 0' ]]
    idx_file 12 3 7fffffff 00010000 00000000 >l
    [[ $(idx2rts images l | rts2tsv | cut -f 1 | xargs) == '2147483647 65536 0' ]]
    for labels in '9 00 ff 01' '11 0000 ffff 0001' '12 00000000 ffffffff 00000001'; do
        # shellcheck disable=SC2086
        idx_file ${labels%% *} 3 ${labels#* } >l
        for program in idx2rts 'idx2png -d pngs -f'; do
            # shellcheck disable=SC2086
            expect_error 1 'l: label -1 of image 1: labels must not be negative' $program images l
        done
    done
    expect_error 1 'l: label -1 of image 1: labels must' idx2rts --names names images l
    for type in '13 float' '14 double'; do
        idx_file "${type% *}" 3 00 >l
        expect_error 1 "l: labels of type ${type#* }: labels must be integers" idx2rts images l
        expect_error 1 "l: labels of type ${type#* }: labels must be integers" \
            idx2rts --range 0:1 images l
    done
    # A range is for the images alone.
    idx_file 11 3 0002 0000 0001 >l
    [[ $(idx2rts --range 0:1 images l | rts2tsv | cut -f 1 | xargs) == '2 0 1' ]]
}

@test "idx2rts: dimensions that images cannot have" {
    idx_images 2 2 2 >images
    idx_labels 1 2 >labels
    expect_error 1 'labels: IDX of 1 dimension: images have 3 or 4' idx2rts labels
    expect_error 1 'images: IDX of 3 dimensions: labels have 1' idx2rts images images
    { octal 0 0 8 5; be32 1 1 1 1 1; octal 1; } >five
    expect_error 1 'five: IDX of 5 dimensions' idx2rts five
    { octal 0 0 8 4; be32 1 1 1 2; octal 1 1; } >two
    expect_error 1 'two: images of 2 channels' idx2rts two
    { octal 0 0 8 3; be32 1 0 5; } >flat
    expect_error 1 'flat: images of 0 x 5 pixels' idx2rts flat
    { octal 0 0 8 3; be32 4294967295 4294967295 4294967295; } >huge
    expect_error 1 'huge: the product of the dimensions overflows' idx2rts huge
    { octal 0 0 8 4; be32 1 4294967295 4294967295 3; } >huge4
    expect_error 1 'huge4: the product of the dimensions overflows' idx2rts huge4
    { octal 0 0 8 3; be32 1 4096 4096; } >big
    expect_error 1 'big: images of 16777216 bytes, but at most 4194304' idx2rts big
}

@test "idx2rts: files that are too short or too long" {
    idx_images 5 4 4 >images
    idx_labels 0 1 0 1 0 >labels
    head -c 60 images >short
    expect_error 1 'short: cut short at offset 60, in image 2 of 5' idx2rts short
    head -c 10 labels >few
    expect_error 1 'few: cut short at offset 10, in label 2 of 5' idx2rts images few
    { cat images; octal 0; } >long
    expect_error 1 'long: bytes left over at offset 96, after 5 images' idx2rts long
    { cat labels; octal 0; } >many
    expect_error 1 'many: bytes left over at offset 13, after 5 labels' idx2rts images many
    idx_labels 0 1 0 >three
    expect_error 1 'three: 3 labels for the 5 images of images' idx2rts images three
    # A stream that cannot be finished has no end record.
    idx2rts long >out 2>/dev/null || true
    [[ $(records out | tail -n 1) != *' end' ]]
}

@test "idx2rts: gzip that is cut or damaged" {
    idx_images 50 8 8 | gzip -c >images.gz
    head -c 500 images.gz >cut.gz
    expect_error 1 'cut.gz: gzip: cut short' idx2rts cut.gz
    { cat images.gz; echo more; } >more.gz
    expect_error 1 'more.gz: gzip: bytes after' idx2rts more.gz
    # Zeros to the end are a tape's or a block device's; nothing may follow them.
    { cat images.gz; head -c 100000 /dev/zero; } >tape.gz
    idx2rts images.gz >want
    idx2rts <(cat images.gz; head -c 1 /dev/zero) >got
    same <(payloads got image) <(payloads want image)
    idx2rts tape.gz | cmp - want
    idx2rts <tape.gz | cmp - want
    for behind in more "$(printf '\037')" "$(printf '\037\213')"; do
        { cat tape.gz; printf '%s' "$behind"; } >more.gz
        expect_error 1 'more.gz: gzip: bytes after' idx2rts more.gz
    done
    cat tape.gz images.gz >two.gz
    expect_error 1 'two.gz: gzip: bytes after' idx2rts two.gz
    flip images.gz $(($(size_of images.gz) - 6)) >crc.gz
    expect_error 1 'crc.gz: gzip: ' idx2rts crc.gz
}

@test "idx2rts: names and labels that do not fit" {
    idx_images 3 2 2 >images
    idx_labels 0 2 1 >labels
    printf 'a\nb\n' >two
    expect_error 1 'labels: label 2 of image 1 has no name: labels 0 to 1 have names' \
        idx2rts --names two images labels
    printf 'a\n\nb\n' >gap
    expect_error 1 'gap: line 2: an empty class name' idx2rts --names gap images labels
    printf 'a\tb\n' >tab
    expect_error 1 'tab: line 1: a control character' idx2rts --names tab images labels
    expect_error 1 'missing: No such file' idx2rts --names missing images labels
    printf 'a\nb\nc' >three
    quiet_success sh -c 'idx2rts --names three images labels > s'
    [[ $(payloads s names) == $'a\nb\nc' ]]
}

@test "idx2rts: a write that fails, a pipe that is closed" {
    idx_images 3 2 2 >images
    expect_error 1 'standard output: No space left' sh -c 'idx2rts images > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe idx2rts images
    silent_sigpipe idx2rts images
}

@test "idx2rts: memory does not grow with the input" {
    # 100 MB of images through a pipe, in 16 MiB.
    { octal 0 0 8 3; be32 100000 32 32; head -c 102400000 /dev/zero; } |
        within 16384 idx2rts | tail -c 128 | tr -d '\0' >end
    grep -q end end
}
