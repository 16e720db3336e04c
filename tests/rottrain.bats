#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets

# A column of a log, one value a line.
column() {
    awk -F '\t' -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == want) at = i; next }
        { print $at }' "$1"
}

@test "rottrain: manners" {
    check_common rottrain
    stream 12 8 3 >good
    check_refusals good rottrain -q -e 1 --net c3
}

@test "rottrain: a model that is none" {
    teach m
    check_model_refusals m rottrain -q -e 1 -m % data.rts
}

@test "rottrain: used wrongly" {
    stream 12 8 3 >data.rts
    local two='standard input can be only one of data, -m, --valid, --unlabelled and --resume'
    expect_error 2 "$two" rottrain -m - </dev/null
    expect_error 2 "$two" rottrain -m - - </dev/null
    expect_error 2 "$two" rottrain --valid - </dev/null
    expect_error 2 "$two" rottrain -m - --valid - data.rts </dev/null
    expect_error 2 "$two" rottrain - - </dev/null
    expect_error 2 '--net and -m are mutually exclusive: a model has its own net and classes' rottrain -m m --net c3 data.rts
    expect_error 2 '-c and -m are mutually exclusive: a model has its own net and classes' rottrain -m m -c 3 data.rts
    expect_error 2 '--momentum needs --optimizer sgd' rottrain --momentum 0.5 data.rts
    expect_error 2 '--nesterov needs --optimizer sgd' rottrain --nesterov data.rts
    expect_error 2 '--nesterov needs a momentum' \
        rottrain --optimizer sgd --momentum 0 --nesterov data.rts
    expect_error 2 "--optimizer: 'adam2' is not known" rottrain --optimizer adam2 data.rts
    expect_error 2 "--schedule: 'linear' is not known" rottrain --schedule linear data.rts
    expect_error 2 "net: 'q7' at position 5: unknown layer" rottrain --net 'c32 q7' data.rts
    expect_error 2 "-e: '-1' is not an integer" rottrain -e -1 data.rts
    expect_error 2 "-b: '0' is not an integer" rottrain -b 0 data.rts
    expect_error 2 "-c: '1001' is not an integer" rottrain -c 1001 data.rts
    expect_error 2 "-j: '0' is not an integer" rottrain -j 0 data.rts
    expect_error 2 "-s: '-1' is not an integer between 0 and 2\^64 - 1" rottrain -s -1 data.rts
    expect_error 2 "--lr: 'fast' is not a number" rottrain --lr fast data.rts
    expect_error 2 '--warmup and --schedule onecycle are mutually exclusive' \
        rottrain --schedule onecycle --warmup 0 data.rts
    expect_error 2 "--warmup: '1.5' is not an integer" rottrain --warmup 1.5 data.rts
    expect_error 2 "--momentum: '2' is not a number" rottrain --optimizer sgd --momentum 2 data.rts
    expect_error 2 "--weight-decay: '-1' is not a number" rottrain --weight-decay -1 data.rts
    expect_error 2 "--clip: '-1' is not a number" rottrain --clip -1 data.rts
    expect_error 2 "--smooth: '1.1' is not a number" rottrain --smooth 1.1 data.rts
}

@test "rottrain: data that do not fit" {
    teach m
    stream 10 8 5 >five
    expect_error 1 'training data: label 4, but the head has 3 classes' rottrain -q -m m five
    expect_error 1 'training data: label 4, but the head has 3 classes' rottrain -q -c 3 five
    expect_error 1 'five: label 4, but the head has 3 classes' rottrain -q --valid five data.rts
    stream 10 9 3 >nine
    expect_error 1 'images of 9 x 9 x 1, but the model is for 8 x 8 x 1' rottrain -q -m m nine
    expect_error 1 'nine: images of 9 x 9 x 1, but the model is for' rottrain -q --valid nine data.rts
    expect_error 1 "nine: record .* images of 9 x 9 x 1 in a data set of 8 x 8 x 1" \
        rottrain -q data.rts nine
    stream 6 8 3 3 >colour
    expect_error 1 'images of 8 x 8 x 3, but the model is for 8 x 8 x 1' rottrain -q -m m colour
    idx_images 5 8 8 >images
    idx2rts images >unlabelled
    expect_error 1 "unlabelled: record .*'image' .*images without labels" rottrain -q unlabelled
    idx_images 0 8 8 >images
    idx2rts images >none
    expect_error 1 'none: contains no images' rottrain -q none
    expect_error 1 'standard input: contains no images' sh -c 'rottrain -q < none'
    featdump -m m data.rts >features
    expect_error 1 'features: record .*features, but images are needed' rottrain -q features
    expect_error 2 'net: pool4: cannot pool an input of 1 x 1' rottrain -q --net 'p p p p' data.rts
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here; available: .*plain, reference" \
        env ROTPIPE_KERNELS=mmx rottrain -q data.rts
}

