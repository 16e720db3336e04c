#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2046,SC2094,SC2154 # $ for inner shells; lists; bats' own variables

load lib
load pictures

# three: a stream of three grey images of 2 x 2 pixels.
three() {
    { octal 0 0 8 3; be32 3 2 2; octal 10 20 30 40 50 60 70 80 90 100 110 120; } | idx2rts
}

@test "rts2png: manners" {
    check_common rts2png
    expect_error 2 "-n: '0' is not an integer between 1" rts2png -n 0
    expect_error 2 "--scale: '0' is not an integer" rts2png --scale 0
    expect_error 2 "--columns: 'x' is not an integer" rts2png --columns x
    expect_error 2 "--border: '-1' is not an integer" rts2png --border -1
}

@test "rts2png: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rts2png
    features 2 3 >f.rts
    expect_error 1 "f.rts: .*features, but images are needed" rts2png f.rts
}

@test "rts2png: damage after the last image drawn is an error, and nothing is written" {
    fashion t10k >s
    flip s $(($(size_of s) / 2)) >flipped
    expect_error 1 'flipped: .*damaged' rts2png -n 4 flipped
    run sh -c 'rts2png -n 4 flipped 2>/dev/null | wc -c'
    [[ $output == 0 ]]
    quiet_success sh -c 'rts2png -n 4 s >sheet.png'
}

