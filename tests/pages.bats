#!/usr/bin/env bats
# The manual: every page is well-formed and describes every option of its program, and every example
# on it runs.
# shellcheck disable=SC2154 # bats' own variables

load lib
load programs

# What a reader has, and what rotpipe(7) makes of it for the examples of the other pages.
setup_file() {
    start_in "$BATS_FILE_TMPDIR"
    mkdir scratch
    cd scratch || return 1
    # The first 500 images of the sample for training, 200 to test.
    first_images 500 train | gzip >images.idx.gz
    first_labels 500 train | gzip >labels.idx.gz
    first_images 200 t10k | gzip >test-images.idx.gz
    first_labels 200 t10k | gzip >test-labels.idx.gz
    cp "$DATA/fashion-names.txt" names.txt
    examples man7/rotpipe.7 'EXAMPLE FILES' >"$BATS_FILE_TMPDIR/script"
    bash -e -o pipefail "$BATS_FILE_TMPDIR/script"
}

# examples PAGE [SECTION]: the blocks that are indented are commands; as a shell script, which stops at
# the first that fails.
examples() {
    awk -v section="${2:-}" '
        /^\.Sh / { elsewhere = section != "" && $0 != ".Sh " section }
        elsewhere { next }
        /^\.Ed/ { inside = 0 }
        inside { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print }
        /^\.Bd -literal -offset indent/ { inside = 1 }' "$ROOT/man/$1"
}

# given PAGE: the files that the page names as what its examples start from; as macros write them, not
# in the commands.
given() {
    awk '
        /^\.Ed/ { inside = 0 }
        /^\.Bd/ { inside = 1 }
        !inside && /^\.Pa [a-z-]+(\.[a-z]+)+( |$)/ { print $2 }' "$ROOT/man/$1" | sort -u
}

# give PAGE: copies what the page names to this folder; rotpipe(7) makes all but what its reader must
# bring.
give() {
    local file
    for file in $(given "$1"); do
        [[ $1 != *7 || $file == *.idx.gz || $file == names.txt ]] || continue
        [[ ! -e $BATS_FILE_TMPDIR/scratch/$file ]] || cp "$BATS_FILE_TMPDIR/scratch/$file" .
    done
}

# run_examples PAGE: in a folder that has what the page names and nothing else, as its reader's has.
run_examples() {
    give "$1"
    examples "$1" >../script
    [[ $(wc -l <../script) -ge 1 ]] || fail "$1 has no examples"
    # What the page shows is what runs; -x so that the last line says which it was.
    run --separate-stderr bash -e -o pipefail -x ../script </dev/null
    [[ $status == 0 ]] || fail "status $status:" "$(tail -n 8 <<<"$stderr")" || return 1
    [[ $LC_ALL != C ]] || return 0
    # In any locale they print the same.
    printf '%s\n' "$output" >../here
    rm -rf ../again
    mkdir ../again
    cd ../again || return 1
    give "$1"
    LC_ALL=C bash -e -o pipefail ../script </dev/null >../c 2>/dev/null
    diff ../here ../c >&2 || fail "$1: in $LC_ALL it prints something else"
}

# ---- form ----

# The letters and digits of a rendered page without its head and foot.
letters() {
    sed '/^$/d' | sed '1d;$d' | tr -cd '[:alnum:]' | fold -w 80
}

