#!/usr/bin/env bats
# img2rts: pictures of every kind in folders, lists and pipes; their classes, order and names; files
# that are broken, and what is no picture at all.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # $ for inner shells; subshells; bats' own variables

load lib
load pictures

# pnm W H [C] [SEED]: a picture of noise, grey or with C = 3 in colour.
pnm() {
    printf 'P%d\n%d %d\n255\n' $((${3:-1} == 3 ? 6 : 5)) "$1" "$2"
    noise $(($1 * $2 * ${3:-1})) "${4:-1}"
}

# png W H [C] [SEED]
png() {
    pnm "$@" | pnmtopng 2>/dev/null
}

# jpeg W H [C] [SEED]: each in one quality, so that two of one seed are the same.
jpeg() {
    pnm "$@" | pnmtojpeg -quality 90 2>/dev/null
}

need_jpeg() {
    img2rts --version | grep -q JPEG || skip 'built without JPEG'
}

# tree FOLDER FILE...: a PNG of 4 x 3 pixels at each path below the folder.
tree() {
    local folder=$1 seed=1 file
    shift
    for file; do
        mkdir -p "$(dirname "$folder/$file")"
        png 4 3 1 $((seed++)) >"$folder/$file"
    done
}

# listed FILE: label and name of each example of a stream, one a line.
listed() {
    paste <(labels "$1") <(payloads "$1" file)
}

# peak COMMAND...: the most memory that it has had at a time, in KiB. (A large program that starts another
# would be counted with it.)
peak() {
    "$BUILD/tests/limits" 60 0 "$@" 2>&1 >/dev/null | sed -n 's/.*, \([0-9]*\) KiB$/\1/p'
}

# names FILE: the class names of a stream on one line.
names() {
    payloads "$1" names | paste -sd ' '
}

# ---- what pictures become ----

@test "img2rts: the common options" {
    quiet_success img2rts --help
    [[ $output == 'usage: img2rts '* ]]
    run img2rts --version
    [[ ${lines[0]} =~ ^img2rts\ \(rotpipe\)\ [0-9.]+$ && ${lines[1]} =~ ^reads\ PNG ]]
}

@test "img2rts: pixels of a PNG are those that netpbm made" {
    need_netpbm
    pnm 7 5 1 3 >grey.pnm
    pnm 7 5 3 4 >colour.pnm
    pnmtopng grey.pnm >grey.png 2>/dev/null
    pnmtopng -interlace colour.pnm >colour.png 2>/dev/null
    quiet_success img2rts -o s grey.png
    [[ $(records s | cut -d ' ' -f 3- | paste -sd ' ') == \
        'text [21] history u1 [1,5,7,1] image text [9] file text [24] digest u1 [] end' ]] || records s
    cmp <(payloads s image) <(tail -c 35 grey.pnm)
    quiet_success img2rts --rgb -o s colour.png
    cmp <(payloads s image) <(tail -c 105 colour.pnm)
    # Grey as colour.
    img2rts --rgb grey.png >s
    cmp <(payloads s image) <(tail -c 35 grey.pnm | xxd -p -c 1 | sed 's/.*/&&&/' | xxd -r -p)
    [[ $(payloads s file) == grey.png ]]
    # The last of --grey and --rgb counts.
    img2rts --rgb --grey grey.png >s
    cmp <(payloads s image) <(tail -c 35 grey.pnm)
}

@test "img2rts: pixels of a JPEG are those that netpbm decodes" {
    need_netpbm
    need_jpeg
    pnm 16 8 1 5 | pnmtojpeg -quality 90 >grey.jpg 2>/dev/null
    quiet_success img2rts -o s grey.jpg
    payloads s image | od -An -v -tu1 -w1 >got
    jpegtopnm -plain grey.jpg 2>/dev/null | tail -n +4 | tr -s ' \n' '\n' | grep . >want
    paste got want | awk '($1 - $2) ^ 2 > 1 { exit 1 }'
}

@test "img2rts: what is in the file counts, not its ending" {
    need_netpbm
    need_jpeg
    mkdir -p a/x
    png 8 8 >a/x/1.jpg
    jpeg 8 8 >a/x/2.PNG
    jpeg 8 8 1 2 >a/x/3.JPEG
    jpeg 8 8 1 3 >a/x/4.jpe
    jpeg 8 8 1 4 >a/x/5.Jfif
    quiet_success img2rts -o s a
    [[ $(listed s | paste -sd ' ') == $'0\ta/x/1.jpg 0\ta/x/2.PNG 0\ta/x/3.JPEG 0\ta/x/4.jpe 0\ta/x/5.Jfif' ]]
    cp a/x/1.jpg picture
    quiet_success img2rts -o s picture
}

