#!/usr/bin/env bats
# rtsspread: labels through the neighbour graph. test_spread has the mathematics.
# shellcheck disable=SC2002,SC2046,SC2154 # pipes cannot be sought in; number lists; bats' own variables

load lib
load nets
load filenames

# clusters N [SEED]: N labelled features of four numbers about three centres, by turns, as a stream;
# near enough to each other for a graph in one piece.
clusters() {
    python3 -c 'import random, struct, sys, zlib
n, seed = int(sys.argv[1]), int(sys.argv[2])
random.seed(seed)
labels = [i % 3 for i in range(n)]
rows = [[2.6 * (j == c) + random.gauss(0, 1) for j in range(4)] for c in labels]
def put(name, dtype, index, shape, payload):
    size = len(payload)
    payload += bytes(-size % 64)
    head = struct.pack("<4sIQQ4sI6Q40sI", b"rts1", 0, index, size, dtype, len(shape),
                       *(shape + [0] * (6 - len(shape))), name, zlib.crc32(payload))
    sys.stdout.buffer.write(head + struct.pack("<I", zlib.crc32(head)) + payload)
put(b"feature", b"f4", 0, [n, 4], struct.pack("<%df" % (4 * n), *sum(rows, [])))
put(b"label", b"u4", 1, [n], struct.pack("<%dI" % n, *labels))
put(b"end", b"u1", 2, [], b"")' "$1" "${2:-1}"
}

# oracle METHOD K METRIC PRIOR LABELLED OTHERS: class and share of each of the others, by comparing
# all pairs and solving for all points by elimination.
oracle() {
    { rts2tsv "$5" && echo && rts2tsv "$6"; } | python3 -c '
import math, sys
method, k, metric, prior = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
few, many = sys.stdin.read().split("\n\n")
rows = [l.split("\t") for l in few.split("\n") + many.split("\n") if l]
own = [int(r[0]) for r in rows[:len(few.split("\n"))]]
x = [[float(v) for v in r[1:]] for r in rows]
n, classes = len(x), sorted(set(own))
def far(a, b):
    if metric == "euclidean":
        return sum((p - q) ** 2 for p, q in zip(a, b))
    return 1 - sum(p * q for p, q in zip(a, b)) / math.sqrt(sum(p * p for p in a) * sum(q * q for q in b))
view = [[0.0] * n for _ in x]
for i in range(n):
    near = sorted((far(x[i], x[j]), j) for j in range(n) if j != i)[:k]
    for d, j in near:
        view[i][j] = math.exp(-4 * d / near[-1][0])
w = [[(view[i][j] + view[j][i]) / 2 for j in range(n)] for i in range(n)]
degree = [sum(r) for r in w]
seen, todo = {0}, [0]
while todo:
    i = todo.pop()
    todo += [j for j in range(n) if w[i][j] and j not in seen]
    seen |= set(todo)
assert len(seen) == n, "not one graph"
def solve(a, b):
    a = [r + [v] for r, v in zip(a, b)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(a[r][i]))
        a[i], a[p] = a[p], a[i]
        for r in range(i + 1, n):
            f = a[r][i] / a[i][i]
            if f:
                a[r] = [u - f * v for u, v in zip(a[r], a[i])]
    for i in range(n - 1, -1, -1):
        a[i][n] = (a[i][n] - sum(a[i][j] * a[j][n] for j in range(i + 1, n))) / a[i][i]
    return [r[n] for r in a]
columns = []
for c in classes:
    y = [float(i < len(own) and own[i] == c) for i in range(n)]
    if method == "spreading":
        a = [[(i == j) - 0.95 * w[i][j] / math.sqrt(degree[i] * degree[j]) for j in range(n)] for i in range(n)]
        columns.append(solve(a, y))
    else:
        mean, total = sum(y) / len(own), sum(degree)
        a = [[(i == j) * degree[i] - w[i][j] + degree[i] * degree[j] / total for j in range(n)] for i in range(n)]
        columns.append(solve(a, [v - mean if i < len(own) else 0 for i, v in enumerate(y)]))
share = [list(s) for s in zip(*columns)][len(own):]
if method == "poisson":
    scale = math.sqrt(sum(v * v for s in share for v in s) / len(share) / len(classes))
    share = [[math.exp(v / scale) for v in s] for s in share]
share = [[v / sum(s) for v in s] for s in share]
wanted = [own.count(c) / len(own) if prior == "labelled" else 1 / len(classes) for c in classes]
for _ in range(1000 if prior != "none" else 0):
    mean = [sum(s[c] for s in share) / len(share) for c in range(len(classes))]
    share = [[v * q / m for v, q, m in zip(s, wanted, mean)] for s in share]
    share = [[v / sum(s) for v in s] for s in share]
for s in share:
    print(classes[s.index(max(s))], max(s))' "$1" "$2" "$3" "$4"
}

