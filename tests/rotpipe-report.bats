#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # $ for inner shells; bats' own variables

load lib
load nets
load pictures

# line FIELD...: a line of a plan.
line() {
    printf '%s' "$1"
    shift
    printf '\t%s' "$@"
    echo
}

# bad REGEX PLAN: the plan gives an error, and no output.
bad() {
    printf '%b\n' "$2" >plan
    expect_error 1 "$1" rotpipe-report plan
    [[ -z $output ]] || fail "printed: $output"
}

# A picture of 10 x 6 pixels.
picture() {
    { octal 0 0 8 3 && be32 2 3 3 && noise 18; } | idx2rts | rts2png --columns 2 --border 1 --scale 1 >a.png
}

# whole FILE: well-formed, and it loads nothing.
whole() {
    [[ $(head -n 1 "$1") == '<!DOCTYPE html>' && $(tail -n 1 "$1") == '</html>' ]] || fail 'not whole'
    run grep -oE '(src|href|srcset|action|data|poster)="[^"]{0,20}' "$1"
    while read -r found; do
        [[ -z $found || $found == 'src="data:image/png'* || $found == 'src="data:image/svg'* ]] ||
            fail "$found"
    done <<<"$output"
    run -1 grep -niE '<(script|link|iframe|object|embed|base|form)|url\(|@import|https?://' "$1"
    # Every element that is opened is closed, but for those that cannot be.
    grep -oE '</?[a-z][a-z0-9]*' "$1" | grep -vE '<(meta|img)$' | tr -d '</' | sort | uniq -c |
        awk '$1 % 2 { print $2 ": " $1 }' >odd
    [[ ! -s odd ]] || fail "$(<odd)"
    if command -v xmllint >/dev/null; then
        # libxml2 does not know the elements of HTML 5.
        run xmllint --html --noout "$1"
        run -1 grep -vE "Tag (header|main|footer|figure|figcaption) invalid|^ *\^|^ *<" <<<"$output"
    fi
}

@test "rotpipe-report: manners" {
    check_common rotpipe-report
    line title x >good
    : >empty
    expect_error 1 'standard input: empty' rotpipe-report <empty
    expect_error 1 'standard input: is a directory' rotpipe-report <.
    expect_error 1 'standard input: Bad file descriptor' sh -c 'rotpipe-report <&-'
    expect_error 1 'missing: No such file' rotpipe-report good missing
    expect_error 1 'standard output: cannot write: No space left' sh -c 'rotpipe-report good >/dev/full'
    expect_error 1 'standard output: cannot write: Broken pipe' refuse_sigpipe rotpipe-report good
    silent_sigpipe rotpipe-report good
    expect_error 2 "unrecognized option '--no-such'" rotpipe-report good --no-such
    gzip -c good | head -c 20 >half.gz
    expect_error 1 'half.gz: damaged, or cut short' rotpipe-report half.gz
    # It leaves nothing behind, whether it goes well or not.
    mkdir t
    TMPDIR=$PWD/t rotpipe-report good >/dev/null
    TMPDIR=$PWD/t expect_error 1 'missing' rotpipe-report missing
    [[ -z $(ls t) ]]
    TMPDIR=$PWD/none expect_error 1 'none: no folder can be made there' rotpipe-report good
}