@test "img2rts --size: every picture gets the size" {
    need_netpbm
    mkdir -p a/x
    png 8 8 >a/x/1.png
    png 20 4 >a/x/2.png
    png 3 9 3 >a/x/3.png
    png 1 1 >a/x/4.png
    for fit in crop pad stretch; do
        quiet_success img2rts --size 6 --fit $fit -o s a
        [[ $(records s | grep ' image$') == *' [4,6,6,1] image' ]]
        quiet_success img2rts --size 5x7 --rgb --fit $fit -o s a
        [[ $(records s | grep ' image$') == *' [4,7,5,3] image' ]]
        [[ $(payloads s history) == "img2rts "*" 7x5x3 labels names --fit $fit --background #ffffff" ]]
    done
    # One colour stays one; and the borders of pad are of the background.
    { printf 'P5\n8 4\n255\n'; yes d | tr -d '\n' | head -c 32; } | pnmtopng >flat.png 2>/dev/null
    img2rts --size 4 flat.png >s
    [[ $(payloads s image) == dddddddddddddddd ]]
    img2rts --size 4 --fit stretch flat.png >s
    [[ $(payloads s image) == dddddddddddddddd ]]
    img2rts --size 4 --fit pad --background 98 flat.png >s
    [[ $(payloads s image) == bbbbddddddddbbbb ]]
    img2rts --size 4 --fit pad --background '#616263' --rgb flat.png >s
    [[ $(payloads s image) == abcabcabcabcddddddddddddddddddddddddabcabcabcabc ]]
    img2rts --size 4 --fit pad flat.png >s
    [[ $(payloads s image | head -c 4 | xxd -p) == ffffffff ]]
    img2rts --size 4 --fit pad --background black flat.png >s
    [[ $(payloads s image | head -c 4 | xxd -p) == 00000000 ]]
}

# scaled FILE: the levels of a stream's images, one a line.
scaled() {
    payloads "$1" image | od -An -v -tu1 -w1
}

@test "img2rts --size: a JPEG decoded smaller is scaled as the same pixels in a PNG" {
    need_netpbm
    need_jpeg
    # Neither side is a multiple of the squares of which libjpeg makes a pixel.
    pgmramp -diagonal 101 75 2>/dev/null | pnmtojpeg -quality 100 >a.jpg 2>/dev/null
    jpegtopnm a.jpg 2>/dev/null | pnmtopng >a.png 2>/dev/null
    for size in 50 37 25x18 12x9 8 4; do
        for fit in crop pad stretch; do
            img2rts --size $size --fit $fit a.jpg >s
            img2rts --size $size --fit $fit a.png >t
            paste <(scaled s) <(scaled t) | awk '($1 - $2) ^ 2 > 9 { exit 1 }' || fail "$size $fit"
        done
    done
}

@test "img2rts --size: the filters of netpbm's pamscale" {
    need_netpbm
    command -v pamscale >/dev/null || skip 'no pamscale'
    # Soft enough that neither cuts anything off at black or white.
    pnm 40 30 | pnmsmooth -width 5 -height 5 >a.pgm 2>/dev/null
    pnmtopng a.pgm >a.png 2>/dev/null
    for size in '16 12' '13 10' '20 15' '5 4'; do
        read -r w h <<<"$size"
        img2rts --size "${w}x$h" --fit stretch a.png >s
        pamscale -xsize "$w" -ysize "$h" -filter lanczos a.pgm 2>/dev/null | tail -c $((w * h)) | od -An -v -tu1 -w1 >want
        paste <(scaled s) want | awk '($1 - $2) ^ 2 > 9 { exit 1 }' || fail "$size"
    done
}

# exif N, exif_big N: EXIF's TIFF data with orientation N, in the two orders of bytes.
exif() {
    printf 'II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0'
    octal "$1" 0 0 0 0 0 0 0
}
exif_big() {
    printf 'MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1'
    octal 0 "$1" 0 0 0 0 0 0
}

# jpeg_with FILE: standard input becomes the EXIF record of a JPEG file.
jpeg_with() {
    head -c 2 "$1"
    printf '\377\341\0\42Exif\0\0'
    cat
    tail -c +3 "$1"
}

# png_with FILE: standard input becomes the eXIf chunk of a PNG file.
png_with() {
    python3 -c 'import struct, sys, zlib
png, exif = open(sys.argv[1], "rb").read(), b"eXIf" + sys.stdin.buffer.read()
chunk = struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
sys.stdout.buffer.write(png[:33] + chunk + png[33:])' "$1"
}

@test "img2rts: pictures are turned as EXIF says" {
    need_netpbm
    need_jpeg
    local flip=('' -null -leftright -rotate180 -topbottom -transpose -rotate270 '-transpose -rotate180' -rotate90)
    pnm 8 16 3 >a.ppm
    pnmtopng a.ppm >a.png 2>/dev/null
    pnmtojpeg -quality 95 a.ppm >a.jpg 2>/dev/null
    jpegtopnm a.jpg >j.ppm 2>/dev/null
    for turn in 1 2 3 4 5 6 7 8; do
        exif $turn | jpeg_with a.jpg >t.jpg
        exif_big $turn | jpeg_with a.jpg >u.jpg
        exif $turn | png_with a.png >t.png
        # shellcheck disable=SC2086 # two options
        pnmflip ${flip[turn]} a.ppm >want.ppm
        pnmtopng want.ppm >want.png 2>/dev/null
        img2rts --rgb t.png >s
        cmp <(payloads s image) <(tail -c 384 want.ppm)
        img2rts --rgb --no-orient t.png >s
        cmp <(payloads s image) <(tail -c 384 a.ppm)
        # First upright, then scaled.
        for fit in crop pad stretch; do
            img2rts --rgb --size 5x7 --fit $fit t.png >s
            img2rts --rgb --size 5x7 --fit $fit want.png >t
            cmp <(payloads s image) <(payloads t image)
        done
        # shellcheck disable=SC2086
        pnmflip ${flip[turn]} j.ppm | tail -c 384 | od -An -v -tu1 -w1 >want
        for file in t.jpg u.jpg; do
            img2rts --rgb $file >s
            paste <(scaled s) want | awk '($1 - $2) ^ 2 > 4 { exit 1 }'
        done
    done
    # What makes no sense is no orientation.
    for record in "$(exif 0 | xxd -p)" "$(exif 9 | xxd -p)" 4949 4d4d002a00000008 49492a00ffffffff \
        49492a0008000000ffff1201 "58582a00$(exif 6 | xxd -p | cut -c 9-)"; do
        echo "$record" | xxd -r -p | png_with a.png >t.png
        quiet_success img2rts --rgb -o s t.png
        cmp <(payloads s image) <(tail -c 384 a.ppm)
        { echo "$record" | xxd -r -p; head -c 26 /dev/zero; } | head -c 26 | jpeg_with a.jpg >t.jpg
        quiet_success img2rts --rgb -o s t.jpg
        [[ $(records s | grep ' image$') == *' [1,16,8,3] image' ]]
    done
}

