#!/usr/bin/env bats
# Under valgrind: no byte is read that was never written, none beyond its memory, none after it was
# freed, and nothing is lost at the end; on input that is whole and on input that is not.
# shellcheck disable=SC2154 # bats' own variables

load lib
load fault/small

setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    # It does not know every instruction set; plain is compiled from the same source.
    export ROTPIPE_KERNELS=plain
    small_files
    gzip -c data.rts >data.gz
    { octal 0 0 8 3 && be32 3 700 700 && head -c 1470000 /dev/zero; } | idx2rts >large.rts
    head -c 1000 data.rts >half.rts
    flip data.rts 600 >flipped.rts
    head -c 2000 model.rts >half-model.rts
    flip model.rts 2000 >flipped-model.rts
    head -c 20 images >half-images
    echo 'no stream' >text
    printf 'no\t-\n*\tperhaps\n' >table
    printf '1\t-\n0\tno\n*\tperhaps\n' >answers
    seq 7 >seven
    some_pictures
    head -c $(($(wc -c <photo.png) - 10)) photo.png >half.png
    flip photo.png 60 >flipped.png
}

setup() {
    start_in "$BATS_FILE_TMPDIR"
    command -v valgrind >/dev/null || skip 'valgrind is missing'
    ! grep -qE '__(asan|tsan|ubsan)_' "$BUILD/rotgen" || skip 'a build with a sanitizer is not for valgrind'
}

# watched STATUS COMMAND...: ends with STATUS, and valgrind has nothing to say.
watched() {
    local want=$1 status=0
    shift
    valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all \
        --log-file=log "$@" >result 2>err || status=$?
    [[ $status == "$want" && ! -s log ]] || fail "$*: status $status, not $want" "$(cat err log)"
}

@test "valgrind: every filter on whole input" {
    watched 0 idx2rts --names names images labels
    watched 0 img2rts -q -j 2 pictures
    watched 0 img2rts -q -j 1 --rgb --size 3x2 --flat pictures
    watched 0 img2rts -q -j 2 --fit pad --size 6 --files-from list
    watched 0 img2rts -q -j 1 --fit stretch --size 2 --files-from - <list
    # shellcheck disable=SC2002
    cat list | watched 0 img2rts -q -j 2 --files-from -
    watched 0 img2rts <photo.png
    watched 0 cifar2rts batch batch
    watched 0 cifar2rts --fine --names fine batch100
    watched 0 idx2png --labels --names names images labels
    watched 0 idx2png -f -d made images labels
    watched 0 rts2png --labels data.rts
    watched 0 rtsample -n 2 data.rts
    watched 0 rtsample -n 2 -v data.gz
    watched 0 rtsample -n 2 <data.rts
    # shellcheck disable=SC2002 # a pipe cannot be sought in
    cat data.rts | watched 0 rtsample -n 2
    watched 0 rtsample --at-most 1 data.gz
    watched 0 rtsample --fold 2/3 data.gz
    watched 0 rtsample --first 2 data.gz
    # shellcheck disable=SC2002
    cat data.rts | watched 0 rtsample --share 0.5
    watched 0 rts2idx --labels made-labels data.gz
    # shellcheck disable=SC2002
    cat features.rts | watched 0 rts2idx
    watched 0 rtshuf data.gz
    watched 0 rtshuf --memory 1M large.rts
    with_files <data.rts | watched 0 rtshuf
    watched 0 rtspick -q -n 2 -j 2 --labelled data.gz other.rts
    watched 0 rtspick -q -n 2 -j 1 --metric cosine --features features.rts data.rts
    with_files <data.rts | watched 0 rtspick -q -n 2 -j 2 --method centres
    watched 0 rtspick -q -n 2 -j 2 --method facility --labelled data.gz other.rts
    watched 0 rtsmap --rgb --crop 2x1+0+1 --pad 3 --background 1,2,3 data.gz
    watched 0 rtsmap --answers answers --names names.3 --compact data.gz
    watched 0 rtsmap --table table --names names.3 --transpose data.rts
    # shellcheck disable=SC2002
    cat data.rts | watched 0 rtsmap --shift 5 --names seven --compact --unlabel
    watched 0 rotgen data.rts
    watched 0 augment -n 2 --original 'flip rotate9 crop1 erase1 bright0.5 contrast0.5' data.rts
    watched 0 rotgen -r data.gz
    watched 0 rtscomm --rotated --duplicates data.rts other.rts
    watched 0 rtscomm --both -o both.rts data.gz data.rts
    watched 0 rtsinfo data.rts
    watched 0 rtsinfo model.rts
    watched 0 rtsinfo -r state.rts
    watched 0 rts2tsv --names data.rts
    watched 0 rts2tsv features.rts
    watched 0 umap -q -k 3 -e 3 -j 2 features.rts
    watched 0 umap -q -k 3 -e 3 -d 3 -j 1 --metric cosine <data.rts
    watched 0 knneval -q -k 1,2 -j 2 features.rts features.rts
    watched 0 knneval -q -k 4 -j 1 --metric cosine data.gz data.rts
    watched 0 rtsspread -q -k 3 -j 2 --prior uniform --select 0.1 features.rts features.rts
    # shellcheck disable=SC2002
    cat data.gz | watched 0 rtsspread -q -k 3 -j 1 --method spreading --metric cosine --balance data.rts
    cat features.rts features.rts >both.rts
    watched 0 rtsspread -q -k 3 -j 1 --features both.rts data.rts data.rts
}

