#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets
load pictures

# colours [each] <WEIGHTS: the pixels of 3 x 3 pictures for weights in that order, a line each.
colours() {
    awk -v each="$1" '
        function abs(x) { return x < 0 ? -x : x }
        function shade(x, low, zero, high) {
            return int(zero + abs(x) * ((x < 0 ? low : high) - zero) + 0.5)
        }
        { w[NR - 1] = $1; i = each ? int((NR - 1) / 9) : 0; if (abs($1) > most[i]) most[i] = abs($1) }
        END { for (k = 0; k < NR; k++) {
            x = w[k] / most[each ? int(k / 9) : 0]
            print shade(x, 0, 230, 176), shade(x, 74, 230, 64), shade(x, 134, 230, 0) } }'
}

# The examples of a stream of 3 x 3 RGB pictures as numbers, a pixel a line.
rgb() {
    payloads "$1" image | od -An -v -tu1 -w3 | awk '{ print $1, $2, $3 }'
}

# alike FILE FILE: the same numbers, but that a half may be rounded the other way.
alike() {
    paste -d ' ' "$1" "$2" | awk 'NF != 6 { exit 1 }
        { for (k = 1; k <= 3; k++) { d = $k - $(k + 3); if (d > 1 || d < -1) exit 1; off += d != 0 } }
        END { exit NR == 0 || off > NR / 20 }' || fail "$1 and $2 are not alike"
}

@test "filtdump: manners" {
    check_common filtdump
    teach m
    check_model_refusals m filtdump %
    cp m n
    expect_error 2 'too many operands' filtdump m n
    expect_error 1 'standard output: No space left' sh -c 'filtdump m > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe filtdump m
    silent_sigpipe filtdump m
    rottrain -q -e 0 --net 'p d3 r' data.rts >dense
    expect_error 1 "dense: no convolution in 'p d3 r'" filtdump dense
    expect_error 1 "standard input: no convolution in 'p d3 r'" filtdump <dense
}

@test "filtdump: of grey images, a filter an image, in blue, grey and orange" {
    teach m
    filtdump m >f
    rtsinfo f | grep -qE '^images +4 of 3 x 3 x 3$'
    [[ $(labels f | xargs) == '0 1 2 3' ]]
    numbers m conv1.weight >w
    colours <w >want
    rgb f >got
    alike got want
    # The largest weight has the end of the scale.
    grep -qxE '0 74 134|176 64 0' got
    filtdump --each m >f
    colours each <w >want
    rgb f >got
    alike got want
    for ((i = 0; i < 4; i++)); do
        sed -n "$((9 * i + 1)),$((9 * i + 9))p" got | grep -qxE '0 74 134|176 64 0'
    done
}

@test "filtdump: of RGB images, a filter an image, grey where it is zero" {
    stream 12 6 3 3 >colour.rts
    rottrain -q -e 1 --net 'c5 r d2' colour.rts >m
    filtdump m >f
    rtsinfo f | grep -qE '^images +5 of 3 x 3 x 3$'
    # [out][channel][tap] to [out][tap][channel].
    numbers m conv1.weight | awk '
        function abs(x) { return x < 0 ? -x : x }
        { w[NR - 1] = $1; if (abs($1) > most) most = abs($1) }
        END { for (o = 0; o < 5; o++) for (t = 0; t < 9; t++) { for (c = 0; c < 3; c++) {
            x = w[(o * 3 + c) * 9 + t] / most
            printf "%d ", int(128 + abs(x) * ((x < 0 ? 0 : 255) - 128) + 0.5) } print "" } }' >want
    rgb f >got
    alike got want
}

@test "filtdump: of images of two channels, an image for each" {
    { record image u1 0 432 6 6 6 2 && record label u4 1 24 6 && record end u1 2 0; } >two.rts
    rottrain -q -e 0 --net 'p c4 r d2' two.rts >m
    filtdump m >f
    rtsinfo f | grep -qE '^images +8 of 3 x 3 x 3$'
    numbers m conv1.weight | colours >want
    rgb f >got
    alike got want
}

@test "filtdump: how the model was made, then this; or nothing of it" {
    teach m
    filtdump --each m >f
    payloads m history >want
    [[ $(payloads f history | head -n -1) == "$(<want)" ]]
    [[ $(payloads f history | tail -n 1) == 'filtdump '[0-9.]*' --each' ]]
    cmp <(payloads f digest) <(payloads m digest)
    filtdump --no-history --each m >g
    [[ $(records g) != *history* && $(records g) != *digest* ]]
    cmp <(payloads f image) <(payloads g image)
    # And rts2png draws them.
    filtdump m | rts2png --scale 8 --labels >a.png
    [[ $(head -c 4 a.png | tail -c 3) == PNG ]]
}

@test "filtdump: weights that are all zero; and no numbers, which no model has" {
    teach m
    # The bytes of the weights, replaced: zeros, then one infinity.
    python3 - m >zero <<'END'
import struct, sys, zlib
b, i, files = open(sys.argv[1], 'rb').read(), 0, [b'', b'']
while i < len(b):
    head, size = b[i:i + 120], struct.unpack_from('<Q', b, i + 16)[0]
    size = (size + 63) // 64 * 64
    for k in range(2):
        body = b[i + 128:i + 128 + size]
        if head[80:].startswith(b'conv1.weight'):
            body = struct.pack('<f', float('-inf')) + body[4:] if k else bytes(size)
        h = head + struct.pack('<I', zlib.crc32(body))
        files[k] += h + struct.pack('<I', zlib.crc32(h)) + body
    i += 128 + size
sys.stdout.buffer.write(files[0])
open('odd', 'wb').write(files[1])
END
    filtdump zero >f
    [[ $(rgb f | sort -u) == '230 230 230' ]]
    expect_error 1 "odd: record 'conv1.weight': value 0 is not finite" filtdump odd
}