@test "rotpipe-report: every part, in its place" {
    need_netpbm
    picture
    printf 'class\tright\nA b\t12.5 %%\nC\t3\n' >t.tsv
    printf 'one\n  two\n' >t.txt
    printf '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2">\n<path d="M0 0"/>\n</svg>\n' >a.svg
    teach m
    {
        line title 'The title'
        echo '# a remark'
        echo
        line heading 'First'
        line text 'A paragraph.'
        line picture a.png 'What it shows' 'A caption'
        line picture a.svg 'A drawing'
        line table t.tsv 'A table'
        line output t.txt 'Text'
        printf 'model\tm'
    } >plan
    quiet_success rotpipe-report plan
    printf '%s\n' "$output" >r
    whole r
    grep -q '<title>The title</title>' r
    grep -q '<h1>The title</h1>' r
    grep -q '<h2>First</h2>' r
    grep -q '<p>A paragraph.</p>' r
    grep -q '<figcaption>A caption</figcaption>' r
    grep -q '<img width="9" height="5" alt="What it shows" src="data:image/png;base64,' r
    sed -n 's/.*png;base64,\([^"]*\)".*/\1/p' r | base64 -d | cmp - a.png
    sed -n 's/.*svg+xml;base64,\([^"]*\)".*/\1/p' r | base64 -d | cmp - a.svg
    grep -q '<thead><tr><th scope="col">class</th><th scope="col" class="n">right</th></tr></thead>' r
    grep -qF '<tr><th scope="row">A b</th><td class="n">12.5 %</td></tr>' r
    grep -A 1 '<pre class="output" tabindex="0">one$' r | grep -qx '  two'
    grep -q '<figcaption>m</figcaption>' r
    rtsinfo --history m | sed "s/'/\&#39;/g" | tail -n +2 | while IFS= read -r text; do
        grep -qxF -e "$text" r || fail "no line '$text'"
    done
    [[ $(grep -nE 'First|A paragraph|What it shows|A drawing|A table|one$|rottrain' r | cut -d : -f 1) == \
        "$(grep -nE 'First|A paragraph|What it shows|A drawing|A table|one$|rottrain' r | cut -d : -f 1 | sort -n)" ]]
    rotpipe-report plan | cmp - r
}

@test "rotpipe-report: base64 of files of every length" {
    local n
    for n in 0 1 2 3 4 5 100 101 102; do
        { printf '<svg>' && noise "$n" && printf '</svg>'; } >a.svg
        line picture a.svg x | rotpipe-report | sed -n 's/.*;base64,\([^"]*\)".*/\1/p' | base64 -d | cmp - a.svg
    done
}

@test "rotpipe-report: text from elsewhere is text, whatever it looks like" {
    need_netpbm
    picture
    local evil='</title><script>alert("1")</script>&amp;'\''" onerror="x'
    printf 'name\t<b>n</b>\n<script>alert(1)</script>\t"><img src=x>\n' >t.tsv
    printf '</pre><script>\033[31m\r\001</script>\n' >t.txt
    # A class, a model and files that are called so.
    printf '<script>\n&lt;\n' >names
    idx_images 4 8 8 >images
    idx_labels 0 1 0 1 >labels
    idx2rts --names names images labels >data.rts
    rottrain -q -e 1 --net 'c2 r d2' data.rts >'<i>model&.rts'
    cp a.png '"<u>.png'
    evalacc -m '<i>model&.rts' --report data.rts | sed -n '/^class/,$p' >classes.tsv
    {
        line title "$evil"
        line heading "$evil"
        line text "$evil"
        line picture '"<u>.png' "$evil" "$evil"
        line table t.tsv "$evil"
        line table classes.tsv
        line output t.txt "$evil"
        line model '<i>model&.rts'
    } | rotpipe-report >r
    whole r
    run -1 grep -E '<(script|b|i|u)>|onerror="' r
    [[ $(grep -cF '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;&quot; onerror=&quot;x' r) == 8 ]]
    grep -qF '<th scope="row">&lt;script&gt;</th>' r
    grep -qF '<th scope="row">&amp;lt;</th>' r
    grep -qF '<figcaption>&lt;i&gt;model&amp;.rts</figcaption>' r
    # No control characters.
    grep -qF '&lt;/pre&gt;&lt;script&gt;?[31m??&lt;/script&gt;' r
    # A name of two lines cannot be.
    LC_ALL=C run -1 grep -nP '[\x00-\x08\x0b-\x1f\x7f]' r
}

