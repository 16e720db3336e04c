#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2046,SC2154 # $ for inner shells; number lists; bats' own variables

load lib

# one SIZE BYTE...: a stream of one grey image.
one() {
    local size=$1
    shift
    { octal 0 0 8 3; be32 1 "$size" "$size"; octal "$@"; } | idx2rts
}

# turn K < stream: the images that rotgen made by K quarter turns, as an unlabelled stream.
turn() {
    rotgen >turned
    read -ra shape < <(records turned | awk '$5 == "image" { print $4; exit }' | tr -d '[]' | tr , ' ')
    images turned "$1" | awk -v k="$2" 'NR % 4 == (k + 1) % 4' >hex
    { octal 0 0 8 4; be32 "$(wc -l <hex)" "${shape[@]:1}"; xxd -r -p <hex; } | idx2rts
}

@test "rotgen: manners" {
    check_common rotgen
    expect_error 2 '-s: .x. is not an integer between 0 and 2\^64 - 1' rotgen -s x
    expect_error 2 '-s needs -r' rotgen -s 5
}

@test "rotgen: wrong input, cut, damaged, not to be written" {
    stream 6 5 3 >good
    check_refusals good rotgen
    features 2 3 >f.rts
    expect_error 1 "f.rts: record 0 'feature' .*images are needed" rotgen f.rts
    idx_images 2 3 4 | idx2rts >oblong
    expect_error 1 "oblong: record 1 'image' .*images of 3 x 4 pixels are not square" rotgen oblong
}

@test "rotgen: four rotations, counter-clockwise" {
    one 2 1 2 3 4 | rotgen >s
    # 1 2    2 4    4 3    3 1
    # 3 4    1 3    2 1    4 2
    [[ $(images s 4) == '01020304
02040103
04030201
03010402' ]] || fail "$(images s 4)"
    [[ $(labels s | paste -sd ' ') == '0 1 2 3' ]]
    [[ $(payloads s names | paste -sd ' ') == '0 90 180 270' ]]
}

@test "rotgen: colour pixels keep their channels together" {
    { octal 0 0 8 4; be32 1 2 2 3; octal 1 2 3 4 5 6 7 8 9 10 11 12; } | idx2rts | rotgen >s
    [[ $(images s 12) == '0102030405060708090a0b0c
0405060a0b0c010203070809
0a0b0c070809040506010203
0708090102030a0b0c040506' ]] || fail "$(images s 12)"
}

@test "rotgen: the same as netpbm's pamflip, at sizes around the blocks of 8" {
    command -v pamflip >/dev/null || skip "no netpbm"
    for size in 1 3 7 8 9 15 16 28 33; do
        idx_images 1 $size $size >idx
        idx2rts idx | rotgen >s
        images s $((size * size)) >hex
        { printf 'P5\n%d %d\n255\n' $size $size; tail -c +17 idx; } >grey.pgm
        for k in 0 1 2 3; do
            pamflip -r$((90 * k)) grey.pgm 2>/dev/null >turned.pgm || cp grey.pgm turned.pgm
            tail -c $((size * size)) turned.pgm >want
            sed -n $((k + 1))p hex | xxd -r -p | cmp - want ||
                fail "size $size, $k quarter turns"
        done
    done
}

@test "rotgen: the same as pamflip in colour" {
    command -v pamflip >/dev/null || skip "no netpbm"
    idx_images 1 11 11 3 >idx
    idx2rts idx | rotgen >s
    { printf 'P6\n11 11\n255\n'; tail -c +21 idx; } >colour.ppm
    for k in 1 2 3; do
        pamflip -r$((90 * k)) colour.ppm | tail -c 363 >want
        images s 363 | sed -n $((k + 1))p | xxd -r -p | cmp - want || fail "$k quarter turns"
    done
}

@test "rotgen: four quarter turns are no turn, two are half a turn" {
    stream 5 13 2 >s
    images s 169 >want
    cp s a
    for i in 1 2 3 4; do
        turn 169 1 <a >b
        mv b a
        [[ $i == 2 ]] && cp a twice
    done
    images a 169 | cmp - want
    turn 169 2 <s >half
    images half 169 >want
    images twice 169 | cmp - want
    turn 169 3 <half >c
    turn 169 3 <c >d
    images d 169 | cmp - <(images s 169)
}

@test "rotgen: every image, in order, whatever the labels were" {
    fashion t10k >test.rts
    rotgen <test.rts >s
    images s 784 | awk 'NR % 4 == 1' | cmp - <(images test.rts 784)
    [[ $(labels s | paste - - - - | sort | uniq -c | tr -s ' \t' ' ') == ' 1000 0 1 2 3' ]]
    # The class names were those of the old labels.
    [[ $(payloads s names | paste -sd ' ') == '0 90 180 270' ]]
    payloads s history | sed -n '2p' | grep -Eq '^rotgen [0-9.]+$'
    [[ $(payloads s digest) == "$(payloads test.rts digest)" ]]
}

@test "rotgen -r: one rotation an image, by the seed" {
    fashion t10k >test.rts
    rotgen <test.rts >all
    rotgen -r -s 5 <test.rts >a
    rotgen --random --seed 5 <test.rts | cmp - a
    rotgen -r -s 6 <test.rts >b
    run ! cmp -s a b
    labels a >labels.a
    [[ $(wc -l <labels.a) == 1000 ]]
    # Every one of the four is drawn often enough (250 on average, deviation 14).
    sort labels.a | uniq -c | awk '$1 < 180 || $1 > 320 { exit 1 } END { if (NR != 4) exit 1 }'
    # And each image is the rotation that its label says.
    images all 784 | paste - - - - | paste labels.a - | awk '{ print $($1 + 2) }' >want
    images a 784 | cmp - want
    payloads a history | grep -Eq '^rotgen [0-9.]+ -r -s 5$'
    rotgen -r <test.rts >c
    rotgen -r -s 0 <test.rts | cmp - c
}

@test "rotgen: no images, several files, two streams in one" {
    idx_images 0 3 3 | idx2rts | rotgen >s
    [[ $(records s) == *'u1 [0,3,3,1] image'* ]]
    stream 2 3 2 >a
    stream 3 4 2 >b
    rotgen a b >ab
    cat a b | rotgen | cmp - ab
    [[ $(records ab | grep -c ' end$') == 1 ]]
    [[ $(labels ab | wc -l) == 20 ]]
    rotgen a - <b | cmp - ab
}

@test "rotgen: memory does not grow with the input" {
    { octal 0 0 8 3; be32 50000 32 32; head -c 51200000 /dev/zero; } | idx2rts |
        within 16384 rotgen | tail -c 128 | tr -d '\0' >end
    grep -q end end
    # Nor beyond a few of the largest images that there can be.
    { octal 0 0 8 3; be32 2 2048 2048; head -c 8388608 /dev/zero; } | idx2rts |
        within 65536 rotgen >big
    [[ $(labels big | wc -l) == 8 ]]
}
