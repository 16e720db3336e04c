#!/usr/bin/env bats
# The whole chain, as a person would type it, on the committed sample. Numbers are small so that it
# takes seconds; what is asked of the accuracies leaves wide margins.

load lib

# accuracy MODEL FILE: in hundredths of a percent.
accuracy() {
    evalacc -m "$1" "$2" | LC_ALL=C awk -F '\t' '$1 == "accuracy" { print $2 * 10000 }'
}

# above ACCURACY LOWEST WHAT
above() {
    (($1 > $2)) || fail "$3: accuracy of $1 / 10000, not above $2"
}

@test "workflow: learn from rotations, swap the head, fine-tune on few labels" {
    fashion train >train.rts
    fashion t10k >test.rts
    rtsample -n 400 -s 1 <train.rts >labelled.rts
    rtsample -n 400 -s 1 -v <train.rts >unlabelled.rts
    [[ $(labels labelled.rts | sort | uniq -c | awk '{ print $1 }' | xargs) == '40 40 40 40 40 40 40 40 40 40' ]]
    [[ $(labels unlabelled.rts | wc -l) == 3600 ]]

    rotgen <unlabelled.rts | rottrain -q -e 3 -b 64 >rot.rts
    rotgen <test.rts >turned.rts
    evalacc -m rot.rts --report turned.rts >report
    above "$(accuracy rot.rts turned.rts)" 7000 rotations

    rottrain -q -e 20 -b 32 <labelled.rts >scratch.rts
    above "$(accuracy scratch.rts test.rts)" 5000 scratch

    headswap -c 10 --freeze <rot.rts | rottrain -q -m - -e 20 -b 32 labelled.rts >frozen.rts
    above "$(accuracy frozen.rts test.rts)" 2500 frozen
    headswap --thaw <frozen.rts | rottrain -q -m - -e 10 -b 32 labelled.rts >tuned.rts
    above "$(accuracy tuned.rts test.rts)" 5500 fine-tuned

    # Only the head was trained while the base was frozen.
    for tensor in conv1.weight conv2.bias dense1.weight; do
        cmp <(payloads rot.rts $tensor) <(payloads frozen.rts $tensor)
        run -1 cmp -s <(payloads rot.rts $tensor) <(payloads tuned.rts $tensor)
    done
    # The names came with the data; the history tells the whole way.
    evalacc -m tuned.rts --report test.rts | grep -q '^Ankle boot'
    rtsinfo --history tuned.rts >history
    for program in idx2rts rtsample rotgen rottrain headswap; do
        grep -q "$program " history
    done

    featdump -m tuned.rts test.rts >features.rts
    rts2tsv features.rts | awk -F '\t' 'NF != 17 { exit 1 } END { exit NR != 1000 }'
    rts2png <labelled.rts >sheet.png
    [[ $(head -c 4 sheet.png | tail -c 3) == PNG ]]
}
