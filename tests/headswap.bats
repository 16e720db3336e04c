#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets

# What headswap must leave alone: all tensors but the head's, and the texts named.
body() {
    tensors "$1" | grep -Ev '^(head\.(weight|bias)|frozen|names) '
}

@test "headswap: manners" {
    check_common headswap
    teach m
    check_model_refusals m headswap -c 4 %
    expect_error 1 'standard input: empty' headswap </dev/null
    expect_error 1 'standard output: No space left' sh -c 'headswap m > /dev/full'
    expect_error 1 'standard output: Broken pipe' refuse_sigpipe headswap m
    silent_sigpipe headswap m
    expect_error 2 'option' headswap --no-such-option m
    expect_error 2 '--freeze and --thaw are mutually exclusive' headswap --freeze --thaw m
    expect_error 2 'too many operands' headswap m m
    expect_error 2 "-c: '0' is not an integer" headswap -c 0 m
    expect_error 2 "-c: '1001' is not an integer" headswap -c 1001 m
    expect_error 2 "-s: 'x' is not an integer between 0 and 2\^64 - 1" headswap -s x m
    expect_error 2 '-s needs -c, --at or --reinit' headswap -s 7 m
    expect_error 2 '--freeze=head: a fresh head cannot be frozen' headswap -c 4 --freeze=head m
    expect_error 2 '--freeze=head: a fresh head cannot be frozen' headswap --at conv1 --freeze=head m
    for option in '-c 3' '--at conv1' --freeze --thaw --no-history; do
        # shellcheck disable=SC2086 # an option and its argument
        expect_error 2 '--list cannot be combined with options that change the model' headswap --list $option m
    done
}

@test "headswap: a fresh head on the same body" {
    teach m
    headswap -c 7 m >n
    [[ $(body n) == "$(body m)" ]]
    [[ $(records n) == *'f4 [7,5] head.weight'* && $(records n) == *'f4 [7] head.bias'* ]]
    [[ $(numbers n head.bias | sort -u) == 0 ]]
    headswap <m -c 7 | cmp - n
    headswap -c 7 - <m | cmp - n
    gzip -c m | headswap -c 7 -s 0 | cmp - n
    headswap -c 7 -s 1 m >other
    [[ $(body other) == "$(body m)" ]]
    [[ $(tensors other | grep ^head.weight) != "$(tensors n | grep ^head.weight)" ]]
}

@test "headswap: the fresh head is the one that rottrain would have made" {
    teach m
    stream 21 8 7 >seven
    for seed in 0 18446744073709551615; do
        rottrain -q -e 0 -s $seed --net 'c4 r p c3 r d5 r' seven >fresh
        headswap -c 7 -s $seed m >swapped
        [[ $(tensors fresh | grep ^head) == "$(tensors swapped | grep ^head)" ]]
    done
}

@test "headswap: --at puts the head where the features are" {
    teach m
    headswap --at pool1 -c 6 -s 2 m >n
    # The net ends there; what stays is unchanged, and the head is the one of a net that always ended
    # there.
    [[ $(payloads n net) == 'c4 r p' ]]
    [[ $(records n) == *'f4 [6,64] head.weight'* && $(records n) != *conv2* && $(records n) != *dense1* ]]
    [[ $(tensors n | grep ^conv1) == "$(tensors m | grep ^conv1)" ]]
    stream 18 8 6 >six
    rottrain -q -e 0 -s 2 --net 'c4 r p' six >fresh
    [[ $(tensors n | grep ^head) == "$(tensors fresh | grep ^head)" ]]
    [[ $(payloads n history | tail -n 1) == 'headswap '[0-9.]*' --at pool1 -c 6 -s 2' ]]
    # Its outputs are those that the layer had before.
    featdump --no-history --layer pool1 -m m data.rts >before
    featdump --no-history -m n data.rts | cmp - before
    evalacc -m n six | grep -q accuracy
    # Frozen layers stay frozen, and --freeze means those below the new head.
    headswap --freeze m | headswap --at pool1 -c 6 >n
    [[ $(payloads n frozen) == conv1 ]]
    headswap --at relu2 --freeze -c 6 m >n
    [[ $(payloads n frozen | xargs) == 'conv1 conv2' ]]
    # On the layer below the head it is what -c does.
    headswap --at relu3 -c 6 m >n
    headswap -c 6 m >o
    [[ $(tensors n) == "$(tensors o)" ]]
}

