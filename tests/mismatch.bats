#!/usr/bin/env bats
# A model is for images of one shape, for one normalisation and for one set of classes: on anything
# else it gives an error, and no result.
# shellcheck disable=SC2016,SC2046,SC2154 # $ for inner shells; number lists; bats' own variables

load lib
load nets

# named FILE NAMES LABEL...: images of 8 x 8 with these labels; NAMES: words, or '' for none.
named() {
    local file=$1 names=$2
    shift 2
    idx_images $# 8 8 >images
    idx_labels "$@" >labels
    if [[ $names ]]; then
        tr ' ' '\n' <<<"$names" >list
        idx2rts --names list images labels >"$file"
    else
        idx2rts images labels >"$file"
    fi
}

# none WHY COMMAND...: fails for that reason, and prints or writes nothing that passes for a result.
none() {
    local why=$1
    shift
    expect_error 1 "^$1: .*($why)" sh -c '"$@" > result' - "$@"
    if [[ $1 == evalacc ]]; then
        [[ ! -s result ]] || fail "printed: $(<result)"
    else
        [[ ! -s result ]] || run -1 rtsinfo result
    fi
}

# everywhere WHY MODEL DATA: all that take a model and data refuse these; WHY without the place.
everywhere() {
    none "$1" evalacc -m "$2" "$3"
    none "$1" rottrain -q -e 1 -m "$2" "$3"
    none "$1" featdump -m "$2" "$3"
    none "$1" evalacc -m "$2" "$3" --json
    none "$1" classdump -m "$2" "$3"
    none "$1" rtslabel -q -m "$2" "$3"
}

# rewrite FILE NAME [NAME2 [DTYPE]]: the stream with a record's name and dtype changed, its checksum
# made right again.
rewrite() {
    local at dtype
    read -r at _ dtype _ < <(records "$1" | awk -v name="$2" '$5 == name')
    {
        tail -c +$((at + 1)) "$1" | head -c 24
        padded_text "${4:-$dtype}" 4
        tail -c +$((at + 29)) "$1" | head -c 52
        padded_text "${3:-$2}" 40
        tail -c +$((at + 121)) "$1" | head -c 4
    } >header
    head -c "$at" "$1"
    cat header
    crc <header
    tail -c +$((at + 129)) "$1"
}

# with FILE NAME DTYPE SIZE [DIM...]: the stream with a record of zeros more before its end.
with() {
    local last count file=$1 name=$2 dtype=$3
    shift 3
    read -r count last _ < <(records "$file" | cat -n | tail -n 1)
    head -c "$last" "$file"
    record "$name" "$dtype" $((count - 1)) "$@"
    record end u1 "$count" 0
}

# zeroed FILE NAME: the stream with the payload of a record made zeros.
zeroed() {
    local at size dtype shape index
    read -r index at size dtype shape _ < <(records "$1" |
        awk -v name="$2" '$5 == name { print NR - 1, $0 }')
    head -c "$at" "$1"
    # shellcheck disable=SC2086 # a number a word
    record "$2" "$dtype" $index "$size" $(tr -d '[]' <<<"$shape" | tr , ' ')
    tail -c +$((at + 129 + (size + 63) / 64 * 64)) "$1"
}

# ---- images ----

@test "mismatch: images of another shape, or of other channels" {
    teach m
    stream 6 9 3 >nine
    stream 6 8 3 3 >colour
    idx_images 6 8 9 >images
    idx_labels 0 1 2 0 1 2 >labels
    idx2rts images labels >wide
    everywhere 'images of 9 x 9 x 1, but the model is for 8 x 8 x 1' m nine
    everywhere 'images of 8 x 8 x 3, but the model is for 8 x 8 x 1' m colour
    everywhere 'images of 8 x 9 x 1, but the model is for 8 x 8 x 1' m wide
    for data in nine colour wide; do
        none "$data: images of .*, but the model is for 8 x 8 x 1" rottrain -q -e 1 --valid $data data.rts
        none "$data: images of .*, but the model is for 8 x 8 x 1" \
            rottrain -q -e 1 -m m --valid $data data.rts
        none "$data: images of .*, but the model is for 8 x 8 x 1" \
            rottrain -q -e 1 --unlabelled $data --strong flip data.rts
        # The other shape behind images that are right.
        cat data.rts $data >both
        everywhere 'images of .* (but the model is for|in a data set of) 8 x 8 x 1' m both
    done
    # The other way round: a model for colour, grey images.
    rottrain -q -e 1 --net c2 colour >n
    everywhere 'images of 8 x 8 x 1, but the model is for 8 x 8 x 3' n data.rts
}

