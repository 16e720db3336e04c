#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2094,SC2154 # $ for inner shells; verdicts is no file; bats' own variables

load lib
load nets
load pictures
load filenames
load ensembles

# What the model makes of every image by way of the head's outputs: its position, its class, the
# one said, then the belief in each.
verdicts() {
    featdump -m "$1" --layer head "$2" | rts2tsv | awk -F '\t' '
        { most = 2; sum = 0
          for (k = 3; k <= NF; k++) if ($k > $most) most = k
          for (k = 2; k <= NF; k++) sum += exp($k - $most)
          printf "%d %s %d", NR - 1, $1, most - 2
          for (k = 2; k <= NF; k++) printf " %.9f", exp($k - $most) / sum
          print "" }'
}

# A model that is wrong now and then, and its data.
learn() {
    stream 24 8 3 >data.rts
    rottrain -q -e 8 -b 8 --lr 0.01 --net 'c4 r p c3 r d5 r' data.rts >m
    verdicts m data.rts >verdicts
    awk '$2 == $3 { right++ } END { exit !(right > 2 && right < NR - 2) }' verdicts ||
        fail "a model that is no use for the test:" "$(cat verdicts)"
}

# frames FILE COLUMNS N SIZE: of each cell in a sheet without border, the pixels at the corner, one
# further in, and where the picture begins.
frames() {
    pixels "$1" | awk -v columns="$2" -v n="$3" -v size="$4" '
        { at[$1, $2] = $3 " " $4 " " $5 }
        END { for (i = 0; i < n; i++) {
            x = i % columns * size; y = int(i / columns) * size
            print at[x, y] ", " at[x + 1, y + 1] ", " at[x + 3, y + 3]
            # All around the cell it is the same.
            if (at[x + size - 1, y] != at[x, y] || at[x, y + size - 1] != at[x, y] ||
                at[x + size - 1, y + size - 1] != at[x, y] ||
                at[x + size - 2, y + size - 2] != at[x + 1, y + 1]) print "crooked" } }'
}

@test "evalpng: manners" {
    check_common evalpng
    teach m
    cp m keep
    stream 9 8 3 >good
    check_refusals good evalpng -m keep
    check_model_refusals keep evalpng -m % good
    expect_error 2 '-m: a model is needed' evalpng good
    local two='standard input can be only one of data and -m'
    expect_error 2 "$two" evalpng -m - </dev/null
    expect_error 2 "$two" evalpng -m m - - </dev/null
    expect_error 2 "-n: '0' is not an integer" evalpng -m m -n 0 good
    expect_error 2 "-j: '0' is not an integer" evalpng -m m -j 0 good
    expect_error 2 '--bars and --labels are mutually exclusive' evalpng -m m --bars --labels good
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" env ROTPIPE_KERNELS=mmx evalpng -m m good
}

@test "evalpng: what the model cannot judge" {
    teach m
    stream 6 8 5 >five
    expect_error 1 "five: record .*label 3, but the model's head has 3 classes" evalpng -m m five
    stream 6 9 3 >nine
    expect_error 1 'nine: record .*images of 9 x 9 x 1, but the model is for 8 x 8 x 1' evalpng -m m nine
    idx_images 0 8 8 | idx2rts >none
    expect_error 1 'sheet: no images to draw' evalpng -m m none
    expect_error 1 'sheet: no images to draw' evalpng -m m --worst none
    idx_images 5 8 8 | idx2rts >unlabelled
    expect_error 1 'unlabelled: record .*images without labels' evalpng -m m --worst unlabelled
    expect_error 1 'sheet: more than 1000000 pixels per side|at most 1000000 per side' \
        evalpng -m m -n 1000 --columns 1000 --scale 1000 \
        data.rts data.rts data.rts data.rts data.rts data.rts
    # What is damaged behind the last image drawn is damaged still, and nothing is written.
    flip data.rts $(($(size_of data.rts) - 200)) >flipped
    expect_error 1 'flipped: .*damaged' evalpng -m m -n 1 flipped
    [[ $(evalpng -m m -n 1 flipped 2>/dev/null | wc -c) == 0 ]]
    # Names that are not the model's.
    idx_images 3 8 8 >images
    idx_labels 0 1 2 >labels
    printf 'a\nb\nc\n' >abc
    printf 'a\nb\nd\n' >abd
    idx2rts --names abc images labels >named
    rottrain -q -e 1 --net d2 named >m
    idx2rts --names abd images labels >others
    expect_error 1 "others: .*.*class names differ from the model's" evalpng -m m others
}