@test "rottrain: class names must be the model's" {
    idx_images 6 8 8 >images
    idx_labels 0 1 2 0 1 2 >labels
    printf 'a\nb\nc\n' >abc
    printf 'a\nb\nd\n' >abd
    idx2rts --names abc images labels >first
    idx2rts --names abd images labels >second
    rottrain -q -e 1 --net c2 first >m
    payloads m names | cmp - abc
    expect_error 1 "training data: class names differ from the model's" rottrain -q -m m second
    # Names tell how many classes there are, though the last has no example.
    idx_labels 0 1 0 0 1 0 >labels
    idx2rts --names abc images labels | rottrain -q -e 1 --net c2 >m
    [[ $(records m) == *'[3] head.bias'* ]]
}

@test "rottrain: the same bytes for any number of threads, again and again" {
    stream 50 8 3 >data.rts
    rottrain -q -e 2 -b 16 -j 1 data.rts >one
    for j in 1 2 7; do
        rottrain -q -e 2 -b 16 -j $j <data.rts | cmp - one
    done
    rottrain -q -e 2 -b 16 data.rts -o default
    same default one
    rottrain -q -e 2 -b 16 -s 0 data.rts | cmp - one
    rottrain -q -e 2 -b 16 -s 1 data.rts >other
    run -1 cmp -s other one
}

@test "rottrain: pipe, file, gzip and several operands give the same model" {
    stream 30 8 3 >data.rts
    gzip -c data.rts >data.gz
    rottrain -q -e 1 data.rts >want
    rottrain -q -e 1 - <data.rts | cmp - want
    rottrain -q -e 1 <data.gz | cmp - want
    cat data.rts data.rts | rottrain -q -e 1 >want
    rottrain -q -e 1 data.gz data.rts | cmp - want
}

