#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2046,SC2094,SC2154 # $ for inner shells; lists; bats' own variables

load lib

@test "idx2png: manners" {
    check_common idx2png
    expect_error 2 'option' idx2png --no-such-option
    expect_error 2 'too many operands' idx2png a b c
    expect_error 2 'cannot both be standard input' idx2png - -
    expect_error 2 '-f needs -d' idx2png -f a
    expect_error 2 '--labels needs a file of labels' idx2png --labels a
    expect_error 2 '-d cannot be combined with --labels, --columns or --border' idx2png -d x --labels a b
    expect_error 2 '-d cannot be combined with --labels, --columns or --border' idx2png -d x --columns 2 a
    expect_error 2 '-d cannot be combined with --labels, --columns or --border' idx2png -d x --border 3 a
    expect_error 2 '-d cannot be combined with --labels, --columns or --border' idx2png -d x --border 1 a
    expect_error 2 '--names needs a file of labels' idx2png --names x a
    expect_error 2 "-n: 'many' is not an integer" idx2png -n many a
}

@test "idx2png: a sheet is that of rts2png on the same images" {
    idx_images 30 5 7 >images
    idx_labels $(cycle 30 4) >labels
    printf 'ant\nbee\ncat\ndog\n' >names
    idx2rts --names names images labels >s
    for options in '' '-n 7' '--columns 4 --border 3' '--scale 5 --count 2'; do
        # shellcheck disable=SC2086
        idx2png $options images >a
        # shellcheck disable=SC2086
        rts2png $options s | cmp - a
    done
    idx2png --labels --names names --scale 4 images labels >a
    rts2png --labels --scale 4 s | cmp - a
    idx2png --labels images labels >a
    idx2rts images labels | rts2png --labels | cmp - a
    gzip -c images | idx2png --labels - labels | cmp - a
    idx_images 3 4 5 3 >colour
    idx2png <colour >a
    idx2rts colour | rts2png | cmp - a
}

@test "idx2png: wrong input, wherever in the file" {
    idx_images 5 4 4 >images
    idx_labels 0 1 0 1 0 >labels
    : >empty
    expect_error 1 'empty: empty, not an IDX file' idx2png empty
    expect_error 1 'missing: No such file' idx2png missing
    mkdir folder
    expect_error 1 'folder: is a directory' idx2png folder
    head -c 90 images >short
    expect_error 1 'short: cut short' idx2png -n 1 short
    { cat images; octal 0; } >long
    expect_error 1 'long: bytes left over' idx2png -n 1 long
    idx_labels 0 1 >two
    expect_error 1 'two: 2 labels for the 5 images' idx2png images two
    printf 'one\n' >names
    expect_error 1 'label 1 of image 1 has no name: labels 0 to 0 have names' idx2png --names names images labels
    expect_error 1 'label 1 of image 1 has no name: labels 0 to 0 have names' idx2png -d pngs --names names images labels
    run sh -c 'idx2png -n 1 long 2>/dev/null | wc -c'
    [[ $output == 0 ]]
    idx_images 0 3 3 >none
    expect_error 1 'no images to draw' idx2png none
}

@test "idx2png: a write that fails, a pipe that is closed" {
    idx_images 5 4 4 >images
    expect_error 1 'standard output: No space left' sh -c 'idx2png images > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe idx2png images
    silent_sigpipe idx2png images
}

@test "idx2png -d: one PNG an image, named by its index and label" {
    idx_images 12 4 6 >images
    idx_labels $(cycle 12 11) >labels
    quiet_success idx2png -d out images labels
    [[ $(cd out && echo *) == "000000-0.png 000001-1.png 000002-2.png 000003-3.png 000004-4.png \
000005-5.png 000006-6.png 000007-7.png 000008-8.png 000009-9.png 000010-10.png 000011-0.png" ]]
    quiet_success idx2png --directory plain -n 3 images
    [[ $(cd plain && echo *) == '000000.png 000001.png 000002.png' ]]
    cmp plain/000002.png out/000002-2.png
}

@test "idx2png -d: the pixels are those of the images" {
    command -v pngtopnm >/dev/null || skip "no netpbm"
    idx_images 4 9 5 >images
    idx2png -d out images
    for i in 0 1 2 3; do
        pngtopnm out/00000$i.png | tail -c 45
    done | cmp - <(tail -c +17 images)
    idx_images 2 3 4 3 >colour
    idx2png -d rgb --scale 2 colour
    pngtopnm rgb/000001.png | pamscale -nomix -reduce 2 2>/dev/null | tail -c 36 |
        cmp - <(tail -c 36 colour)
}

@test "idx2png -d: what is there is left alone, unless forced" {
    idx_images 3 4 4 >images
    mkdir out
    echo precious >out/000001.png
    expect_error 1 'out/000001.png: File exists' idx2png -d out images
    [[ $(cat out/000001.png) == precious ]]
    [[ $(cd out && echo *) == '000000.png 000001.png' ]]
    expect_error 1 'out/000000.png: File exists' idx2png -d out images
    quiet_success idx2png -f -d out images
    [[ $(cd out && echo *) == '000000.png 000001.png 000002.png' ]]
    [[ $(head -c 4 out/000001.png | tail -c 3) == PNG ]]
    quiet_success idx2png --force -d out images
    ln -s nowhere out/000003.png
    idx_images 4 4 4 >four
    rm out/00000[0-2].png
    expect_error 1 'out/000003.png: File exists' idx2png -d out four
}

@test "idx2png -d: a folder that cannot be" {
    idx_images 1 4 4 >images
    echo >file
    expect_error 1 'file: Not a directory' idx2png -d file images
    expect_error 1 'no/such: No such file' idx2png -d no/such images
    # Wrong input makes no folder.
    expect_error 1 'missing: No such file' idx2png -d new missing
    [[ ! -e new ]]
}

@test "idx2png: memory does not grow with the input" {
    { octal 0 0 8 3; be32 62500 32 32; head -c 64000000 /dev/zero; } | within 24576 idx2png >a
    [[ $(head -c 4 a | tail -c 3) == PNG ]]
    { octal 0 0 8 3; be32 20000 64 64; head -c 81920000 /dev/zero; } |
        within 24576 idx2png -n 5 -d out
    [[ $(cd out && echo *) == '000000.png 000001.png 000002.png 000003.png 000004.png' ]]
}