@test "evalpng: a thin green frame is right, a thick red one wrong" {
    need_netpbm
    learn
    evalpng -m m --border 0 --columns 6 data.rts >a.png
    [[ $(png_text a.png | head -n 1) == '84 56' ]]
    images data.rts 64 | cut -c 1-2 | while read -r byte; do echo $((16#$byte)); done >first
    paste -d ' ' verdicts first | awk '{ p = $NF " " $NF " " $NF
        print $2 == $3 ? "0 158 115, 255 255 255, " p : "213 94 0, 213 94 0, " p }' >want
    frames a.png 6 24 14 >got
    same got want
    # Without labels nothing is right or wrong.
    { octal 0 0 8 3 && be32 1 8 8 && noise 64; } | idx2rts | evalpng -m m --border 0 >a.png
    [[ $(frames a.png 1 1 14) == '128 128 128, 255 255 255, '* ]]
}

@test "evalpng: pictures, --scale, --columns, --border, -n, colour" {
    need_netpbm
    learn
    # The picture in the frame is that of rts2png.
    rts2png -n 5 --columns 1 --border 0 --scale 2 data.rts >b.png
    evalpng -m m -n 5 --columns 1 --border 7 --scale 2 data.rts >a.png
    [[ $(png_text a.png | head -n 1) == '36 152' ]]
    pixels b.png | awk '{ print $1, $2, $3, $3, $3 }' | sort >want
    pixels a.png | awk '{ x = $1 - 10; y = $2 - 7; i = int(y / 29); y = y - i * 29 - 3
        if (x >= 0 && x < 16 && i < 5 && y >= 0 && y < 16) print x, i * 16 + y, $3, $4, $5 }' |
        sort >got
    same got want
    stream 6 6 3 3 >colour.rts
    rottrain -q -e 1 --net 'c2 r d2' colour.rts >m
    rts2png --columns 6 --border 0 colour.rts >b.png
    evalpng -m m --columns 6 --border 0 colour.rts >a.png
    pixels b.png | sort >want
    pixels a.png | awk '{ i = int($1 / 12); x = $1 % 12 - 3; y = $2 - 3
        if (x >= 0 && x < 6 && y >= 0 && y < 6) print i * 6 + x, y, $3, $4, $5 }' | sort >got
    same got want
    # No program here writes images of two channels.
    { record image u1 0 432 6 6 6 2 && record label u4 1 24 6 && record end u1 2 0; } >two.rts
    rottrain -q -e 1 --net 'c2 r d2' two.rts >m
    expect_error 1 'images of 2 channels' evalpng -m m two.rts
}

@test "evalpng --worst: by the belief in the true class, the first of equals first" {
    need_netpbm
    learn
    cat data.rts data.rts >twice
    verdicts m twice | awk '{ print $(4 + $2), $1 }' | sort -k 1,1g -k 2,2n >order
    images twice 64 >bytes
    for n in 1 7 48 100; do
        evalpng -m m --worst -n $n --border 0 --columns 1 twice >a.png
        # Each picture as hexadecimal, from the top.
        pixels a.png | awk '{ y = $2 % 14 - 3; x = $1 - 3
            if (x >= 0 && x < 8 && y >= 0 && y < 8) printf "%02x%s", $3, x == 7 && y == 7 ? "\n" : "" }' >got
        head -n $n order | while read -r _ at; do sed -n "$((at + 1))p" bytes; done >want
        same got want
    done
}