@test "rottrain: what a fresh model holds" {
    stream 12 9 4 3 >data.rts
    rottrain -q -e 0 --net 'c5 r p d6' data.rts >m
    [[ $(records m | cut -d ' ' -f 3-) =~ ^text\ \[[0-9]+\]\ history'
text [50] digest
text [9] net
u8 [3] input.shape
f4 [3] input.mean
f4 [3] input.std
f4 [5,3,3,3] conv1.weight
f4 [5] conv1.bias
f4 [6,80] dense1.weight
f4 [6] dense1.bias
f4 [4,6] head.weight
f4 [4] head.bias
u1 [] end'$ ]] || fail "$(records m)"
    [[ $(payloads m net) == 'c5 r p d6' ]]
    [[ $(payloads m input.shape | od -An -v -tu8 -w24 | xargs) == '9 9 3' ]]
    # The normalisation is that of the data.
    payloads data.rts image | od -An -v -tu1 -w3 | awk '{ for (k = 1; k <= 3; k++) { s[k] += $k; q[k] += $k * $k } }
        END { for (k = 1; k <= 3; k++) print s[k] / NR / 255
              for (k = 1; k <= 3; k++) print sqrt(q[k] / NR - (s[k] / NR) ^ 2) / 255 }' >want
    { numbers m input.mean && numbers m input.std; } >got
    near got want 1e-5
    rottrain -q -e 0 -c 9 --net c2 data.rts >m
    [[ $(records m) == *'[9] head.bias'* ]]
}

@test "rottrain: the history tells how, and nothing that does not matter" {
    teach m -j 3 -s 7 -b 5 --lr 0.0012345678 --optimizer sgd --nesterov --weight-decay 0.03
    [[ $(payloads m history | head -n 1) == "rottrain "[0-9.]*" --net 'c4 r p c3 r d5 r' -c 3 -e 1 -b 5 \
--optimizer sgd --lr 0.0012345678 --nesterov --weight-decay 0.03 \
--schedule constant -s 7 images=24" ]] || fail "$(payloads m history)"
    [[ $(payloads m history | sed -n 2p) == '  data: images 24 crc32 '* ]]
    [[ $(payloads m history | sed -n 3p) == '  data: labels 24 crc32 '* ]]
    [[ $(payloads m history | sed -n 4p) == '  data: idx2rts '* ]]
    teach m --schedule cosine --warmup 3 --optimizer adamw
    [[ $(payloads m history) == *'--optimizer adamw --lr 0.001 --weight-decay 0.01 --schedule cosine --warmup 3 -s 0'* ]]
    rottrain -q -e 1 -m m data.rts >n
    [[ $(payloads n history | grep -c '^rottrain') == 2 && $(payloads n history) == *$'\nrottrain '*' -m --net '* ]]
}

@test "rottrain: optimisers and schedules each make another model, of the same start" {
    teach adam -b 4 --warmup 0
    payloads adam conv1.weight >want
    for options in '--optimizer adamw' '--optimizer sgd' '--optimizer sgd --momentum 0' \
        '--optimizer sgd --nesterov' '--weight-decay 0.1' '--schedule cosine' '--lr 0.01' \
        '--warmup 6' '-s 1' '-b 5'; do
        # shellcheck disable=SC2086 # several words
        teach m -b 4 --warmup 0 $options
        run -1 cmp -s <(payloads m conv1.weight) want
    done
}

# Ten steps on all images: make-fixtures.py has the settings.
torch() {
    local net=$1 name=$2
    shift 2
    rottrain -q -m "$DATA/torch/$net-model.rts.gz" -b 8 -e 10 --warmup 0 "$@" \
        "$DATA/torch/$net-data.rts.gz" >m || return 1
    like_torch "$net" "$name"
}

like_torch() {
    (cd "$ROOT" && "$BUILD/tests/test_torch" "$BATS_TEST_TMPDIR/m" "$1" "$2") || fail "$1 $2"
}

@test "rottrain: ten steps are PyTorch's" {
    [[ -x $BUILD/tests/test_torch ]] || skip 'test_torch is not built'
    torch default adam
    torch small adam
    torch small adamw --optimizer adamw --lr 0.002 --weight-decay 0.1
    torch small adaml2 --weight-decay 0.05
    torch small sgd --optimizer sgd --lr 0.02 --weight-decay 0.01
    torch small cosine --schedule cosine --warmup 3
    rottrain -q -m "$DATA/torch/small-model.rts.gz" -b 8 -e 10 --lr 0.01 --schedule onecycle \
        "$DATA/torch/small-data.rts.gz" >m
    like_torch small onecycle
    torch deep nesterov --optimizer sgd --lr 0.02 --weight-decay 0.01 --nesterov
    # Ten epochs of batches, weighted by class.
    torch uneven sgd -b 4 --class-weight balanced --optimizer sgd --lr 0.02 --weight-decay 0.01
    torch uneven adam -b 4 --class-weight balanced
    torch uneven clip -b 4 --class-weight balanced --clip 3 --optimizer sgd --lr 0.02 --weight-decay 0.01
    torch uneven mixsmooth -b 4 --class-weight balanced --mixup 0.4 --smooth 0.2 --optimizer sgd --lr 0.02 \
        --weight-decay 0.01
    torch uneven smooth -b 4 --class-weight balanced --smooth 0.2 --optimizer sgd --lr 0.02 --weight-decay 0.01
}

@test "rottrain --class-weight: independent of threads, in the history, compared by --resume" {
    expect_error 2 "--class-weight: 'fair' is not known; it may be none or balanced" rottrain --class-weight fair data.rts
    idx_images 30 8 8 >images
    # shellcheck disable=SC2046 # a list of numbers
    idx_labels $(cycle 20 1) 1 1 1 3 1 1 3 1 1 1 >labels
    idx2rts images labels >data.rts
    weighted=(-q -e 3 -b 7 --net 'c3 r p' --class-weight balanced)
    rottrain "${weighted[@]}" -j 1 --log log data.rts >want
    rottrain "${weighted[@]}" -j 5 data.rts | cmp - want
    [[ $(rtsinfo --history want) == *' --schedule constant --class-weight balanced -s 0 '* ]]
    # An epoch's loss is the mean of the classes' means, of the three that occur.
    rottrain -q -e 1 -b 7 --lr 0 --net 'c3 r p' --class-weight balanced --log first data.rts >m
    for class in 0 1 3; do
        printf '%s\t%s\n' "$class" "$class" '*' - >"table.$class"
        rtsmap --table "table.$class" data.rts | evalacc -m m | awk '$1 == "loss" { print $2 }'
    done | awk '{ s += $1 } END { print s / NR }' >mean
    column first loss >got
    near got mean 1e-4
    # none is as if it were not given; so are weights of even classes, but for the history.
    rottrain -q -e 3 -b 7 --net 'c3 r p' data.rts >plain
    rottrain -q -e 3 -b 7 --net 'c3 r p' --class-weight none data.rts | cmp - plain
    run -1 cmp -s <(payloads plain head.bias) <(payloads want head.bias)
    stream 24 8 3 >even.rts
    rottrain -q -e 2 -b 8 --net c2 --class-weight balanced even.rts >a
    rottrain -q -e 2 -b 8 --net c2 even.rts >b
    cmp <(tensors a) <(tensors b)
    # A saved state goes on with the same weights only.
    rottrain "${weighted[@]}" --save state --every 4 data.rts | cmp - want
    rottrain "${weighted[@]}" --resume state data.rts | cmp - want
    expect_error 1 "saved with different settings: '--class-weight balanced' in the file" \
        rottrain -q -e 3 -b 7 --net 'c3 r p' --resume state data.rts
}

@test "rottrain --rotate: what rotgen makes of a stream, drawn inside the step" {
    local kind given=(-q -b 8 --net 'c3 r p') threads
    stream 30 8 3 >data.rts
    rotgen data.rts >turned.rts
    stream 12 8 3 >valid.rts
    rotgen valid.rts >valid-turned.rts
    # The start is the same: mean, deviation, classes, their names, weights.
    rottrain "${given[@]}" -e 0 turned.rts >want
    rottrain "${given[@]}" -e 0 --rotate all data.rts >got
    cmp <(tensors want) <(tensors got)
    cmp <(payloads want names) <(payloads got names)
    # So are the numbers of a model that stays as it is; labels and names do not matter.
    rottrain "${given[@]}" -e 1 --lr 0 --valid valid-turned.rts --log want.log turned.rts >want
    rtsmap --unlabel valid.rts >bare-valid.rts
    for kind in 'rtsmap --unlabel' 'rtsmap --shift 900' cat; do
        # shellcheck disable=SC2086 # a command with its options
        $kind <data.rts | rottrain "${given[@]}" -e 1 --lr 0 --rotate all --valid bare-valid.rts --log got.log >got
        cmp <(tensors want) <(tensors got)
        cmp <(cut -f 1,3-6 want.log) <(cut -f 1,3-6 got.log)
    done
    [[ $(rtsinfo --history got) == *' --rotate all '*' images=120 '* ]] || fail "$(rtsinfo --history got)"
    evalacc -m got valid-turned.rts | awk '$1 == "loss"' >loss
    near <(column got.log valid_loss) <(cut -f 2 loss) 1e-4
    for kind in all one; do
        given=(-q -e 3 -b 8 --net 'c3 r p bn drop0.3' --rotate "$kind" --augment 'shift1 flip' --valid valid.rts --keep-best)
        rottrain "${given[@]}" -o want data.rts
        for threads in 1 3; do
            rm -f state
            rottrain "${given[@]}" -j $threads --save state --every 5 data.rts | cmp - want
            rottrain "${given[@]}" --resume state data.rts | cmp - want
        done
    done
    # A model goes on from rotgen's, and the other way.
    rottrain -q -e 1 --net c2 turned.rts >m
    rottrain -q -e 1 -m m --rotate one data.rts | rottrain -q -e 1 -m - turned.rts >n
}

@test "rottrain --rotate: what does not go with it" {
    stream 12 8 3 >data.rts
    expect_error 2 '-c and --rotate are mutually exclusive: there are four rotations' rottrain --rotate one -c 4 data.rts
    expect_error 2 '--class-weight and --rotate are mutually exclusive' \
        rottrain --rotate one --class-weight balanced data.rts
    expect_error 2 '--mixup and --rotate are mutually exclusive' rottrain --rotate one --mixup 0.2 data.rts
    expect_error 2 '--rotate all needs a multiple of 4 as -b' rottrain --rotate all -b 6 data.rts
    rottrain -q -e 1 --net c2 data.rts >three
    expect_error 1 'training data: label 3, but the head has 3 classes' rottrain -q --rotate one -m three data.rts
    idx_images 6 6 8 | idx2rts >oblong.rts
    expect_error 1 'images of 6 x 8 are not square, so they cannot be rotated' rottrain -q --rotate one oblong.rts
    printf '%s\n' a b c d >abcd
    headswap -c 4 --names abcd three >named
    expect_error 1 "training data: class names differ from the model's" rottrain -q --rotate one -m named data.rts
    expect_error 1 'contains no images' sh -c 'rtsample -n 0 data.rts | rottrain -q --rotate all'
    rottrain -q -e 1 -b 6 --net c2 --rotate one -o m data.rts
}

@test "rottrain: every set of kernels makes the same model, within rounding" {
    [[ -x $BUILD/tests/test_torch ]] || skip 'test_torch is not built'
    (($(kernel_sets | wc -l) >= 2))
    for set in $(kernel_sets); do
        export ROTPIPE_KERNELS=$set
        torch small adam
        torch small nesterov --optimizer sgd --lr 0.02 --weight-decay 0.01 --nesterov
    done
}

# On every machine, by whatever compiler: the sums are those of builds for x86-64 and 64-bit Arm.
@test "rottrain: a set of kernels makes the same bytes everywhere" {
    local set kind net options tensor sums=() want
    fashion train | rtsample -n 300 -s 1 >sample
    for set in $(kernel_sets); do
        sums=()
        for kind in adam sgd nesterov; do
            net='c20 r p c24 r c24 r p d16 r' options=(--optimizer "$kind")
            if [[ $kind == nesterov ]]; then
                net='c8k5s2b0 bn r ( c20 silu c20 ) r ap ( c24s2 gn8 ) gelu drop0.2 a d8 r'
                options=(--optimizer sgd --nesterov)
            fi
            ROTPIPE_KERNELS=$set rottrain -q -e 1 -b 32 --net "$net" "${options[@]}" sample >m
            sums+=("$(for tensor in conv1 conv3 head; do payloads m $tensor.weight; done | cksum |
                cut -d ' ' -f 1)")
        done
        case $set in
        avx512) want='4154245725 384496988 3171950583' ;;
        avx2) want='640370898 2475328424 2783233423' ;;
        neon) want='1977781320 1333625497 1476087784' ;;
        plain) want='345093685 2829506549 1592401071' ;;
        reference) want='340166140 3747406812 2764472559' ;;
        esac
        [[ ${sums[*]} == "$want" ]] || fail "$set: ${sums[*]}, not $want"
    done
}