@test "rotpipe-report: a plan that is wrong" {
    need_netpbm
    picture
    bad "plan: line 2: 'foo' is not a part of a report" 'title\tx\nfoo\tbar'
    bad "plan: line 1: 'text with blanks' is not a part" 'text with blanks'
    bad "plan: line 1: 'text' needs a value after a tab" 'text'
    bad "plan: line 1: 'heading' needs a value after a tab" 'heading\t'
    bad "plan: line 1: too many fields for 'picture'" 'picture\ta.png\tb\tc\td'
    bad 'plan: line 3: missing.png: No such file or directory' 'title\tx\n\npicture\tmissing.png\tx'
    bad 'plan: line 1: a picture needs an alternative text' 'picture\ta.png'
    mkdir folder
    bad 'plan: line 1: folder: is a directory' 'table\tfolder'
    bad 'plan: line 1: folder: is a directory' 'model\tfolder'
    bad 'plan: line 1: folder: is a directory' 'output\tfolder'
    : >none
    bad 'plan: line 1: none: empty' 'table\tnone'
    echo text >text
    bad 'plan: line 1: text: neither PNG nor SVG' 'picture\ttext\tx'
    bad 'plan: line 1: text: .*not an rts stream' 'model\ttext'
    head -c 60 a.png >cut.png
    bad 'plan: line 1: cut.png: cut short: a PNG without an end' 'picture\tcut.png\tx'
    echo '<svg>' >cut.svg
    bad 'plan: line 1: cut.svg: cut short: an SVG without an end' 'picture\tcut.svg\tx'
    teach m
    head -c 1000 m >half
    bad 'plan: line 1: half: .*cut short' 'model\thalf'
    # The input is named, too.
    line foo bar >plan
    expect_error 1 "standard input: line 1: 'foo' is not a part" rotpipe-report <plan
}

@test "rotpipe-report: a header stands as what is below it does: words to the left, numbers to the right" {
    printf 'a\tb\tc\td\nx\t1\tone\t2 %%\ny\t2\t2\n1\t3\t3\t-4.5 +- 1\n' >t.tsv
    line table t.tsv 'A caption' | rotpipe-report >r
    whole r
    grep -qF '<th scope="col">a</th><th scope="col" class="n">b</th><th scope="col">c</th><th scope="col" class="n">d</th>' r
    grep -qF '<tr><th scope="row">1</th><td class="n">3</td><td class="n">3</td><td class="n">-4.5 +- 1</td></tr>' r
    grep -A 1 -x '<figure>' r | grep -qx '<figcaption>A caption</figcaption>'
}

@test "rotpipe-report: several plans are one" {
    line title one >a
    { line title two && line text 'in two'; } >b
    rotpipe-report a b >r
    whole r
    grep -q '<h1>two</h1>' r
    line text 'in three' | rotpipe-report a - b | grep -A 1 'in three' | grep -q 'in two'
}