@test "img2rts: without --size all pictures have the size of the first" {
    need_netpbm
    mkdir -p a/x
    png 8 8 >a/x/1.png
    png 8 7 >a/x/2.png
    png 8 8 1 2 >a/x/3.png
    run --separate-stderr img2rts -o s a
    [[ $status == 1 && ${stderr_lines[0]} == 'img2rts: a/x/2.png: '*'8 x 7'*'8 x 8'*--size* ]] || fail "$stderr"
    [[ $(listed s | cut -f 2 | paste -sd ' ') == 'a/x/1.png a/x/3.png' ]]
    # Too large for any stream, but not for a smaller image.
    pnmtopng <(printf 'P5\n2100 2100\n255\n'; head -c 4410000 /dev/zero) >large.png 2>/dev/null
    expect_error 1 'large.png: 2100 x 2100 pixels are too many for a stream \(--size' img2rts large.png
    quiet_success img2rts --size 8 -o s large.png
}

@test "img2rts: transparent pixels show the background" {
    need_netpbm
    { printf 'P5\n3 1\n255\n'; octal 10 20 30; } >grey.pgm
    { printf 'P5\n3 1\n255\n'; octal 255 0 0; } >alpha.pgm
    pnmtopng -alpha=alpha.pgm grey.pgm >a.png 2>/dev/null
    img2rts a.png >s
    [[ $(payloads s image | od -An -tu1 | xargs) == '10 255 255' ]]
    img2rts --background 7 a.png >s
    [[ $(payloads s image | od -An -tu1 | xargs) == '10 7 7' ]]
    img2rts --background '#010203' --rgb a.png >s
    [[ $(payloads s image | od -An -tu1 | xargs) == '10 10 10 1 2 3 1 2 3' ]]
}

# ---- folders ----

@test "img2rts: folders are classes, in the order of their bytes" {
    need_netpbm
    tree data b/2.png b/10.png a/1.png B/1.png 'a b/1.png' $'\303\244/1.png'
    quiet_success img2rts -o s data
    [[ $(names s) == $'B a a b b \303\244' ]] || names s
    listed s >got
    printf '%s\t%s\n' 0 data/B/1.png 1 data/a/1.png 2 'data/a b/1.png' 3 data/b/10.png 3 data/b/2.png \
        4 $'data/\303\244/1.png' | diff - got
    quiet_success img2rts -o s data/
    listed s | diff got -
    (cd data && img2rts . ../data -o ../s)
    listed s | head -n 2 | tail -n 1 | grep -qx $'1\t./a/1.png'
    listed s | tail -n 1 | grep -qx $'4\t../data/\303\244/1.png'
    [[ $(payloads s history) == *' 3x4x1 labels names --fit crop --background #ffffff' ]]
}

@test "img2rts: the order within a class is that of sorted paths of folders" {
    need_netpbm
    # torchvision: for root, _, names in sorted(os.walk(folder)): for name in sorted(names)
    tree data c/{z.png,d/1.png,d-e/1.png,d-e/f/1.png,d/e/1.png,d/e-f/1.png,d/e/f/1.png,d.e/1.png,D/1.png,d0/1.png}
    img2rts data >s
    listed s | cut -f 2 >got
    python3 -c '
import os
for root, _, names in sorted(os.walk("data/c")):
    for name in sorted(names):
        print(os.path.join(root, name))' >want
    diff want got
}

@test "img2rts: several folders are one data set, whose classes are all of theirs" {
    need_netpbm
    tree train cat/1.png dog/1.png
    tree more dog/2.png cat/3.png cow/1.png
    quiet_success img2rts -o s train more
    [[ $(names s) == 'cat cow dog' ]]
    listed s >got
    printf '%s\t%s\n' 0 train/cat/1.png 2 train/dog/1.png 0 more/cat/3.png 1 more/cow/1.png 2 more/dog/2.png |
        diff - got
    # A class without pictures keeps its label.
    mkdir train/bee
    quiet_success img2rts -o s train
    [[ $(names s) == 'bee cat dog' && $(labels s | xargs) == '1 2' ]]
}

