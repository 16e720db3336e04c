#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets
load ensembles

@test "evalacc: manners" {
    check_common evalacc
    teach m
    check_model_refusals m evalacc -m % data.rts
    expect_error 2 '-m: a model is needed' evalacc data.rts
    local two='standard input can be only one of data and -m'
    expect_error 2 "$two" evalacc -m - </dev/null
    expect_error 2 "$two" evalacc -m - - </dev/null
    expect_error 2 "$two" evalacc -m m - - </dev/null
    expect_error 2 'option' evalacc -m m --no-such-option data.rts
    expect_error 2 "-j: '0' is not an integer" evalacc -m m -j 0 data.rts
    expect_error 1 'standard output: cannot write' sh -c 'evalacc -m m data.rts > /dev/full'
    expect_error 1 'standard output: cannot write' refuse_sigpipe evalacc -m m data.rts
    silent_sigpipe evalacc -m m data.rts
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" \
        env ROTPIPE_KERNELS=mmx evalacc -m m data.rts
}

# Says nothing of data that it has not read to a good end.
@test "evalacc: data that is none" {
    local at last
    teach m
    bad() {
        expect_error 1 "$1" evalacc -m m "$2"
        [[ -z $output ]] || fail "printed: $output"
    }
    : >empty
    bad 'empty: empty' empty
    echo 'hello, world: this is no stream' >text
    bad 'text: .*not an rts stream' text
    bad 'missing: No such file' missing
    bad "m: record .*the file is a model, but a data set is needed" m
    head -c $(($(size_of data.rts) / 2)) data.rts >half
    bad 'half: .*cut short' half
    last=$(records data.rts | tail -n 1 | cut -d ' ' -f 1)
    head -c "$last" data.rts >unended
    bad 'unended: cut short .* no end record' unended
    for at in $(records data.rts | awk '$5 == "image" { print $1 + 20, $1 + 130 }'); do
        flip data.rts "$at" >flipped
        bad 'flipped: record .*damaged' flipped
    done
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

@test "evalacc: what it prints" {
    teach m -e 5
    evalacc -m m data.rts >got
    [[ $(cut -f 1 got | xargs) == 'accuracy interval loss correct examples' ]]
    awk -F '\t' '
        $1 == "accuracy" && $2 !~ /^[01]\.[0-9][0-9][0-9][0-9]$/ { exit 1 }
        { value[$1] = $2; last = $3; fields += NF }
        $1 == "interval" { low = $2; high = $3 }
        END { exit fields != 11 || value["examples"] != 24 || low > value["accuracy"] ||
              high < value["accuracy"] || sprintf("%.4f", value["correct"] / 24) != value["accuracy"] }' got
    evalacc -m m <data.rts | cmp - got
    evalacc -m - data.rts <m | cmp - got
    gzip -c data.rts | evalacc -m m -j 3 - | cmp - got
    cat data.rts data.rts >twice
    evalacc -m m twice >want
    evalacc -m m data.rts data.rts | cmp - want
    [[ $(grep ^examples want) == $'examples\t48' ]]
}

# A net whose logits are known: a dense layer of weights 0, biases 0, which says class 0 always.
@test "evalacc: a model that always says 0" {
    teach m --net 'd1' --lr 0 -e 0
    headswap -c 4 m >four
    # Weights that are all zero: the loss is that of even chances.
    at=$(records four | awk '$5 == "head.weight" { print $1 }')
    { head -c "$at" four && record head.weight f4 $(($(records four | grep -n head.weight | cut -d : -f 1) - 1)) 16 4 1 &&
        tail -c +$((at + 128 + 64 + 1)) four; } >zero
    evalacc -m zero --report --confusion data.rts >got
    printf '%s\n' 'accuracy 0.3333' 'interval 0.1797 0.5329' 'loss 1.3863' 'correct 8' \
        'examples 24' 'balanced_accuracy 0.3333' 'class precision recall f1 examples' '0 0.3333 1.0000 0.5000 8' \
        '1 0.0000 0.0000 0.0000 8' '2 0.0000 0.0000 0.0000 8' '3 0.0000 0.0000 0.0000 0' \
        'true\predicted 0 1 2 3' '0 8 0 0 0' '1 8 0 0 0' '2 8 0 0 0' '3 0 0 0 0' |
        tr ' ' '\t' | diff - got
    evalacc -m zero --confusion data.rts | diff - <(head -n 5 got && tail -n 5 got)
    evalacc -m zero --report data.rts | diff - <(head -n 11 got)
}

@test "evalacc: balanced accuracy is the mean recall of the classes that occur" {
    teach m -e 5
    # Of classes 0, 1 and 2 only 0 and 2, of 8 images and of 3.
    printf '0\t0\n*\t-\n' >zeros
    printf '2\t2\n*\t-\n' >twos
    { rtsmap --table zeros data.rts && rtsmap --table twos data.rts | rtsample -n 3; } >uneven
    evalacc -m m --report uneven >got
    awk -F '\t' '$1 == "balanced_accuracy" { got = $2 } NF == 5 && $5 > 0 && $1 != "class" { n++; s += $3 }
        END { d = got - s / n; exit n != 2 || d > 1e-4 || d < -1e-4 }' got || fail "$(<got)"
    # Where all classes have as many examples it is the accuracy.
    evalacc -m m --report data.rts >got
    [[ $(grep ^balanced got | cut -f 2) == "$(grep ^accuracy got | cut -f 2)" ]]
}

@test "evalacc: several models and views are one classifier, of their mean probabilities" {
    stream 24 8 3 >data.rts
    check_ensemble_refusals data.rts evalacc
    teach a -e 5
    teach b -e 3 -s 3 --net 'c3 r d4 r'
    local views
    labels data.rts >truth
    for views in '' '--flip' '--shift 2' '--flip --shift 2'; do
        # shellcheck disable=SC2086 # options
        beliefs classdump -m a -m b $views data.rts | paste truth - | LC_ALL=C awk -F '\t' '
            { most = 2; for (k = 3; k <= NF; k++) if ($k > $most) most = k
              right += most - 2 == $1; loss -= log($($1 + 2)) }
            END { printf "loss\t%.4f\ncorrect\t%d\nexamples\t%d\n", loss / NR, right, NR }' >want
        # shellcheck disable=SC2086
        evalacc -m a -m b $views data.rts | tail -n 3 | diff - want
        # shellcheck disable=SC2086
        evalacc -m a -m b $views -j 1 --json data.rts data.rts >one
        # shellcheck disable=SC2086
        evalacc -m a -m b $views -j 5 --json data.rts data.rts | cmp - one
    done
    # The same model twice is that model.
    evalacc -m b -m b --report --confusion data.rts | diff - <(evalacc -m b --report --confusion data.rts)
}

@test "evalacc: the loss of several is finite where no probability is left" {
    # Outputs that are a thousand apart, which is more than exp can tell.
    stream 6 2 2 >data.rts
    rottrain -q -e 0 --net d1 data.rts >m
    python3 - m >sure <<'END'
import struct, sys, zlib
data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    name = data[at + 80:at + 120].rstrip(b"\0")
    if name in (b"head.weight", b"head.bias"):
        struct.pack_into("<2f", data, at + 128, *((0, 0) if name == b"head.weight" else (1000, 0)))
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
END
    for models in '-m sure' '-m sure -m sure' '-m sure --flip'; do
        # shellcheck disable=SC2086 # options
        evalacc $models data.rts | grep -qx $'loss\t500.0000'
    done
}

@test "evalacc: class names stand for numbers" {
    teach m
    printf 'T-shirt/top\nankle boot\n"\\\n' >names
    headswap --names names m >named
    evalacc -m named --report data.rts >got
    [[ $(sed -n '8,10p' got | cut -f 1) == "$(cat names)" ]]
    evalacc -m named --confusion data.rts >got
    [[ $(sed -n 6p got) == $'true\\predicted\tT-shirt/top\tankle boot\t"\\' ]]
    [[ $(sed -n '7,9p' got | cut -f 1) == "$(cat names)" ]]
    idx_images 3 8 8 >images
    idx_labels 0 1 2 >labels
    printf 'a\nb\nc\n' >abc
    idx2rts --names abc images labels >abc.rts
    expect_error 1 "abc.rts: .*class names differ from the model's" evalacc -m named abc.rts
    evalacc -m m abc.rts >got
}

@test "evalacc: JSON" {
    command -v python3 >/dev/null || skip 'python3 is missing'
    teach m -e 3
    printf 'T-shirt/top\n"\\\n\303\244X\n' >names
    headswap --names names m >whole
    # A program from elsewhere may have written what is not UTF-8.
    python3 - whole >named <<'END'
import struct, sys, zlib
data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    if data[at + 80:at + 120].rstrip(b"\0") == b"names":
        data[at + 128:at + 128 + size] = data[at + 128:at + 128 + size].replace(b"X", b"\xff")
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
END
    evalacc -m named --json data.rts >got
    [[ $(wc -l <got) == 1 ]]
    evalacc -m named --report --confusion data.rts >text
    python3 - got text <<'END'
import json, sys
got = json.load(open(sys.argv[1], encoding="utf-8"))
text = [line.rstrip("\n").split("\t") for line in open(sys.argv[2], encoding="latin-1")]
assert list(got) == ["accuracy", "balanced_accuracy", "interval", "loss", "correct", "examples", "classes", "confusion"]
assert [c["name"] for c in got["classes"]] == ["T-shirt/top", '"\\', "\u00e4\ufffd"]
assert text[0][1] == "%.4f" % got["accuracy"] and text[2][1] == "%.4f" % got["loss"]
assert text[1][1:] == ["%.4f" % x for x in got["interval"]]
assert text[5] == ["balanced_accuracy", "%.4f" % got["balanced_accuracy"]]
recalls = [c["recall"] for c in got["classes"] if c["examples"]]
assert abs(got["balanced_accuracy"] - sum(recalls) / len(recalls)) < 1e-8
for row, c in zip(text[7:10], got["classes"]):
    assert row[1:] == ["%.4f" % c[k] for k in ("precision", "recall", "f1")] + [str(c["examples"])]
assert [[int(x) for x in row[1:]] for row in text[11:]] == got["confusion"]
END
}

@test "evalacc: every set of kernels says the same" {
    local set
    teach m -e 3
    evalacc -m m --json data.rts | tr ',:[]{}' '\n' | grep -E '^[0-9.]+$' >want
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set evalacc -m m --json data.rts | tr ',:[]{}' '\n' | grep -E '^[0-9.]+$' >got
        near got want 1e-5
    done
}

@test "evalacc: memory does not grow with the stream" {
    teach m
    for _ in $(seq 400); do cat data.rts; done >long
    within 400000 evalacc -m m -j 1 long | grep -qx $'examples\t9600'
}

# A net of which half of the features are dead, and 120 images.
kill_features() {
    stream 120 8 3 >many.rts
    rottrain -q -e 3 -b 8 --lr 0.3 --warmup 0 --net 'c4 r p d16 r' many.rts >dead
}

@test "evalacc: features that no image activates are told of, once" {
    local dead
    kill_features
    # By featdump: columns that are never anything but 0.
    dead=$(featdump -m dead many.rts | rts2tsv | awk -F '\t' '
        { for (i = 2; i <= NF; i++) if ($i != 0) alive[i] = 1 }
        END { n = NF - 1; for (i in alive) n--; print n }')
    [[ $dead -ge 2 ]]
    run --separate-stderr evalacc -m dead many.rts
    [[ $status == 0 ]]
    [[ $stderr == *"evalacc: $dead of 16 features that the head reads are dead: zero on all of 120 images"* ]] || fail "$stderr"
    [[ $(grep -c dead <<<"$stderr") == 1 ]]
    # The result does not change, nor does it depend on the threads; -q is silent.
    evalacc -m dead many.rts 2>/dev/null >want
    evalacc -q -j 3 -m dead many.rts 2>said | cmp - want
    [[ ! -s said ]]
    # Of several models the one is named; views change nothing of what is counted.
    rottrain -q -e 1 --net 'c4 r p' many.rts >alive
    evalacc -m alive -m dead --flip --shift 1 many.rts 2>said >/dev/null
    grep -qx "evalacc: dead: $dead of 16 features that the head reads are dead: zero on all of 120 images" said
    [[ $(grep -c 'are dead' said) == 1 ]]
    # Too few images to tell.
    rtsample -n 99 many.rts >few.rts
    quiet_success evalacc -m <(headswap -c 3 dead) few.rts
    # A head on a layer that lives has nothing to be warned of.
    quiet_success evalacc -m <(headswap --at conv1 dead | rottrain -q -e 9 -m - many.rts) many.rts
}

@test "evalacc: an accuracy that guessing would have is told of" {
    stream 200 8 4 >data.rts
    rottrain -q -e 0 --net 'c4 r p' data.rts >m
    run --separate-stderr evalacc -m m data.rts
    [[ $status == 0 && $stderr =~ ^'evalacc: accuracy 0.'[0-9]*' is within sampling error of always answering class 0 (0.2500)'$ ]] || fail "$stderr"
    # One class alone, where being right is no feat, or few images: nothing.
    stream 120 8 1 >one.rts
    rottrain -q -e 1 --net c2 one.rts >o
    quiet_success evalacc -m o one.rts
    rtsample -n 99 data.rts >few.rts
    quiet_success evalacc -m m few.rts
}

@test "rottrain, rtsinfo: dead features and a loss of guessing are told of and kept in the history" {
    local said
    kill_features
    run --separate-stderr rottrain -e 3 -b 8 --lr 0.3 --warmup 0 --net 'c4 r p d16 r' -o again many.rts
    [[ $status == 0 ]]
    cmp again dead
    said=$(sed -n 's/^rottrain: \([0-9]*\) of 16 features that the head reads are dead: zero on all of 120 images$/\1/p' <<<"$stderr")
    [[ $said -ge 2 ]] || fail "$stderr"
    [[ $(payloads dead history | head -n 1) == *" dead=$said/16"* ]]
    run --separate-stderr rtsinfo dead
    [[ $stderr == *"rtsinfo: dead: $said of 16 features that the head reads are dead"* ]] || fail "$stderr"
    run --separate-stderr rtsinfo -q dead
    [[ -z $stderr ]]
    # Another head reads other features, and further training has a line of its own.
    headswap -c 3 --at pool1 dead >other
    quiet_success rtsinfo other
    # Labels that have nothing to do with the images, and no step that is long enough to learn them.
    stream 200 8 4 >data.rts
    run --separate-stderr rottrain -e 1 --lr 1e-9 --net 'c4 r p' -o m data.rts
    [[ $stderr == *'rottrain: the loss on the training data is still at chance level'* ]] || fail "$stderr"
    [[ $(payloads m history | head -n 1) == *' loss=chance' ]]
    run --separate-stderr rtsinfo m
    [[ $stderr == 'rtsinfo: m: training did not reduce the loss below that of guessing' ]] || fail "$stderr"
    # What has learnt is not accused.
    fashion train | rtsample -n 300 >f.rts
    quiet_success rottrain -q -e 2 -b 16 --net 'c8 r p p' -o m f.rts
    run ! grep -qE ' (dead|loss)=' <(payloads m history)
    quiet_success rtsinfo m
}

@test "rottrain: what it finds at the end does not depend on threads or on being resumed" {
    kill_features
    rottrain -q -j 3 -e 3 -b 8 --lr 0.3 --warmup 0 --net 'c4 r p d16 r' many.rts | cmp - dead
    rottrain -q -e 3 -b 8 --lr 0.3 --warmup 0 --net 'c4 r p d16 r' --save s many.rts | cmp - dead
    rottrain -q -e 3 -b 8 --lr 0.3 --warmup 0 --net 'c4 r p d16 r' --resume s many.rts | cmp - dead
    # With a frozen base, whose outputs are computed once.
    headswap -c 3 --freeze dead >f
    rottrain -q -e 2 -m f many.rts >want
    [[ $(payloads want history) == *' dead='* ]]
    rottrain -q -j 4 -e 2 -m f many.rts | cmp - want
    evalacc -m want many.rts 2>said
    [[ $(<said) == *"$(payloads want history | grep -o 'dead=[0-9]*' | tail -n 1 | cut -c 6-) of 16"* ]]
}