@test "rotpipe-report: where the parts find no room, there is one line and no report" {
    local plan kilobytes tool
    seq 20000 >many.txt
    { printf '\211PNG\r\n\032\n' && noise 90000 && printf 'IEND\256B`\202'; } >large.png
    { line title x && line picture large.png y && line text z; } >plan-picture
    { line title x && line table many.txt && line text z; } >plan-table
    { line output many.txt && line text z; } >plan-output
    line text z >plan-text
    # A tool that fails to write.
    mkdir fake
    for tool in cat sed; do
        rm -f fake/*
        printf '#!/bin/sh\necho "%s: write error: No space left on device" >&2\nexit 1\n' $tool >fake/$tool
        chmod +x fake/$tool
        for plan in plan-picture plan-table; do
            PATH=$PWD/fake:$PATH run --separate-stderr rotpipe-report $plan
            [[ $status == 1 && -z $output && $stderr == rotpipe-report:* && $stderr != *$'\n'* ]] ||
                fail "$tool, $plan: status $status: $stderr"
        done
    done
    rm -f fake/*
    # A file system that is really full.
    mkdir small
    mount -t tmpfs -o size=32k tmpfs small 2>/dev/null || skip 'no file system can be made'
    for plan in plan-picture plan-table plan-output; do
        TMPDIR=small run --separate-stderr rotpipe-report $plan
        [[ $status == 1 && -z $output && $stderr == 'rotpipe-report: small: cannot write: No space left on device' ]] ||
            break
    done
    # As much room as there happens to be: the whole report, or none.
    for kilobytes in 0 4 8 12 16 20 24 28 32; do
        [[ $status == 1 ]] || break
        head -c $((32 * 1024 - kilobytes * 1024)) /dev/zero >small/fill
        TMPDIR=small run --separate-stderr rotpipe-report plan-text
        [[ $status == 0 && $output == *'</html>' || $status == 1 && -z $output && $stderr != *$'\n'* ]] || {
            status=3
            break
        }
        status=1
    done
    umount small
    [[ $status == 1 ]] || fail "$plan: $output $stderr"
}

@test "rotpipe-report: gzip is read wherever a file is, zero bytes are no text" {
    need_netpbm
    picture
    printf 'a\tb\nc\t1\n' >t.tsv
    gzip -c t.tsv >t.gz
    printf '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>\n<!-- --></svg>' >a.svg
    gzip -c a.svg >a.svgz
    { line table t.tsv && line output t.tsv && line picture a.svg x; } | rotpipe-report >want
    { line table t.gz && line output t.gz && line picture a.svgz x; } | rotpipe-report >got
    cmp want got
    bad 'plan: line 1: a.png: is a PNG image, but text is needed' 'table\ta.png'
    bad 'plan: line 1: a.png: is a PNG image, but text is needed' 'output\ta.png'
    head -c 20 t.gz >half.gz
    bad 'plan: line 1: half.gz: damaged, or cut short' 'output\thalf.gz'
    expect_error 1 'a.png: is a PNG image, but text is needed' rotpipe-report a.png
    printf 'title\tA\0B\n' >zero
    expect_error 1 'zero: is not text: it contains NUL bytes' rotpipe-report zero
}

@test "rotpipe-report: names with a dash before them, pictures with long remarks" {
    need_netpbm
    picture
    cp a.png ./-n.png
    printf 'a\tb\n' >-v
    {
        echo '<?xml version="1.0"?>'
        printf '<!-- %02000d\n%02000d -->\n' 0 0
        echo '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"><path d="M0 0"/></svg>'
        printf '%2000s\n\n<!-- </svg -->\n' ''
    } >-r.svg
    { line picture -n.png x && line picture -r.svg x && line table -v && line output -v; } >-plan
    quiet_success rotpipe-report -- -plan
    run -0 rotpipe-report -- -plan
    sed -n 's/.*svg+xml;base64,\([^"]*\)".*/\1/p' <<<"$output" | base64 -d | cmp - ./-r.svg
    sed 's/<path.*//' <-r.svg >cut.svg
    bad 'plan: line 1: cut.svg: cut short: an SVG without an end' 'picture\tcut.svg\tx'
    printf '<!-- <svg> -->\n<p></p>\n' >none.svg
    bad 'plan: line 1: none.svg: neither PNG nor SVG' 'picture\tnone.svg\tx'
    printf 'Of <svg> and </svg>\n' >none.svg
    bad 'plan: line 1: none.svg: neither PNG nor SVG' 'picture\tnone.svg\tx'
}

# narrow_style FILE: the rules that hold at 390 pixels, one a line.
narrow_style() {
    awk '/<style>/ { inside = 1; next } /<\/style>/ { inside = 0 } inside' "$1" | tr '\n' ' ' |
        grep -oE '@media \(max-width: [0-9]+rem\) \{([^{}]*\{[^{}]*\})*' |
        grep -oE '[^{}]+\{[^{}]*\}' | sed 's/^ *//'
}

