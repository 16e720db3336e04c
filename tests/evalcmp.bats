#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets

# says CLASS FILE: a model for the images of teach that says this class, 0 to 2, of every image: the
# weights of its head are zero, and so are the biases but for one.
says() {
    [[ -e data.rts ]] || stream 24 8 3 >data.rts
    [[ -e plain ]] || rottrain -q -e 0 --net d1 data.rts >plain
    python3 - "$1" >"$2" <<'PYTHON'
import struct, sys, zlib
data, at = bytearray(open("plain", "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    name = data[at + 80:at + 120].rstrip(b"\0")
    if name in (b"head.weight", b"head.bias"):
        on = [float(name == b"head.bias" and i == int(sys.argv[1])) for i in range(3)]
        struct.pack_into("<3f", data, at + 128, *on)
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
PYTHON
}

# labelled N0 N1 N2: so many images of each of three classes, to standard output.
# shellcheck disable=SC2046 # a list of numbers
labelled() {
    idx_images $(($1 + $2 + $3)) 8 8 >images.idx
    idx_labels $(awk -v a="$1" -v b="$2" -v c="$3" 'BEGIN { for (i = 0; i < a + b + c; i++) print (i >= a) + (i >= a + b) }') >labels.idx
    idx2rts images.idx labels.idx
}

# right MODEL STREAM [OPTION...]: 1 or 0 for each image, by the labels that rtslabel writes.
right() {
    local model=$1 data=$2
    shift 2
    paste <(labels "$data") <(rtslabel -q -m "$model" "$@" "$data" | { cat >"said.$model" && labels "said.$model"; }) |
        awk '{ print $1 == $2 ? 1 : 0 }'
}

# counted MODEL MODEL STREAM [OPTION...]: only_a, only_b, both, neither, examples as evalcmp prints them.
counted() {
    paste <(right "$1" "${@:3}") <(right "$2" "${@:3}") | awk '
        { n[$1 $2]++ }
        END { printf "only_a\t%d\nonly_b\t%d\nboth\t%d\nneither\t%d\nexamples\t%d\n",
            n["10"], n["01"], n["11"], n["00"], NR }'
}

@test "evalcmp: manners" {
    check_common evalcmp
    teach m
    cp m other
    check_model_refusals m evalcmp -q -A % -B other data.rts
    check_model_refusals m evalcmp -q -A other -B % data.rts
    expect_error 2 '-A: a model is needed' evalcmp data.rts
    expect_error 2 '-A: a model is needed' evalcmp -B m data.rts
    expect_error 2 '-B: a model is needed' evalcmp -A m data.rts
    expect_error 2 '-B: 2 models, but -A has 1: they are compared in pairs' evalcmp -A m -B m -B m data.rts
    expect_error 2 '-B: 1 models, but -A has 3' evalcmp -A m -A m -B m -A m data.rts
    # shellcheck disable=SC2046 # words
    expect_error 2 '-B: more than 64 models' evalcmp -A m $(printf ' -B m%.0s' {1..65}) data.rts
    # shellcheck disable=SC2046
    quiet_success evalcmp -q $(printf ' -A m -B m%.0s' {1..64}) data.rts
    local two='standard input can be only one of data, -A and -B'
    expect_error 2 "$two" evalcmp -A - -B other <m
    expect_error 2 "$two" evalcmp -A - -B - data.rts <m
    expect_error 2 "$two" evalcmp -A other -B - - <m
    expect_error 2 "$two" evalcmp -A m -B m - - <data.rts
    expect_error 2 "unrecognized option '--model'|option '--model' is ambiguous" evalcmp --model m data.rts
    expect_error 2 "-j: '0' is not an integer" evalcmp -A m -B m -j 0 data.rts
    expect_error 1 '--shift 8: images of 8 x 8 pixels cannot be shifted so far' \
        evalcmp -A m -B m --shift 8 data.rts
    expect_error 1 'standard output: cannot write' sh -c 'evalcmp -q -A m -B m data.rts > /dev/full'
    expect_error 1 'standard output: cannot write' refuse_sigpipe evalcmp -q -A m -B m data.rts
    silent_sigpipe evalcmp -q -A m -B m data.rts
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" \
        env ROTPIPE_KERNELS=mmx evalcmp -A m -B m data.rts
}

# Says nothing of data that it has not read to a good end.
@test "evalcmp: data that is none" {
    local at
    teach m
    bad() {
        expect_error 1 "$1" evalcmp -q -A m -B m "$2"
        [[ -z $output ]] || fail "printed: $output"
    }
    : >empty
    bad 'empty: empty' empty
    bad 'missing: No such file' missing
    bad "m: record .*the file is a model, but a data set is needed" m
    head -c $(($(size_of data.rts) / 2)) data.rts >half
    bad 'half: .*cut short' half
    at=$(records data.rts | awk '$5 == "image" { print $1 + 130; exit }')
    flip data.rts "$at" >flipped
    bad 'flipped: record .*damaged' flipped
    cat data.rts half >second
    bad 'second: .*cut short' second
    featdump -m m data.rts >features
    bad 'features: record .*features, but images are needed' features
    idx_images 5 8 8 >images
    idx2rts images >unlabelled
    bad 'unlabelled: record .*images without labels' unlabelled
    idx_images 0 8 8 >images
    idx2rts images >none
    bad 'none: contains no images' none
    stream 6 8 5 >five
    bad "five: record .*label 3, but the model's head has 3 classes" five
    stream 6 9 3 >nine
    bad 'nine: record .*images of 9 x 9 x 1, but the model is for 8 x 8 x 1' nine
}

@test "evalcmp: models that do not fit each other or the data" {
    teach m
    stream 24 8 4 >four.rts
    rottrain -q -e 0 --net c2 four.rts >four
    stream 24 9 3 >nine.rts
    rottrain -q -e 0 --net c2 nine.rts >nine
    expect_error 1 'nine: is for images of 9 x 9 x 1, but m is for 8 x 8 x 1' evalcmp -A m -B nine data.rts
    expect_error 1 'm: is for images of 8 x 8 x 1, but nine is for 9 x 9 x 1' evalcmp -A nine -B m data.rts
    expect_error 1 'four: has 4 classes, but m has 3' evalcmp -A m -B four data.rts
    printf 'a\nb\nc\n' >abc
    printf 'a\nc\nb\n' >acb
    headswap --names abc m >named
    headswap --names acb m >other
    expect_error 1 'other: class names differ from those of named' evalcmp -A named -B other data.rts
    idx_images 3 8 8 >images
    idx_labels 0 1 2 >labels
    idx2rts --names abc images labels >abc.rts
    expect_error 1 "abc.rts: .*class names differ from the model's" evalcmp -A m -B other abc.rts
    expect_error 1 "abc.rts: .*class names differ from the model's" evalcmp -A other -B m abc.rts
    run -0 --separate-stderr evalcmp -A named -B m abc.rts
    run -0 --separate-stderr evalcmp -A named -B named data.rts
}

# Of 50 images A gets the 40 of class 0 right and B the 10 of class 1; with 6 of class 2 nobody does.
@test "evalcmp: two models whose answers are known" {
    says 0 zero
    says 1 one
    labelled 40 10 6 >known.rts
    evalcmp -A zero -B one known.rts >got
    # 2 (C(50,0) + .. + C(50,10)) / 2^50 = 2 * 13432735556 / 2^50, and half of the outcomes as uneven less.
    printf '%s\n' 'accuracy_a 0.7143' 'accuracy_b 0.1786' 'difference -0.5357' 'p 2.386e-05' 'p_mid 1.474e-05' \
        'only_a 40' 'only_b 10' 'both 0' 'neither 6' 'examples 56' 'better A' |
        tr ' ' '\t' | diff - <(grep -v ^interval got)
    # The other way round everything is mirrored.
    evalcmp -A one -B zero known.rts >mirrored
    grep -qx $'better\tB' mirrored
    grep -qx $'difference\t0.5357' mirrored
    [[ $(awk '$1 == "interval" { print -$3, -$2 }' mirrored) == "$(awk '$1 == "interval" { print $2 + 0, $3 + 0 }' got)" ]]
    # Six images that only one gets right are the fewest that decide.
    labelled 6 0 94 >six.rts
    evalcmp -A one -B zero six.rts 2>said >got
    [[ ! -s said && $(tail -n 1 got) == $'better\tB' ]]
    grep -qx $'p\t0.03125' got
    labelled 5 0 95 >five.rts
    evalcmp -A one -B zero five.rts 2>said >got
    [[ $(<said) == 'evalcmp: only 5 of the images tell A from B: fewer than 6 decide nothing' ]]
    [[ $(tail -n 1 got) == $'better\tundecided' ]]
    grep -qx $'p\t0.0625' got
    quiet_success evalcmp -q -A one -B zero five.rts
    # And with themselves they are at one.
    evalcmp -q -A zero -B zero known.rts >got
    printf '%s\n' 'accuracy_a 0.7143' 'accuracy_b 0.7143' 'difference 0.0000' 'interval -0.0642 0.0642' 'p 1' 'p_mid 1' \
        'only_a 0' 'only_b 0' 'both 40' 'neither 16' 'examples 56' 'better undecided' | tr ' ' '\t' | diff - got
}

@test "evalcmp: pairs whose answers are known" {
    local say
    for say in 0 1 2; do
        says $say $say
    done
    labelled 50 30 20 >known.rts
    # Accuracies of 0.5, 0.3 and 0.2. Differences 0.2, 0.3 and 0.1: mean 0.2, deviation 0.1, and
    # t of two degrees of freedom is 4.302653: 0.2 +- 4.302653 * 0.1 / sqrt(3).
    evalcmp -A 1 -A 2 -A 2 -B 0 -B 0 -B 1 known.rts >got
    printf '%s\n' 'accuracy_a 0.2333 0.0577' 'accuracy_b 0.4333 0.1155' 'difference 0.2000 0.1000' \
        'interval -0.0484 0.4484' 'pairs 3' 'examples 100' 'better undecided' | tr ' ' '\t' | diff - <(tail -n 7 got)
    [[ $(head -n 1 got | wc -w) == 12 && $(wc -l <got) == 11 ]]
    [[ $(sed -n '2,4p' got | cut -f 1-4) == $'1\t0.3000\t0.5000\t0.2000\n2\t0.2000\t0.5000\t0.3000\n3\t0.2000\t0.3000\t0.1000' ]]
    # Each line is that of the pair alone.
    evalcmp -q -A 2 -B 1 known.rts >alone
    [[ $(sed -n 4p got | cut -f 2-12) == "$(awk '$1 == "interval" { print $2; print $3 } $1 != "interval" { print $2 }' alone |
        head -n 11 | paste -s)" ]]
    # Differences 0.2, 0.3, 0.2, 0.3: mean 0.25, deviation sqrt(0.01/3), t = 3.182446.
    evalcmp -A 1 -A 2 -A 1 -A 2 -B 0 -B 0 -B 0 -B 0 known.rts | tail -n 5 |
        diff - <(printf 'difference\t0.2500\t0.0577\ninterval\t0.1581\t0.3419\npairs\t4\nexamples\t100\nbetter\tB\n')
    evalcmp -A 0 -A 0 -A 0 -A 0 -B 1 -B 2 -B 1 -B 2 known.rts | tail -n 1 | grep -qx $'better\tA'
    # Equal differences have an interval of no width, which says nothing.
    evalcmp -A 1 -A 1 -A 1 -B 0 -B 0 -B 0 known.rts 2>said >got
    [[ $(<said) == 'evalcmp: the difference is the same in all pairs: its interval says nothing' ]]
    [[ $(tail -n 1 got) == $'better\tundecided' ]]
    grep -qx $'interval\t0.2000\t0.2000' got
}

@test "evalcmp: counts are those of rtslabel, accuracies those of evalacc" {
    local data views a b
    teach a -e 5
    rottrain -q -e 3 -s 3 --net 'c3 r d4 r' data.rts >b
    # More images than are judged at a time.
    stream 1500 8 3 >long.rts
    for data in data.rts long.rts; do
        for views in '' '--flip' '--shift 2' '--flip --shift 2'; do
            # shellcheck disable=SC2086 # options
            evalcmp -q -A a -B b $views $data >got
            # shellcheck disable=SC2086
            counted a b $data $views | diff - <(grep -E '^(only|both|neither|examples)' got)
            # shellcheck disable=SC2086
            a=$(evalacc -q -m a $views $data | sed -n 's/^accuracy/accuracy_a/p')
            # shellcheck disable=SC2086
            b=$(evalacc -q -m b $views $data | sed -n 's/^accuracy/accuracy_b/p')
            [[ $(head -n 2 got) == "$a"$'\n'"$b" ]] || fail "$(<got)"
        done
    done
    # Something was compared.
    awk '$1 ~ /^only/ && $2 == 0 { exit 1 }' got
    cat data.rts long.rts | evalcmp -q -A a -B b >want
    evalcmp -q -A a -B b data.rts long.rts | cmp - want
    evalcmp -q -A a -B b - long.rts <data.rts | cmp - want
    gzip -c b | evalcmp -q -A a -B - data.rts long.rts | cmp - want
    evalcmp -q -A - -B b data.rts long.rts <a | cmp - want
}

@test "evalcmp: probabilities are those of counting in whole numbers" {
    command -v python3 >/dev/null || skip 'python3 is missing'
    teach a -e 5
    rottrain -q -e 3 -s 3 --net 'c3 r d4 r' data.rts >b
    rottrain -q -e 9 -s 4 --net 'd6 r' data.rts >c
    stream 400 8 3 >more.rts
    evalcmp -q -A a -A b -A c -B b -B c -B a data.rts more.rts >got
    evalcmp -q -A a -A b -A c -B b -B c -B a --json data.rts more.rts >json
    [[ $(wc -l <json) == 1 ]]
    python3 - got json <<'PYTHON'
import json, math, sys
from fractions import Fraction
text = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
got = json.load(open(sys.argv[2]))
assert list(got) == ["accuracy_a", "accuracy_b", "difference", "interval", "deviation_a", "deviation_b", "deviation",
                     "examples", "better", "pairs"], list(got)
assert [(p["model_a"], p["model_b"]) for p in got["pairs"]] == [("a", "b"), ("b", "c"), ("c", "a")]
columns = text[0][1:]
for row, pair in zip(text[1:4], got["pairs"]):
    row = dict(zip(columns, row[1:]))
    a, b = pair["only_a"], pair["only_b"]
    n, k = a + b, min(a, b)
    of = [Fraction(math.comb(n, i), 2 ** n) for i in range(n + 1)]
    as_uneven = sum(of[i] for i in range(n + 1) if abs(2 * i - n) == abs(a - b))
    more = sum(of[i] for i in range(n + 1) if abs(2 * i - n) > abs(a - b))
    assert abs(pair["p"] - float(more + as_uneven)) < 1e-8 * pair["p"]
    assert abs(pair["p_mid"] - float(more + as_uneven / 2)) < 1e-8
    assert row["p"] == "%.4g" % pair["p"] and row["p_mid"] == "%.4g" % pair["p_mid"]
    assert [row["low"], row["high"]] == ["%.4f" % x for x in pair["interval"]]
    assert row["difference"] == "%.4f" % pair["difference"]
    assert abs(pair["difference"] - (b - a) / got["examples"]) < 1e-8
    assert a + b + pair["both"] + pair["neither"] == got["examples"] == 424
    for name in ("only_a", "only_b", "both", "neither"):
        assert row[name] == str(pair[name])
d = [p["difference"] for p in got["pairs"]]
mean = sum(d) / 3
deviation = math.sqrt(sum((x - mean) ** 2 for x in d) / 2)
half = 4.302652729911275 * deviation / math.sqrt(3)
for x, y in ((got["difference"], mean), (got["deviation"], deviation), (got["interval"][0], mean - half),
             (got["interval"][1], mean + half)):
    assert abs(x - y) < 1e-7, (x, y)
# What is a name for a file may be anything, and of one pair there is no deviation.
PYTHON
    cp a $'a"\\\nb'
    evalcmp -q -A $'a"\\\nb' -B b --json data.rts >json
    python3 - json <<'PYTHON'
import json, sys
got = json.load(open(sys.argv[1]))
assert got["pairs"][0]["model_a"] == 'a"\\\nb' and "deviation" not in got
assert got["pairs"][0]["difference"] == got["difference"] and got["pairs"][0]["interval"] == got["interval"]
PYTHON
}

@test "evalcmp: the threads change nothing, nor does the company of other pairs" {
    local threads
    teach a -e 5
    rottrain -q -e 3 -s 3 --net 'c3 r d4 r' data.rts >b
    stream 1100 8 3 >more.rts
    evalcmp -q -A a -A b -B b -B a -j 1 --flip --json more.rts >want
    for threads in 2 3 7; do
        evalcmp -q -A a -A b -B b -B a -j $threads --flip --json more.rts | cmp - want
    done
    evalcmp -q -A a -A b -B b -B a -o file --flip --json more.rts
    same file want
}

@test "evalcmp: an output that is not finite is told of with its model" {
    teach m
    rottrain -q -e 0 --net d1 data.rts >plain
    # Weights that are too large for any image, behind right checksums.
    python3 - plain >sick <<'PYTHON'
import struct, sys, zlib
data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    if data[at + 80:at + 120].rstrip(b"\0") == b"dense1.weight":
        struct.pack_into("<64f", data, at + 128, *[3e38] * 64)
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
PYTHON
    expect_error 1 "data.rts: record .* image [0-9]+: .*'head' is not finite.*\(model sick\)" evalcmp -A m -B sick data.rts
    [[ -z $output ]]
}

@test "evalcmp: memory does not grow with the stream" {
    teach m
    for _ in $(seq 400); do cat data.rts; done >long
    within 400000 evalcmp -q -A m -B m -j 1 long | grep -qx $'examples\t9600'
}
