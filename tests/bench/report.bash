# The document that tests/bench/run prints, from the samples it took. Sourced by it.
# shellcheck shell=bash disable=SC2153,SC2154 # the settings are run's

# of NAME WHAT: the median, min, max or number (n) of the samples of that name.
of() {
    awk -F '\t' -v name="$1" '$1 == name { print $2 }' samples | sort -g | awk -v what="$2" '
        { a[NR] = $1 }
        END {
            if (what == "n") print NR
            else if (!NR) print "nan"
            else if (what == "min") print a[1]
            else if (what == "max") print a[NR]
            else print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2
        }'
}

# calculate EXPRESSION FORMAT
calculate() {
    awk "BEGIN { printf \"$2\", $1 }"
}

# spread NAME FORMAT [FACTOR]: median and, in brackets, the smallest and the largest sample.
spread() {
    local factor=${3:-1} median low high
    median=$(calculate "$(of "$1" median) * $factor" "$2")
    low=$(calculate "$(of "$1" min) * $factor" "$2")
    high=$(calculate "$(of "$1" max) * $factor" "$2")
    if [[ $low == "$high" ]]; then
        echo "$median"
    else
        echo "$median ($low to $high)"
    fi
}

# ratio A B: the median of A over the median of B.
ratio() {
    calculate "$(of "$1" median) / $(of "$2" median)" %.2f
}

# ratio_range A B: the smallest and the largest of the rounds' own ratios.
ratio_range() {
    awk -F '\t' -v a="$1" -v b="$2" '
        $1 == a { x[++n] = $2 }
        $1 == b { y[++m] = $2 }
        END {
            low = 1e30
            for (i = 1; i <= n || i <= m; i++) {
                r = x[i < n ? i : n] / y[i < m ? i : m]
                if (r < low) low = r
                if (r > high) high = r
            }
            printf "%.2f to %.2f", low, high
        }' samples
}

# What faster products alone could do, by the profile.
half_precision() {
    [[ -s profile ]] || return 0
    awk -F '\t' '$2 ~ /^gemm/ { share += $1 } END {
        printf "Half-precision products\n(bf16), where a processor has them, would at best halve "
        printf "the time of `gemm`, %.0f %% of the\nprofile: a step would still take %.0f %% of its time, ", share, 100 - share / 2
        print "so there is no such option."
    }' profile
}

# met VALUE at-least|at-most BOUND
met() {
    local sign='>='
    [[ $2 == at-least ]] || sign='<='
    if awk "BEGIN { exit !($1 $sign $3) }"; then
        echo yes
    else
        echo '**no**'
    fi
}

# versus WORK OURS THEIRS FORMAT FASTER BOUND: a row. FASTER: up if larger values are better, down
# if smaller ones are. BOUND: the target, or -.
versus() {
    local r range reached=-
    if [[ $5 == up ]]; then
        r=$(ratio "$2" "$3") range=$(ratio_range "$2" "$3")
    else
        r=$(ratio "$3" "$2") range=$(ratio_range "$3" "$2")
    fi
    [[ $6 == - ]] || reached=$(met "$r" at-least "$6")
    echo "| $1 | $(spread "$2" "$4") | $(spread "$3" "$4") | **$r** ($range) | $6 | $reached |"
}

# The part of the arithmetic peak that a training speed stands for.
share_row() {
    local text=$1 name=$2 threads=$3 peak=$4 image rate
    image=$(macs "$text" | awk '$1 == "sum" { print $3 }')
    rate=$(calculate "$image * $(of "$name log" median) / 1e9" %.1f)
    echo "| \`$text\` | $threads | $(spread "$name log" %.0f) |" \
        "$(calculate "$image / 1e6" %.2f) | $rate | $(of "$peak" max) |" \
        "$(calculate "100 * $rate / $(of "$peak" max)" %.0f) % |"
}

machine() {
    local compiler
    compiler=$("${CC:-cc}" --version | head -n 1)
    lscpu | awk -F ': *' '
        $1 == "Model name" { name = $2 }
        $1 == "CPU(s)" { cpus = $2 }
        $1 == "Thread(s) per core" { threads = $2 }
        $1 == "Hypervisor vendor" { host = ", virtual (" $2 ")" }
        $1 == "CPU family" { family = $2 }
        $1 == "Model" { model = $2 }
        $1 ~ /^L[123]d? cache/ { caches = caches ", " $1 " " $2 }
        END {
            print "- processor: " name " (family " family ", model " model host "), " cpus \
                " processors, " threads " thread(s) per core" caches
        }'
    awk '$1 == "MemTotal:" { printf "- memory: %.0f GiB\n", $2 / 1048576 }' /proc/meminfo
    echo "- kernel: $(uname -sr); compiler: $compiler; zlib $(inflate)"
    echo "- rotpipe $(rottrain --version | awk '{ print $NF }'), kernels" \
        "\`$(peak 1 | cut -d ' ' -f 1)\` (the best that run here)"
    "$PYTHON" - <<'PYTHON'
import platform, re, numpy, torch
dnn = re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())
blas = sorted({l.split()[-1] for l in open("/proc/self/maps") if re.search(r"/lib\S*blas", l)})
print("- PyTorch %s (oneDNN %s; BLAS: %s), numpy %s, Python %s" % (
    torch.__version__, dnn.group(1) if dnn else "none", ", ".join(blas) or "its own",
    numpy.__version__, platform.python_version()))