# Seven labelled points, two of them in class 0, and 80 others with labels that nobody may look at.
points() {
    clusters 87 >all.rts
    rtsample --first 7 all.rts >few.rts
    rtsample --first 7 -v all.rts >others.rts
    rtsmap --unlabel others.rts >many.rts
}

@test "rtsspread: manners" {
    check_common rtsspread
    stream 9 8 3 >good
    check_refusals good rtsspread -q good
    expect_error 2 'one or two streams are needed' rtsspread
    expect_error 2 'too many operands' rtsspread good good good
    expect_error 2 'only one of the streams' rtsspread -
    expect_error 2 'only one of the streams' rtsspread --features - good
    expect_error 2 "-k: '0' is not an integer" rtsspread -k 0 good good
    expect_error 2 "--method: 'heat' is not known; it may be poisson or spreading" rtsspread --method heat good good
    expect_error 2 "--alpha: '1' is not a number" rtsspread --method spreading --alpha 1 good good
    expect_error 2 '--alpha needs --method spreading' rtsspread --alpha 0.9 --method poisson good good
    expect_error 2 "--prior: 'flat' is not known" rtsspread --prior flat good good
    expect_error 2 "--select: '1.5' is not a number" rtsspread --select 1.5 good good
    expect_error 1 "ROTPIPE_KERNELS: 'mmx' cannot run here" env ROTPIPE_KERNELS=mmx rtsspread good good
}

@test "rtsspread: what dense matrices say, for each method, metric and prior" {
    local method metric prior
    points
    for method in poisson spreading; do
        for metric in euclidean cosine; do
            for prior in none uniform labelled; do
                oracle $method 6 $metric $prior few.rts others.rts >want
                rtsspread --method $method -k 6 --metric $metric --prior $prior few.rts many.rts >got.rts
                labels got.rts | cmp - <(cut -d ' ' -f 1 want) || fail "$method $metric $prior"
            done
        done
        # Most of them are right.
        paste <(labels got.rts) <(labels others.rts) | awk '{ n += $1 == $2 } END { exit n < 50 }'
    done
}

@test "rtsspread: --select and --balance keep the surest" {
    local least n
    points
    for method in poisson spreading; do
        oracle $method 6 euclidean none few.rts others.rts >all
        least=$(LC_ALL=C sort -k 2g all | sed -n '30,31p' | LC_ALL=C awk '{ s += $2 } END { printf "%.9f", s / 2 }')
        LC_ALL=C awk -v p="$least" '{ if ($2 >= p) print NR " " $1 }' all >want
        n=$(wc -l <want)
        [[ $n == 50 ]] || fail "$n"
        run --separate-stderr rtsspread --method $method -k 6 --select "$least" -o got.rts few.rts many.rts
        [[ $status == 0 && $stderr == 'rtsspread: 50 of 80 examples kept' ]] || fail "$stderr"
        labels got.rts | cmp - <(cut -d ' ' -f 2 want)
        rts2tsv got.rts | cut -f 2- | cmp - <(rts2tsv many.rts | cut -f 2- | sed -n "$(awk '{ print $1 "p" }' want)")
        n=$(cut -d ' ' -f 1 all | sort | uniq -c | awk 'NR == 1 || $1 < n { n = $1 } END { print n }')
        run --separate-stderr rtsspread --method $method -k 6 --balance -o got.rts few.rts many.rts
        [[ $stderr == "rtsspread: $((3 * n)) of 80 examples kept: $n of each class" ]] || fail "$stderr"
        for class in 0 1 2; do
            grep -n "^$class " all | tr ':' ' ' | LC_ALL=C sort -s -k 3gr | head -n "$n"
        done | sort -n | cut -d ' ' -f 2 | cmp - <(labels got.rts)
    done
    quiet_success rtsspread -q --select 1 few.rts many.rts
    rtsspread -q --no-history few.rts many.rts >a.rts
    rtsspread -q --no-history --select 0 few.rts many.rts >b.rts
    cmp <(labels a.rts) <(labels b.rts)
}

