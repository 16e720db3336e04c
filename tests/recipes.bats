#!/usr/bin/env bats
# The recipes for one's own images and for CIFAR-10, on small made data and with little training.
# shellcheck disable=SC2030,SC2031,SC2154 # bats' own variables

load lib

# recipe NAME ARGUMENT...: the make that runs the tests hands its options down; this one is on its own.
recipe() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s \
        -C "$ROOT/examples/$1" BIN="$BUILD" OUT="$PWD/out" "${@:2}"
}

# own ARGUMENT...: the recipe on the pictures drawn, with next to no training.
own() {
    recipe own-images IMAGES="$PWD/pictures" SIZE=24 NET='c8 r p c8 r p' AT=pool2 \
        PRETRAIN='-q -e 1' FEW='-e 1' FINE='-e 1' "$@"
}

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    "$ROOT/examples/own-images/draw" pictures 12
}

setup() {
    start_in "$BATS_TEST_TMPDIR"
    cp -R "$BATS_FILE_TMPDIR/pictures" .
}

@test "recipes: a folder of pictures becomes a table and a report" {
    run --separate-stderr own
    [[ $status == 0 ]] || fail "$stderr"
    # The broken picture is named, and left out.
    [[ $stderr == *"pictures/tree/tree-000.png: "* ]] || fail "$stderr"
    [[ $output == *'classes, new head on the frozen net '*'%'* ]] || fail "$output"
    [[ $output == *'Learnt from 29 images without labels, then from 29 with labels; tested on 6 others.'* ]] ||
        fail "$output"
    quiet_success own
    [[ $output == *'from there '* ]]
    # All that was left to learn from is a picture that the test has not.
    rts2tsv out/test-1.rts >tested
    rts2tsv out/train-1.rts >learnt
    [[ $(cat tested learnt | sort -u | wc -l) == 35 ]]
    own report 2>log || fail "$(<log)"
    grep -q '<h2[^>]*>What came of it' out/report.html
    # As the Makefile says: new pictures, without classes, by the model.
    img2rts -q --rgb --size 24 --flat pictures/boat pictures/house | classdump -m out/tuned-1.rts >answers
    [[ $(wc -l <answers) == 24 ]]
    grep -q "pictures/house/house-002.png" answers
}

@test "recipes: pictures without classes help, those of the test do not" {
    mkdir more
    # One that is new, one that is in the test in any case, and turned.
    cp "pictures/boat/boat-002.png" more/new.png
    rm pictures/boat/boat-002.png
    cp -R pictures more/again
    own UNLABELLED="$PWD/more" LABELLED=2 2>log >table || fail "$(<log)"
    grep -q '^Learnt from 57 images without labels, then from 6 with labels; tested on 6 others' table ||
        fail "$(<table)"
    rtscomm --rotated --disjoint out/unlabelled-1.rts out/test-1.rts
}

@test "recipes: a folder must be named, and one with a blank is refused" {
    run --separate-stderr recipe own-images
    [[ $status == 2 && $stderr == *'make IMAGES=FOLDER'* ]] || fail "$stderr"
    run --separate-stderr recipe own-images IMAGES='my pictures'
    [[ $status == 2 && $stderr == *"'my pictures' has a blank in it"* ]] || fail "$stderr"
}

# ---- what each ingredient is worth ----

# best ARGUMENT...: on the small sample, with a small net and little training.
best() {
    recipe best DATA="$ROOT/tests/data/fashion-sample-" NET='c4 r p c4 r p c4 r' AT=relu2 FRESH=conv3 GRAPH=300 \
        PRETRAIN='--rotate one -e 1' EPOCHS=2 TUNE_EPOCHS='-e 2' SPREAD_EPOCHS='-e 1' \
        MATCH_EPOCHS='-e 1' SEEDS='1 2' ALL="$PWD/all" "$@"
}