@test "evalpng --worst: many images through little room" {
    need_netpbm
    learn
    for _ in 1 2 3 4 5 6 7 8 9 10; do cat data.rts; done >many
    evalpng -m m --worst -n 3 many >a
    evalpng -m m --worst -n 30 many >b
    evalpng -m m --worst -n 3 data.rts data.rts data.rts data.rts data.rts data.rts data.rts \
        data.rts data.rts data.rts | cmp - a
    # The worst of all stands ten times at the head.
    pixels b | awk '$1 >= 4 && $1 < 12 && $2 >= 4 && $2 < 12 { printf "%s ", $3 }' >first
    pixels a | awk '$1 >= 4 && $1 < 12 && $2 >= 4 && $2 < 12 { printf "%s ", $3 }' | cmp - first
}

# What black text a picture has in a rectangle, as characters.
ink() {
    pixels "$1" | awk -v x="$2" -v y="$3" -v w="$4" -v h="$5" '
        $1 >= x && $1 < x + w && $2 >= y && $2 < y + h {
            printf "%s%s", $3 + $4 + $5 == 0 ? "#" : ".", $1 == x + w - 1 ? "\n" : "" }'
}

@test "evalpng: the border that fits where none is asked for" {
    teach m
    local text
    evalpng -m m data.rts >a
    evalpng -m m --border 1 data.rts | cmp - a
    for text in --labels --bars; do
        evalpng -m m $text data.rts >a
        evalpng -m m --border 6 $text data.rts | cmp - a
        evalpng -m m --border 1 $text data.rts >narrow
        run -1 cmp -s narrow a
    done
}