@test "rtsspread: the same bytes for any number of threads, from files and pipes" {
    points
    clusters 2000 3 >long.rts
    for method in poisson spreading; do
        rtsspread -q --method $method -j 1 few.rts long.rts >want
        for threads in 2 5; do
            rtsspread -q --method $method -j $threads few.rts long.rts | cmp - want
        done
        rtsspread -q --method $method few.rts <long.rts | cmp - want
        cat long.rts | rtsspread -q --method $method few.rts | cmp - want
        rtsspread -q --method $method - long.rts <few.rts | cmp - want
        # As many examples in other chunks, as far as labels go.
        cat long.rts | rtsample --first 700 >a.rts
        rtsample --first 700 -v long.rts >b.rts
        cat a.rts b.rts | rtsspread -q --method $method few.rts >got
        cmp <(labels got) <(labels want)
    done
    for set in $(kernel_sets); do
        ROTPIPE_KERNELS=$set rtsspread -q --method spreading few.rts long.rts | cmp - want
    done
    # The descent, which finds nearly the same neighbours.
    rtsspread -q --search descent few.rts long.rts >a.rts
    rtsspread -q --search exact few.rts long.rts >b.rts
    paste <(labels a.rts) <(labels b.rts) | awk '{ n += $1 == $2 } END { exit n < 1900 }'
}

@test "rtsspread: labels of the others are replaced, not looked at, and told of" {
    points
    run --separate-stderr rtsspread --no-history -o got.rts few.rts others.rts
    [[ $status == 0 && $stderr == 'rtsspread: 80 of 80 examples had labels, which were not looked at' ]] || fail "$stderr"
    quiet_success rtsspread -q --no-history -o quiet.rts few.rts others.rts
    same got.rts quiet.rts
    quiet_success rtsspread --no-history -o again.rts few.rts many.rts
    cmp <(labels got.rts) <(labels again.rts)
    rtsmap --shift 70000 others.rts | rtsspread -q --no-history few.rts | cmp - got.rts
}

@test "rtsspread: names are those of the labelled, labels need not follow each other" {
    printf '%s\n' a b c d e f >names
    printf '%s\n' x y z >xyz
    points
    printf '0\t5\n1\t1\n2\t3\n' >table
    rtsmap --table table few.rts >few2.rts
    rtsmap --names names few2.rts >named.rts
    rtsmap --names xyz others.rts >xyz.rts
    rtsspread -q few.rts many.rts >plain.rts
    rtsspread -q named.rts xyz.rts >got.rts
    payloads got.rts names | cmp - names
    labels plain.rts | awk '{ print $1 == 0 ? 5 : $1 == 1 ? 1 : 3 }' | cmp - <(labels got.rts)
    cat xyz.rts | rtsspread -q named.rts | cmp - got.rts
    rtsspread -q few2.rts xyz.rts >got.rts
    [[ $(payloads got.rts names | wc -c) == 0 ]]
    # Labels beyond int, and one without a name.
    rtsmap --shift 4000000000 few.rts >large.rts
    rtsspread -q large.rts many.rts | rts2tsv | cut -f 1 | cmp - <(labels plain.rts | awk '{ printf "%.0f\n", $1 + 4000000000 }')
    # No names at all are none.
    { record names text 0 0 0 && record image u1 1 100 4 5 5 1 && record label u4 2 16 4 && record end u1 3 0; } >nameless.rts
    rtsspread -q nameless.rts nameless.rts >none.rts
    [[ $(labels none.rts | sort -u) == 0 ]]
    rtsspread -q --select 1 --method spreading named.rts many.rts >none.rts
    payloads none.rts names | cmp - names
}

