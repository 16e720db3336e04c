# Shared by the tests of the programs that take several models and views: `load ensembles` after
# `load lib` and `load nets`.
# shellcheck shell=bash

# probabilities MODEL STREAM: softmax of the head's outputs, by featdump and awk: a line for each
# image, the probabilities of its classes.
probabilities() {
    featdump -m "$1" --layer head "$2" | rts2tsv | cut -f 2- | LC_ALL=C awk '
        { most = $1; sum = 0
          for (k = 2; k <= NF; k++) if ($k > most) most = $k
          for (k = 1; k <= NF; k++) sum += exp($k - most)
          for (k = 1; k <= NF; k++) printf "%.9f%s", exp($k - most) / sum, k < NF ? "\t" : "\n" }'
}

# mean FILE...: of such files, number by number.
mean() {
    LC_ALL=C awk -v files=$# '
        FNR > n { n = FNR }
        { width = NF; for (k = 1; k <= NF; k++) sum[FNR, k] += $k }
        END { for (i = 1; i <= n; i++)
            for (k = 1; k <= width; k++) printf "%.9f%s", sum[i, k] / files, k < width ? "\t" : "\n" }' "$@"
}

# view FLIP DOWN RIGHT FILE SIZE: an unlabelled stream of the images of FILE, SIZE x SIZE, shifted
# by so many pixels, those of the edge repeated, then mirrored if FLIP is 1.
view() {
    local bytes
    bytes=$(rts2tsv "$4" | cut -f 2- | LC_ALL=C awk -v flip="$1" -v down="$2" -v right="$3" -v n="$5" '
        function within(x) { return x < 0 ? 0 : x >= n ? n - 1 : x }
        { for (y = 0; y < n; y++)
            for (x = 0; x < n; x++) {
                shifted = flip ? n - 1 - x : x
                printf "\\%03o", $(within(y - down) * n + within(shifted - right) + 1)
            } }')
    {
        octal 0 0 8 3
        be32 "$(rts2tsv "$4" | wc -l)" "$5" "$5"
        # shellcheck disable=SC2059 # the text is the format: that is how NUL bytes come out
        printf "$bytes"
    } >view.idx
    idx2rts view.idx
}

# beliefs COMMAND...: what classdump --json says of each class, in the order of the classes 0, 1, ...
beliefs() {
    "$@" --json -k all | python3 -c '
import json, sys
for line in sys.stdin:
    top = sorted(json.loads(line)["top"], key=lambda t: int(t["class"]))
    print("\t".join("%.9f" % t["probability"] for t in top))'
}

# near_tables FILE FILE MOST: as near, of tables.
near_tables() {
    near <(tr '\t' '\n' <"$1") <(tr '\t' '\n' <"$2") "$3"
}

# check_ensemble_refusals DATA COMMAND...: COMMAND takes -m and DATA, made by teach; it refuses models
# that do not fit each other, views that do not fit the images, and uses that are wrong.
check_ensemble_refusals() {
    local data=$1 why
    shift
    teach m
    stream 24 8 4 >four.rts
    rottrain -q -e 1 --net 'c2 r p' four.rts >four
    stream 24 9 3 >nine.rts
    rottrain -q -e 1 --net 'c2 r p' nine.rts >nine
    printf 'a\nb\nc\n' >abc
    printf 'a\nc\nb\n' >acb
    headswap --names abc m >named
    headswap --names acb m >other
    expect_error 1 'four: has 4 classes, but m has 3' "$@" -m m -m four "$data"
    expect_error 1 'nine: is for images of 9 x 9 x 1, but m is for 8 x 8 x 1' "$@" -m m -m nine "$data"
    expect_error 1 'other: class names differ from those of named' "$@" -m m -m named -m other "$data"
    expect_error 1 'm: has 3 classes, but standard input has 4' "$@" -m - -m m "$data" <four
    expect_error 1 '--shift 8: images of 8 x 8 pixels cannot be shifted so far' "$@" -m m --shift 8 "$data"
    for why in 0 -1 2048 x; do
        expect_error 2 "--shift: '$why' is not an integer between 1 and 2047" "$@" -m m "--shift=$why" "$data"
    done
    expect_error 2 'standard input can be only one of data and -m' "$@" -m - -m - "$data" <m
    # shellcheck disable=SC2046 # words
    expect_error 2 '-m: more than 64 models' "$@" $(printf ' -m m%.0s' {1..65}) "$data"
    # shellcheck disable=SC2046
    run -0 --separate-stderr "$@" $(printf ' -m m%.0s' {1..64}) "$data"
    run -0 --separate-stderr "$@" -m m -m named "$data"
}
