#!/usr/bin/env bats
# A system that fails below the programs: memory that runs out at every single allocation, reads and
# writes that fail, come short or are interrupted, disks that are full after every byte, and so on.
# Each ends in one clear line and status 1, leaves no file but a whole one and loses no memory; or it
# changes nothing.
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load fault/small

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    # By a name without blanks, wherever the build is: LD_PRELOAD is split at them.
    ln -s "$BUILD/tests" drivers
    small_files
    # Some that take more than one read and one write.
    idx_images 90 30 30 >many_images
    # shellcheck disable=SC2046 # a list of numbers
    idx_labels $(cycle 90 2) >many_labels
    idx2rts many_images many_labels >many.rts
    gzip -c many.rts >many.rts.gz
    # More than rtshuf may hold in memory.
    { octal 0 0 8 3 && be32 3 700 700 && head -c 1470000 /dev/zero; } | idx2rts >large.rts
    with_files <data.rts >files.rts
    rottrain -q -e 0 --net d1 many.rts >many-model.rts
    cat features.rts features.rts >both.rts
    mkdir made
    printf '0\t1\n1\t-\n' >table
    printf '0\t1\n*\t-\n' >answers
    some_pictures
    mkdir -p many_pictures/a many_pictures/b
    idx2png -d many_pictures/a/more -n 40 many_images
    idx2png -d many_pictures/b/more -n 40 many_images
}

setup() {
    start_in "$BATS_FILE_TMPDIR"
    need_drivers
}