@test "rotpipe-report: on a narrow display nothing is cut off without a hint" {
    picture
    { octal 0 0 8 3 && be32 24 28 28 && noise $((24 * 784)); } | idx2rts >images.rts
    rts2png --scale 4 --columns 6 images.rts >wide.png
    printf '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="450"></svg>' >plot.svg
    printf 'a\tb\n1\t2\n' >t.tsv
    { line picture a.png small && line picture wide.png sheet && line picture plot.svg plot &&
        line table t.tsv && line output t.tsv; } | rotpipe-report >r
    whole r
    # A picture that fits is made no larger; others keep a width at which their text can be read.
    grep -q 'class="scroll picture".*alt="small"' r
    grep -q 'class="scroll picture wide".*alt="sheet"' r
    grep -q 'class="scroll picture wide".*alt="plot"' r
    tr '\n' ' ' <r | grep -q 'img { display: block; max-width: 100%; height: auto;'
    narrow_style r >rules
    grep -q '^\.wide img *{ max-width: none; width: 34rem }$' <(sed 's/^@media[^{]*{ *//' rules)
    # They scroll in a box of their own, which says so in words that stay in sight.
    grep -q '^\.wide::after *{ content: "[^"]*scroll sideways"; position: sticky; left: 0;' rules
    # What else is wider than the page scrolls, with a shade where it goes on.
    tr '\n' ' ' <r >one
    grep -q '\.scroll, pre {[^}]*overflow-x: auto;[^}]*var(--under) 30%, transparent) right / 3rem 100% no-repeat local,' one
    grep -q '\.scroll, pre {[^}]*to left, var(--shade), transparent) right / 1rem 100% no-repeat scroll' one
    # Nothing wide stands outside of such a box.
    run -1 grep -E '^<(table|img)' r
    [[ $(grep -c '<table' r) == $(grep -c '<div class="scroll"[^>]*><table' r) ]]
}

@test "rotpipe-report: no part of the page is the file that it is written to" {
    picture
    printf 'a\tb\n1\t2\n' >t.tsv
    rottrain -q -e 0 --net d1 <(stream 4 2 2) >m.rts
    local row part
    for row in 'picture a.png x' 'table t.tsv' 'output t.tsv' 'model m.rts'; do
        read -ra part <<<"$row"
        line "${part[@]}" >plan
        cp "${part[1]}" before
        expect_error 1 "plan: line 1: ${part[1]}: is both input and output" rotpipe-report -o "${part[1]}" plan
        cmp before "${part[1]}"
        quiet_success rotpipe-report -o page.html plan
    done
}

@test "rotpipe-report: numbers with an exponent stand with the others" {
    printf 'what\tvalue\na\t1.5e-05\nb\t-3E+10\nc\t2e3 +- 1.0e-1\n' >t.tsv
    printf 'table\tt.tsv\n' | rotpipe-report >r
    [[ $(grep -c '<td class="n">' r) == 3 ]] || fail "$(grep '<td' r)"
    grep -q '<th scope="col" class="n">value</th>' r
    # A letter is not an exponent.
    printf 'what\tvalue\na\te5\nb\t1e\nc\t1x3\nd\t1e5m\n' >t.tsv
    printf 'table\tt.tsv\n' | rotpipe-report >r
    run -1 grep -q '<td class="n">' r
}

@test "rotpipe-report: an SVG that ends where it begins" {
    local svg
    for svg in '<svg/>' '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>' \
        '<?xml version="1.0"?>\n<!-- <a> -->\n<svg\n width="2"\n height="2"\n/>\n<!-- end -->\n' '<svg:svg />'; do
        printf '%b' "$svg" >a.svg
        printf 'picture\ta.svg\tx\n' | rotpipe-report >r || fail "$svg"
        grep -q 'data:image/svg+xml' r
    done
    for svg in '<svg>\n<path d="M0 0"/>' '<svg>\n<g/>\n' '<svg width="2"><g/>' '<svg width="2"' '<svg>' ; do
        printf '%b' "$svg" >a.svg
        printf 'picture\ta.svg\tx\n' >plan
        expect_error 1 'a.svg: cut short: an SVG without an end' rotpipe-report plan
    done
}