@test "pages: man says the same with groff as with mandoc, to the last section" {
    for page in "$ROOT"/man/man?/*.?; do
        # A word that is a macro's name, as the author K. Li, is called by groff alone.
        groff -ww -mdoc -T ascii -rHY=0 -P-cbou "$page" >groff.txt 2>said
        [[ ! -s said ]] || fail "$(cat said)"
        mandoc -T ascii "$page" | col -bx >mandoc.txt
        diff <(letters <mandoc.txt) <(letters <groff.txt) || fail "$page differs"
        grep -oE '^\.Sh .*' "$page" | sed 's/^\.Sh //; s/"//g' >sections
        grep -xFf sections groff.txt | diff sections - || fail "$page: a section is missing"
        [[ $(wc -l <sections) -ge 4 ]]
    done
}

@test "pages: mandoc finds nothing to warn of" {
    run mandoc -T lint -W warning "$ROOT"/man/man?/*.?
    [[ $status == 0 && -z $output ]] || fail "$output"
}

# The page has the program's name, and an exit status.
page_of() {
    local page=$ROOT/man/man1/$1.1
    [[ -e $page ]] || fail "no page man/man1/$1.1"
    grep -qix "\.Dt $1 1" "$page" || fail "not .Dt $1 1"
    grep -qx "\.Nm $1" "$page" || fail "not .Nm $1"
    for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
        grep -qx "\.Sh $section" "$page" || fail "no section $section"
    done
}

@test "pages: every program has one" {
    each page_of
    [[ $(programs | wc -l) == $(find "$ROOT/man/man1" -name '*.1' | wc -l) ]]
}

# Options stand behind .It or .Op in the source of a page.
options_of() {
    local page=$ROOT/man/man1/$1.1
    grep -E '^\.(It|Op) ' "$page" | grep -oE 'Fl -[a-z][a-z-]*' | sed 's/^Fl -//' | sort -u >told
    long_options "$1" >known
    same told known
    grep -E '^\.It Fl' "$page" | grep -oE 'Fl [a-zA-Z0-9]( |$)' | cut -c 4 | sort -u >told
    short_options "$1" >known
    same told known
}

@test "pages: every option is on its program's page, and no other" {
    each options_of
}

@test "pages: what a page refers to is there" {
    # But for pages of the system, which are not ours.
    grep -hE '^\.Xr (rot|rts|cifar|idx|img|class|eval|feat|filt|head|knn|layer|umap)' "$ROOT"/man/man?/*.? | awk '{ print $3 "/" $2 "." $3 }' |
        sort -u | while IFS=/ read -r section name; do
        [[ -e $ROOT/man/man$section/$name ]] || fail "no man/man$section/$name"
    done
}

@test "pages: rotpipe(7) names the programs whose pages have ROTPIPE_KERNELS" {
    cd "$ROOT/man"
    awk '/^\.It Ev ROTPIPE_KERNELS/ { inside = 1 } inside && /^The default/ { exit } inside && /^\.Xr/ { print $2 }' \
        man7/rotpipe.7 | sort >"$BATS_TEST_TMPDIR/named"
    grep -l '^\.It Ev ROTPIPE_KERNELS' man1/*.1 | sed 's:man1/::; s:\.1$::' | sort | diff "$BATS_TEST_TMPDIR/named" -
}

@test "pages: every page with examples is tried below" {
    for page in "$ROOT"/man/man1/*.1 "$ROOT"/man/man7/*.7; do
        page=${page#"$ROOT/man/"}
        grep -qF "run_examples $page" "$BATS_TEST_FILENAME" || fail "$page is not"
    done
}

# ---- examples ----

@test "pages: examples of augment(1)" {
    run_examples man1/augment.1
}

@test "pages: examples of cifar2rts(1)" {
    run_examples man1/cifar2rts.1
    [[ $output == $'bird\nplane\n'*$'\n12\n57' ]]
}

@test "pages: examples of classdump(1)" {
    run_examples man1/classdump.1
}

@test "pages: examples of evalacc(1)" {
    run_examples man1/evalacc.1
}

@test "pages: examples of evalcmp(1)" {
    run_examples man1/evalcmp.1
}

@test "pages: examples of evalpng(1)" {
    run_examples man1/evalpng.1
}

@test "pages: examples of featdump(1)" {
    run_examples man1/featdump.1
}

@test "pages: examples of filtdump(1)" {
    run_examples man1/filtdump.1
}

@test "pages: examples of headswap(1)" {
    run_examples man1/headswap.1
}

@test "pages: examples of idx2png(1)" {
    run_examples man1/idx2png.1
}

@test "pages: examples of idx2rts(1)" {
    run_examples man1/idx2rts.1
}

@test "pages: examples of img2rts(1)" {
    run_examples man1/img2rts.1
}

@test "pages: examples of layereval(1)" {
    run_examples man1/layereval.1
}

@test "pages: examples of rotgen(1)" {
    run_examples man1/rotgen.1
}

@test "pages: examples of rotpipe-report(1)" {
    run_examples man1/rotpipe-report.1
    grep -q '<img.* alt="Images that it got wrong"' report.html
}

@test "pages: examples of rottrain(1)" {
    run_examples man1/rottrain.1
}

@test "pages: examples of rts2idx(1)" {
    run_examples man1/rts2idx.1
}

@test "pages: examples of rts2png(1)" {
    run_examples man1/rts2png.1
}

@test "pages: examples of rts2tsv(1)" {
    run_examples man1/rts2tsv.1
}

@test "pages: examples of rtsample(1)" {
    run_examples man1/rtsample.1
}

@test "pages: examples of rtspick(1)" {
    run_examples man1/rtspick.1
}

@test "pages: examples of rtshuf(1)" {
    run_examples man1/rtshuf.1
}

@test "pages: examples of rtslabel(1)" {
    run_examples man1/rtslabel.1
}

@test "pages: examples of rtsspread(1)" {
    run_examples man1/rtsspread.1
}

@test "pages: examples of rtsmap(1)" {
    run_examples man1/rtsmap.1
    cmp <(images letters.rts 784) <(images train.rts 784)
    cmp <(images again.rts 576) <(images inner.rts 576)
    [[ $(rts2tsv two.rts | cut -f 1 | sort -u | xargs) == '0 1' ]]
}

@test "pages: examples of knneval(1)" {
    run_examples man1/knneval.1
}

@test "pages: examples of umap(1)" {
    run_examples man1/umap.1
}

@test "pages: examples of rtscomm(1)" {
    run_examples man1/rtscomm.1
}

@test "pages: examples of rtsinfo(1)" {
    run_examples man1/rtsinfo.1
    # The tensor that was cut out.
    [[ $(size_of conv1.f4) == $((32 * 9 * 4)) ]]
    payloads model.rts conv1.weight | cmp - conv1.f4
}

@test "pages: examples of rotpipe(7)" {
    run_examples man7/rotpipe.7
    # Rotations, from scratch, frozen, fine-tuned: all above chance, and the head start is one.
    grep '^accuracy' <<<"$output" | cut -f 2 | paste -s | tee accuracies |
        LC_ALL=C awk '{ exit !(NF == 4 && $1 > 0.5 && $2 > 0.5 && $3 > $2 && $4 > $2) }' ||
        fail "$(<accuracies)"
}