@test "rottrain: frozen layers stay as they are, bit for bit" {
    local layer part before now
    teach m
    before=$(tensors m)
    for layer in conv1 conv2 dense1; do
        headswap --freeze=$layer m >frozen
        rottrain -q -e 2 -b 7 -m frozen --optimizer adamw --weight-decay 0.1 data.rts >n
        payloads n frozen >list
        now=$(tensors n)
        # What is in the list is the same, and only that.
        for part in conv1 conv2 dense1 head; do
            if grep -qx $part list; then
                [[ $(grep "^$part\." <<<"$now") == "$(grep "^$part\." <<<"$before")" ]]
            else
                [[ $(grep "^$part\.weight" <<<"$now") != "$(grep "^$part\.weight" <<<"$before")" ]]
            fi
        done
    done
}

@test "rottrain: the log" {
    stream 30 8 3 >data.rts
    stream 12 8 3 >valid.rts
    rottrain -q -e 3 -b 10 --log log --valid valid.rts data.rts >m
    [[ $(head -n 1 log) == $'epoch\tloss\taccuracy\tvalid_loss\tvalid_accuracy\tlr\timages_per_second\tseconds\tconfident\twrong\trotation' ]]
    awk -F '\t' 'NR > 1 && (NF != 11 || $1 != NR - 1 || $2 <= 0 || $3 < 0 || $3 > 1 || $4 <= 0 ||
        $5 < 0 || $5 > 1 || $7 <= 0 || $8 < 0 || $9 $10 $11 != "---") { exit 1 } END { exit NR != 4 }' log
    # The last line is what evalacc says of the model.
    evalacc -m m valid.rts | awk -F '\t' '$1 == "loss" || $1 == "accuracy" { print $2 }' >got
    { column log valid_accuracy && column log valid_loss; } | sed -n '3p;6p' >want
    near got want 0.0001
    # Without data to validate on these columns hold a dash; the model is the same.
    rottrain -q -e 3 -b 10 --log log data.rts | cmp - m
    [[ $(column log valid_loss | sort -u) == - && $(column log valid_accuracy | sort -u) == - ]]
    expect_error 1 'nowhere/log: No such file' rottrain -q --log nowhere/log data.rts
    expect_error 1 '/dev/full: ' rottrain -q -e 1 --log /dev/full data.rts
}