@test "img2rts --flat: all pictures below folders, and files, without labels" {
    need_netpbm
    tree data b/1.png a/1.png 2.png
    quiet_success img2rts --flat -o s data data/a/1.png
    [[ $(payloads s file | xargs) == 'data/2.png data/a/1.png data/b/1.png data/a/1.png' ]]
    run -1 grep -E 'label|names' <(records s)
    [[ $(payloads s history) == *' --flat' ]]
    expect_error 2 'data is a folder, whose subfolders are classes, and data/a/1.png is a file' \
        img2rts data data/a/1.png
}

@test "img2rts: a folder without subfolders needs --flat" {
    need_netpbm
    tree data 1.png 2.png
    expect_error 1 'data: has images, but no subfolders.* --flat' img2rts -o s data
    [[ ! -e s ]]
    quiet_success img2rts --flat -o s data
    mkdir none
    expect_error 1 'none: has no images, but no subfolders|none: has no' img2rts none
    expect_error 1 'none: no images$' img2rts --flat none
    tree more x/1.png
    expect_error 1 'data: has images, but no subfolders' img2rts more data
}

@test "img2rts: what is skipped is counted; nothing else is opened" {
    need_netpbm
    tree data a/1.png a/.2.png a/.git/3.png .ipynb_checkpoints/1.png 4.png
    touch data/a/notes.txt data/a/MORE.TXT data/a/list.csv data/a/Makefile data/a/x.webp data/a/y.gif
    mkfifo data/a/fifo.png data/fifo
    run --separate-stderr timeout 20 img2rts -o s data
    [[ $status == 0 && $(payloads s file) == data/a/1.png ]]
    [[ $stderr =~ ^'img2rts: 12 files skipped: 6 of other types (.'.*', ...), 3 hidden, 2 special, 1 in no class folder'$ ]] ||
        fail "$stderr"
    [[ $(names s) == a ]]
    quiet_success img2rts -q -o s data
    tree one a/1.png a/.2.png
    touch one/a/n.txt
    run --separate-stderr img2rts -o s one
    [[ $stderr == 'img2rts: 2 files skipped: 1 of other types (.txt), 1 hidden' ]] || fail "$stderr"
    rm data/a/1.png
    expect_error 1 'data: no images; 12 files skipped: ' img2rts -o t data
    [[ ! -e t ]]
}

@test "img2rts: links to files and folders are followed, loops are not" {
    need_netpbm
    tree data a/1.png a/sub/2.png b/1.png
    ln -s ../b/1.png data/a/link.png
    ln -s ../b data/a/linked
    ln -s a data/c
    ln -s . data/self
    ln -s .. data/a/sub/up
    ln -s ../.. data/b/top
    ln -s data other
    run --separate-stderr timeout 20 img2rts -o s data
    [[ $status == 0 ]] || fail "$stderr"
    [[ $stderr =~ 'folders that contain themselves' ]] || fail "$stderr"
    [[ $(names s) == 'a b c' ]] || names s
    listed s >got
    printf '%s\t%s\n' 0 data/a/1.png 0 data/a/link.png 0 data/a/linked/1.png 0 data/a/sub/2.png 1 data/b/1.png \
        2 data/c/1.png 2 data/c/link.png 2 data/c/linked/1.png 2 data/c/sub/2.png | diff - got
    run timeout 20 img2rts -q -o s other/
    [[ $status == 0 && $(payloads s file | wc -l) == 9 ]]
    # A link that leads nowhere, or to itself, is a broken picture if it is called one.
    ln -s nowhere data/b/gone.png
    ln -s round.png data/b/round.png
    run --separate-stderr img2rts -q -o s data
    [[ $status == 1 && $stderr == *'data/b/gone.png: No such file'*'data/b/round.png: Too many'* ]] || fail "$stderr"
}

@test "img2rts: folders a thousand deep, and deeper than a path may be" {
    need_netpbm
    tree data c/1.png
    python3 -c '
import os, shutil
os.chdir("data/c")
for _ in range(1000):
    os.mkdir("dd")
    os.chdir("dd")
shutil.copy("'"$PWD"'/data/c/1.png", "2.png")
'
    (ulimit -n 24 && img2rts -j 2 data -o s)
    [[ $(payloads s file | wc -l) == 2 && $(payloads s file | tail -n 1) == */dd/dd/2.png ]]
    python3 -c '
import os
os.chdir("data/c")
for _ in range(1000):
    os.chdir("dd")
for _ in range(400):
    os.mkdir("ee-ee")
    os.chdir("ee-ee")
'
    run --separate-stderr img2rts -j 2 data -o s
    [[ $status == 1 && $stderr == *': File name too long'* && $(payloads s file | wc -l) == 2 ]] || fail "$stderr"
    # Whatever removes the test's folder can do so.
    rm -rf data
}

@test "img2rts: a folder that cannot be read counts as a broken file" {
    need_netpbm
    [[ $(id -u) != 0 ]] || skip 'root reads every folder'
    tree data a/1.png b/1.png b/c/2.png
    chmod 000 data/b
    run --separate-stderr img2rts -o s data
    chmod 755 data/b
    [[ $status == 1 && $stderr == *'data/b: Permission denied'* && $(payloads s file) == data/a/1.png ]] || fail "$stderr"
}

# ---- lists ----