@test "rts2png: images in their places, with a border of one pixel" {
    need_netpbm
    three | rts2png --columns 2 >a.png
    [[ $(png_text a.png) == '7 7
255 255 255 255 255 255 255
255 10 20 255 50 60 255
255 30 40 255 70 80 255
255 255 255 255 255 255 255
255 90 100 255 255 255 255
255 110 120 255 255 255 255
255 255 255 255 255 255 255' ]] || fail "$(png_text a.png)"
}

@test "rts2png: --columns, --border, --scale, -n" {
    need_netpbm
    three | rts2png --border 0 --columns 3 >a.png
    [[ $(png_text a.png) == '6 2
10 20 50 60 90 100
30 40 70 80 110 120' ]]
    three | rts2png --border 0 --scale 2 -n 1 >a.png
    [[ $(png_text a.png) == '4 4
10 10 20 20
10 10 20 20
30 30 40 40
30 30 40 40' ]]
    # More columns than images draw no empty ones.
    three | rts2png --count 2 --columns 50 --border 2 >a.png
    [[ $(png_text a.png | head -n 1) == '10 6' ]]
    # By default, a sheet of 100 about square: 10 x 10.
    fashion t10k | rts2png >a.png
    [[ $(png_text a.png | head -n 1) == '291 291' ]]
}

@test "rts2png: colour" {
    need_netpbm
    { octal 0 0 8 4; be32 2 1 2 3; octal 1 2 3 4 5 6 7 8 9 10 11 12; } | idx2rts |
        rts2png --border 0 --columns 1 >a.png
    [[ $(png_text a.png) == '2 2
1 2 3 4 5 6
7 8 9 10 11 12' ]]
}

@test "rts2png --labels: names or numbers under the images, cut to their width" {
    need_netpbm
    { octal 0 0 8 3; be32 2 1 11; noise 22; } >images
    idx_labels 1 0 >labels
    printf 'IT\nHIT\n' >names
    idx2rts images labels | rts2png --labels --border 0 --columns 1 >a.png
    # One row of image, one of paper, 8 of text, one of paper; "1", then "0".
    png_text a.png | tail -n +2 | sed -n '2,11p;13,22p' | awk '{
        for (i = 1; i <= NF; i++) printf "%s", $i == 0 ? "#" : "."
        print ""
    }' >text
    cat >want <<'END'
...........
..#........
.##........
..#........
..#........
..#........
..#........
.###.......
...........
...........
...........
.###.......
#...#......
#..##......
#.#.#......
##..#......
#...#......
.###.......
...........
...........
END
    cmp text want || fail "$(cat text)"
    idx2rts --names names images labels | rts2png --labels --border 0 --columns 1 >a.png
    png_text a.png | tail -n +2 | sed -n '4p' | tr ' ' '\n' | sed 's/255/./; s/^0$/#/' | tr -d '\n' >text
    # "HIT", of which the T has no room.
    [[ $(cat text) == '#...#...#..' ]] || fail "$(cat text)"
    idx2rts images | expect_error 1 'images without labels cannot have captions' rts2png --labels
}

@test "rts2png: the border that fits where none is asked for" {
    stream 6 9 3 >s
    rts2png s >a
    rts2png --border 1 s | cmp - a
    rts2png --labels s >a
    rts2png --labels --border 6 s | cmp - a
    rts2png --border 1 --labels s >narrow
    run -1 cmp -s narrow a
}

@test "rts2png: what cannot be drawn" {
    idx_images 0 3 3 | idx2rts >none
    expect_error 1 'sheet: no images to draw' rts2png none
    stream 2 3 2 >a
    stream 2 4 2 >b
    expect_error 1 'images of different sizes: 4 x 4 x 1 after 3 x 3 x 1' rts2png a b
    quiet_success sh -c 'rts2png -n 2 a b >sheet.png'
    { record image u1 0 8 1 2 2 2; record end u1 1 0; } >two
    expect_error 1 'images of 2 channels' rts2png two
    # Larger than PNG allows: 1000 images of 4096 pixels, 1000 times as wide.
    { octal 0 0 8 3; be32 1000 1 4096; head -c 4096000 /dev/zero; } | idx2rts >wide
    expect_error 1 'sheet: more than 1000000 pixels per side' rts2png -n 1000 --columns 1000 --scale 1000 wide
}

@test "rts2png: the same input gives the same bytes, in the memory of what is drawn" {
    fashion t10k >s
    rts2png --labels <s >a
    rts2png --labels - <s | cmp - a
    gzip -c s | rts2png --labels | cmp - a
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } | idx2rts |
        within 24576 rts2png --scale 4 >b
    [[ $(head -c 4 b | tail -c 3) == PNG ]]
}

# captioned NAME: a sheet of one image that is called so.
captioned() {
    idx2rts --names <(printf '%s\n' "$1") <(idx_images 1 12 60) <(idx_labels 0) | rts2png --scale 2 --labels
}

@test "rts2png: captions in letters that the font does not have" {
    captioned $'\303\211t\303\251 \305\273\303\263\305\202w' >a.png
    captioned 'Ete Zolw' | cmp - a.png
    captioned $'\342\200\234a\342\200\235 \342\200\223 \342\200\230b\342\200\231' | cmp - <(captioned "\"a\" - 'b'")
    captioned $'e\314\201x' | cmp - <(captioned ex)
    # A picture is one character, whatever it is made of; it is not a letter, and it has a place.
    captioned $'a \360\237\221\232 b' >a.png
    captioned $'a \360\237\221\232\357\270\217 b' | cmp - a.png
    captioned $'a \360\237\221\251\360\237\217\275\342\200\215\360\237\232\200 b' | cmp - a.png
    run -1 cmp -s a.png <(captioned 'a ? b')
    run -1 cmp -s a.png <(captioned 'a  b')
}

@test "rts2png --numbers: where the images are in the stream, whatever their classes" {
    stream 1030 4 1 >s
    idx2rts <(payloads s image | cat <(octal 0 0 8 3 && be32 12 4 4) - | head -c 208) <(idx_labels {0..11}) |
        rts2png --labels >want
    rts2png -n 12 --numbers s | cmp - want
    printf 'cat\n' >names
    rtsmap --names names s | rts2png -n 12 --numbers | cmp - want
    rtsmap --unlabel s | rts2png -n 12 --numbers | cmp - want
    # They go on where a chunk ends.
    stream 6 4 1 >a
    stream 6 4 1 >b
    cat a b | rts2png --numbers >got
    cat a b | rtsmap --answers <(for i in {0..11}; do printf '%d\t%d\n' "$i" "$i"; done) | rts2png --labels | cmp - got
    expect_error 2 '--labels and --numbers cannot both be given' rts2png --labels --numbers s
}