@test "rottrain: warm-up and cosine, as the log has them" {
    stream 8 8 2 >data.rts
    rottrain -q -e 10 -b 8 --lr 0.01 --warmup 4 --schedule cosine --net c2 --log log data.rts >m
    column log lr >got
    awk 'BEGIN { for (i = 0; i < 10; i++)
        print i < 4 ? 0.01 * (i + 1) / 4 : 0.005 * (1 + cos(3.14159265358979 * (i - 4) / 6)) }' >want
    near got want 1e-8
    rottrain -q -e 20 -b 8 --net c2 --log log data.rts >m
    [[ $(column log lr | xargs | cut -d ' ' -f 1-4) == '0.000500000024 0.00100000005 0.00100000005 0.00100000005' ]]
    rottrain -q -e 2 -b 8 --net c2 --optimizer sgd --warmup 0 --log log data.rts >m
    [[ $(column log lr | xargs) == '0.00999999978 0.00999999978' ]]
}

@test "rottrain: a net that is wrong, whatever its fault, is a wrong use" {
    stream 12 8 3 >data.rts
    expect_error 2 "net: 'x3' at position 4" rottrain --net 'c2 x3' data.rts
    expect_error 2 'net: no layers' rottrain --net '' data.rts
    # For these the images must be known.
    expect_error 2 '--net: net: pool4: cannot pool an input of 1 x 1 \(images of 8 x 8 x 1\)' \
        rottrain -o m --net 'p p p p p p' data.rts
    expect_error 2 '--net: net: dense[0-9]: more than [0-9]+ parameters' \
        rottrain -o m --net 'd4096 d4096 d4096 d4096 d4096 d4096 d4096 d4096 d4096' data.rts
    [[ ! -e m ]]
    # The default net is nobody's mistake.
    stream 12 1 3 >small.rts
    expect_error 1 'net: pool1: cannot pool an input' rottrain small.rts
}