@test "img2rts --files-from: paths, one a line, from a file, standard input and a pipe" {
    need_netpbm
    tree data a/1.png a/2.png b/1.png
    printf '%s\n' data/b/1.png data/a/2.png >list
    quiet_success img2rts --files-from list -o want
    [[ $(payloads want file | xargs) == 'data/b/1.png data/a/2.png' ]]
    run -1 grep -E 'label|names' <(records want)
    img2rts --files-from - <list | cmp - want
    # shellcheck disable=SC2002
    cat list | img2rts --files-from - | cmp - want
    gzip -c list >list.gz
    img2rts --files-from list.gz | cmp - want
    img2rts --files-from <(cat list.gz) | cmp - want
    { printf '\357\273\277'; sed 's/$/\r/' list; printf '\r\n\n'; } >dos
    img2rts --files-from dos | cmp - want
    printf 'data/b/1.png\n\ndata/a/2.png' >unended
    img2rts --files-from unended | cmp - want
    tr '\n' '\0' <list | img2rts -0 --files-from - | cmp - want
    tr '\n' '\0' <list | img2rts --null --files-from=- | cmp - want
    # Any name at all.
    cp data/a/1.png $'line\nfeed.png'
    cp data/a/1.png $'return\r'
    find . -maxdepth 1 -name '*e*' -type f ! -name 'w*' ! -name 'un*' -print0 | LC_ALL=C sort -z | grep -zE 'line|return' |
        img2rts -0 --files-from - -o s
    [[ $(payloads s file | paste -sd '|') == './line\nfeed.png|./return\r' ]] || payloads s file
}

@test "img2rts --files-from: classes behind a tab, twice over a pipe" {
    need_netpbm
    tree data 1.png 2.png 3.png
    printf 'data/%s\t%s\n' 1.png zebra 2.png $'\303\244pfel' 3.png 'a b' 1.png zebra >list
    quiet_success img2rts --files-from list -o want
    [[ $(names want) == $'a b zebra \303\244pfel' && $(labels want | xargs) == '1 2 0 1' ]] || names want
    [[ $(payloads want file | xargs) == 'data/1.png data/2.png data/3.png data/1.png' ]]
    img2rts --files-from - <list | cmp - want
    # shellcheck disable=SC2002
    cat list | img2rts --files-from - | cmp - want
    img2rts --files-from <(gzip -c list) | cmp - want
    tr '\n' '\0' <list | img2rts -0 --files-from - | cmp - want
    # Read on from where it stands, and from there again.
    { echo first && cat list; } >longer
    { read -r _ && img2rts --files-from -; } <longer >s 2>/dev/null || true
    # The last tab counts, so that a path may have some.
    cp data/1.png $'data/t\tab.png'
    printf 'data/t\tab.png\tx\n' | img2rts --files-from - -o s
    [[ $(payloads s file) == 'data/t\tab.png' && $(names s) == x ]]
    # Many classes, as many as lines.
    for i in $(seq 300 -1 1); do
        printf 'data/1.png\tclass%03d\n' "$i"
    done | img2rts --files-from - -o s
    [[ $(labels s | xargs) == "$(seq 299 -1 0 | xargs)" && $(payloads s names | sed -n 300p) == class300 ]]
}

@test "img2rts --files-from: lists that are wrong name the line" {
    need_netpbm
    tree data 1.png
    printf 'data/1.png\tx\n\ndata/1.png\n' >list
    expect_error 1 'list: line 3: no class, but the entries before it have one' img2rts --files-from list
    printf 'data/1.png\n\ndata/1.png\tx\n' >list
    expect_error 1 'list: line 3: a class, but the entries before it have none' img2rts --files-from list -o s
    [[ ! -e s ]]
    printf 'data/1.png\t\n' >list
    expect_error 1 'list: line 1: an empty class name' img2rts --files-from list
    printf 'data/1.png\tx\n\tx\n' >list
    expect_error 1 'list: line 2: a class without a path' img2rts --files-from list
    printf 'data/1.png\0data/1.png\n' >list
    expect_error 1 'list: line 1: a NUL byte \(--null' img2rts --files-from list
    { echo data/1.png && head -c 9000 /dev/zero | tr '\0' x; } >list
    expect_error 1 'list: line 2: too long' img2rts --files-from list
    { printf 'data/1.png\0'; head -c 9000 /dev/zero | tr '\0' x; } >list
    expect_error 1 'list: entry 2: too long' img2rts -0 --files-from list
    { printf 'data/1.png\t' && head -c 4097 /dev/zero | tr '\0' x; } >list
    expect_error 1 'list: line 1: a class name of more than 4095 bytes' img2rts --files-from list
    : >list
    expect_error 1 'list: no images' img2rts --files-from list
    expect_error 1 'standard input|-: no images' img2rts --files-from - </dev/null
    expect_error 1 'nolist: No such file' img2rts --files-from nolist
    expect_error 1 'data: is a directory' img2rts --files-from data
    # Class names that take more than a record may.
    awk 'BEGIN { s = sprintf("%3000s", ""); gsub(/ /, "x", s); for (i = 0; i < 400; i++) print "data/1.png\t" i s }' >list
    expect_error 1 'list: line 350: the class names take more than 1048576 bytes' img2rts --files-from list
    # A missing file is a broken one, and so is a folder.
    printf '%s\n' data/1.png nowhere.png data >list
    run --separate-stderr img2rts --files-from list -o s
    [[ $status == 1 && $stderr == *'nowhere.png: No such file'*'data: Is a directory'*'2 of 3 '* ]] || fail "$stderr"
    [[ $(payloads s file) == data/1.png ]]
}

