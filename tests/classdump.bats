#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets
load filenames
load ensembles

@test "classdump: manners" {
    check_common classdump
    teach m
    cp m keep
    stream 9 8 3 >good
    check_refusals good classdump -m keep
    check_model_refusals keep classdump -m % good
    check_ensemble_refusals good classdump
    expect_error 2 '-m: a model is needed' classdump good
    expect_error 2 'standard input can be only one of data and -m' classdump -m m -m - </dev/null
    expect_error 2 "-k: '0' is not an integer" classdump -m m -k 0 good
    expect_error 2 "--top: 'every' is not an integer" classdump -m m --top every good
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" env ROTPIPE_KERNELS=mmx classdump -m m good
}

@test "classdump: what the model cannot judge" {
    teach m
    stream 6 8 5 >five
    expect_error 1 "five: record .*label 3, but the model's head has 3 classes" classdump -m m five
    stream 6 9 3 >nine
    expect_error 1 'nine: record .*images of 9 x 9 x 1, but the model is for 8 x 8 x 1' classdump -m m nine
    featdump -m m data.rts >features
    expect_error 1 'features: record .*features, but images are needed' classdump -m m features
    printf 'a\nb\nc\n' >abc
    headswap --names abc m >named
    idx_images 3 8 8 >images
    idx_labels 0 1 2 >labels
    printf 'a\nc\nb\n' >acb
    idx2rts --names acb images labels >acb.rts
    expect_error 1 "acb.rts: .*class names differ from the model's" classdump -m named acb.rts
    # What could be judged has been printed.
    cat data.rts >both
    flip data.rts $(($(size_of data.rts) - 200)) >>both
    run -1 --separate-stderr classdump -m m both
    [[ ${#lines[@]} == 24 ]] || fail "${#lines[@]} lines"
    run -1 --separate-stderr classdump -m m -o text both
    [[ ! -e text ]]
}

@test "classdump: lines of numbers, files, true classes and the most probable class" {
    teach m -e 5
    probabilities m data.rts >p
    classdump -m m data.rts >got
    labels data.rts >truth
    paste truth p | LC_ALL=C awk -F '\t' '
        { most = 2; for (k = 3; k <= NF; k++) if ($k > $most) most = k
          printf "%d\t-\t%d\t%d\t%.6f\n", NR - 1, $1, most - 2, $most }' >want
    cut -f 1-4 got | diff - <(cut -f 1-4 want)
    near <(cut -f 5 got) <(cut -f 5 want) 2e-6
    # The same from a pipe, in parts, with any number of threads.
    classdump -m m <data.rts | cmp - got
    classdump -m - -j 3 data.rts <m | cmp - got
    classdump -m m data.rts data.rts | cut -f 2- | cmp - <(cut -f 2- got got)
    classdump -m m data.rts data.rts | cut -f 1 | cmp - <(seq 0 47)
    # Without labels.
    rtsmap --unlabel data.rts | classdump -m m | cmp - <(awk -F '\t' -v OFS='\t' '{ $3 = "-" } 1' got)
    # As right as evalacc says.
    right=$(awk -F '\t' '$3 == $4 { n++ } END { print n + 0 }' got)
    [[ $(evalacc -m m data.rts | grep correct | cut -f 2) == "$right" ]]
    idx_images 0 8 8 | idx2rts >none
    quiet_success classdump -m m none
    [[ -z $output ]]
}

@test "classdump: -k, more classes, the most probable first" {
    teach m -e 5
    stream 30 8 7 >seven.rts
    rottrain -q -e 3 --net 'c4 r p' seven.rts >m7
    probabilities m7 seven.rts | LC_ALL=C awk -F '\t' '
        { for (k = 1; k <= NF; k++) print NR - 1, k - 1, $k }' |
        LC_ALL=C sort -k 1,1n -k 3,3gr -k 2,2n | awk '
        $1 != last { if (NR > 1) print ""; last = $1 }
        { printf "%s ", $2 } END { print "" }' >order
    for k in 1 2 3 4 5 6 7 all 1000; do
        classdump -m m7 -k $k seven.rts >got
        awk -F '\t' '{ for (i = 4; i < NF; i += 2) printf "%s ", $i; print "" }' got >classes
        awk -v k=$k '{ for (i = 1; i <= (k > 7 || k == "all" ? 7 : k); i++) printf "%s ", $i; print "" }' order |
            diff - classes
    done
    awk -F '\t' 'NF != 17 { exit 1 } { sum = 0; for (i = 5; i <= NF; i += 2) sum += $i }
        sum < 0.99999 || sum > 1.00001 { exit 1 }' got
    # Classes that are equally probable are in their order.
    rottrain -q -e 0 --net d1 --lr 0 data.rts | headswap -c 9 >m9
    at=$(records m9 | awk '$5 == "head.weight" { print $1 }')
    { head -c "$at" m9 && record head.weight f4 $(($(records m9 | grep -n head.weight | cut -d : -f 1) - 1)) 36 9 1 &&
        tail -c +$((at + 128 + 64 + 1)) m9; } >zero
    for k in 1 2 5 8 9; do
        classdump -m zero -k $k data.rts | head -n 1 |
            awk -F '\t' '{ for (i = 4; i < NF; i += 2) print $i }' | cmp - <(seq 0 $((k - 1)))
    done
    [[ $(classdump -m zero data.rts | head -n 1 | cut -f 5) == 0.111111 ]]
}

@test "classdump: names of classes and files" {
    teach m
    printf 'T-shirt/top\nankle boot\n"\\\n' >names
    headswap --names names m >named
    classdump -m named data.rts >got
    cut -f 3 got | sort -u | cmp - <(sort -u names)
    paste <(cut -f 4 got) <(classdump -m m data.rts | cut -f 4) | sort -u | while IFS=$'\t' read -r name number; do
        [[ $name == "$(sed -n "$((number + 1))p" names)" ]]
    done
    # Of several models the first that has names.
    classdump -m m -m named data.rts | cut -f 3 | cmp - <(cut -f 3 got)
    name_files data.rts >filed.rts
    rtsinfo filed.rts | grep -q '^files  *24 named'
    classdump -m named filed.rts | cut -f 2 | cmp - <(seq -f 'a/%g.png' 0 23)
    # What would break a line, or a terminal, does not; no name is -.
    { printf 'tab\\there\n\n\033[31mred\n\377\n"\303\244"\n' && seq 19; } >lines
    name_files data.rts lines >odd.rts
    classdump -m named odd.rts | cut -f 2 | head -n 5 >got
    printf 'tab\\there\n-\n?[31mred\n?\n"\303\244"\n' | cmp - got
}

@test "classdump: --json" {
    teach m -e 3
    printf 'T-shirt/top\n"\\\n\303\244\n' >names
    headswap --names names m >named
    { printf 'tab\\there\n\n\033[31mred\n\377\n"\303\244"\n' && seq 19; } >lines
    name_files data.rts lines >filed.rts
    { cat filed.rts && rtsmap --unlabel data.rts; } >all.rts
    for k in 1 2 all; do
        classdump -m named -k $k all.rts >text
        classdump -m named -k $k --json all.rts >json
        python3 - json text <<'END_OF_PYTHON'
import json, sys
objects = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
lines = [line.rstrip("\n").split("\t") for line in open(sys.argv[2], encoding="utf-8")]
assert len(objects) == len(lines) == 48
for o, line in zip(objects, lines):
    assert list(o) == ["index", "file", "class", "top"]
    assert str(o["index"]) == line[0] and (o["class"] or "-") == line[2]
    assert [t["class"] for t in o["top"]] == line[3::2]
    assert all(abs(t["probability"] - float(p)) < 1e-6 for t, p in zip(o["top"], line[4::2]))
assert [o["file"] for o in objects[:6]] == ["tab\\there", None, "\x1b[31mred", "\ufffd", '"\u00e4"', "1"]
assert objects[24]["file"] is None and objects[24]["class"] is None
END_OF_PYTHON
    done
}

@test "classdump: several models vote by the mean of their probabilities" {
    teach a -e 5
    teach b -e 3 -s 3 --net 'c3 r d4 r'
    teach c -e 4 -s 5 --net 'd6 r'
    for m in a b c; do
        probabilities $m data.rts >$m.p
        beliefs classdump -m $m data.rts >got
        near_tables got $m.p 2e-7
    done
    mean a.p b.p c.p >want
    beliefs classdump -m a -m b -m c data.rts >got
    near_tables got want 2e-7
    run -1 near_tables got a.p 1e-3
    # The same model twice is that model.
    beliefs classdump -m b -m b data.rts >got
    beliefs classdump -m b data.rts >want
    near_tables got want 1e-8
    classdump -m a -m b -m c -k all -j 1 data.rts data.rts data.rts >want
    classdump -m a -m b -m c -k all -j 4 data.rts data.rts data.rts | cmp - want
}

@test "classdump: --flip and --shift are the mean over streams that are flipped and shifted" {
    teach m -e 5
    teach b -e 3 -s 3 --net 'c3 r d4 r'
    local f=0
    view 1 0 0 data.rts 8 >mirrored.rts
    probabilities m data.rts >p0
    probabilities m mirrored.rts >p1
    run -1 cmp -s p0 p1
    mean p0 p1 >want
    beliefs classdump -m m --flip data.rts >got
    near_tables got want 2e-7
    # On a stream that is flipped already it is the same.
    beliefs classdump -m m --flip mirrored.rts >again
    near_tables again want 2e-7
    for shift in '0 0' '-3 0' '3 0' '0 -3' '0 3'; do
        for flip in 0 1; do
            # shellcheck disable=SC2086 # two numbers
            view $flip $shift data.rts 8 >viewed.rts
            f=$((f + 1))
            probabilities m viewed.rts >v$flip.$f
        done
    done
    mean v0.* >want
    beliefs classdump -m m --shift 3 data.rts >got
    near_tables got want 2e-7
    mean v0.* v1.* >want
    beliefs classdump -m m --shift 3 --flip data.rts >got
    near_tables got want 2e-7
    # Of each model.
    beliefs classdump -m b --shift 3 --flip data.rts >b.p
    mean got b.p >want
    beliefs classdump -m m -m b --shift 3 --flip data.rts >got
    near_tables got want 1e-8
    # As far as it goes, and with three channels, of which none becomes another.
    quiet_success classdump -m m --shift 7 data.rts
    stream 12 6 3 3 >colour.rts
    rottrain -q -e 3 --net 'c4 r p' colour.rts >rgb
    rts2tsv colour.rts | cut -f 2- | awk '{ for (i = 1; i <= NF; i += 18)
        for (x = 15; x >= 0; x -= 3) for (k = 0; k < 3; k++) printf "\\%03o", $(i + x + k) }' >bytes
    # shellcheck disable=SC2059
    { octal 0 0 8 4 && be32 12 6 6 3 && printf "$(<bytes)"; } >images
    idx2rts images >turned.rts
    probabilities rgb colour.rts >p0
    probabilities rgb turned.rts >p1
    mean p0 p1 >want
    beliefs classdump -m rgb --flip colour.rts >got
    near_tables got want 2e-7
    # Images that are not square.
    idx_images 6 5 9 >images
    # shellcheck disable=SC2046
    idx_labels $(cycle 6 2) >labels
    idx2rts images labels | rottrain -q -e 1 --net 'c2 r p' >wide
    idx2rts images labels >wide.rts
    expect_error 1 '--shift 5: images of 5 x 9 pixels' classdump -m wide --shift 5 wide.rts
    quiet_success classdump -m wide --shift 4 --flip wide.rts
}

@test "classdump: an output that is not finite names the image, and the model of several" {
    teach m
    teach b -s 4
    # A bias of the head that is as large as can be, twice as large behind a weight.
    python3 - m >bad <<'END_OF_PYTHON'
import struct, sys, zlib
data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    name = data[at + 80:at + 120].rstrip(b"\0")
    if name.endswith(b".weight") and size:
        for i in range(0, size, 4):
            struct.pack_into("<f", data, at + 128 + i, 3e38)
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
END_OF_PYTHON
    for command in classdump evalacc evalpng rtslabel; do
        expect_error 1 "data.rts: record 1 'image' .*: image 0: an output of layer 'head' is not finite$" \
            $command -m bad data.rts
        expect_error 1 "image 0: an output of layer 'head' is not finite .model bad.$" \
            $command -m b -m bad data.rts
        expect_error 1 "image 0: an output of layer 'head' is not finite .model standard input.$" \
            $command -m b -m - --flip data.rts <bad
    done
}

@test "classdump: a training that was stopped is told of, of each model" {
    teach m
    teach b -s 4
    quiet_success classdump -m m -m b data.rts
    local how='rottrain 0.1.0 stopped=SIGTERM at step 7 of 90'
    for m in m b; do
        python3 - $m "$how" >stopped-$m <<'END_OF_PYTHON'
import struct, sys, zlib
data, at, index = open(sys.argv[1], "rb").read(), 0, 0
while at < len(data):
    head = bytearray(data[at:at + 128])
    size = struct.unpack_from("<Q", head, 16)[0]
    padded = (size + 63) // 64 * 64
    payload = data[at + 128:at + 128 + padded]
    if head[80:120].rstrip(b"\0") == b"history":
        text = sys.argv[2].encode() + b"\n"
        payload = text + b"\0" * (-len(text) % 64)
        struct.pack_into("<Q", head, 16, len(text))
        struct.pack_into("<Q", head, 32, len(text))
        struct.pack_into("<I", head, 120, zlib.crc32(payload))
        struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:124])))
    sys.stdout.buffer.write(bytes(head) + payload)
    at += 128 + padded
END_OF_PYTHON
    done
    for command in classdump evalacc evalpng rtslabel; do
        $command -m stopped-m -m m -m stopped-b data.rts 2>said >/dev/null
        printf "$command: stopped-%s: training of this model was stopped by SIGTERM at step 7 of 90\n" m b |
            cmp - said
        quiet_success $command -q -m stopped-m data.rts
    done
}

@test "classdump: memory does not grow with the stream" {
    teach m
    for _ in $(seq 400); do cat data.rts; done >long
    [[ $(within 400000 classdump -m m -j 1 --flip --shift 1 long | wc -l) == 9600 ]]
}

@test "classdump: every set of kernels says the same" {
    local set
    teach m -e 3
    classdump -m m -k all data.rts | cut -f 5,7,9 >want
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set classdump -m m -k all data.rts | cut -f 5,7,9 >got
        near_tables got want 1e-5
    done
}
