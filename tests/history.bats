#!/usr/bin/env bats
# How a file came to be, from the files of the data set on, through every program.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib

# The lines that a history must begin with, made by gzip, which computes the same checksum.
checksum() {
    printf '%s %d crc32 %s\n' "$1" "$2" "$(gzip -c <"$3" | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' ')"
}

# begins FILE: its history begins with the checksums of the data set's files.
begins() {
    rtsinfo --history "$1" | head -n 2 | cmp - checksums || fail "$1:" "$(rtsinfo --history "$1")"
}

data() {
    idx_images 60 8 8 >images
    # shellcheck disable=SC2046
    idx_labels $(cycle 60 3) >labels
    { checksum images 60 images && checksum labels 60 labels; } >checksums
    idx2rts images labels >data.rts
}

@test "history: begins with the checksums of the files, in all that is made of them" {
    data
    rtsample -n 12 data.rts >few.rts
    rtsample -n 12 -v data.rts >many.rts
    rotgen many.rts >turned.rts
    rottrain -q -e 1 --net 'c2 r p d4 r' turned.rts >rot.rts
    headswap -c 3 --freeze rot.rts >swapped.rts
    rottrain -q -e 1 -m swapped.rts few.rts >tuned.rts
    featdump -m tuned.rts few.rts >features.rts
    for file in data few many turned rot swapped tuned features; do
        begins $file.rts
    done
    # Each program once, and in its place.
    rtsinfo --history features.rts | awk '{
        of = ""
        for (i = 1; $i ~ /:$/; i++) of = of $i
        print of $i }' >got
    printf '%s\n' images labels idx2rts rtsample featdump \
        model:{images,labels,rottrain} model:data:{images,labels,idx2rts,rtsample,rotgen} \
        model:{headswap,rottrain} model:data:{images,labels,idx2rts,rtsample} >want
    diff got want
}

@test "history: the same through one pipe" {
    data
    idx2rts images labels | rtsample -n 30 | rotgen | rottrain -q -e 1 --net c2 |
        headswap -c 3 | rottrain -q -e 1 -m - data.rts >tuned.rts
    begins tuned.rts
    headswap --thaw tuned.rts | featdump -m - data.rts | rtsample -n 9 >features.rts
    begins features.rts
    for program in idx2rts rtsample rotgen rottrain headswap featdump; do
        rtsinfo --history features.rts | grep -q "$program 0"
    done
}

@test "history: data of several sources name each of them, and each once" {
    data
    idx_images 9 8 8 >images2
    idx2rts images2 >data2.rts
    idx_labels 0 1 2 0 1 2 0 1 2 >labels2
    idx2rts images2 labels2 >labelled2.rts
    checksum images 9 images2 >>checksums
    cat data.rts data2.rts data.rts data2.rts | rotgen >turned.rts
    rtsinfo --history turned.rts | head -n 3 | cmp - checksums
    [[ $(rtsinfo --history turned.rts | grep -c crc32) == 3 ]]
    rottrain -q -e 1 --net c2 turned.rts | headswap -c 3 >m.rts
    rtsinfo --history m.rts | head -n 3 | cmp - checksums
    # A model that goes on learning from others names these as well; where it did is told there.
    rottrain -q -e 1 -m m.rts labelled2.rts >n.rts
    checksum labels 9 labels2 >>checksums
    rtsinfo --history n.rts | head -n 4 | cmp - checksums
    rtsinfo --history n.rts | tail -n 3 >got
    { sed -n '3,4p' checksums && rtsinfo --history labelled2.rts | tail -n 1; } |
        sed 's/^/  data: /' | cmp - got
}

@test "history: a source whose history begins another's is told as well" {
    data
    rtsample -n 12 -s 9 data.rts >few.rts
    for order in 'few data' 'data few'; do
        cat "${order% *}.rts" "${order#* }.rts" "${order% *}.rts" "${order#* }.rts" >both.rts
        rtsinfo --history both.rts >told
        rotgen both.rts | rtsinfo --history >turned
        for file in told turned; do
            head -n 2 $file | cmp - checksums
            [[ $(sed 1,2d $file | grep -v ^rotgen | cut -d ' ' -f 1 | xargs) == \
                "$([[ $order == few* ]] && echo idx2rts rtsample idx2rts || echo idx2rts idx2rts rtsample)" ]]
        done
        [[ $(grep -c ^rotgen turned) == 2 ]]
    done
}

@test "history: bounded, the checksums and the latest steps stay" {
    local i
    data
    cp data.rts s
    for i in {1..300}; do
        rtsample -n 60 -s "$i" s >t
        mv t s
    done
    begins s
    (($(payloads s history | wc -c) <= 8192))
    rtsinfo --history s | grep -qx '\.\.\.'
    [[ $(rtsinfo --history s | tail -n 1) == 'rtsample '*' -s 300' ]]
    # So with a model that is trained on and on, and on data of ever other files.
    rottrain -q -e 0 --net c2 data.rts >m
    for i in {1..120}; do
        idx_images 3 8 8 >images2
        octal $((i % 256)) $((i / 256)) | dd of=images2 bs=1 seek=100 conv=notrunc status=none
        idx_labels 0 1 2 >labels2
        idx2rts images2 labels2 | rottrain -q -e 0 -m m >n
        mv n m
    done
    [[ $(rtsinfo --history m | head -n 1) == "$(head -n 1 checksums)" ]]
    (($(payloads m history | wc -c) <= 8192 && $(payloads m digest | wc -c) <= 8192))
    rtsinfo --history m | grep -qxF "$(checksum images 3 images2)"
}

@test "history: --no-history forgets what came before, too; what comes after is told" {
    data
    rtsample -n 12 --no-history data.rts >few.rts
    [[ -z $(rtsinfo --history few.rts) ]]
    rotgen few.rts >turned.rts
    [[ $(rtsinfo --history turned.rts) == 'rotgen '* ]]
    idx2rts --no-history images labels | rotgen --no-history |
        rottrain -q -e 1 --net c2 >m.rts
    [[ $(rtsinfo --history m.rts) == 'rottrain '* ]]
    run -1 grep -E 'history|digest' <(idx2rts --no-history images labels | { cat >s && records s; })
}

@test "history: a digest that is no text is a record like any other" {
    data
    { record digest u1 0 3 3; record image u1 1 4 1 2 2 1; record end u1 2 0; } >odd
    rotgen odd >turned.rts
    records turned.rts | grep -q ' u1 \[3\] digest'
    rotgen --no-history odd >turned.rts
    records turned.rts | grep -q ' u1 \[3\] digest'
}

@test "history: what the best epoch was chosen by is told, and is not among what was trained on" {
    data
    idx_images 9 8 8 >images2
    idx_labels 0 1 2 0 1 2 0 1 2 >labels2
    idx2rts images2 labels2 >valid.rts
    rottrain -q -e 2 --net c2 --valid valid.rts --keep-best data.rts >m.rts
    {
        checksum images 9 images2
        checksum labels 9 labels2
        rtsinfo --history valid.rts | tail -n 1
    } | sed 's/^/  valid: /' >want
    rtsinfo --history m.rts | grep '^  valid: ' | cmp - want
    run -1 grep -c images2 <(payloads m.rts digest)
    run -1 grep valid: <(rottrain -q -e 2 --net c2 --valid valid.rts data.rts | rtsinfo --history)
    run -1 grep valid: <(rottrain -q -e 2 --net c2 --no-history --valid valid.rts --keep-best \
        data.rts | rtsinfo --history)
}