@test "img2rts: files that are named may be anything that can be read" {
    need_netpbm
    png 4 3 >1.png
    cp 1.png 'no ending'
    mkfifo fifo
    quiet_success img2rts -o want 1.png
    cat 1.png >fifo &
    quiet_success img2rts -o s fifo
    cmp <(payloads want image) <(payloads s image)
    cat 1.png >fifo &
    echo fifo | img2rts --files-from - -o s
    cmp <(payloads want image) <(payloads s image)
    img2rts -o s 'no ending' <(cat 1.png)
    [[ $(records s | grep ' image$') == *'[2,3,4,1] image' ]]
    # Standard input has no name.
    img2rts <1.png >s
    cmp <(payloads want image) <(payloads s image)
    [[ $(payloads s file | xxd -p) == 0a ]]
    # shellcheck disable=SC2002
    cat 1.png | img2rts 1.png - 1.png >s
    [[ $(payloads s file | paste -sd '|') == '1.png||1.png' ]]
    gzip -c 1.png | img2rts | cmp - <(img2rts <1.png)
    expect_error 2 'standard input can be read only once' img2rts - -
    expect_error 1 'standard input: ' img2rts </dev/null
}

# ---- broken files ----

@test "img2rts: broken files are named and left out, and the rest is whole" {
    need_netpbm
    tree data a/1.png a/2.png b/1.png b/3.png
    quiet_success img2rts -o want data
    cp data/a/1.png keep.png
    head -c $(($(size_of keep.png) - 20)) keep.png >data/a/15.png
    head -c 10 keep.png >data/a/0.png
    echo 'this is text' >data/b/2.png
    : >data/b/4.png
    flip keep.png 45 >data/b/5.png
    run --separate-stderr img2rts -o s data
    [[ $status == 1 && ${#stderr_lines[@]} == 6 ]] || fail "$stderr"
    local i=0 file
    for file in a/0 a/15 b/2 b/4 b/5; do
        [[ ${stderr_lines[i++]} =~ ^"img2rts: data/$file.png: ".+ ]] || fail "$stderr"
    done
    [[ ${stderr_lines[5]} == 'img2rts: '*'5 of 9'*--skip-broken* ]] || fail "$stderr"
    # It is what it would be without them.
    same s want
    run -0 rtsinfo s
    # Through a pipe it is whole, too.
    img2rts data 2>/dev/null | rtsinfo >/dev/null
    run -1 img2rts -q data
    run --separate-stderr img2rts --skip-broken -o s data
    [[ $status == 0 && ${#stderr_lines[@]} == 6 && ${stderr_lines[5]} == *'5 of 9 '* ]] || fail "$stderr"
    same s want
    run --separate-stderr img2rts -q --skip-broken -o s data
    [[ $status == 0 && ${#stderr_lines[@]} == 5 ]] || fail "$stderr"
    rm s
    expect_error 1 'data/a/0.png: ' img2rts --strict -o s data
    [[ ! -e s ]]
    run rtsinfo <(img2rts --strict data 2>/dev/null)
    [[ $status == 1 ]]
    rm data/a/0.png
    expect_error 1 'data/a/15.png: ' img2rts --strict -o s data
    [[ ! -e s ]]
    quiet_success img2rts --strict -o s keep.png
}

@test "img2rts: broken JPEG files" {
    need_netpbm
    need_jpeg
    jpeg 40 30 3 >good.jpg
    head -c $(($(size_of good.jpg) / 2)) good.jpg >half.jpg
    head -c 30 good.jpg >head.jpg
    expect_error 1 'half.jpg: ' img2rts half.jpg
    expect_error 1 'head.jpg: ' img2rts head.jpg
    run --separate-stderr img2rts -o s half.jpg good.jpg head.jpg
    [[ $status == 1 && ${#stderr_lines[@]} == 3 && $(payloads s file) == good.jpg ]] || fail "$stderr"
}

@test "img2rts: if all files are broken there is no stream" {
    echo text >1.png
    echo more >2.png
    expect_error 1 '1.png: ' img2rts -o s 1.png
    run --separate-stderr img2rts --skip-broken -o s 1.png 2.png
    [[ $status == 1 && ${#stderr_lines[@]} == 3 && ${stderr_lines[2]} == 'img2rts: 1.png: no images: all 2 files are broken' ]] ||
        fail "$stderr"
    [[ ! -e s ]]
    run -1 img2rts -q 1.png 2.png
    [[ ! $output == *rts1* ]]
}

@test "img2rts: a name that is too long for a stream is a broken file" {
    need_netpbm
    png 4 3 >1.png
    # 4 bytes of path, and 800 that are not UTF-8, of five characters each.
    local folder
    folder=$(printf '\377%.0s' {1..200})
    mkdir -p "d/$folder/$folder/$folder/$folder/$folder"
    cp 1.png "d/$folder/1.png"
    cp 1.png "d/$folder/$folder/$folder/$folder/$folder/2.png"
    run --separate-stderr img2rts --flat -o s d
    [[ $status == 1 && $stderr == *'too long for a stream'* && $(payloads s file | wc -l) == 1 ]] || fail "$stderr"
    [[ $(payloads s file) == 'd/\0377\0377'*'\0377/1.png' ]]
    # A class name of such bytes is a line as well.
    mkdir -p "e/$folder"
    cp 1.png "e/$folder/1.png"
    quiet_success img2rts -o t e
    [[ $(payloads t names) == '\0377\0377'* ]]
    rtsinfo t >/dev/null
}

# ---- the stream ----

@test "img2rts: the same bytes with any number of threads" {
    need_netpbm
    mkdir -p data/a data/b
    local i
    for i in {1..9}; do
        png 4 3 1 "$i" >"data/a/base$i.png"
    done
    # Several chunks of 1024, and broken files in between.
    for i in {1..9}; do
        links "data/a/base$i.png" data/b/{1..250}-"$i.png"
    done
    for i in 0 77 1-0 99 250-9x; do
        echo text >"data/b/$i.png"
    done
    run --separate-stderr img2rts -j 1 -o want data
    [[ $status == 1 ]]
    printf '%s\n' "$stderr" >said
    for j in 2 3 4 16; do
        run --separate-stderr img2rts -j $j -o s data
        [[ $status == 1 && $stderr == "$(<said)" ]] || fail "-j $j: $stderr"
        same want s
    done
    [[ $(records want | grep -c ' image$') == 3 && $(records want | grep -m 1 ' image$') == *'[1024,3,4,1] image' ]]
    listed want | cut -f 2 >got
    find data/a data/b -name '*-?.png' -o -name 'base*' | LC_ALL=C sort | grep -v 1-0 | diff - got
}

@test "img2rts: the digest is the CRC-32 of all files, one after the other" {
    need_netpbm
    tree data a/1.png a/2.png b/1.png
    echo text >data/a/15.png
    run img2rts -q -o s data
    [[ $(payloads s digest) == "files 3 crc32 $(cat data/a/1.png data/a/2.png data/b/1.png | gzip -c | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')" ]]
    [[ $(rtsinfo --history s | head -n 1) == 'files 3 crc32 '* ]]
    run img2rts -q --no-history -o s data
    run -1 grep -E 'history|digest' <(records s)
}

@test "img2rts: names of files go through every filter with their images" {
    need_netpbm
    mkdir -p data/a data/b
    local i
    for i in {1..9}; do
        png 4 4 1 "$i" >"data/a/$i.png"
        png 4 4 1 "1$i" >"data/b/$i.png"
    done
    img2rts data >s
    payloads s file >all
    rtsample -n 6 -s 3 s >some
    rtsample -n 6 -s 3 -v s >others
    sort <(payloads some file) <(payloads others file) | diff <(sort all) -
    [[ $(payloads some file | grep -c /a/) == 3 ]]
    # The image that bears a name is the picture of that name.
    paste <(payloads some file) <(images some 16) | while read -r file hex; do
        img2rts "$file" >one
        [[ $(images one 16) == "$hex" ]] || fail "$file"
    done
    rtsmap --transpose s >t
    payloads t file | diff all -
    rotgen s >t
    payloads t file | uniq -c | awk '{ print $1 }' | sort -u | grep -qx 4
    payloads t file | uniq | diff all -
    rtscomm --only-a s some >t
    payloads t file | diff <(payloads others file) -
    rottrain -q -e 0 --net d2 s >m.rts
    featdump -m m.rts s >t
    payloads t file | diff all -
}

@test "img2rts: memory does not grow with the number of files" {
    need_netpbm
    mkdir -p data/a data/b
    png 64 64 >data/a/1.png
    for i in {1..20}; do
        mkdir -p "data/b/$i"
        links data/a/1.png "data/b/$i/a-rather-long-name-for-a-picture-"{1..150}.png
    done
    within 65536 img2rts -j 2 data >s
    [[ $(labels s | wc -l) == 3001 ]]
    # 300 of them take as much.
    mkdir -p few/a
    cp -r data/b/1 data/b/2 few/a
    [[ -x $BUILD/tests/limits ]] && ! sanitized || return 0
    local all some
    all=$(peak img2rts -j 2 data)
    some=$(peak img2rts -j 2 few)
    ((some > 1000 && all < some + 1024)) || fail "$all KiB, not $some"
}

# ---- what is refused ----

@test "img2rts: a JPEG file of a hundred scans is a picture, one of more is not" {
    need_netpbm
    need_jpeg
    pnm 8 8 >a.pgm
    # Every coefficient alone, without its last bit; and the last bits of each alone.
    { echo '0: 0-0, 0, 0;' && for ((k = 1; k < 64; k++)); do echo "0: $k-$k, 0, 1;"; done; } >first
    { echo '0: 0-0, 0, 0;' '0: 1-63, 0, 1;' && for ((k = 1; k < 64; k++)); do echo "0: $k-$k, 1, 0;"; done; } >second
    pnmtojpeg -quality 90 -scans=first a.pgm >first.jpg 2>/dev/null || skip 'no scripts of scans'
    pnmtojpeg -quality 90 -scans=second a.pgm >second.jpg 2>/dev/null
    pnmtojpeg -quality 90 a.pgm >a.jpg 2>/dev/null
    quiet_success img2rts -o s second.jpg
    quiet_success img2rts -o t a.jpg
    cmp <(payloads s image) <(payloads t image)
    # The scans of the one, and behind them as many of the other as are asked for.
    python3 - <<'PY'
def scans(name):
    """What is before the first scan of a file, and its scans, each with the table before it."""
    bytes, at, begins = open(name, "rb").read(), 2, []
    while bytes[at : at + 2] != b"\xff\xd9":
        if bytes[at] != 0xff or bytes[at + 1] == 0:
            at += 1
            continue
        if bytes[at + 1] == 0xc4:
            begins.append(at)
        at += 2 + int.from_bytes(bytes[at + 2 : at + 4], "big")
    return bytes[: begins[0]], [bytes[a:b] for a, b in zip(begins, begins[1:] + [at])]

head, first = scans("first.jpg")
bits = scans("second.jpg")[1][2:]
assert len(first) == 64 and len(bits) == 63
for n, name in ((100, "hundred.jpg"), (101, "more.jpg"), (127, "many.jpg")):
    open(name, "wb").write(head + b"".join((first + bits)[:n]) + b"\xff\xd9")
PY
    quiet_success img2rts -o s hundred.jpg
    expect_error 1 'more.jpg: damaged JPEG: more than 100 scans' img2rts more.jpg
    expect_error 1 'many.jpg: damaged JPEG: more than 100 scans' img2rts many.jpg
}

@test "img2rts: options that do not fit" {
    need_netpbm
    png 4 3 >1.png
    for size in 0 -1 x 4x x4 4x0 0x4 4x4x4 a 4.5 '' 99999999999 4X4; do
        expect_error 2 "--size: '$size' is not a size N or WxH" img2rts --size "$size" 1.png
    done
    expect_error 2 '--size: 2100 x 2100 pixels take more than' img2rts --size 2100 1.png
    expect_error 2 '--size: 1200 x 1200 pixels take more than' img2rts --size 1200 --rgb 1.png
    for colour in red '#12345' '#1234567' '#12345g' 256 -1 ''; do
        expect_error 2 "--background: '$colour' is not a colour" img2rts --background "$colour" 1.png
    done
    expect_error 2 "--fit: 'zoom' is not known; it may be crop, pad or stretch" img2rts --fit zoom 1.png
    expect_error 2 'operands and --files-from exclude each other' img2rts --files-from list 1.png
    expect_error 2 '-0 needs --files-from' img2rts -0 1.png
    expect_error 2 '--null needs --files-from' img2rts --null 1.png
    expect_error 2 '--flat is for folders' img2rts --flat --files-from list
    expect_error 2 '--strict and --skip-broken exclude each other' img2rts --strict --skip-broken 1.png
    expect_error 2 "-j: '0' is not an integer" img2rts -j 0 1.png
    expect_error 1 'nothing: No such file' img2rts 1.png nothing
    expect_error 1 "'': No such file" img2rts ''
}

@test "img2rts: the result is never one of the pictures" {
    need_netpbm
    tree data a/1.png a/2.png
    cp data/a/2.png kept
    expect_error 1 'data/a/2.png: is both input and output' sh -c 'img2rts data >>data/a/2.png'
    expect_error 1 'data/a/2.png: is both input and output' img2rts -o data/a/2.png data
    ln data/a/2.png hard
    expect_error 1 'data/a/2.png: is both input and output' img2rts -o hard data
    expect_error 1 'data/a/2.png: is both input and output' sh -c 'echo data/a/2.png | img2rts --files-from - >>hard'
    echo data/a/2.png >list
    expect_error 1 'list: is both input and output' img2rts --files-from list -o list
    cmp data/a/2.png kept
    # Another file in the same folder is fine.
    img2rts -q data >data/a/x.rts
    quiet_success img2rts -q -o data/a/x.rts data
    [[ $(payloads data/a/x.rts file | wc -l) == 2 ]]
}

@test "img2rts: a write that fails, a pipe that is closed" {
    need_netpbm
    tree data a/1.png
    expect_error 1 'standard output: No space left' sh -c 'img2rts data > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe img2rts data
    silent_sigpipe img2rts data
}

# All of PNG's conformance suite (tests/data/pngsuite.tar.gz): each valid file has the pixels that
# pngtopnm makes of it, to a grey level of rounding; each of those that are broken on purpose is refused.
@test "img2rts: PngSuite" {
    need_netpbm
    local file name valid=0 broken=0
    tar -xzf "$ROOT/tests/data/pngsuite.tar.gz"
    for file in pngsuite/*.png; do
        name=$(basename "$file")
        if [[ $name == x* ]]; then
            expect_error 1 "$file: " img2rts --strict "$file"
            broken=$((broken + 1))
            continue
        fi
        img2rts -q --rgb "$file" >stream 2>said || fail "$file: $(<said)"
        rts2tsv stream >got
        pngtopnm -mix -background=rgb:ff/ff/ff "$file" 2>said | ppmtoppm | pnmdepth 255 2>>said >want ||
            fail "$file: $(<said)"
        # The three lines of the header, and then the pixels.
        { read -r && read -r && read -r && od -An -v -tu1 -w1; } <want | awk '
            NR == FNR { for (values = NF - 1; i < values; i++) got[i + 1] = $(i + 2); next }
            { d = got[FNR] - $1 }
            d > 1 || d < -1 { bad = 1 }
            END { exit bad || FNR != values || !values }' got - || fail "$file: other pixels"
        valid=$((valid + 1))
    done
    [[ $valid == 161 && $broken == 14 ]] || fail "$valid valid, $broken broken"
}
