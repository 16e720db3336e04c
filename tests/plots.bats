#!/usr/bin/env bats
# The plots of examples/plots, on small data: PNG and SVG come out whole, and of the right things;
# and the recipe's targets for them.
# shellcheck disable=SC2154 # bats' own variables

load lib
load pictures

PLOTS=$ROOT/examples/plots
RECIPE=$ROOT/examples/fashion-mnist
LABELS=$ROOT/examples/shared/labels

setup() {
    start_in "$BATS_TEST_TMPDIR"
    command -v gnuplot >/dev/null || skip 'gnuplot is missing'
}

# plot SCRIPT ARGUMENT...
plot() {
    # In the C locale it warns of a sign that no plot has.
    LC_ALL=C.UTF-8 gnuplot -c "$PLOTS/$1.gp" "${@:2}"
}

# whole_png FILE WIDTH HEIGHT: a picture of that size, not of one colour.
whole_png() {
    need_netpbm
    pngtopnm "$1" >picture.pnm 2>said || fail "$1: $(<said)" || return 1
    [[ $(pamfile picture.pnm) == *" $2 by $3 "* ]] || fail "$(pamfile picture.pnm)" || return 1
    [[ $(ppmhist -noheader picture.pnm 2>/dev/null | wc -l) -gt 10 ]] || fail "$1 has few colours"
}

# whole_svg FILE TEXT...: an SVG with these words in it.
whole_svg() {
    local text
    [[ $(tail -n 1 "$1") == *'</svg>'* || $(tail -n 2 "$1") == *'</svg>'* ]] || fail "$1: no end" || return 1
    ! command -v xmllint >/dev/null || xmllint --noout --nonet "$1" || return 1
    for text in "${@:2}"; do
        grep -qF -e "$text" "$1" || fail "$1: no '$text'" || return 1
    done
}

# refused STATUS REGEX SCRIPT ARGUMENT...
refused() {
    run plot "${@:3}"
    [[ $status == "$1" && $output =~ $2 ]] || fail "status $status: $output"
}

log_head=$'epoch\tloss\taccuracy\tvalid_loss\tvalid_accuracy\tlr\timages_per_second\tseconds\tconfident\twrong\trotation'

# ---- points ----

@test "plots: points, by numbers and names of classes" {
    printf '1\t0.5\t1\n0\t-1\t2\n1\t0.7\t3e0\n-\t5\t5\n' >points
    printf 'T-shirt/top\nAnkle boot\nBag\n' >names
    quiet_success plot scatter points a.png names
    whole_png a.png 800 560
    plot scatter points a.svg names
    whole_svg a.svg 'T-shirt/top' 'Ankle boot' '(no label)' 'first coordinate' 'second coordinate'
    # A class without a point is not in the legend; the others stand in the order of their numbers.
    run ! grep -q Bag a.svg
    [[ $(grep -oE 'T-shirt/top|Ankle boot' a.svg | head -n 2 | tail -n 1) == 'Ankle boot' ]]
    # Without names: numbers; with names for labels: as they come, or in the order of the file.
    plot scatter points a.svg
    whole_svg a.svg '>1<' '>0<'
    printf 'Bag\t0.5\t1\nAnkle boot\t-1\t2\n' >named
    plot scatter named a.svg
    [[ $(grep -oE 'Bag|Ankle boot' a.svg | head -n 1) == Bag ]]
    plot scatter named a.svg names
    [[ $(grep -oE 'Bag|Ankle boot' a.svg | head -n 1) == 'Ankle boot' ]]
}

@test "plots: points of more classes than colours differ in the marker" {
    for ((i = 0; i < 23; i++)); do
        printf '%d\t%d\t%d\n' $i $i $((i * i % 7))
    done >points
    plot scatter points a.svg
    whole_svg a.svg '>22<'
    # Each entry of the legend: the marker and the colour.
    grep -oE "href='#gpPt[0-9]+'[^>]* color=\"[^\"]*\"|href='#gpPt[0-9]+'[^>]*" a.svg | grep -v 'opacity' |
        sed -E "s/.*(gpPt[0-9]+).*color=.([^\"' ]*).*/\1 \2/" | sort | uniq >looks
    [[ $(wc -l <looks) -ge 23 ]] || fail "$(cat looks)"
    # One point is enough.
    printf '3\t1\t1\n' >point
    plot scatter point a.png
    whole_png a.png 800 560
}