@test "headswap: --at alone keeps the classes and their names" {
    fashion train >f.rts
    rtsample -n 50 f.rts >few.rts
    rottrain -q -e 0 --net 'c2 p p d4 r' few.rts >m
    headswap --at pool2 m >n
    [[ $(records n) == *'f4 [10,98] head.weight'* ]]
    [[ $(payloads n names) == "$(payloads m names)" ]]
    headswap --at pool2 -c 10 m >n
    [[ $(records n) != *names* ]]
    headswap --at pool2 -c 10 --names "$DATA/fashion-names.txt" m >n
    [[ $(payloads n names) == "$(payloads m names)" ]]
    # Every layer but the head can carry one.
    for layer in conv1 pool1 pool2 dense1 relu1; do
        headswap --at $layer m | rottrain -q -e 1 -m - few.rts | evalacc -m - few.rts | grep -q accuracy
    done
}

@test "headswap: --at names the layers that there are" {
    teach m
    expect_error 1 "no layer 'conv9': the model has conv1 relu1 pool1 conv2 relu2 dense1 relu3 head" \
        headswap --at conv9 m
    expect_error 1 "--at: 'head' is the head itself" headswap --at head m
    [[ -z $output ]]
    # A layer that goes can no longer be frozen.
    expect_error 1 "no layer 'conv2': the model has conv1 relu1 head" \
        headswap --at relu1 --freeze=conv2 m
    # A net as deep as nets can be is listed to its end.
    stream 6 4 2 >small
    rottrain -q -e 0 --net "$(printf 'c16 %.0s' {1..64})" small >deep
    expect_error 1 'conv1 conv2 .* conv63 conv64 head$' headswap --at conv65 deep
}

@test "headswap: --list" {
    teach m
    headswap --freeze=conv1 m | headswap --list >list
    printf '%s\t%s\t%s\t%s\t%s\n' layer output size parameters frozen \
        conv1 '8 x 8 x 4' 256 40 yes relu1 '8 x 8 x 4' 256 0 no pool1 '4 x 4 x 4' 64 0 no \
        conv2 '4 x 4 x 3' 48 111 no relu2 '4 x 4 x 3' 48 0 no dense1 '1 x 1 x 5' 5 245 no \
        relu3 '1 x 1 x 5' 5 0 no head '1 x 1 x 3' 3 18 no >want
    same want list
    expect_error 1 'standard output: cannot write: No space left' sh -c 'headswap --list m > /dev/full'
}

@test "headswap: without options the model stays, but for its history" {
    teach m
    headswap m >n
    [[ $(tensors n) == "$(tensors m)" ]]
    [[ $(payloads n history | tail -n 1) =~ ^headswap\ [0-9.]+$ ]]
    [[ $(payloads n history | head -n -1) == "$(payloads m history)" ]]
    headswap -c 4 -s 9 --freeze=conv2 m >n
    [[ $(payloads n history | tail -n 1) == 'headswap '[0-9.]*' -c 4 -s 9 --freeze=conv2' ]]
    headswap --thaw m >n
    [[ $(payloads n history | tail -n 1) == 'headswap '[0-9.]*' --thaw' ]]
}

@test "headswap: freezing and thawing" {
    teach m
    frozen() { headswap "$@" | { cat >n && payloads n frozen | xargs; }; }
    [[ $(frozen m) == '' ]]
    [[ $(frozen --freeze m) == 'conv1 conv2 dense1' ]]
    [[ $(frozen --freeze=conv1 m) == conv1 ]]
    [[ $(frozen --freeze=pool1 m) == conv1 ]]
    [[ $(frozen --freeze=conv2 m) == 'conv1 conv2' ]]
    [[ $(frozen --freeze=head m) == 'conv1 conv2 dense1 head' ]]
    headswap --freeze m >f
    [[ $(frozen f) == 'conv1 conv2 dense1' ]]
    [[ $(frozen -c 9 f) == 'conv1 conv2 dense1' ]]
    [[ $(frozen --freeze=conv1 f) == conv1 ]]
    [[ $(frozen --thaw f) == '' ]]
    [[ $(records n) != *frozen* ]]
    # A fresh head is never frozen.
    headswap --freeze=head m >f
    [[ $(frozen -c 9 f) == 'conv1 conv2 dense1' ]]
    expect_error 1 "no layer 'conv9': the model has conv1 relu1 pool1 conv2 relu2 dense1 relu3 head" \
        headswap --freeze=conv9 m
}

@test "headswap: class names" {
    teach m
    printf 'red\ngreen\nblue\n' >three
    headswap --names three m >n
    [[ $(payloads n history | tail -n 1) == 'headswap '[0-9.]*' --names' ]]
    payloads n names | cmp - three
    # A head with other classes has no names, unless they are given.
    headswap -c 4 n >o
    [[ $(records o) != *names* ]]
    printf 'a\nb\nc\nd' >four
    headswap -c 4 --names four n >o
    [[ $(payloads o names | xargs) == 'a b c d' ]]
    expect_error 1 'four: 4 names for a head of 3 classes' headswap --names four m
    expect_error 1 'three: 3 names for a head of 4 classes' headswap -c 4 --names three m
    expect_error 1 'missing: No such file' headswap --names missing m
    headswap --thaw n >o
    payloads o names | cmp - three
}