# Every program in small uses, a line each; what comes on standard input stands before `<`, or
# before `|` where that is a pipe.
uses() {
    cat <<'END'
idx2rts --names names images labels
idx2rts --range 0:99 images labels
img2rts -q -j 2 pictures
img2rts -q -j 1 --rgb --size 3x2 --flat pictures
img2rts -q -j 2 --files-from list
list | img2rts -q -j 2 --fit pad --size 6 --files-from -
photo.png < img2rts -q -j 1
cifar2rts batch batch
cifar2rts --fine --names fine batch100
idx2png images labels
idx2png --labels --names names images labels
idx2png -f -d made images labels
rts2png --labels data.rts
rtsample -n 2 data.rts
data.rts < rtsample -n 2 -v
data.rts | rtsample -n 2
rtsample --at-most 1 data.rts
data.rts | rtsample --share 0.5
rtsample --fold 1/2 data.rts
rtsample --first 3 -v data.rts
rts2idx --labels made/labels data.rts
features.rts | rts2idx -o made/features --labels made/labels
rtshuf data.rts
files.rts | rtshuf
rtspick -q -n 2 -j 2 --labelled other.rts data.rts
rtspick -q -n 2 -j 2 --features features.rts data.rts
files.rts | rtspick -q -n 2 -j 2 --method centres --metric cosine
rtspick -q -n 2 -j 2 --method facility --labelled other.rts data.rts
rtsmap --transpose --unlabel data.rts
rtsmap --table table --names names data.rts
rtsmap --answers answers --names names data.rts
rtsmap --rgb --crop 2x1 --pad 3 --transpose data.rts
data.rts | rtsmap --compact
rotgen data.rts
augment -n 2 flip data.rts
data.rts < rotgen -r
rottrain -q -e 1 -j 2 --net d1 -o made/model data.rts
rottrain -q -e 1 -b 2 -j 2 --net d1 --save made/state --every 1 -o made/model data.rts
rottrain -q -e 1 -b 2 -j 2 --net d1 --optimizer sgd --resume state.rts data.rts
rottrain -q -e 1 -j 2 --net d1 --class-weight balanced --smooth 0.1 --clip 1 --mixup 0.2 data.rts
rottrain -q -e 2 -j 2 --net d1 --average 0.9 --keep-best --valid data.rts --log log data.rts
rottrain -q -e 1 -j 2 --net d1 --rotate all --valid data.rts data.rts
rottrain -q -e 1 -j 2 --net d1 --unlabelled data.rts --strong flip --average 0.9 --align data.rts
rottrain -q -e 1 -j 2 --net d1 --unlabelled data.rts --lambda 0 --lambda-rotation 1 data.rts
data.rts < rottrain -q -e 1 -j 2 -m model.rts
headswap -c 3 --names names.3 model.rts
model.rts < headswap --thaw
evalacc -j 2 -m model.rts --confusion --report data.rts
evalacc -j 2 -m model.rts --json data.rts
evalcmp -q -j 2 -A model.rts -B model.rts --flip data.rts
evalcmp -q -j 2 -A model.rts -A model.rts -B model.rts -B model.rts --json data.rts
evalpng -j 2 -m model.rts --worst -n 2 --labels data.rts
evalpng -j 2 -m model.rts --bars data.rts
classdump -j 2 -m model.rts -m model.rts --flip --shift 1 -k all data.rts
classdump -j 2 -m model.rts --json data.rts
rtslabel -q -j 2 -m model.rts -m model.rts --select 0.1 data.rts
rtslabel -q -j 2 -m model.rts --balance -o made/labelled data.rts
rtslabel -q -j 2 -m model.rts --soft -o made/labelled data.rts
rtshuf soft.rts
rottrain -q -e 1 -j 1 --net d1 soft.rts
data.rts | rtslabel -q -j 2 -m model.rts --soft --balance
evalacc -j 2 -m model.rts -m model.rts --flip data.rts
evalpng -j 2 -m model.rts -m model.rts --shift 1 --files data.rts
rts2tsv --files data.rts
featdump -j 2 -m model.rts data.rts
filtdump model.rts
umap -q -e 2 -k 3 -j 2 features.rts
umap -q -e 2 -k 3 -j 2 --search descent features.rts
data.rts < umap -q -e 2 -k 3 -j 2
files.rts < umap -q -e 2 -k 3 -j 2
knneval -q -k 1,2 -j 2 features.rts features.rts
rtsspread -q -k 3 -j 2 --prior uniform --select 0.1 features.rts features.rts
rtsspread -q -k 3 -j 2 --method spreading --features both.rts -o made/spread data.rts data.rts
data.rts | rtsspread -q -k 3 -j 2 --balance data.rts
rtscomm --rotated --duplicates data.rts other.rts
rtscomm --only-b -o made/others other.rts data.rts
rtsinfo -o made/info data.rts
evalacc -m model.rts -j 2 -o made/table data.rts
evalcmp -q -A model.rts -B model.rts -j 2 -o made/compared data.rts
data.rts < rtscomm --both data.rts
rtsinfo data.rts
rtsinfo model.rts
rtsinfo state.rts
rtsinfo -r data.rts
rts2tsv --names data.rts
END
}

# Of the same, those that write and read a good deal.
large_uses() {
    cat <<'END'
idx2rts many_images many_labels
img2rts -q -j 2 many_pictures
rtsample -n 80 many.rts
rtspick -q -n 80 many.rts
rts2idx many.rts
rtshuf many.rts
rtshuf --memory 1M large.rts
rtscomm --only-b other.rts many.rts
many.rts | rtsample -n 80
many.rts | rtsample --share 80%
many.rts | rtsmap --compact --transpose
rtslabel -q -m many-model.rts --select 0.1 many.rts
many.rts | rtslabel -q -m many-model.rts --balance
many.rts | rtsspread -q -k 3 -j 1 many.rts
rotgen many.rts
augment flip many.rts
rotgen many.rts.gz
rottrain -q -e 0 --net d64 -o made/model many.rts
rts2png many.rts
END
}