@test "plots: features laid out, from a net to the picture" {
    fashion t10k | rtsample -n 100 >s.rts
    rottrain -q -e 2 --net 'c4 r p p d5' s.rts >m
    featdump -m m s.rts | umap -q -e 50 >layout.rts
    rts2tsv layout.rts >points
    quiet_success plot scatter points a.png "$DATA/fashion-names.txt" 'A title'
    whole_png a.png 800 560
    rts2tsv --names layout.rts >named
    plot scatter named a.svg '' 'A <title>'
    whole_svg a.svg 'Ankle boot' Sandal 'A &lt;title>'
    # A net of two features needs no layout.
    rottrain -q -e 2 --net 'c4 r p p d2' s.rts >m
    featdump -m m s.rts | rts2tsv --names >two
    plot scatter two a.svg
    whole_svg a.svg 'Ankle boot' Sandal
    # Two beside one another, with one legend.
    quiet_success plot scatter points b.png "$DATA/fashion-names.txt" before two after
    whole_png b.png 1200 680
    plot scatter named b.svg '' 'before <it>' two 'after it'
    whole_svg b.svg 'before &lt;it>' 'after it'
    run ! grep -q 'first coordinate' b.svg
    # A name stands in both panels (gnuplot writes a name in a box twice) and in the legend; and every
    # point is drawn.
    [[ $(grep -cF '>Ankle boot<' b.svg) == 5 ]] || fail "$(grep -cF '>Ankle boot<' b.svg) names"
    [[ $(grep -c "<use .* transform='translate" b.svg) == $((100 + 100 + 10)) ]] || fail "$(grep -c "<use .* transform='translate" b.svg) points"
}

@test "plots: two panels, of which one lacks a class" {
    printf '0\t1\t1\n1\t2\t3\n' >both
    printf '0\t-1\t-1\n0\t-2\t-3\n' >one
    local pair
    for pair in 'both one' 'one both'; do
        quiet_success plot scatter "${pair% *}" a.svg '' left "${pair#* }" right
        whole_svg a.svg left right
        [[ $(grep -cF '>0<' a.svg) == 5 && $(grep -cF '>1<' a.svg) == 3 ]] || fail "$(grep -oE '>[01]<' a.svg)"
    done
}

@test "plots: points that are none" {
    refused 2 'usage: gnuplot -c scatter.gp' scatter
    refused 1 'missing' scatter missing a.png
    printf '1\t2\t3\n' >points
    refused 2 'a.gif: neither .png nor .svg' scatter points a.gif
    : >none
    refused 1 'none' scatter none a.png
    refused 1 'none' scatter points a.png '' left none right
    refused 1 'missing' scatter points a.png '' left missing right
    refused 2 'usage: gnuplot -c scatter.gp' scatter points a.png '' left points
    refused 2 'usage: gnuplot -c scatter.gp' scatter points a.png '' left points right more
}

# ---- curves ----

@test "plots: loss and accuracy of trainings" {
    stream 24 8 3 >s.rts
    rottrain -q -e 3 --net 'c2 r d3' --log one.log s.rts >m
    mkdir folder
    rottrain -q -e 2 --net d1 --valid s.rts --log 'folder/two runs.log' s.rts >m
    plot curves a.png one.log 'folder/two runs.log'
    whole_png a.png 800 430
    plot curves a.svg one.log 'folder/two runs.log'
    whole_svg a.svg one 'two runs' loss 'accuracy, %' 'epoch (dashes: validation data)'
    run ! grep -q 'folder' a.svg
    quiet_success plot curves a.svg one.log
    run ! grep -q 'dashes' a.svg
    # One epoch is enough.
    head -n 2 one.log >a.log
    plot curves a.png a.log
    whole_png a.png 800 430
    plot curves a.png one.log one.log one.log one.log one.log one.log one.log
    whole_png a.png 800 430
}