@test "valgrind: what works with models, on whole input" {
    watched 0 headswap -c 3 --names names.3 model.rts
    watched 0 headswap --thaw model.rts
    watched 0 evalacc -j 2 -m model.rts --report --confusion data.rts
    watched 0 evalacc -j 1 -m model.rts --json data.rts
    watched 0 evalcmp -q -j 2 -A model.rts -B model.rts --flip data.rts
    watched 0 evalcmp -q -j 1 -A model.rts -A model.rts -B model.rts -B model.rts data.gz
    watched 0 evalcmp -q -j 1 -A model.rts -B model.rts --json data.rts
    watched 0 evalpng -j 2 -m model.rts --worst -n 2 --labels data.rts
    watched 0 evalpng -j 1 -m model.rts --bars data.rts
    watched 0 classdump -j 2 -m model.rts -m model.rts --flip --shift 1 -k all data.rts
    watched 0 classdump -j 1 -m model.rts --json data.gz
    watched 0 rtslabel -q -j 2 -m model.rts -m model.rts --select 0.1 data.rts
    # shellcheck disable=SC2002 # a pipe cannot be sought in
    cat data.rts | watched 0 rtslabel -q -j 1 -m model.rts --soft --balance
    watched 0 evalacc -j 1 -m model.rts -m model.rts --shift 1 data.rts
    watched 0 evalpng -j 1 -m model.rts -m model.rts --flip --files data.rts
    watched 0 filtdump model.rts
    watched 0 featdump -j 2 -m model.rts data.rts
    watched 0 featdump -j 1 -m model.rts --layer conv1 data.rts
    watched 0 rottrain -q -e 1 -j 2 --net 'c1 r p d2 r' --valid data.rts --keep-best data.rts
    watched 0 rottrain -q -e 1 -j 1 --net d1 --optimizer sgd --save state --every 1 -o model data.rts
    watched 0 rottrain -q -e 1 -b 2 -j 1 --net d1 --optimizer sgd --resume state.rts data.rts
    watched 0 rottrain -q -e 1 -j 2 --net d1 --rotate all --augment shift1 --average 0.5 --clip 1 --smooth 0.1 \
        --valid data.rts data.rts
    watched 0 rottrain -q -e 1 -j 2 --net d1 --unlabelled data.rts --strong flip --weak shift1 --threshold 0.1 \
        --average 0.9 --align --lambda-rotation 1 data.rts
    watched 0 rottrain -q -e 1 -j 2 --net 'c1 bn' --mixup 0.2 --augment shift1 data.rts
    watched 0 rottrain -q -e 1 -j 2 -m model.rts --log log.tsv data.rts
    stream 9 6 3 3 >colour.rts
    watched 0 rottrain -q -e 1 -j 1 --net 'c17 r c3 p r d5' colour.rts
}