# splice FILE RECORD: the model with a record more before its end, which gets the next index.
splice() {
    local last count
    last=$(records "$1" | tail -n 1 | cut -d ' ' -f 1)
    count=$(records "$1" | wc -l)
    head -c "$last" "$1"
    record "$2" i2 $((count - 1)) 6 3
    record end u1 "$count" 0
}

@test "headswap: records that it does not know are passed on" {
    teach m
    splice m umap.centre >spliced
    rtsinfo spliced >/dev/null
    headswap -c 6 spliced >n
    [[ $(records n) == *'i2 [3] umap.centre'* ]]
    [[ $(body n) == "$(body spliced)" ]]
    # So does training.
    rottrain -q -e 1 -m spliced data.rts >n
    [[ $(records n) == *'i2 [3] umap.centre'* ]]
}

# The tensors whose names begin so.
those() {
    tensors "$1" | grep -E "^($2)\."
}

@test "headswap: a residual block is a whole for --at; its layers freeze one by one" {
    stream 18 8 6 >data.rts
    rottrain -q -e 1 --net 'c4 ( c6s2b0 bn r c6 ) r p ( c6 ( r c6 ) )' data.rts >m
    expect_error 1 "--at: 'conv2' is inside a residual block, which ends with 'add1'" headswap --at conv2 m
    expect_error 1 "--at: 'skip1' is inside a residual block, which ends with 'add1'" headswap --at skip1 m
    expect_error 1 "--at: 'relu3' is inside a residual block, which ends with 'add3'" headswap --at relu3 m
    headswap --at add1 -c 3 m >n
    [[ $(payloads n net) == 'c4 ( c6s2b0 bn r c6 )' ]]
    [[ $(those n 'conv1|conv2|conv3|bn1|add1') == "$(those m 'conv1|conv2|conv3|bn1|add1')" ]]
    # What is frozen inside a block stays; the gradient goes around it.
    headswap --freeze=bn1 m >f
    rottrain -q -e 1 --lr 0.1 -m f data.rts >g
    [[ $(those f 'conv1|conv2|bn1') == "$(those g 'conv1|conv2|bn1')" ]]
    [[ $(those f add1) != "$(those g add1)" && $(those f conv3) != "$(those g conv3)" ]]
}

@test "headswap: --reinit makes a layer and those behind it as a fresh model of that seed has them" {
    stream 18 8 6 >data.rts
    rottrain -q -e 1 --net 'c4 bn r c6 ( bn r c6 ) d5' data.rts >m
    rottrain -q -e 0 -s 9 --net 'c4 bn r c6 ( bn r c6 ) d5' data.rts >fresh
    headswap --reinit conv2 -s 9 m >n
    [[ $(those n 'conv1|bn1') == "$(those m 'conv1|bn1')" && $(those m conv1) != "$(those fresh conv1)" ]]
    [[ $(those n 'conv2|bn2|conv3|dense1|head') == "$(those fresh 'conv2|bn2|conv3|dense1|head')" ]]
    [[ $(payloads n history | tail -n 1) == 'headswap '[0-9.]*' --reinit conv2 -s 9' ]]
    # From the first layer on all is fresh; with another head as that model has it.
    headswap --reinit=conv1 -s 9 m >n
    [[ $(those n '[a-z0-9]+') == "$(those fresh '[a-z0-9]+')" ]]
    headswap -c 7 --reinit dense1 -s 9 m >n
    [[ $(those n dense1) == "$(those fresh dense1)" && $(those n conv3) == "$(those m conv3)" ]]
    headswap -c 7 -s 9 m >o
    [[ $(those n head) == "$(those o head)" ]]
    # Fresh layers are thawed, and not to be frozen.
    headswap --freeze m | headswap --reinit bn2 >n
    [[ $(payloads n frozen | xargs) == 'conv1 bn1 conv2' ]]
    headswap --reinit conv2 --freeze=bn1 m >n
    [[ $(payloads n frozen | xargs) == 'conv1 bn1' ]]
    expect_error 1 "--freeze: 'conv2' is fresh" headswap --reinit conv2 --freeze m
    expect_error 1 "no layer 'conv9': the model has conv1" headswap --reinit conv9 m
    expect_error 2 '--list cannot be combined' headswap --list --reinit conv1 m
}