# try_faults KIND [STRIDE] <USES: at every place, or every STRIDE-th.
try_faults() {
    local kind=$1 stride=${2:-} use input failed=0 counts=$BATS_TEST_TMPDIR/counts
    [[ -n $stride ]] || stride=$(every 1)
    while read -r use; do
        input=()
        case $use in
        *' | '*) input=(-p "${use%% *}") ;;
        *' < '*) input=(-i "${use%% *}") ;;
        esac
        # shellcheck disable=SC2086 # a command with its arguments
        drivers/faults -s "$stride" "${input[@]}" "$kind" ${use#* [|<] } >>"$counts" || failed=1
    done
    [[ $failed == 0 ]]
    # Nothing tried is nothing shown.
    grep -q '^[1-9]' "$counts"
    tell "$kind" "$counts"
    rm "$counts"
}

need_preloading() {
    need_drivers
    ! thread_sanitized || skip 'nothing is preloaded before the thread sanitizer'
}

need_own_allocation() {
    need_drivers
    ! sanitized || skip 'the sanitizer has an allocator of its own'
}

@test "faults: what injects them notices a program that passes them over" {
    need_preloading
    # careless NAME LINE...: a program of these lines of shell.
    careless() {
        printf '%s\n' '#!/bin/sh' "${@:2}" >"$1"
        chmod +x "$1"
    }
    careless deaf 'cat data.rts 2>/dev/null; exit 0'
    run drivers/faults -s 100 disk-full ./deaf
    [[ $status == 1 && $output == *'status is not 1'* ]] || fail "$output"
    careless mute 'cat data.rts 2>/dev/null || exit 1'
    run drivers/faults -s 100 disk-full ./mute
    [[ $status == 1 && $output == *'no line on standard error'* ]] || fail "$output"
    careless untidy 'echo x >made/temporary; cat data.rts 2>err && rm made/temporary && exit 0' \
        'echo "untidy: it: fails" >&2; exit 1'
    run drivers/faults -s 100 disk-full ./untidy
    [[ $status == 1 && $output == *'leaves made/temporary'* ]] || fail "$output"
    # dd takes what one read gives it.
    careless hasty 'exec dd if=data.rts bs=500 count=1 2>err'
    run drivers/faults read-short ./hasty
    [[ $status == 1 && $output == *'another result'* ]] || fail "$output"
}

@test "faults: what injects them notices memory that is lost on the way to an error" {
    need_own_allocation
    cat >lossy.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    char *volatile a = malloc(10), *volatile b = malloc(10);
    if (!a || !b)
        return fputs("lossy: it: out of memory\n", stderr), 1;
    free(a);
    free(b);
    puts("result");
    return fclose(stdout);
}
END
    ${CC:-cc} -o lossy lossy.c
    run drivers/faults memory ./lossy
    [[ $status == 1 && $output == *'lossy # memory 2: memory is lost'* ]] || fail "$output"
}

@test "faults: memory runs out once, at every allocation" {
    need_own_allocation
    uses | try_faults memory
}

@test "faults: memory runs out for good, from every allocation on" {
    need_own_allocation
    uses | try_faults memory-gone
}

@test "faults: reads fail, come short, are interrupted" {
    need_preloading
    for kind in read-EIO read-short read-EINTR; do
        { uses && large_uses; } | try_faults $kind
    done
}

@test "faults: writes fail in the middle, come short, are interrupted" {
    need_preloading
    for kind in write-ENOSPC write-EPIPE write-short write-EINTR; do
        { uses && large_uses; } | try_faults $kind
    done
}

@test "faults: a disk that is full after every byte" {
    uses | try_faults disk-full "$(every 197)"
    large_uses | try_faults disk-full 20011
}

@test "faults: files cannot be opened, looked at, sought in, doubled, closed" {
    need_preloading
    for kind in open-EMFILE stat-EIO seek-ESPIPE dup-EMFILE close-EIO; do
        uses | try_faults $kind
    done
}

@test "faults: a result cannot be made safe, given its mode, its name, a folder" {
    need_preloading
    for kind in sync-EIO mode-EPERM name-EACCES folder-EACCES; do
        uses | try_faults $kind
    done
}

@test "faults: threads cannot be started" {
    need_preloading
    uses | sed 's/-j 2/-j 4/' | try_faults thread-EAGAIN
}