@test "rtsspread: files and other records stay with the examples" {
    points
    name_files many.rts >filed.rts
    for how in '' '--select 0'; do
        # shellcheck disable=SC2086 # options
        rtsspread -q $how few.rts filed.rts >got.rts
        payloads got.rts file | cmp - <(payloads filed.rts file)
        payloads got.rts feature | cmp - <(payloads many.rts feature)
        # shellcheck disable=SC2086
        cat filed.rts | rtsspread -q $how few.rts | cmp - got.rts
    done
}

@test "rtsspread: distances of other features" {
    stream 87 5 3 >images.rts
    points
    rtsample --first 7 images.rts >few-images.rts
    rtsample --first 7 -v images.rts >other-images.rts
    rtsspread -q few.rts many.rts >want.rts
    # Their labels are those of the clusters.
    rtsspread -q --features all.rts few-images.rts other-images.rts >got.rts
    cmp <(labels got.rts) <(labels want.rts)
    images got.rts 25 | cmp - <(images other-images.rts 25)
    cat other-images.rts | rtsspread -q --features all.rts few-images.rts | cmp - got.rts
    cat few.rts many.rts | rtsspread -q --features - few-images.rts other-images.rts >piped.rts
    cmp <(labels piped.rts) <(labels want.rts)
    rtsspread -q --features <(rtsmap --unlabel all.rts) few-images.rts other-images.rts >piped.rts
    cmp <(labels piped.rts) <(labels want.rts)
    rtsinfo --history got.rts >told
    grep -q '^rtsspread .* --features$' told
    [[ $(grep -c '^  labelled: ' told) -ge 3 ]]
    expect_error 1 'many.rts: 80 examples, but there are 7 labelled ones and 80 others' \
        rtsspread -q --features many.rts few-images.rts other-images.rts
    rtsample --first 1 -v all.rts >one-less.rts
    expect_error 1 'wrong.rts: example 0 has the label 1, and 0 in few-images.rts: the features of the labelled' \
        sh -c 'cat one-less.rts few.rts >wrong.rts; rtsspread -q --features wrong.rts few-images.rts other-images.rts'
    expect_error 1 'missing: No such file' rtsspread --features missing few.rts many.rts
}

@test "rtsspread: examples that no label reaches have that of the nearest labelled one, by rule" {
    # On a line: two labelled groups, and a third one that is nearer to the second.
    { octal 0 0 8 3 && be32 2 1 1 && octal 10 40; } | idx2rts - <(idx_labels 3 5) >few.rts
    { octal 0 0 8 3 && be32 9 1 1 && octal 11 12 13 41 42 43 200 201 202; } | idx2rts >many.rts
    for method in poisson spreading; do
        run --separate-stderr rtsspread --method $method -k 2 -o got.rts few.rts many.rts
        [[ $status == 0 && $stderr == 'rtsspread: 3 of 9 examples are not connected to a labelled one, and have the label of the nearest, with the share 0' ]] || fail "$stderr"
        [[ $(labels got.rts | xargs) == '3 3 3 5 5 5 5 5 5' ]]
        rtsspread -q --method $method -k 2 --select 0.000001 few.rts many.rts >got.rts
        [[ $(labels got.rts | xargs) == '3 3 3 5 5 5' ]]
        rtsspread -q --method $method -k 2 --balance few.rts many.rts >got.rts
        [[ $(labels got.rts | xargs) == '3 3 3 5 5 5' ]]
    done
    # With all as neighbours everything is connected.
    quiet_success rtsspread -k 1000 -o got.rts few.rts many.rts
}