@test "evalpng --labels: what was said and how surely, and what it is" {
    need_netpbm
    # Equal logits: all weights are zero, so that it says class 0, with half its belief.
    idx_images 2 2 36 >images
    idx_labels 0 1 >labels
    printf 'IT\nHI\n' >names
    idx2rts --names names images labels >s
    rottrain -q -e 0 --net d1 s >m
    even m
    evalpng -m m --labels --border 0 --columns 1 s >a.png
    [[ $(png_text a.png | head -n 1) == '42 56' ]]
    # Narrower than twice the room for a percentage: the name alone.
    ink a.png 0 10 42 8 >text
    cat >want <<'END'
.###..#####...............................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
.###....#.................................
..........................................
END
    same text want
    # It is right: nothing below. The other is wrong: "is HI".
    [[ $(ink a.png 0 18 42 10) != *#* ]]
    ink a.png 0 38 42 18 >text
    cat >want <<'END'
.###..#####...............................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
.###....#.................................
..........................................
..........................................
..........................................
..#...............#...#..###..............
..................#...#...#...............
.##....####.......#...#...#...............
..#...#...........#####...#...............
..#....###........#...#...#...............
..#.......#.......#...#...#...............
.###..####........#...#..###..............
..........................................
END
    same text want
    # With more room the belief stands to the right of it.
    evalpng -m m --labels --border 0 --columns 1 --scale 2 -n 1 s >a.png
    ink a.png 60 12 18 8 >text
    cat >want <<'END'
.#####..###..##..#
.#.....#...#.##..#
.####..#..##....#.
.....#.#.#.#...#..
.....#.##..#..#...
.#...#.#...#.#..##
..###...###..#..##
..................
END
    same text want
}

@test "evalpng --files: the name of the file, as much of it as fits" {
    need_netpbm
    idx_images 1 2 36 >images
    idx_labels 0 >labels
    idx2rts images labels >s
    rottrain -q -e 0 --net d1 -c 2 s >m
    # sheet NAME [OPTION...]: of the image that comes from this file.
    sheet() {
        printf '%s\n' "$1" >line
        name_files s line | evalpng -m m --files --columns 1 "${@:2}"
    }
    sheet far/away.d/IT --border 0 >a.png
    [[ $(png_text a.png | head -n 1) == '42 18' ]]
    ink a.png 0 10 42 8 >text
    cat >want <<'END'
.###..#####...............................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
..#.....#.................................
.###....#.................................
..........................................
END
    same text want
    # Below what else there is.
    sheet IT --border 0 --labels >b.png
    [[ $(png_text b.png | head -n 1) == '42 38' ]]
    ink b.png 0 30 42 8 | cmp - want
    sheet IT --border 0 --bars >b.png
    ink b.png 0 30 42 8 >text
    same <(cut -c 1-42 text) want
    # The border is that of text; other options are the same without names.
    sheet IT >a.png
    sheet IT --border 6 | cmp - a.png
    # Seven characters have room: otherwise without the ending, and then the end.
    sheet abcdefg >a.png
    sheet x.y/abcdefg | cmp - a.png
    sheet abcdefg.png | cmp - a.png
    sheet zyabcdefg.jpeg | cmp - a.png
    sheet 'z\tabcdefg.jpeg' | cmp - a.png
    sheet abc.png >b.png
    run -1 cmp -s a.png b.png
    sheet abc | run -1 cmp -s - b.png
    sheet abc >a.png
    sheet abc.tiff | cmp - a.png
    sheet ut-none >a.png
    sheet .without-none | cmp - a.png
    sheet $'d\303\251f\303\251ren' >a.png
    sheet $'d\303\251f\303\251ren.jpg' | cmp - a.png
    # No name: an empty line.
    sheet '' >a.png
    evalpng -m m --files --columns 1 s | cmp - a.png
    # Each has its own, also of the worst.
    learn
    name_files data.rts >filed.rts
    evalpng -m m --files --worst -n 1 --border 0 --scale 4 filed.rts >a.png
    at=$(awk '{ print $(4 + $2), $1 }' verdicts | sort -k 1,1g -k 2,2n | awk '{ print $2; exit }')
    printf '%s\n' "$(yes x | head -n "$at")" "b/$at.png" "$(yes x | head -n $((23 - at)))" | sed '/^$/d' >lines
    name_files data.rts lines | evalpng -m m --files --worst -n 1 --border 0 --scale 4 | cmp - a.png
    sed -i "s,b/$at,b/99," lines
    name_files data.rts lines | evalpng -m m --files --worst -n 1 --border 0 --scale 4 >b.png
    run -1 cmp -s a.png b.png
}

@test "evalpng: several models and views are one classifier" {
    need_netpbm
    stream 24 8 3 >data.rts
    check_ensemble_refusals data.rts evalpng
    teach a -e 5
    teach b -e 3 -s 3 --net 'c3 r d4 r'
    evalpng -m a -m b --flip --shift 1 --border 0 --columns 6 -j 1 data.rts >a.png
    evalpng -m a -m b --flip --shift 1 --border 0 --columns 6 -j 4 data.rts | cmp - a.png
    classdump -m a -m b --flip --shift 1 data.rts |
        awk '{ print $3 == $4 ? "0 158 115" : "213 94 0" }' >want
    frames a.png 6 24 14 | sed 's/,.*//' | diff - want
    # The worst of all by the loss that evalacc has.
    beliefs classdump -m a -m b --flip --shift 1 data.rts | paste <(labels data.rts) - |
        awk '{ print $($1 + 2), NR }' | sort -k 1,1g -k 2,2n | awk '{ print $2 }' >order
    evalpng -m a -m b --flip --shift 1 --worst --border 0 --columns 1 -n 5 data.rts >a.png
    pixels a.png | awk '{ y = $2 % 14 - 3; x = $1 - 3
        if (x >= 0 && x < 8 && y >= 0 && y < 8) printf "%02x%s", $3, x == 7 && y == 7 ? "\n" : "" }' >got
    images data.rts 64 >bytes
    head -n 5 order | while read -r at; do sed -n "${at}p" bytes; done | cmp - got
}

# even FILE: sets every weight and bias of a model to zero, with checksums that are right.
even() {
    local at size dtype shape name dims
    {
        records "$1" | while read -r at size dtype shape name; do
            case $name in
            *.weight | *.bias)
                dims=${shape#[}
                # shellcheck disable=SC2046 # a word each
                record "$name" "$dtype" "$((index++))" "$size" $(tr ',' ' ' <<<"${dims%]}")
                ;;
            *)
                index=$((${index:-0} + 1))
                tail -c +$((at + 1)) "$1" | head -c $((128 + (size + 63) / 64 * 64))
                ;;
            esac
        done
    } >evened
    mv evened "$1"
}