# ---- standard streams that are not there ----

# Every program that writes to standard output, by its first use.
closed_output() {
    local use input
    uses | grep -v ' made' | while read -r use; do
        input=/dev/null
        [[ $use != *' '[\<\|]' '* ]] || input=${use%% *}
        # shellcheck disable=SC2086 # a command with its arguments
        expect_error 1 'standard output: .*Bad file descriptor' \
            sh -c '"$@" <"$0" >&-' "$input" ${use#* [|<] }
        # A pipe as input lets rtsample spool.
        # shellcheck disable=SC2086
        expect_error 1 'standard output: .*Bad file descriptor' \
            sh -c 'cat "$0" | "$@" >&-' "$input" ${use#* [|<] }
    done
}

@test "faults: a standard output that is closed, or cannot be written" {
    closed_output
    for program in idx2rts idx2png; do
        expect_error 1 'standard output: ' sh -c '"$0" images 1<data.rts' $program
    done
    expect_error 1 'standard output: ' sh -c 'rotgen data.rts 1<data.rts'
    cmp data.rts <(idx2rts --names names images labels)
}

@test "faults: a standard input that is closed, cannot be read, is a folder" {
    for command in rts2png 'rtsample -n 2' 'rtsmap --compact' rtshuf 'rtspick -q -n 2' rotgen 'augment flip' 'rottrain -q' headswap \
        'evalacc -m model.rts' 'evalcmp -A model.rts -B model.rts' \
        'featdump -m model.rts' 'evalpng -m model.rts' 'classdump -m model.rts' \
        'rtslabel -m model.rts' 'rtslabel -m model.rts --balance' filtdump 'rtscomm data.rts' 'umap -q' \
        'knneval -q -k 1 data.rts' 'rtsspread -q data.rts' rtsinfo rts2idx rts2tsv cifar2rts idx2rts idx2png; do
        # shellcheck disable=SC2086 # a command with its arguments
        expect_error 1 'standard input: Bad file descriptor' sh -c '"$@" <&-' - $command
        # shellcheck disable=SC2086
        expect_error 1 'standard input: Bad file descriptor' sh -c '"$@" 0>written' - $command
        # shellcheck disable=SC2086
        expect_error 1 'standard input: is a directory' sh -c '"$@" <.' - $command
    done
}

@test "faults: no message goes into a file that took the place of standard error" {
    rottrain -e 2 -j 1 --net d1 -o want data.rts
    rottrain -e 2 -j 1 --net d1 -o got data.rts 2>&-
    same want got
    head -c 1000 data.rts >half.rts
    run sh -c 'rottrain -e 1 --net d1 -o made/model half.rts 2>&-'
    [[ $status == 1 && -z $output ]]
    [[ -z $(ls made) ]]
    # The log is not the model, nor the model the log.
    expect_error 1 'standard output: ' sh -c 'rottrain -q -e 1 --net d1 --log log data.rts >&-'
    run ! grep -q rts1 log
}

@test "faults: files that may not be read or written" {
    [[ $(id -u) != 0 ]] || skip 'root may read and write everything'
    cp data.rts secret.rts
    chmod 0 secret.rts
    for command in rts2png 'rtsample -n 2' 'rtsmap --unlabel' rtshuf 'rtspick -q -n 2' rotgen 'augment flip' 'rottrain -q' headswap 'evalacc -m' 'evalpng -m' 'evalcmp -B model.rts -A' \
        'featdump -m' 'classdump -m' 'rtslabel -m' filtdump 'rtscomm data.rts' umap 'knneval data.rts' 'rtsspread data.rts' rtsinfo rts2idx rts2tsv; do
        # shellcheck disable=SC2086 # a command with its arguments
        expect_error 1 'secret.rts: Permission denied' $command secret.rts
    done
    mkdir locked
    chmod 555 locked
    expect_error 1 'locked/out: Permission denied' rottrain -q -o locked/out data.rts
}
