#!/usr/bin/env bats
# layereval: what each layer's outputs are worth.
# shellcheck disable=SC2094,SC2154 # one file read twice; bats' own variables

load lib
load nets

# The column of a table that the header names, without the header.
column() {
    awk -F '\t' -v name="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"
}

# A net that knows rotations, 200 labelled images and 100 to test.
learn() {
    fashion train >train.rts
    rtsample -n 200 -s 1 train.rts >labelled.rts
    rtsample -n 100 -s 1 <(fashion t10k) >test.rts
    rtsample -n 400 -s 1 -v train.rts | rotgen | rottrain -q -e 1 --net 'c8 r p c8 r p d4 r' >m
}

@test "layereval: one line per layer, with the sizes of headswap --list" {
    teach m
    layereval -m m -k 3 data.rts data.rts >table
    [[ $(head -n 1 table) == $'layer\toutput\tsize\tdead\tknn\tlinear\theld_out\tlambda' ]]
    headswap --list m | cut -f 1-3 | sed 1d >want
    sed 1,2d table | cut -f 1-3 >got
    same want got
    [[ $(sed -n 2p table | cut -f 1-3) == $'input\t8 x 8 x 1\t64' ]]
    layereval -m m -k 3 data.rts <data.rts | cmp - table
    layereval -m - -k 3 data.rts data.rts <m | cmp - table
    # Those asked for, in the order of the list.
    layereval -m m -k 3 --layers relu2,input,conv1 data.rts data.rts >some
    { head -n 1 table && grep ^relu2 table && grep ^input table && grep ^conv1 table; } | cmp - some
    # What begins a residual block says nothing new.
    rottrain -q -e 0 --net 'c2 ( r c2 ) d3' data.rts >n
    layereval -m n -k 3 data.rts data.rts | cut -f 1 | paste -sd ' ' >names
    [[ $(<names) == 'layer input conv1 relu1 conv2 add1 dense1 head' ]]
}

@test "layereval: the vote is knneval's, on featdump's features" {
    learn
    layereval -m m -k 5 labelled.rts test.rts >table
    knneval -k 5 <(featdump -m m --layer pool2 labelled.rts) <(featdump -m m --layer pool2 test.rts) >vote
    [[ $(grep ^pool2 table | cut -f 5) == "$(sed -n 2p vote | cut -f 2)" ]]
    # Pixels are normalized there, which moves and scales all of a grey image alike.
    knneval -k 5 labelled.rts test.rts >vote
    [[ $(grep ^input table | cut -f 5) == "$(sed -n 2p vote | cut -f 2)" ]]
}

@test "layereval: a linear probe tells what can be told, whatever -j and the kernels" {
    learn
    layereval -m m labelled.rts test.rts >table
    # Ten classes: by the pooled features far more than chance, by the four rotations' logits less
    # than by what is below.
    awk -F '\t' '$1 == "pool2" { pool = $6 } $1 == "head" { head = $6 } END { exit !(pool > 0.5 && pool > head) }' table
    # On the labelled images themselves the probe is nearly always right where outputs are many.
    layereval -m m --layers pool1 labelled.rts labelled.rts >self
    awk -F '\t' 'NR == 2 { exit !($6 > 0.9) }' self
    for threads in 1 3; do
        layereval -j $threads -m m labelled.rts test.rts | cmp - table
    done
    # Other kernels round otherwise, which can move an image or two across a border.
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set layereval -m m --layers input,pool2,head labelled.rts test.rts >other
        paste <(grep -E '^(input|pool2|head)' table) <(sed 1d other) |
            awk -F '\t' '{ d = $6 - $14; if (d * d > 0.0004 || $4 != $12) exit 1 }'
    done
}

@test "layereval: dead outputs are those that are zero on every image" {
    local dead
    teach m
    # A learning rate that kills outputs.
    rottrain -q -e 2 -b 8 --lr 0.3 --warmup 0 -m m data.rts >d
    layereval -m d -k 1 --layers relu1,relu3 data.rts data.rts >table
    [[ $(grep ^relu3 table | cut -f 4) -gt 0 ]]
    for layer in relu1 relu3; do
        # By featdump: columns that are never anything but 0.
        dead=$(featdump -m d --layer $layer data.rts | rts2tsv | awk -F '\t' '
            { for (i = 2; i <= NF; i++) if ($i != 0) alive[i] = 1; n = NF - 1 }
            END { for (i in alive) n--; print n }')
        [[ $(grep "^$layer" table | cut -f 4) == "$dead" ]]
    done
}

@test "layereval: few labels" {
    local one
    teach m
    # One image of each class: none can be held out.
    rtsample -k 1 data.rts >one
    one=$(layereval -m m -k 1 --layers pool1 one data.rts | tail -n 1 | cut -f 7,8)
    [[ $one == $'-\t0.0001' ]]
    # Test images of a class that no labelled image has are never right.
    stream 4 8 1 >zeros
    [[ $(layereval -m m -k 1 --layers input zeros data.rts | tail -n 1 | cut -f 5,6) == $'0.3333\t0.3333' ]]
}

@test "layereval: wrong input" {
    teach m
    check_model_refusals m layereval -m % -k 3 --layers input data.rts data.rts
    stream 12 5 3 >other
    expect_error 1 'other: images of 5 x 5 x 1, but the model is for 8 x 8 x 1' layereval -m m -k 1 other data.rts
    expect_error 1 'other: images of 5 x 5 x 1, but the model is for 8 x 8 x 1' layereval -m m -k 1 data.rts other
    expect_error 1 'data.rts: 24 images, but -k needs 25' layereval -m m -k 25 data.rts data.rts
    expect_error 1 "no layer 'x': the model has conv1 .* head" layereval -m m --layers conv1,x data.rts data.rts
    expect_error 1 "no layer '': the model has" layereval -m m --layers conv1, data.rts data.rts
    idx2rts <(idx_images 4 8 8) >unlabelled
    expect_error 1 'unlabelled: .*without labels' layereval -m m -k 1 unlabelled data.rts
    printf 'a\nb\nc\n' >names
    idx2rts --names names <(idx_images 6 8 8) <(idx_labels 0 1 2 0 1 2) >named
    printf 'a\nb\nd\n' >names
    idx2rts --names names <(idx_images 6 8 8) <(idx_labels 0 1 2 0 1 2) >otherwise
    expect_error 1 'otherwise: class names differ from those of named' layereval -m m -k 1 named otherwise
    rtsmap --shift 998 data.rts >many
    expect_error 1 'many: record .* label 1000, but at most 1000 classes are possible' layereval -m m -k 1 many data.rts
    rtsmap --shift 997 data.rts >many
    layereval -m m -k 1 --layers relu3 many many | grep -q relu3
    head -c 1000 data.rts >half
    expect_error 1 'half: .*cut short' layereval -m m -k 1 data.rts half
    expect_error 2 '-m: a model is needed' layereval data.rts data.rts
    expect_error 2 'one or two streams are needed' layereval -m m
    expect_error 2 'too many operands' layereval -m m data.rts data.rts data.rts
    expect_error 2 'only one of the streams' layereval -m - data.rts
    expect_error 2 "-k: '0'" layereval -m m -k 0 data.rts data.rts
    expect_error 1 "'x' cannot run here" env ROTPIPE_KERNELS=x layereval -m m data.rts data.rts
}