@test "mismatch: images that are no bytes, or features already" {
    local dtype
    teach m
    featdump -m m data.rts >features
    everywhere 'features: record .*features, but images are needed' m features
    none 'features: record .*features, but images' rottrain -q -e 1 --valid features data.rts
    none 'features: record .*features, but images' rottrain -q -e 1 --unlabelled features --strong flip data.rts
    for dtype in f4 u8 i1 u2; do
        {
            record image $dtype 0 $((64 * ${dtype#?})) 1 8 8 1
            record label u4 1 4 1
            record end u1 2 0
        } >odd
        everywhere "odd: record 0 'image' at offset 0: must be u1 \[n,h,w,c\]" m odd
        none "odd: record 0 'image' .*must be u1" rottrain -q -e 1 --valid odd data.rts
        none "odd: record 0 'image' .*must be u1" rottrain -q -e 1 odd
    done
    { record image u1 0 64 8 8 1; record end u1 1 0; } >flat
    everywhere "flat: record 0 'image' .*must be u1" m flat
}

@test "mismatch: neighbours among what cannot be compared" {
    teach m
    stream 6 9 3 >nine
    stream 6 8 3 3 >colour
    # As many values, in another shape; and features, of any number and of as many.
    idx2rts <(idx_images 6 4 16) <(idx_labels $(cycle 6 3)) >wide
    featdump -m m data.rts >features
    idx2rts <(idx_images 6 1 2) <(idx_labels $(cycle 6 3)) >two
    umap -q -e 1 data.rts >layout
    for data in nine colour wide features; do
        none "$data: images of .*, expected images of 8 x 8 x 1|features of .*, expected images" \
            knneval -q -k 1 data.rts $data
        none "$data: record .*, expected images of 8 x 8 x 1" umap -q -e 1 data.rts $data
        none "$data: record .*, expected images of 8 x 8 x 1" rtspick -n 2 --labelled data.rts $data
        cat data.rts $data >both
        none "both: record .*, expected images of 8 x 8 x 1" knneval -q -k 1 both data.rts
        none "both: record .*, expected images of 8 x 8 x 1" knneval -q -k 1 data.rts both
        none "both: record .*, expected images of 8 x 8 x 1" umap -q -e 1 both
        none "both: record .*, expected images of 8 x 8 x 1" rtsspread -q both data.rts
        none "both: record .*, expected images of 8 x 8 x 1" rtsspread -q data.rts both
        none "$data: record .*, expected images of 8 x 8 x 1" rtsspread -q data.rts $data
    done
    none 'two: images of 1 x 2 x 1, expected features of 2 as in layout' knneval -q -k 1 layout two
    none 'layout: features of 2, expected images of 1 x 2 x 1 as in two' knneval -q -k 1 two layout
    none 'm: record .*the file is a model' knneval -q -k 1 m data.rts
    none 'm: record .*the file is a model' umap -q -e 1 m
}

# ---- normalisation ----

@test "mismatch: a model whose normalisation is missing, doubtful or impossible" {
    local name
    teach m
    for name in input.mean input.std input.shape net head.bias conv1.weight; do
        rewrite m $name odd.name >n
        rtsinfo n >/dev/null
        none "n: (not a model: )?record '$name' is missing" evalacc -m n data.rts
    done
    rewrite m input.mean odd.name >n
    everywhere "n: record 'input.mean' is missing" n data.rts
    none "n: record 'input.mean' is missing" headswap -c 4 n
    for name in input.mean input.std; do
        rewrite m $name $name u4 >n
        none "n: record '$name': is not f4 \[1\]" evalacc -m n data.rts
        # Of two, nobody could say which one counts.
        with m $name f4 4 1 >n
        everywhere "n: record [0-9]+ '$name' at offset [0-9]+: duplicate record name" n data.rts
        none "n: record [0-9]+ '$name' at offset [0-9]+: duplicate record name" headswap -c 4 n
    done
    zeroed m input.std >n
    none 'n: invalid normalization of channel 0' evalacc -m n data.rts
    # Three means for one channel.
    stream 6 8 3 3 | rottrain -q -e 0 --net c2 >colour
    rewrite colour input.mean old.mean >n
    with n input.mean f4 4 1 >o
    none "o: record 'input.mean': is not f4 \[3\]" evalacc -m o data.rts
}

@test "mismatch: parameters that stand there twice" {
    local name
    teach m
    headswap --names <(printf 'a\nb\nc\n') m >m2
    for name in 'head.bias f4 12 3' 'conv1.weight f4 144 4 1 3 3' 'net text 4 4' 'names text 2 2' \
        'history text 1 1' 'digest text 1 1' 'input.shape u8 24 3'; do
        # shellcheck disable=SC2086 # name, dtype, size, shape
        with m2 $name >n
        none "n: record [0-9]+ '${name%% *}' at offset [0-9]+: duplicate record name" evalacc -m n data.rts
    done
    # What is not known is no matter, once.
    with m umap.centre f4 12 3 >n
    evalacc -m n data.rts >/dev/null
    with n umap.centre f4 12 3 >o
    none "o: record [0-9]+ 'umap.centre' at offset [0-9]+: duplicate record name" evalacc -m o data.rts
}

# ---- classes ----

@test "mismatch: labels beyond the head" {
    teach m
    named four '' 0 1 2 3
    none "four: record .*label 3, but the model's head has 3 classes" evalacc -m m four
    none 'training data: label 3, but the head has 3 classes' rottrain -q -e 1 -m m four
    none 'four: label 3, but the head has 3 classes' rottrain -q -e 1 --valid four data.rts
    none 'training data: label 3, but the head has 3 classes' rottrain -q -e 1 -c 3 four
    # The only one, and the last of many.
    named last '' $(cycle 1500 3) 3
    none "last: record .*label 3, but the model's head has 3 classes" evalacc -m m last
    none 'last: label 3, but the head has 3 classes' rottrain -q -e 1 --valid last data.rts
}

@test "mismatch: other class names, or the same in another order" {
    local data
    named abc 'a b c' 0 1 2 0 1 2
    named acb 'a c b' 0 1 2 0 1 2
    named abd 'a b d' 0 1 2 0 1 2
    named abcd 'a b c d' 0 1 2 0 1 2
    named ab 'a b' 0 1 0 1 0 1
    rottrain -q -e 1 --net c2 abc >m
    for data in acb abd abcd ab; do
        none "$data: record .*class names differ from the model's" evalacc -m m $data
        none "training data: class names differ from the model's" rottrain -q -e 1 -m m $data
        none "$data: class names differ from the model's" rottrain -q -e 1 --valid $data abc
        none "$data: class names differ from the model's" rottrain -q -e 1 -m m --valid $data abc
    done
    # Features are those of the images, whatever these are called.
    featdump -m m acb | { cat >f && payloads f feature; } >got
    featdump -m m abc | { cat >f && payloads f feature; } | cmp - got
}

@test "mismatch: neighbours of other class names" {
    named abc 'a b c' 0 1 2 0 1 2
    named acb 'a c b' 0 1 2 0 1 2
    named ab 'a b' 0 1 0 1
    none 'acb: class names differ from those of abc' knneval -q -k 1 abc acb
    none 'ab: class names differ from those of abc' knneval -q -k 1 abc ab
    none 'acb: record .*class names differ from the earlier class names' umap -q -e 1 abc acb
    cat abc acb >both
    none 'both: record .*class names differ from the earlier class names' knneval -q -k 1 both abc
    none 'both: record .*class names differ from the earlier class names' knneval -q -k 1 abc both
}

@test "mismatch: names that come behind the images they are for" {
    named abc 'a b c' 0 1 2 0 1 2
    named plain '' 0 1 2 0 1 2
    named acb 'a c b'
    rottrain -q -e 1 --net c2 abc >m
    rewrite acb image odd.image >odd
    rewrite odd label odd.label | cat plain - >late
    [[ $(records late | cut -d ' ' -f 5 | paste -sd ' ') == *'image label digest end history names odd.'* ]]
    none "late: record .*class names differ from the model's" evalacc -m m late
    none "training data: class names differ" rottrain -q -e 1 -m m late
    none "late: class names differ" rottrain -q -e 1 --valid late abc
    # With names that are right it is data like any other.
    named right 'a b c'
    cat plain right >late
    evalacc -m m late | cmp - <(evalacc -m m abc)
}

@test "mismatch: two sets with different class names, one after the other" {
    local command
    named abc 'a b c' 0 1 2 0 1 2
    named acb 'a c b' 0 1 2 0 1 2
    rottrain -q -e 1 --net c2 abc >m
    rottrain -q -e 1 --net c2 <(rotgen abc) >unnamed
    cat abc acb >both
    everywhere "both: record .*'names' .*class names differ from the earlier class names" m both
    none "both: record .*class names differ from the earlier class names" rottrain -q -e 1 both
    none "both: record .*class names differ from the earlier class names" rottrain -q -e 1 --valid both abc
    for command in 'evalacc -m m' 'rottrain -q -e 1' 'featdump -m m' 'rtsample -n 2' rotgen; do
        # shellcheck disable=SC2086
        none "acb: record .*class names differ from the earlier class names" $command abc acb
    done
    # A set without names that has a class more.
    named more '' 0 1 2 3
    cat abc more >both
    none "training data: label 3, but only 3 classes have names" rottrain -q -e 1 both
    none "training data: label 3, but only 3 classes have names" rottrain -q -e 1 -c 9 both
    none "both: label 3" rottrain -q -e 1 --valid both abc
    rottrain -q -e 1 -c 9 --net c2 abc >n
    none "both: record .*label 3, but only 3 classes have names" evalacc -m n both
}

@test "mismatch: a model without names, data with more names than its head has classes, or fewer" {
    teach m
    named abcd 'a b c d' 0 1 2
    named ab 'a b' 0 1
    named abc 'a b c' 0 1 2
    none "abcd: record .*4 class names, but the model's head has 3 classes" evalacc -m m abcd
    none "ab: record .*2 class names, but the model's head has 3 classes" evalacc -m m ab
    none "training data: 4 class names, but the model's head has 3 classes" rottrain -q -e 1 -m m abcd
    none "training data: 4 class names, but the model's head has 3 classes" rottrain -q -e 1 -c 3 abcd
    none "ab: 2 class names, but the model's head has 3 classes" rottrain -q -e 1 --valid ab data.rts
    evalacc -m m abc >/dev/null
    # A fresh head may be larger than its data need; they stay its data.
    rottrain -q -e 1 -c 9 --net c2 abc >n
    payloads n names | cmp - <(printf 'a\nb\nc\n')
    evalacc -m n --report abc | grep -q '^8'
    none "abcd: record .*class names differ from the model's" evalacc -m n abcd
    # A model does not name more classes than it has.
    rottrain -q -e 0 --net c2 abc >three
    rottrain -q -e 0 --net c2 abcd >four
    at=$(records three | awk '$5 == "names" { print $1 }')
    at4=$(records four | awk '$5 == "names" { print $1 }')
    {
        head -c "$at" three
        tail -c +$((at4 + 1)) four | head -c 192
        tail -c +$((at + 193)) three
    } >p
    rtsinfo p >/dev/null
    none "p: record 'names': 4 names for a head of 3 classes" evalacc -m p abc
}

@test "mismatch: a model for rotations is none for classes, and back" {
    named abcd 'a b c d' 0 1 2 3
    rotgen abcd | rottrain -q -e 1 --net c2 >rot
    rottrain -q -e 1 --net c2 abcd >classes
    none "abcd: record .*class names differ from the model's" evalacc -m rot abcd
    none "training data: class names differ from the model's" rottrain -q -e 1 -m rot abcd
    rotgen abcd >turned
    none "turned: record .*class names differ from the model's" evalacc -m classes turned
    none "turned: class names differ from the model's" rottrain -q -e 1 --valid turned abcd
    # A fresh head is for whatever comes.
    headswap -c 4 rot | rottrain -q -e 1 -m - abcd | evalacc -m - abcd >/dev/null
}

# with_nan MODEL RECORD: the model with its record's first value not a number, right in every
# checksum.
with_nan() {
    python3 - "$1" "$2" <<'END'
import struct
import sys
import zlib

data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    if data[at + 80:at + 120].rstrip(b"\0") == sys.argv[2].encode():
        struct.pack_into("<f", data, at + 128, float("nan"))
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
END
}

@test "mismatch: a model with weights that are not finite is refused, and where is said" {
    stream 12 4 2 >data.rts
    rottrain -q -e 1 --net 'c2 r d2' --save state --valid data.rts --keep-best --average 0.5 data.rts >m.rts
    local name
    for name in conv1.weight conv1.bias head.weight head.bias; do
        with_nan m.rts $name >nan.rts
        expect_error 1 "nan.rts: record '$name': value 0 is not finite" rottrain -q -m nan.rts data.rts
        expect_error 1 "nan.rts: record '$name': value 0" evalacc -m nan.rts data.rts
        expect_error 1 "nan.rts: record '$name': value 0" headswap -c 2 nan.rts
    done
    for name in dense1.weight dense1.weight.exp_avg dense1.bias.exp_avg_sq dense1.weight.best head.bias.average; do
        with_nan state $name >nan
        expect_error 1 "nan: record '$name': value 0 is not finite" rottrain -q -e 1 \
            --net 'c2 r d2' --valid data.rts --keep-best --average 0.5 --resume nan data.rts
    done
}

# with_weights MODEL RECORD VALUE: the model with all of that record's values this one.
with_weights() {
    python3 - "$@" <<'END'
import struct
import sys
import zlib

data, at = bytearray(open(sys.argv[1], "rb").read()), 0
while at < len(data):
    size = struct.unpack_from("<Q", data, at + 16)[0]
    end = at + 128 + (size + 63) // 64 * 64
    if data[at + 80:at + 120].rstrip(b"\0") == sys.argv[2].encode():
        struct.pack_into("<%df" % (size // 4), data, at + 128, *[float(sys.argv[3])] * (size // 4))
        struct.pack_into("<I", data, at + 120, zlib.crc32(data[at + 128:end]))
        struct.pack_into("<I", data, at + 124, zlib.crc32(data[at:at + 124]))
    at = end
sys.stdout.buffer.write(data)
END
}

@test "mismatch: an output that is not finite is an error that names the image" {
    # The weights are finite; the eighth of ten images is bright, and too much for them.
    {
        octal 0 0 8 3
        be32 10 8 8
        head -c $((7 * 64)) /dev/zero
        head -c 64 /dev/zero | tr '\0' '\377'
        head -c $((2 * 64)) /dev/zero
    } >images
    idx2rts images <(idx_labels 0 1 0 1 0 1 0 1 0 1) >data.rts
    rottrain -q -e 0 --net 'd2 r d2' data.rts >m.rts
    with_weights m.rts dense1.weight 1e37 >m
    local kernels why="data.rts: record 1 'image' at offset [0-9]+: image 7: an output of layer"
    for kernels in '' plain reference; do
        export ROTPIPE_KERNELS=$kernels
        [[ -n $kernels ]] || unset ROTPIPE_KERNELS
        expect_error 1 "$why 'head' is not finite" evalacc -m m data.rts
        [[ -z $output ]]
        expect_error 1 "$why 'head' is not finite" evalacc -m m --json data.rts
        expect_error 1 "$why 'head' is not finite" evalpng -m m data.rts
        expect_error 1 "$why 'dense2' is not finite" featdump -m m data.rts
        expect_error 1 "$why 'dense1' is not finite" featdump -m m --layer dense1 data.rts
        expect_error 1 "labelled images: image 7: an output of layer 'dense1' is not finite" layereval -q -k 1 -m m \
            --layers dense1 data.rts data.rts
    done
    unset ROTPIPE_KERNELS
    # Counted over all operands.
    rtsample -n 2 data.rts >two
    expect_error 1 "data.rts: record 1 'image' .* image 9: an output" evalacc -m m two data.rts
    # Those before it are drawn.
    evalpng -m m -n 7 data.rts >a.png
}

@test "mismatch: a model with any record of a training's state is none" {
    local n
    stream 12 4 2 >data.rts
    rottrain -q -e 0 --net d1 data.rts >m.rts
    n=$(($(records m.rts | wc -l) - 1))
    {
        head -c "$(records m.rts | tail -n 1 | cut -d ' ' -f 1)" m.rts
        record train.position u8 $n 32 4
        record end u1 $((n + 1)) 0
    } >odd.rts
    expect_error 1 'odd.rts: is a saved training state, but a model is needed' rottrain -m odd.rts data.rts
    expect_error 1 'odd.rts: is a saved training state, but a model is needed' headswap -c 2 odd.rts
}

@test "mismatch: what is refused for its size names the limit" {
    idx2rts <(idx_images 1 1 2049) <(idx_labels 0) >wide.rts
    expect_error 1 'images of 1 x 2049 x 1, but at most 2048 x 2048 x 4096 are possible' rottrain -q -e 1 wide.rts
    stream 4 4 2 >data.rts
    expect_error 2 "net: 'r' at position 257: more than 128 layers" rottrain -q -e 1 \
        --net "$(printf 'r %.0s' {1..129})" data.rts
    yes "$(printf 'x%.0s' {1..63})" | head -c $(((1 << 20) + 1)) >names
    expect_error 1 'names: more than 1048576 bytes, not a list of class names' \
        idx2rts --names names <(idx_images 1 1 1) <(idx_labels 0)
}

@test "mismatch: a number below what a double holds is one" {
    stream 4 4 2 >data.rts
    quiet_success rottrain -q -e 1 --net d1 --lr 1e-320 -o m data.rts
    quiet_success rottrain -q -e 1 --net d1 --lr 1e-999 -o m data.rts
    expect_error 2 "--lr: '1e999' is not a number between 0 and 1e\+06" rottrain -q -e 1 --lr 1e999 data.rts
}