@test "evalpng --bars: as long as the belief in each class" {
    need_netpbm
    learn
    evalpng -m m --bars --border 0 --columns 1 --scale 12 data.rts >a.png
    # 8 * 12 + 6 pixels wide: 6 for the mark, 12 for "0 ", 36 for the number leave 48.
    [[ $(png_text a.png | head -n 1) == "102 $((24 * (102 + 3 * 10)))" ]]
    pixels a.png | awk '{ y = $2 % 132; i = int($2 / 132); k = int((y - 102) / 10)
        if (y < 102 || (y - 102) % 10 != 2 || $1 < 18 || $1 >= 66) next
        colour = $3 " " $4 " " $5
        if (colour == "232 232 232") next
        n[i, k]++; hue[i, k] = colour }
        END { for (i = 0; i < 24; i++) for (k = 0; k < 3; k++) print i, k, n[i, k] + 0, hue[i, k] }' >got
    awk '{ for (k = 0; k < 3; k++) { n = int(48 * $(4 + k) + 0.5)
        hue = k == $2 ? "0 158 115" : k == $3 ? "213 94 0" : "128 128 128"
        print $1, k, n, n ? hue : "" } }' verdicts >want
    same got want
    grep -q '213 94 0' got
    # The true class has a mark, at the left.
    pixels a.png | awk '{ y = $2 % 132; if (y >= 102 && $1 < 5 && $3 + $4 + $5 == 0)
        marked[int($2 / 132) " " int((y - 102) / 10)] = 1 }
        END { for (m in marked) print m }' | sort -n >got
    awk '{ print $1, $2 }' verdicts | sort -n >want
    same got want
}

@test "evalpng: beliefs that are no numbers are an error" {
    teach m
    # Weights whose products pass what a float holds, and cancel.
    python3 - m >nan <<'END'
import struct, sys, zlib
b, out, i = open(sys.argv[1], 'rb').read(), b'', 0
while i < len(b):
    head, bytes_ = b[i:i + 120], struct.unpack_from('<Q', b, i + 16)[0]
    size = (bytes_ + 63) // 64 * 64
    body = b[i + 128:i + 128 + size]
    if head[80:].startswith(b'conv1.weight'):
        body = struct.pack('<ff', 3e38, -3e38) * (bytes_ // 8) + body[bytes_:]
    head += struct.pack('<I', zlib.crc32(body))
    out += head + struct.pack('<I', zlib.crc32(head)) + body
    i += 128 + size
sys.stdout.buffer.write(out)
END
    local why="data.rts: record [0-9]+ 'image' at offset [0-9]+: image 0: an output of layer 'head' is not finite"
    expect_error 1 "$why" evalpng -m nan --worst -n 5 --bars data.rts
    expect_error 1 "$why" evalpng -m nan -n 5 --bars data.rts
    [[ -z $output ]]
}

@test "evalpng: the same bytes for any number of threads, from pipe, file and gzip" {
    teach m
    evalpng -m m -j 1 --bars data.rts >want
    for j in 2 7; do
        evalpng -m m -j $j --bars <data.rts | cmp - want
    done
    gzip -c data.rts | evalpng -m m --bars - | cmp - want
    evalpng -m - --bars data.rts <m | cmp - want
}

@test "evalpng: memory does not grow with the stream" {
    teach m
    for ((i = 0; i < 12; i++)); do cat data.rts; done >some
    for ((i = 0; i < 400; i++)); do cat some; done >many
    evalpng -m m -n 20 some >want
    within 400000 evalpng -m m -j 1 -n 20 many | cmp - want
    within 400000 evalpng -m m -j 1 --worst -n 20 many >a
}

@test "evalpng --bars: eleven characters of a name, the twelfth is not begun" {
    idx_images 2 2 36 >images
    idx_labels 0 1 >labels
    for name in ABCDEFGHIJK ABCDEFGHIJKLM ABCDEFGHIJ; do
        printf '%s\nB\n' $name >names
        idx2rts --names names images labels >s
        rottrain -q -e 0 --net d1 s >m
        evalpng -m m --bars s >$name.png
    done
    cmp ABCDEFGHIJK.png ABCDEFGHIJKLM.png
    run -1 cmp -s ABCDEFGHIJK.png ABCDEFGHIJ.png
}