@test "plots: logs that are none" {
    refused 2 'usage: gnuplot -c curves.gp' curves a.png
    echo "$log_head" >a.log
    refused 1 'a.log' curves a.png a.log
    printf 'x\ty\n1\t2\n' >b.log
    refused 1 'b.log: no log of rottrain' curves a.png b.log
    refused 1 missing curves a.png missing
    refused 2 'more than seven logs' curves a.png 1 2 3 4 5 6 7 8
    refused 2 'more than seven logs' curves a.png 1 2 3 4 5 6 7 8 9 10 11
}

# ---- confusion ----

@test "plots: a confusion matrix" {
    stream 24 8 3 >s.rts
    printf 'a <b>\n#2\nfirst & last\n' >names
    rottrain -q -e 2 --net 'c2 r d3' s.rts | headswap --names names >m
    evalacc -m m --confusion s.rts >c
    quiet_success plot confusion c a.png
    whole_png a.png 800 640
    plot confusion c a.svg
    whole_svg a.svg 'what the model says' 'true class' 'a &lt;b>' '#2' 'first &amp; last' \
        "$(LC_ALL=C awk '$1 == "accuracy" { printf "%.1f %% of 24 are right", 100 * $2 }' c)"
    # Every count of the matrix is in the picture.
    awk -F '\t' 'on { for (i = 2; i <= NF; i++) print $i } /^true/ { on = 1 }' c | sort >want
    sed -n 's,.*<text>\([0-9]*\)</text>.*,\1,p' a.svg | sed '/^$/d' | sort >got
    same got want
    # With the report before it, it is the same.
    evalacc -m m --confusion --report s.rts >c2
    plot confusion c2 b.svg
    same a.svg b.svg
    # Without names, of two classes, one of which has no example.
    printf 'true\\predicted\t0\t1\n0\t5\t1\n1\t0\t0\n' >c
    plot confusion c a.png
    whole_png a.png 800 640
}

@test "plots: confusion matrices that are none" {
    refused 2 'usage: gnuplot -c confusion.gp' confusion c
    printf 'accuracy\t0.5\nexamples\t3\n' >c
    refused 1 'c: no confusion matrix' confusion c a.png
    refused 1 missing confusion missing a.png
}

# ---- labels ----

@test "plots: accuracy against the number of labels" {
    local step n seed
    for step in scratch frozen tuned midscratch midfrozen midtuned; do
        for n in 30 100; do
            for seed in 1 2; do
                printf 'accuracy\t0.%d%d\n' $((n / 30 + 4)) $((seed * 2)) >$step-$n-$seed.tsv
            done
        done
    done
    "$LABELS" . '30 100' '1 2' <"$RECIPE/steps" >l
    [[ $(sed -n 2p l) == "30$(printf '\t53.00\t1.41%.0s' 1 2 3 4 5 6)" ]] || fail "$(cat l)"
    [[ $(wc -l <l) == 3 ]]
    quiet_success plot labels l a.png
    whole_png a.png 800 480
    plot labels l a.svg
    whole_svg a.svg 'images with labels' 'accuracy on the test images, %' 'from scratch' \
        'everything fine-tuned' 'fine-tuned from there' '>30<' '>100<'
    run -1 "$LABELS" . '30 300' '1 2' <"$RECIPE/steps"
    run -1 "$LABELS" . 30 '1 3' <"$RECIPE/steps"
    [[ $output == 'labels: ./scratch-30-3.tsv: missing or empty' ]] || fail "$output"
    refused 2 'usage: gnuplot -c labels.gp' labels l
    printf 'a\tb\n1\t2\n' >two
    refused 1 'two: no steps with mean and sd' labels two a.png
    head -n 1 l >none
    refused 1 'none: no numbers of labels' labels none a.png
}

# ---- figures that were not measured ----