@test "recipes: the ingredients, a row each, for few labels and for many" {
    best LABELLED=20 >table 2>log || fail "$(<log)"
    [[ $(awk 'NR > 1 && NF { print $1 }' table | head -n 5 | xargs) == 'scratch rotations spread voting views' ]] ||
        fail "$(<table)"
    # Each figure is what evalacc has found, each gain and its interval what evalcmp has.
    for row in scratch rotations spread voting views; do
        want=$(cat out/$row-[12].tsv | LC_ALL=C awk '$1 == "accuracy" { s += $2 } END { print 50 * s }')
        awk -v row=$row -v want="$want" '$1 == row { exit !($2 - want < 0.06 && want - $2 < 0.06) }' table ||
            fail "$row: $want: $(<table)"
    done
    want=$(evalcmp -q -A out/rotations-1.rts -A out/rotations-2.rts -B out/spread-1.rts -B out/spread-2.rts \
        all/test.rts | LC_ALL=C awk '$1 == "difference" { mean = $2 }
        $1 == "interval" { printf "%.3f %.3f %.3f", 100 * mean, 100 * $2, 100 * $3 }')
    awk -v want="$want" '$1 == "spread" {
        gsub(/[()]/, "")
        split(want, w, " ")
        for (i = 1; i <= 3; i++) {
            got = $(i + 5 + (i == 3))
            if (got - w[i] >= 0.06 || w[i] - got >= 0.06) exit 1
        }
        found = 1
    } END { exit !found }' table || fail "$want: $(<table)"
    # Those that vote are three different nets.
    [[ $(sha256sum out/spread{,2,3}-1.rts | cut -d ' ' -f 1 | sort -u | wc -l) == 3 ]]
    # A row's seconds are the sum of those of its files.
    for file in all/pretext out/rotations; do
        for seed in 1 2; do echo 7.00 >$file-$seed.rts.seconds; done
    done
    best LABELLED=20 >table 2>log || fail "$(<log)"
    [[ $(awk '$1 == "rotations" { print $NF }' table) == 14 ]] || fail "$(<table)"
    rm -r out all
    best LABELLED=400 GRAPH=1000 HELD_OUT=500 SEEDS=1 PICK=1 >table 2>log || fail "$(<log)"
    [[ $(awk 'NR > 1 && NF { print $1 }' table | head -n 5 | xargs) == 'scratch rotations consistency voting views' ]] ||
        fail "$(<table)"
    # What is held out is not learnt from.
    rtscomm --disjoint all/train.rts all/test.rts
    [[ $(rtsinfo out/labelled-1.rts | awk '$1 == "images" { print $2 }') == 400 ]]
    rtsinfo --history out/labelled-1.rts | grep -q '^rtspick'
    # A student of those that voted, with another net; out of streams that are given.
    best LABELLED=400 SEEDS=1 TRAIN="$PWD/all/train.rts" TEST="$PWD/all/test.rts" ALL="$PWD/given" OUT="$PWD/given/400" \
        two TWO='c4 r p d8 r' STUDENT='-e 1' >table 2>log || fail "$(<log)"
    [[ $(awk 'NR > 1 && NF { print $1 }' table | head -n 2 | xargs) == 'alone student' ]] || fail "$(<table)"
    rtsinfo given/400/student-1.rts | grep -qF 'c4 r p d8 r' || fail "$(rtsinfo given/400/student-1.rts)"
    cmp all/test.rts given/test.rts
    # Other data in the same folder are noticed, though older than what was made of the last ones.
    rtsample -n 100 all/test.rts >few && touch -d '2001-01-01' few
    best TRAIN="$PWD/all/train.rts" TEST="$PWD/few" ALL="$PWD/given" "$PWD/given/test.rts" 2>log || fail "$(<log)"
    cmp few given/test.rts
    best TRAIN="$PWD/few" 2>log && fail 'TRAIN alone is taken'
    grep -q 'TRAIN and TEST go together' log
    best SEEDS=1 full turned FULL='-e 1' TURNED='--rotate one -e 1' HELD_OUT=500 >table 2>log || fail "$(<log)"
    [[ $(awk '$1 == "examples" { print $2 }' table | xargs) == '500 2000' ]] || fail "$(<table)"
}

# ---- CIFAR-10 ----

# batch SEED N: N records of CIFAR-10, classes in turn.
batch() {
    python3 - "$@" <<'END'
import random, sys
seed, n = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(seed)
for i in range(n):
    sys.stdout.buffer.write(bytes([i % 10]) + rng.randbytes(3072))
END
}