@test "rottrain: one plain line per epoch, or nothing with -q" {
    stream 12 8 3 >data.rts
    run --separate-stderr rottrain -e 2 --valid data.rts -o m data.rts
    [[ $status == 0 && ${#stderr_lines[@]} == 2 ]]
    [[ ${stderr_lines[1]} =~ ^epoch\ 2/2:\ loss\ [0-9.]+,\ accuracy\ [0-9.]+,\ valid\ [0-9.]+\ [0-9.]+,\ [0-9]+\ images/s$ ]] ||
        fail "$stderr"
    quiet_success rottrain -q -e 2 -o m data.rts
}

@test "rottrain: a bar on a terminal, where no model is written to" {
    stream 12 8 3 >data.rts
    TERM=xterm script -qec 'rottrain -e 2 -b 1 --net c2 -o m data.rts' /dev/null </dev/null >screen
    grep -q $'\r' screen
    grep -q 'epoch 2/2' screen
    grep -q 'images/s' screen
    rtsinfo m >/dev/null
    script -qec 'rottrain -q -e 1 --net c2 data.rts' /dev/null </dev/null >screen || true
    grep -q 'rottrain: standard output: .*terminal' screen
    run -1 grep -q rts1 screen
}

@test "rottrain: a loss that is not finite ends it, and -o leaves what was there" {
    stream 40 8 3 >data.rts
    mkdir out
    echo precious >out/m
    expect_error 1 'step [0-9]+: the loss is not finite at learning rate 1e\+06; try a smaller one' \
        rottrain -q -b 4 -e 20 --lr 1e6 --warmup 0 --optimizer sgd --net 'c4 d4' -o out/m data.rts
    [[ $(cat out/m) == precious && $(ls -A out) == m ]] || fail "$(ls -A out)"
    expect_error 1 'nowhere/m: No such file' rottrain -q -e 1 -o nowhere/m data.rts
    expect_error 1 '/dev/full: No space left' rottrain -q -e 1 -o /dev/full data.rts
    rottrain -q -e 1 data.rts >want
    rottrain -q -e 1 -o out/m data.rts
    same out/m want
    [[ $(ls -A out) == m ]]
}

@test "rottrain: an option that is cut too short" {
    expect_error 2 "option '--n=x' is ambiguous; possibilities: .*'--no-history'" rottrain --n=x data.rts
    expect_error 2 "option '--w' is ambiguous; possibilities: '--weight-decay' '--weak' '--warmup'" rottrain --w data.rts
    expect_error 2 "unrecognized option '--warmer'" rottrain --warmer data.rts
}

@test "rottrain: the last step's weights are tried, and validation outputs are finite" {
    stream 40 8 4 >data.rts
    # One step: its loss is finite, the model after it is good for nothing.
    local how='-q -e 1 -b 40 --lr 1e6 --warmup 0' why='an output is not finite at learning rate 1e\+06; try a smaller'
    local net='c8 r c8 r c8 r c8 r c8 r c8 r d8 r'
    # shellcheck disable=SC2086 # lists of options
    {
        expect_error 1 "step 1: image [0-9]+ of the training data: $why" rottrain $how --net "$net" -o m data.rts
        expect_error 1 "step 1: image [0-9]+ of the training data: $why" rottrain $how --net "$net" \
            --save state -o m data.rts
        expect_error 1 "step 1: image [0-9]+ of the validation data: $why" rottrain $how --net "$net" \
            --valid data.rts --keep-best --log log -o m data.rts
    }
    [[ ! -e m ]]
    rtsinfo state | grep -q '^training  *step 0,' || fail "$(rtsinfo state)"
    [[ $(wc -l <log) == 1 ]] || fail "$(<log)"
}

@test "rottrain: training goes on from a model, on standard input too" {
    teach m
    rottrain -q -e 1 -m m data.rts >want
    rottrain -q -e 1 -m - data.rts <m | cmp - want
    gzip -c m | rottrain -q -e 1 -m - data.rts | cmp - want
    rottrain -q -e 1 -m m <data.rts | cmp - want
    rottrain -q -e 0 -m m data.rts >n
    [[ $(tensors n) == "$(tensors m)" ]]
}

@test "rottrain: --keep-best writes the model of the epoch that was best" {
    local best
    expect_error 2 '--keep-best needs --valid' rottrain --keep-best data.rts
    stream 24 8 3 >data.rts
    stream 30 8 3 | rtsample -n 12 -s 5 >valid.rts
    local how='-q -b 8 -s 3 --net c2 --lr 0.1 --warmup 0'
    # shellcheck disable=SC2086
    rottrain $how -e 12 --valid valid.rts --log log --keep-best data.rts >kept
    best=$(awk -F '\t' 'NR == 2 || (NR > 2 && ($5 > a || ($5 == a && $4 < l))) {
        a = $5; l = $4; e = $1 } END { print e }' log)
    echo "best: $best" && column log valid_accuracy | xargs && column log valid_loss | xargs
    # Else the test would show nothing.
    ((best > 1 && best < 12))
    rtsinfo --history kept | grep -q -e "--keep-best .* best=epoch $best\$"
    # The same weights as from training that ends there.
    # shellcheck disable=SC2086
    rottrain $how -e "$best" data.rts >ended
    cmp <(evalacc -m kept valid.rts) <(evalacc -m ended valid.rts)
    rottrain -q -e 0 --net c2 --valid valid.rts --keep-best data.rts | rtsinfo --history |
        grep -q -e '--keep-best .* best=epoch 0$'
}

# One that bash has started in the background ignores SIGINT, but for env.
@test "rottrain: a signal ends training after the batch in hand; with --partial the model says so" {
    local name number status said partial
    stream 24 8 3 >data.rts
    for name in INT TERM; do
        for partial in '' --partial; do
            rm -f log m
            # shellcheck disable=SC2086 # an option, or none
            env --default-signal=INT rottrain -q -e 1000000 -b 8 --net c2 --log log -o m $partial \
                data.rts 2>said &
            until_log 2
            kill -s $name $!
            status=0
            wait $! || status=$?
            number=$(kill -l $name)
            ((status == 128 + number))
            said=$(<said)
            [[ $said =~ ^rottrain:\ stopped\ by\ SIG$name\ at\ step\ ([0-9]+)\ of\ 3000000\;\ (.*)$ ]] ||
                fail "$said"
            if [[ -z $partial ]]; then
                [[ ${BASH_REMATCH[2]} == 'no model is written' && $(echo m*) == 'm*' ]] || fail "$said"
            fi
        done
        [[ ${BASH_REMATCH[2]} == 'the model so far is written' ]] || fail "$said"
        rtsinfo --history m 2>noted | grep -q "stopped=SIG$name at step ${BASH_REMATCH[1]} of 3000000\$"
        [[ $(<noted) == "rtsinfo: m: training of this model was stopped by SIG$name at step ${BASH_REMATCH[1]} of 3000000" ]] ||
            fail "$(<noted)"
        evalacc -m m data.rts >/dev/null
        [[ $(echo m*) == m ]]
    done
    # To a pipe, too; and what is ignored stays ignored.
    (
        trap '' TERM
        rottrain -q -e 40 -b 1 --net c2 --log log2 data.rts >m2 &
        kill -s TERM $!
        wait $!
    )
    run -1 grep -q stopped= <(rtsinfo --history m2)
}

@test "rottrain: a second signal ends it at once" {
    local started status=0
    # It lets a handler run only when the program next calls the system.
    ! thread_sanitized || skip 'the thread sanitizer holds signals back'
    stream 2000 28 3 >data.rts
    started=$SECONDS
    ROTPIPE_KERNELS=reference rottrain -q -e 1000 -b 2000 -j 1 --log log -o m data.rts 2>said &
    for _ in {1..600}; do
        [[ -e log ]] && break
        sleep 0.05
    done
    sleep 0.2
    kill -s TERM $!
    sleep 0.2
    kill -s TERM $! 2>/dev/null || true
    wait $! || status=$?
    ((status == 143)) && ((SECONDS - started < 60))
    [[ ! -e m && ! -s said ]]
}

@test "rottrain: a model of which every layer is frozen is refused, as nothing would train" {
    stream 12 4 2 >data.rts
    rottrain -q -e 0 --net d1 data.rts | headswap --freeze=head >frozen.rts
    expect_error 1 'frozen.rts: every layer is frozen' rottrain -q -m frozen.rts data.rts
    expect_error 1 'standard input: every layer is frozen' rottrain -q -m - data.rts <frozen.rts
    rottrain -q -e 0 -m frozen.rts data.rts | rtsinfo | grep 'head.*frozen'
}