@test "plots: what is not a number is not left out" {
    local bad
    for bad in -nan inf 1x '' - 0,5; do
        printf '1\t2\t3\n1\t%s\t3\n' "$bad" >points
        refused 1 'points: row 2: column 2 is not a number' scatter points a.png
        printf '1\t2\t%s\n1\t2\t3\n' "$bad" >points
        refused 1 'points: row 1: column 3 is not a number' scatter points a.png
        printf '%s\n1\t0.5\t%s\t-\t-\t0.1\t9\t1\t-\t-\t-\n' "$log_head" "$bad" >a.log
        refused 1 'a.log: row 2: column 3 is not a number' curves a.png a.log
        [[ $bad == - ]] || {
            printf '%s\n1\t0.5\t0.5\t%s\t0.5\t0.1\t9\t1\t-\t-\t-\n' "$log_head" "$bad" >a.log
            refused 1 'a.log: row 2: column 4 is not a number' curves a.png a.log
        }
        printf 'labels\tone\tsd\n30\t50\t1\n100\t%s\t1\n' "$bad" >l
        refused 1 'l: row 3: column 2 is not a number' labels l a.png
        printf 'true\\predicted\t0\t1\n0\t5\t1\n1\t0\t%s\n' "$bad" >c
        refused 1 'c: confusion matrix: row 2: column 3 is not a count' confusion c a.png
    done
    # A column that is missing, or one too many.
    printf '1\t2\t3\n1\t2\n' >points
    refused 1 'points: row 2: column 3 is not a number' scatter points a.png
    printf 'labels\tone\tsd\n30\t50\t1\n100\t50\n' >l
    refused 1 'l: row 3: column 3 is not a number' labels l a.png
    printf 'true\\predicted\t0\t1\n0\t5\t1\n1\t0\n' >c
    refused 1 'c: confusion matrix: row 2: column 3 is not a count' confusion c a.png
    printf 'true\\predicted\t0\t1\n0\t5\t1\t2\n1\t0\t3\t4\n' >c
    refused 1 'c: confusion matrix: row 1: column 4 is not a class' confusion c a.png
    [[ ! -e a.png ]]
    # Numbers of every form are drawn.
    printf '1\t-0.5\t3e0\n1\t+2.\t1.5E-3\n' >points
    plot scatter points a.svg
    [[ $(grep -c "<use .* transform='translate" a.svg) == $((2 + 1)) ]] || fail "$(grep -c "<use .* transform='translate" a.svg) points"
}

@test "plots: an accuracy that is not 100 % is not drawn as such" {
    printf 'accuracy\t0.99997\nexamples\t30000\ntrue\\predicted\t0\t1\n0\t5\t1\n1\t0\t0\n' >c
    plot confusion c a.svg
    whole_svg a.svg '99.997 % of 30000 are right'
    printf 'accuracy\t1.0000\nexamples\t6\ntrue\\predicted\t0\t1\n0\t5\t0\n1\t0\t1\n' >c
    plot confusion c a.svg
    whole_svg a.svg '100.0 % of 6 are right'
}

# ---- the recipe ----