PYTHON
    echo "- load average before: $load; the host took away $(stolen) of the processors' time"
}

# stolen: the share of the processors' time, since the start, that the host kept for itself.
stolen() {
    local cpu_after
    read -ra cpu_after </proc/stat
    awk -v a="${cpu_before[*]}" -v b="${cpu_after[*]}" 'BEGIN {
        n = split(a, before, " ")
        split(b, after, " ")
        for (i = 2; i <= 9; i++) all += after[i] - before[i]
        printf "%.1f %%", all ? 100 * (after[9] - before[9]) / all : 0
    }'
}

# ways WHAT FILE: a row: the fastest and the slowest way that calibrate found.
ways() {
    echo "| $1 | $(head -n 1 "$2" | awk '{ w = $1; if (NF > 2) w = w ", batch " $2
        print "`" w "` | " $NF }') | $(tail -n 1 "$2" | awk '{ w = $1
        if (NF > 2) w = w ", batch " $2; print "`" w "` | " $NF }') |"
}

DEFAULT='c32 r p c64 r p d16 r'
bytes=$(wc -c <rotations.rts)
rss_limit=$(calculate "$bytes / 1048576 + 64" %.1f)
rss=$(calculate "$(of "two rss" max) / 1024" %.1f)
pretext_bytes=$((unlabelled * 4 * 785))
w_limit=$(calculate "$pretext_bytes / 1048576 + 64" %.1f)
w_rss=$(calculate "$(of "workflow rss" max) / 1024" %.1f)
slowest=$(awk -F '\t' '$1 ~ /^start / { sum[$1] += $2; n[$1]++ }
    END { for (i in sum) if (sum[i] / n[i] > top) { top = sum[i] / n[i]; name = i } print name }' samples)
same_bytes=yes
for j in "${jobs[@]}"; do
    cmp -s model-1.rts "model-$j.rts" || same_bytes='**no**'
done
few=$((few_epochs < 10 ? few_epochs : 10))

cat <<MARKDOWN
# Speed and memory

Made by \`tests/bench/run\` (\`make bench\`) in $SECONDS s on $(date -u +%Y-%m-%d). rotpipe and
PyTorch ran in turn, $ROUNDS round(s). A cell holds the median of the rounds, with the smallest and
the largest in brackets; a ratio is that of the medians, in brackets the rounds' own.
${QUICK:+
**This was QUICK=1, a smoke test: the numbers mean nothing.**
}
## The machine

$(machine)

## Against PyTorch

Fashion-MNIST, net \`$DEFAULT\` and a head, Adam 1e-3, $THREADS threads where nothing else is
said.
Speeds of rotpipe are those of whole processes: images through training over the time from the
start to the end of \`rottrain\`, reading the data and writing the model included. Those of PyTorch
are of the loop over the batches alone: the start of Python, the import of torch and the
preparation of the data are left out, which favours PyTorch. PyTorch has its images ready as float
tensors and takes batches by an index tensor, without a DataLoader. Inference and the whole
workflow are measured from the start to the end of the process on both sides.

| work | rotpipe | PyTorch | times as fast | at least | reached |
| --- | ---: | ---: | ---: | ---: | --- |
$(versus "training on rotations, batch 128, $THREADS threads, images/s" "two process" "two torch" %.0f up 6)
$(versus "the same, one thread, images/s" "one process" "one torch" %.0f up 4)
$(versus "only the head over a frozen base, 1,000 images, $few_epochs epochs, batch 32, s" "frozen seconds" "frozen torch seconds" %.3f down 50)
$(versus "fine-tuning on 1,000 images, batch 32, images/s" "tune process" "tune torch" %.0f up 5)
$(versus "inference: \`evalacc\`, 10,000 images, s" "evalacc" "evalacc torch" %.3f down 10)
$(versus "inference: \`featdump\`, 10,000 images, s" "featdump" "featdump torch" %.3f down 10)
$(versus "the whole workflow, from gz files to the last accuracy, s" workflow "workflow torch" %.2f down 5)

Not asked for, but of interest:

| work | rotpipe | PyTorch | times as fast | at least | reached |
| --- | ---: | ---: | ---: | ---: | --- |
$(versus "training on rotations as rottrain's log has it, images/s" "two log" "two torch" %.0f up -)
$(versus "the same, one thread, images/s" "one log" "one torch" %.0f up -)
$(versus "deeper net \`$DEEP\`, images/s" "deep-two process" "deep-two torch" %.0f up -)
$(versus "head over a frozen base, if in PyTorch the base's output is kept by hand, s" "frozen seconds" "cached torch seconds" %.3f down -)
$(versus "\`evalacc\` from start to end against PyTorch's loop alone, s" "evalacc" "evalacc torch loop" %.3f down -)
$(versus "\`featdump\` from start to end against PyTorch's loop alone, s" "featdump" "featdump torch loop" %.3f down -)

That both did the same work: losses and accuracies. The data, the net, the way its weights are
drawn, the optimiser and the warm-up are the same; the random numbers are not. Frozen base and
fine-tuning start from one and the same model on both sides, and inference uses one.

| work | rotpipe | PyTorch |
| --- | ---: | ---: |
| rotations, $((4 * images)) images, one epoch: loss | $(spread "two loss" %.4f) | $(spread "two torch loss" %.4f) |
| the same: accuracy on $((4 * 1000)) test rotations | $(spread "two accuracy" %.4f) | $(spread "two torch accuracy" %.4f) |
| rotations, $((4 * images_one)) images, one thread: loss | $(spread "one loss" %.4f) | $(spread "one torch loss" %.4f) |
| frozen base, $few_epochs epochs: loss | $(spread "frozen loss" %.4f) | $(spread "frozen torch loss" %.4f) |
| the same: accuracy on 10,000 | $(spread "frozen accuracy" %.4f) | $(spread "frozen torch accuracy" %.4f) |
| fine-tuning, $few epochs: loss | $(spread "tune loss" %.4f) | $(spread "tune torch loss" %.4f) |
| the same: accuracy on 10,000 | $(spread "tune accuracy" %.4f) | $(spread "tune torch accuracy" %.4f) |
| inference with one and the same model: accuracy | $(spread "evalacc accuracy" %.4f) | $(spread "evalacc torch accuracy" %.4f) |
| whole workflow: rotations | $(spread "workflow rotations" %.4f) | $(spread "workflow torch rotations" %.4f) |
| whole workflow: from scratch | $(spread "workflow scratch" %.4f) | $(spread "workflow torch scratch" %.4f) |
| whole workflow: only the head | $(spread "workflow frozen" %.4f) | $(spread "workflow torch frozen" %.4f) |
| whole workflow: fine-tuned | $(spread "workflow tuned" %.4f) | $(spread "workflow torch tuned" %.4f) |

The workflow: $((4 * unlabelled)) rotated images for $epochs epoch(s), then 1,000 labelled ones for
$few_epochs epochs from scratch, with the base frozen, and fine-tuned; every accuracy. It ran twice
here and once in PyTorch, in between.

PyTorch was given the fastest of the ways to write this net (\`torch_peer.py --help\`):

| for | fastest way | images/s | slowest way | images/s |
| --- | --- | ---: | --- | ---: |
$(ways "training, batch 128, $THREADS threads" ways)
$(ways "training, batch 128, one thread" ways-one)
$(ways "training, batch 32, $THREADS threads" ways-few)
$(ways "inference, $THREADS threads" ways-infer)

## Memory

Largest resident set of the process, MiB.

| training | rotpipe | bound | reached | PyTorch | ratio | at most | reached |
| --- | ---: | ---: | --- | ---: | ---: | ---: | --- |
| $((4 * images)) rotations | $rss | $rss_limit (data + 64) | $(met "$rss" at-most "$rss_limit") | $(calculate "$(of "two torch rss" median) / 1024" %.1f) | $(ratio "two rss" "two torch rss") | 0.2 | $(met "$(ratio "two rss" "two torch rss")" at-most 0.2) |
| $((4 * unlabelled)) rotations (workflow) | $w_rss | $w_limit (data + 64) | $(met "$w_rss" at-most "$w_limit") | $(calculate "$(of "workflow torch rss" median) / 1024" %.1f) | $(ratio "workflow rss" "workflow torch rss") | 0.2 | $(met "$(ratio "workflow rss" "workflow torch rss")" at-most 0.2) |

## Filters

| what | measured | wanted | reached |
| --- | ---: | ---: | --- |
| start-up (\`--version\`), the slowest program (${slowest#start }), ms | $(spread "$slowest" %.2f) | under 5 | $(met "$(of "$slowest" median)" at-most 5) |
| \`rotgen\` to /dev/null, GB/s written | $(spread rotgen %.2f 1e-9) | at least 1 | $(met "$(of rotgen median)" at-least 1e9) |
| \`rotgen\` through a pipe to \`cat\`, GB/s written | $(spread "rotgen pipe" %.2f 1e-9) | - | - |
| \`idx2rts\`, training images, s | $(spread idx2rts %.3f) | | |
| \`inflate\` (zlib alone), the same files, s | $(spread inflate %.3f) | | |
| \`idx2rts\` over \`inflate\` | $(ratio idx2rts inflate) ($(ratio_range idx2rts inflate)) | at most 1.2 | $(met "$(ratio idx2rts inflate)" at-most 1.2) |

## How much of the machine

The peak is that of independent fused multiply-adds in registers, measured in the same run
(\`peak.c\`): $(spread "peak one" %.1f) G multiply-adds/s on one thread, $(spread "peak two" %.1f)
on $THREADS. Nominal multiply-adds of a training step: forward, gradient by the weights, and
gradient by the input (which the first layer needs not), each by the direct algorithm
(\`test_kinds --describe\`). The share is that of the whole step as rottrain's log times it: loading the batch,
ReLU, pooling, softmax and Adam are in the time, but not in the count. rottrain does fewer products
than the nominal number: Winograd's F(4x4, 3x3), by which the convolutions behind the first run,
does 36 where the direct algorithm does 144 (gradients by the weights: F(2x2, 3x3), 16 for 36), and
behind a pool the gradient's zeros, at least three quarters, are skipped. So a share does not say
how busy the units are, and may exceed 100 %; it compares the step with a direct one that never
waits and does nothing else.

| net | threads | images/s | M multiply-adds an image | G multiply-adds/s | peak | share |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
$(share_row "$DEFAULT" two "$THREADS" "peak two")
$(share_row "$DEFAULT" one 1 "peak one")
$(share_row "$DEEP" deep-two "$THREADS" "peak two")
$(share_row "$DEEP" deep-one 1 "peak one")

## Kernels

\`ROTPIPE_KERNELS\` picks the instruction set; training, $THREADS threads, $short_rounds rounds.

| kernels | images/s | loss after an epoch |
| --- | ---: | ---: |
$(for v in "${variants[@]}"; do
    echo "| $v | $(spread "variant $v" %.0f) | $(spread "variant $v loss" %.4f) |"
done)

## Threads

Training, batch 128, on $(nproc) processors, $short_rounds rounds. The models are the same bytes for
all of these: $same_bytes.

| \`-j\` | images/s | against \`-j 1\` |
| ---: | ---: | ---: |
$(for j in "${jobs[@]}"; do
    echo "| $j | $(spread "jobs $j" %.0f) | $(ratio "jobs $j" "jobs 1") |"
done)

## Where the time goes

Training with one thread, \`perf record -e cpu-clock\`, functions with at least half a percent.

$(if [[ -s profile ]]; then
    echo '| share | function |'
    echo '| ---: | --- |'
    # shellcheck disable=SC2016 # Markdown
    awk -F '\t' '{ print "| " $1 " | `" $2 "` |" }' profile
else
    echo 'Not recorded: perf (linux-perf) is missing or may not be used here.'
fi)

The stages on their own, one thread (\`stages.c\`, the shortest of 400 times each):

| stage | forward, us an image | backward, us an image |
| --- | ---: | ---: |
$(awk -F '\t' '{ print "| " $1 " | " $2 " | " $3 " |" }' stages.tsv)

What the next factor of two would take. The second convolution is most of a step. Forward it is
1.0 M products an image after Winograd, which alone would take $(awk -v g="$(of "peak one" median)" \
    'BEGIN { printf "%.0f", 0.991232e3 / g }') us at the peak above; the rest is the way
in and out of its frequencies, and still larger tiles would lose digits. $(half_precision)
Backward each winner costs nine multiply-adds a vector of channels for either gradient, whose
operands all come from the first cache: a factor of two needs fewer winners, so another net or a
coarser gradient, not another loop. Lists, transforms and the ends of short loops, together about a
quarter of the backward pass, are what an exact program can still save.

## The commands

\`peer\` is \`$PYTHON tests/bench/torch_peer.py\`; \`workflow_ours\` is a function in
\`tests/bench/run\`. The programs ran in a folder of their own, with these inputs made before:

\`\`\`
$(declare -f set_up | sed '1,2d;$d;s/^    //;s/;$//')
\`\`\`

\`\`\`
$(cat commands)
\`\`\`
MARKDOWN
