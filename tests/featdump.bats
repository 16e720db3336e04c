#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets

@test "featdump: manners" {
    check_common featdump
    teach m
    cp m keep
    stream 9 8 3 >good
    check_refusals good featdump -m keep
    check_model_refusals keep featdump -m % good
    expect_error 2 '-m: a model is needed' featdump good
    local two='standard input can be only one of data and -m'
    expect_error 2 "$two" featdump -m - </dev/null
    expect_error 2 "$two" featdump -m - - </dev/null
    expect_error 2 "$two" featdump -m m - - </dev/null
    expect_error 2 "-j: '0' is not an integer" featdump -m m -j 0 good
    expect_error 1 "no layer 'conv3': the model has conv1 relu1 pool1 conv2 relu2 dense1 relu3 head" \
        featdump -m keep --layer conv3 good
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" \
        env ROTPIPE_KERNELS=mmx featdump -m keep good
    stream 3 9 3 >nine
    expect_error 1 'nine: record .*images of 9 x 9 x 1, but the model is for 8 x 8 x 1' \
        featdump -m keep nine
    featdump -m keep good >features
    expect_error 1 'features: record .*features, but images are needed' featdump -m keep features
}

@test "featdump: the shape of every layer" {
    teach m
    shape() { featdump -m m ${1:+--layer "$1"} data.rts | { cat >f && records f | grep ' feature$'; } | cut -d ' ' -f 3,4; }
    [[ $(shape) == 'f4 [24,5]' ]]
    [[ $(payloads f history | sed -n 2p) == 'featdump '[0-9.]*' --layer relu3' ]]
    # And how the model was made, whose features they are.
    { payloads m digest && payloads m history; } | sed 's/^/  model: /' >want
    payloads f history | tail -n +3 | cmp - want
    [[ $(shape conv1) == 'f4 [24,8,8,4]' ]]
    [[ $(shape relu1) == 'f4 [24,8,8,4]' ]]
    [[ $(shape pool1) == 'f4 [24,4,4,4]' ]]
    [[ $(shape conv2) == 'f4 [24,4,4,3]' ]]
    [[ $(shape relu2) == 'f4 [24,4,4,3]' ]]
    [[ $(shape dense1) == 'f4 [24,5]' ]]
    [[ $(shape relu3) == 'f4 [24,5]' ]]
    [[ $(shape head) == 'f4 [24,3]' ]]
    rtsinfo f >/dev/null
}

@test "featdump: a layer's values follow from those below" {
    teach m
    dump() { featdump -m m --layer "$1" data.rts >f && numbers f feature; }
    dump conv1 | awk '{ print ($1 > 0 ? $1 : 0) }' >want
    dump relu1 >got
    near got want 1e-7
    # [24,8,8,4] to [24,4,4,4]: the largest of four pixels.
    awk '{ i = NR - 1; k = i % 4; x = int(i / 4) % 8; y = int(i / 32) % 8; n = int(i / 256)
           at = ((n * 4 + int(y / 2)) * 4 + int(x / 2)) * 4 + k
           if (!(at in most) || $1 > most[at]) most[at] = $1 }
         END { for (i = 0; i < 24 * 64; i++) print most[i] }' got >want
    dump pool1 >got
    near got want 1e-7
    dump relu3 >got
    { numbers m head.weight && numbers m head.bias && cat got; } | awk '
        NR <= 15 { w[NR - 1] = $1; next } NR <= 18 { b[NR - 16] = $1; next }
        { x[(NR - 19) % 5] = $1 }
        (NR - 18) % 5 == 0 { for (o = 0; o < 3; o++) { s = b[o]
            for (i = 0; i < 5; i++) s += w[o * 5 + i] * x[i]
            print s } }' >want
    dump head >got
    near got want 1e-4
}

@test "featdump: PyTorch's values" {
    local net at size name torch=$DATA/torch
    for net in small deep; do
        gzip -dc "$torch/$net-torch.rts.gz" >torch.rts
        records torch.rts | grep ' act\.' >list
        (($(wc -l <list) > 8))
        while read -r at size _ _ name; do
            featdump -m "$torch/$net-model.rts.gz" --layer "${name#act.}" \
                "$torch/$net-data.rts.gz" >f
            tail -c +$((at + 129)) torch.rts | head -c "$size" | floats >want
            numbers f feature | head -n $((size / 4)) >got
            near got want 2e-5
        done <list
    done
}

@test "featdump: labels, names and unknown records pass" {
    teach m
    idx_images 5 8 8 >images
    idx_labels 2 0 1 1 2 >labels
    printf 'a\nb\nc\n' >abc
    idx2rts --names abc images labels >named
    featdump -m m named >f
    cmp <(payloads f label) <(payloads named label)
    payloads f names | cmp - abc
    cmp <(payloads f digest) <(payloads named digest)
    idx2rts images >unlabelled
    featdump -m m unlabelled >g
    [[ $(records g) != *label* ]]
    cmp <(payloads f feature) <(payloads g feature)
    # No images give no features, in a whole stream.
    idx_images 0 8 8 >images
    idx2rts images | featdump -m m >f
    [[ $(records f) == *'f4 [0,5] feature'* ]]
}

@test "featdump: the same bytes for any number of threads, from pipe, file, gzip and operands" {
    teach m
    featdump -m m -j 1 data.rts >want
    for j in 2 7; do
        featdump -m m -j $j <data.rts | cmp - want
    done
    featdump -m - data.rts <m | cmp - want
    gzip -c data.rts | featdump -m m - | cmp - want
    cat data.rts data.rts | featdump -m m | { cat >f && numbers f feature; } >want
    featdump -m m data.rts data.rts | { cat >f && numbers f feature; } | cmp - want
}

@test "featdump: every set of kernels says the same" {
    local set layer
    teach m
    for layer in conv1 relu2 head; do
        featdump -m m --layer $layer data.rts | { cat >f && numbers f feature; } >want
        for set in $(kernel_sets); do
            ROTPIPE_KERNELS=$set featdump -m m --layer $layer data.rts >f
            numbers f feature >got
            near got want 2e-5
        done
    done
}

@test "featdump: streams without end, in constant memory" {
    teach m
    bash -c 'while cat data.rts; do :; done 2>/dev/null' |
        (within 400000 featdump -m m --layer conv1 -j 1) | head -c 3000000 >f || true
    [[ $(size_of f) == 3000000 ]]
}

@test "featdump: more features than a chunk holds are refused" {
    idx_images 1 200 200 >images
    idx_labels 0 >labels
    idx2rts images labels >large
    rottrain -q -e 0 -c 2 --net 'c32 p p p' large >m
    expect_error 1 'conv1: 5120000 bytes per image, but at most 4194304 are possible' \
        featdump -m m --layer conv1 large
    featdump -m m --layer pool1 large | { cat >f && records f; } | grep -q '\[1,100,100,32\] feature'
}