# batches FOLDER: small ones under the names that CIFAR-10 has.
batches() {
    mkdir "$1"
    for i in 1 2 3 4 5; do
        batch "$i" 20 >"$1/data_batch_$i.bin"
    done
    batch 6 30 >"$1/test_batch.bin"
    printf '%s\n' airplane automobile bird cat deer dog frog horse ship truck '' >"$1/batches.meta.txt"
}

cifar() {
    recipe cifar10 FEW='1 2' MANY=4 STEPS_1='-e 1' STEPS_2='-e 1' STEPS_4='-e 1' PRETRAIN='-q -e 1' \
        NET='c4 r p c4 r p c4 r p' SEEDS='1 2' "$@"
}

@test "recipes: CIFAR-10 from its binary batches, the table and the figure" {
    batches c
    run --separate-stderr cifar D="$PWD/c"
    [[ $status == 0 ]] || fail "$stderr"
    [[ ${lines[1]} == 'labels/class '*'from scratch '*'head on pool3 '*'fine-tuned, pool3' ]] || fail "$output"
    [[ $(grep -c '^[12] .*+-' <<<"$output") == 2 ]] || fail "$output"
    cifar D="$PWD/c" figure >table 2>log || fail "$(<log)"
    [[ $(grep -c '^[124] .*+-' table) == 3 ]] || fail "$(<table)"
    # The figures are those that evalacc has found; the plot counts images.
    want=$(cat out/pool3-4-[12].tsv | LC_ALL=C awk '$1 == "accuracy" { s += $2 } END { printf "%.2f", 50 * s }')
    [[ $(awk -F '\t' '$1 == 40 { print $8 }' out/labels.tsv) == "$want" ]] || fail "$(<out/labels.tsv)"
    [[ -s out/labels.png && -s out/labels.svg ]]
    cifar D="$PWD/c" layers | grep -q '^pool2'
    cifar D="$PWD/c" mistakes 2>log || fail "$(<log)"
    pngtopnm out/mistakes.png >picture
}

@test "recipes: CIFAR-10 from folders of images gives the same stream" {
    batches c
    mkdir -p f/train f/test
    cifar D="$PWD/c" "$PWD/out/train.rts" "$PWD/out/test.rts" 2>log || fail "$(<log)"
    for part in train test; do
        python3 - c "$part" <<'END'
import os, struct, sys, zlib
names = open("c/batches.meta.txt").read().split()
part = sys.argv[2]
files = ["test_batch"] if part == "test" else [f"data_batch_{i}" for i in range(1, 6)]
data = b"".join(open(f"c/{f}.bin", "rb").read() for f in files)
chunk = lambda n, d: struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d))
for i in range(len(data) // 3073):
    label, planes = data[3073 * i], data[3073 * i + 1:3073 * (i + 1)]
    rows = b"".join(b"\0" + bytes(planes[1024 * c + 32 * y + x] for x in range(32) for c in range(3))
                    for y in range(32))
    os.makedirs(f"f/{part}/{names[label]}", exist_ok=True)
    with open(f"f/{part}/{names[label]}/{i:04}.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
END
        rts2tsv out/$part.rts | sort >want-$part
    done
    rm -r out
    cifar D="$PWD/f" "$PWD/out/train.rts" "$PWD/out/test.rts" 2>log || fail "$(<log)"
    for part in train test; do
        rts2tsv out/$part.rts | sort >got
        same got want-$part
    done
}

@test "recipes: CIFAR-10 that is not there is an error, and no test image is learnt from" {
    run --separate-stderr cifar D=/nowhere
    [[ $status == 2 && $stderr == *'/nowhere: neither test_batch.bin nor a folder train'* ]] || fail "$stderr"
    batches c
    head -c 3073 c/test_batch.bin >one
    cat one c/data_batch_2.bin >both && mv both c/data_batch_2.bin
    run --separate-stderr cifar D="$PWD/c"
    [[ $status == 2 && $stderr == *'1 image'* && ! -e out/rotations-1.rts ]] || fail "$stderr"
}