@test "rtsspread: few examples, one class, the same example again and again, none" {
    stream 1 5 1 >one.rts
    stream 40 5 1 >many.rts
    rtsspread -q one.rts many.rts >got.rts
    [[ $(labels got.rts | sort -u) == 0 && $(labels got.rts | wc -l) == 40 ]]
    rtsspread -q one.rts one.rts >got.rts
    [[ $(labels got.rts) == 0 ]]
    idx_images 0 5 5 | idx2rts >none.rts
    for how in '' '--select 0' '--balance'; do
        # shellcheck disable=SC2086 # options
        rtsspread -q $how one.rts none.rts >got.rts
        rtsinfo got.rts | grep -q '^images  *0 of 5 x 5 x 1'
    done
    { octal 0 0 8 3 && be32 30 1 1 && head -c 30 /dev/zero; } | idx2rts >same.rts
    { octal 0 0 8 3 && be32 2 1 1 && octal 0 9; } | idx2rts - <(idx_labels 4 6) >two.rts
    rtsspread -q -k 3 two.rts same.rts >got.rts
    [[ $(labels got.rts | wc -l) == 30 ]]
}

@test "rtsspread: wrong input" {
    points
    expect_error 1 'many.rts: examples without labels' rtsspread many.rts few.rts
    stream 6 5 3 >images.rts
    expect_error 1 'images.rts: record .*images of 5 x 5 x 1, expected features of 4' rtsspread few.rts images.rts
    idx2rts <(idx_images 0 5 5) <(idx_labels) >none.rts
    expect_error 1 'none.rts: contains no examples' rtsspread none.rts images.rts
    expect_error 1 'few.rts: .*cut short' sh -c 'head -c 300 few.rts >cut; mv cut few.rts; rtsspread few.rts many.rts'
    rottrain -q -e 0 --net c2 images.rts >m
    expect_error 1 'm: ' rtsspread m images.rts
    expect_error 1 'm: ' rtsspread images.rts m
}

@test "rtsspread: the history tells all that decides the result, and both origins" {
    fashion train | rtsample -n 20 >few.rts
    fashion train | rtsample -n 20 -v >many.rts
    rtsspread -q --method spreading --alpha 0.9 --prior uniform -k 7 --select 0.25 --balance few.rts many.rts >got.rts
    rtsinfo --history got.rts >told
    grep -qx "rtsspread $VERSION -k 7 --metric euclidean --method spreading --alpha 0.9 --prior uniform --select 0.25 --balance" told
    { payloads few.rts digest && payloads few.rts history; } | sed 's/^/  labelled: /' >want
    grep '^  labelled: ' told | cmp - want
    grep -q '^rtsample .* -v' told
    cat many.rts | rtsspread -q --method spreading --alpha 0.9 --prior uniform -k 7 --select 0.25 --balance few.rts |
        rtsinfo --history | cmp - told
    rtsspread -q --method poisson few.rts many.rts | rtsinfo --history | grep -q "^rtsspread $VERSION -k [0-9]* --metric [a-z]* --method poisson --prior [a-z]*$"
}

@test "rtsspread: real images, and a student of the labels" {
    fashion train | rtsample -n 50 >few.rts
    fashion train | rtsample -n 50 -v >many.rts
    rtsspread -q few.rts many.rts >got.rts
    paste <(labels got.rts) <(labels many.rts) | awk '{ n += $1 == $2 } END { exit n < 0.5 * NR }'
    fashion t10k | rtsample -n 200 >test.rts
    rtsspread -q --balance few.rts many.rts | rottrain -q -e 5 -b 16 --net 'c8 r p c16 r p' few.rts - >student.rts
    evalacc -q -m student.rts test.rts | awk '$1 == "accuracy" { exit !($2 > 0.5) }'
}