@test "valgrind: input that is cut, damaged, no stream, or not there" {
    for file in half.rts flipped.rts text missing model.rts; do
        watched 1 rts2png $file
        watched 1 rtsample -n 2 $file
        watched 1 rtshuf $file
        watched 1 rtspick -n 2 -j 1 $file
        watched 1 rtspick -n 2 -j 1 --labelled $file data.rts
        watched 1 rts2idx --labels made-labels $file
        watched 1 rtsmap --compact $file
        watched 1 rotgen $file
        watched 1 augment flip $file
        watched 1 rtscomm --only-b other.rts $file
        watched 1 rts2tsv $file
        watched 1 rottrain -q -j 1 --net d1 -o model $file
        watched 1 rottrain -q -j 1 --net d1 --valid $file data.rts
        watched 1 evalacc -j 1 -m model.rts $file
        watched 1 evalcmp -q -j 1 -A model.rts -B model.rts $file
        watched 1 evalpng -j 1 -m model.rts --worst $file
        watched 1 classdump -j 1 -m model.rts --flip $file
        watched 1 rtslabel -j 1 -m model.rts --select 0 $file
        watched 1 rtslabel -j 1 -m model.rts --balance $file
        watched 1 featdump -j 1 -m model.rts $file
        watched 1 umap -q -j 1 $file
        watched 1 knneval -q -k 1 -j 1 data.rts $file
        watched 1 knneval -q -k 1 -j 1 $file data.rts
        watched 1 rtsspread -q -k 1 -j 1 data.rts $file
        watched 1 rtsspread -q -k 1 -j 1 $file data.rts
        [[ $file == model.rts ]] || watched 1 rtsinfo $file
    done
    # shellcheck disable=SC2002 # a pipe cannot be sought in
    cat half.rts | watched 1 rtsample -n 2
    for file in half-model.rts flipped-model.rts text data.rts; do
        watched 1 headswap -c 3 $file
        watched 1 evalacc -j 1 -m $file data.rts
        watched 1 evalcmp -q -j 1 -A model.rts -B $file data.rts
        watched 1 evalpng -j 1 -m $file data.rts
        watched 1 classdump -j 1 -m model.rts -m $file data.rts
        watched 1 rtslabel -j 1 -m $file data.rts
        watched 1 filtdump $file
        watched 1 featdump -j 1 -m $file data.rts
        watched 1 rottrain -q -j 1 -m $file data.rts
        watched 1 rottrain -q -j 1 --resume $file data.rts
    done
    watched 1 umap -q -j 1 data.rts features.rts
    watched 1 knneval -q -k 5 -j 1 data.rts data.rts
    watched 1 rtsmap --table text data.rts
    watched 1 rtsmap --answers text data.rts
    watched 1 rtspick -n 2 -j 1 --features other.rts data.rts
    watched 1 cifar2rts batch half-images
    watched 1 cifar2rts --coarse batch
    watched 1 idx2rts half-images
    watched 1 idx2rts images half-images
    watched 1 img2rts -j 1 half.png flipped.png text missing
    watched 1 img2rts -j 2 photo.png half.png text pictures/a/000001.png
    watched 1 img2rts -j 2 --strict pictures/a/000001.png half.png pictures/a/000002.png
    watched 1 img2rts --files-from missing
    watched 1 img2rts --files-from half-images
    watched 1 idx2png half-images
    watched 1 idx2png -d made half-images
}

@test "valgrind: results that cannot be written" {
    for command in 'rts2png data.rts' 'rtsample -n 2 data.rts' 'rtsmap --compact data.rts' 'rtshuf data.rts' 'rtspick -q -n 2 data.rts' 'rts2idx data.rts' 'rotgen data.rts' 'augment flip data.rts' 'headswap -c 3 model.rts' \
        'featdump -m model.rts data.rts' 'cifar2rts batch' 'idx2rts images' 'img2rts -j 2 pictures' 'idx2png images' 'rtsinfo data.rts' \
        'rts2tsv data.rts' 'evalacc -m model.rts data.rts' 'evalpng -m model.rts data.rts' \
        'evalcmp -q -A model.rts -B model.rts data.rts' \
        'classdump -m model.rts data.rts' 'rtslabel -q -m model.rts --balance data.rts' \
        'filtdump model.rts' 'umap -q -e 2 data.rts' 'knneval -q -k 1 data.rts data.rts' \
        'rtsspread -q data.rts data.rts' 'rottrain -q -e 1 --net d1 data.rts'; do
        # shellcheck disable=SC2086 # a command with its arguments
        watched 1 bash -c 'exec "$@" >/dev/full' - $command
        # shellcheck disable=SC2086
        watched 1 bash -c 'exec "$@" >&-' - $command
    done
    watched 1 rottrain -q -e 1 --net d1 -o missing/model data.rts
}
