# Shared by damage.bats and faults.bats: files as small as they can be, since every byte and every
# call of theirs is tried; and the commands that read them. `load fault/small` after `load lib`.
# shellcheck shell=bash

# small_files: images, labels, names, CIFAR batches, data.rts, other.rts, features.rts, model.rts, soft.rts,
# state.rts
# in the current folder.
small_files() {
    idx_images 4 2 2 >images
    idx_labels 0 1 0 1 >labels
    printf 'no\nyes\n' >names
    printf 'no\nperhaps\nyes\n' >names.3
    idx2rts --names names images labels >data.rts
    idx_images 3 2 2 | idx2rts >other.rts
    { octal 1 && noise 3072; } >batch
    { octal 3 1 && noise 3072; } >batch100
    printf 'no\nyes\n\n' >fine
    rottrain -q -e 1 --net 'c1 r p d2 r' data.rts | headswap --freeze=conv1 >model.rts
    featdump -m model.rts data.rts >features.rts
    rtslabel --soft -m model.rts data.rts >soft.rts
    rottrain -q -e 1 -b 2 -j 1 --net d1 --optimizer sgd --save state.rts data.rts >/dev/null
}

# some_pictures: PNG files, and a JPEG file where those are read, in pictures/a and pictures/b; one of
# them as photo.png; and a list of some with classes.
some_pictures() {
    mkdir pictures
    idx2png -d pictures/a images
    idx2png -d pictures/b -n 2 images
    cp pictures/a/000000.png photo.png
    if img2rts --version | grep -q JPEG; then
        pngtopnm photo.png 2>/dev/null | pnmtojpeg 2>/dev/null >pictures/b/photo.jpg
        printf 'pictures/b/photo.jpg\tno\n' >list
    fi
    printf 'pictures/%s.png\t%s\n' a/000000 yes b/000001 no a/000002 no >>list
}

# every N: 1 for make check-all, which tries everything; otherwise N, more under a sanitizer, where
# a process takes its time to start.
every() {
    if [[ -n ${ROTPIPE_ALL:-} ]]; then
        echo 1
    elif sanitized; then
        echo $(($1 * 12 + 1))
    else
        echo "$1"
    fi
}

# Drivers and libraries are built on Linux alone.
need_drivers() {
    [[ -x $BUILD/tests/damage ]] || skip 'faults are injected on Linux alone'
}

# tell TITLE FILE: the sum of all numbers before a word in the lines of a file, word by word:
# `# tried: TITLE: 12 cuts, 90 bits ...`, where the runner of the tests finds it.
tell() {
    awk -v title="$1" '
        {
            for (i = 1; i < NF; i++)
                if ($i ~ /^[0-9]+$/) {
                    word = $(i + 1)
                    sub(/[,:]$/, "", word)
                    if (!(word in sum)) order[++words] = word
                    sum[word] += $i
                }
        }
        END {
            printf "# tried: %s:", title
            for (i = 1; i <= words; i++) printf "%s %d %s", (i > 1 ? "," : ""), sum[order[i]], order[i]
            print ""
        }' "$2" >&3
}