@test "plots: the recipe's table of votes" {
    local kind metric seed
    for kind in pixels rotations tuned; do
        for metric in euclidean cosine; do
            for seed in 1 2; do
                printf 'k\taccuracy\n1\t0.%d1\n5\t0.5%d\n20\t0.25\n' $seed $((${#kind} - 5 + seed)) \
                    >votes-$kind-$metric-$seed.tsv
            done
        done
    done
    "$RECIPE/neighbours" -t . '1 2' >t
    [[ $(wc -l <t) == 7 ]]
    [[ $(sed -n 2p t) == $'pixels, Euclidean\t16.0 +- 7.1\t52.5 +- 0.7\t25.0 +- 0.0' ]] || fail "$(cat t)"
    [[ $(sed -n 6p t) == $'features learnt from rotations, cosine\t16.0 +- 7.1\t55.5 +- 0.7\t25.0 +- 0.0' ]]
    run "$RECIPE/neighbours" . 2
    [[ $output == *'features after fine-tuning, Euclidean '*' 21.0 '*' 52.0 '*' 25.0'* ]] || fail "$output"
    [[ $output != *'+-'* ]]
    run -1 "$RECIPE/neighbours" -t . '1 3'
    : >votes-tuned-cosine-1.tsv
    run -1 "$RECIPE/neighbours" -t . 1
    run -1 "$RECIPE/neighbours" nothere 1
    [[ $output == 'neighbours: nothere/votes-pixels-euclidean-1.tsv: missing or empty' ]] || fail "$output"
    run -1 "$RECIPE/table" nothere 1
    [[ $output == 'table: nothere/shared-1.tsv: missing or empty' ]] || fail "$output"
}

@test "plots: the recipe's, on less than the sample" {
    # The same rules on a few images, by nets of a moment.
    cp -R "$RECIPE" recipe
    cp -R "$PLOTS" plots
    cp -R "$ROOT/examples/shared" shared
    rm -rf recipe/out recipe/out-sample
    mkdir data # where make sees no blank
    cp "$DATA/fashion-names.txt" data
    for part in train:600 t10k:200; do
        first_images "${part#*:}" "${part%:*}" | gzip >"data/${part%:*}-images-idx3-ubyte.gz"
        first_labels "${part#*:}" "${part%:*}" | gzip >"data/${part%:*}-labels-idx1-ubyte.gz"
    done
    make_small() {
        env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s -C recipe BIN="$BUILD" \
            D=/nowhere DATA=../data/ NAMES=../data/fashion-names.txt \
            PRETRAIN='-e 1 -b 512 -q --lr 0.003' FEW='-e 1 -b 32' LABELLED=60 SHARED=1000 \
            LABELS='20 40' FEWER_SEEDS='1 2' "$@"
    }
    make_small labels plots sheet neighbours report 2>said >votes || fail "$(tail -n 5 said)"
    local out=recipe/out-sample name
    for name in curves-1 pretext-1 map-1 umap-1 umap-rotations-1 umap-tuned-1 labels; do
        whole_svg $out/$name.svg
        pngtopnm $out/$name.png >/dev/null 2>&1 || fail "$name.png"
    done
    for name in rotated augmented labelled-1 worst-1 turned-1 filters-1; do
        pngtopnm $out/$name.png >/dev/null 2>&1 || fail "$name.png"
    done
    [[ $(wc -l <$out/labels.tsv) == 3 ]]
    whole_svg $out/umap-1.svg 'Before fine-tuning: features learnt from rotations' \
        'After fine-tuning on 60 labels' 'Ankle boot'
    # What is laid out are the features of the model that the picture is of.
    featdump -m $out/tuned-1.rts $out/test.rts | umap -q | rts2tsv | cmp - $out/layout-tuned-1.tsv
    featdump -m $out/rotations-1.rts $out/test.rts | umap -q | rts2tsv | cmp - $out/layout-rotations-1.tsv
    # And the votes are those of the labelled images among them.
    featdump -m $out/tuned-1.rts $out/labelled-1.rts >few
    featdump -m $out/tuned-1.rts $out/test.rts | knneval --metric cosine few >want
    LC_ALL=C awk '$1 == 5 { printf "%.1f\n", 100 * $2 }' want >vote
    [[ $(awk '/^features after fine-tuning, cosine/ { print $6 }' votes) == "$(<vote)" ]] || fail "$(<votes)"
    grep -q '<h2>How the models were made</h2>' $out/report.html
    grep -q '<th scope="row">features after fine-tuning, cosine</th>' $out/report.html
    [[ $(grep -c '<img' $out/report.html) == 10 ]]
    [[ $(tail -n 1 $out/report.html) == '</html>' ]]
    # All is there: nothing is done twice.
    make_small -q labels plots sheet report
    # The README's pictures, each once in its folder.
    mkdir shown
    make_small pictures SHOWN="$PWD/shown"
    for name in umap curves map worst; do
        cmp shown/$name.png $out/$name-1.png
    done
    cmp shown/rotated.png $out/rotated.png
    cmp shown/augmented.png $out/augmented.png
    cmp shown/labels.png $out/labels.png
    [[ $(find shown -type f | wc -l) == 7 ]]
    # A plot that fails leaves no file behind.
    rm $out/map-1.*
    echo rubbish >$out/confusion-1.tsv
    run make_small map
    [[ $status != 0 && ! -e $out/map-1.png ]]
}
