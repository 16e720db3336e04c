/* rtscomm - what two image streams have in common, and what only one of them has */
#include "cli/cli.h"
#include "img/overlap.h"
#include "rts/gather.h"

static const char help[] =
    "usage: rtscomm [-q] [--rotated] [--duplicates] [--disjoint[=most]] [-o file]\n"
    "               a [b]\n"
    "       rtscomm [-q] --only-a | --only-b | --both [--rotated] [--duplicates]\n"
    "               [--disjoint[=most]] [--no-history] [-o file] a [b]\n"
    "Count the images that two streams share, or write the images that they share\n"
    "or do not share. Images are compared by their pixels.\n"
    "\n"
    "      --rotated          also compare images turned by 90, 180 and 270 degrees\n"
    "      --duplicates       also count repetitions within each stream\n"
    "      --disjoint[=MOST]  fail if more than MOST images are shared (default 0)\n"
    "      --only-a           write the images of A that are not in B\n"
    "      --only-b           write the images of B that are not in A\n"
    "      --both             write the images of A that are also in B\n"
    "      --no-history       omit provenance records\n"
    "  -o, --output FILE      write the result to FILE, complete or not at all;\n"
    "                         counts go to standard output if FILE gets images\n"
    "  -q, --quiet            no progress, no notes on standard error\n"
    "  -h, --help             print this help\n"
    "      --version          print the version\n";

enum { OPT_ROTATED = OPT_FIRST, OPT_DUPLICATES, OPT_DISJOINT, OPT_ONLY_A, OPT_ONLY_B, OPT_BOTH };

static const struct option options[] = {{"rotated", no_argument, NULL, OPT_ROTATED},
                                        {"duplicates", no_argument, NULL, OPT_DUPLICATES},
                                        {"disjoint", optional_argument, NULL, OPT_DISJOINT},
                                        {"only-a", no_argument, NULL, OPT_ONLY_A},
                                        {"only-b", no_argument, NULL, OPT_ONLY_B},
                                        {"both", no_argument, NULL, OPT_BOTH},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

struct job {
    char *path[2]; /* A and B */
    int held;      /* which of them is held in memory; the other streams by, and may be written */
    int rotated, duplicates;
    int64_t most; /* images that they may share; -1: any number */
    int write;    /* what is written, one of the options, or 0 */
    unsigned drop;
    struct overlap *overlap;
    struct history step;
    char *names;    /* class names of the stream held, or NULL */
    int comparable; /* a label means the same on both sides, as far as is known */
};

static struct image_shape shape_of(const struct chunk *c)
{
    const uint64_t *d = c->head.shape;

    return (struct image_shape){(uint32_t)d[1], (uint32_t)d[2], (uint32_t)d[3]};
}

/* ---- the stream that is held ---- */

/* The history: what was done, and how the stream came to be that the other was held against. */
static int describe(struct job *j, const struct source *held, struct error *e)
{
    const char *what = j->write == OPT_BOTH ? "both" : j->write == OPT_ONLY_A ? "only-a" : "only-b";
    const char *digest = source_digest(held)->text, *history = source_history(held)->text;
    char line[64];

    snprintf(line, sizeof line, "rtscomm %s --%s%s", ROTPIPE_VERSION, what,
             j->rotated ? " --rotated" : "");
    if (history_add(&j->step, "", line, e) < 0 ||
        (digest && history_add(&j->step, "  other: ", digest, e) < 0))
        return -1;
    return history ? history_add(&j->step, "  other: ", history, e) : 0;
}

static int hold_all(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0)
        for (uint64_t i = 0; i < c.n; i++) {
            struct chunk one = chunk_part(&c, i, 1);
            if (overlap_hold(j->overlap, shape_of(&c), one.data, one.label, e) < 0)
                return -1;
        }
    if (got == 0 && source_names(in) && !(j->names = strdup(source_names(in))))
        return error_memory(e, "class names");
    return got < 0 ? -1 : describe(j, in, e);
}

static int hold(struct job *j, struct error *e)
{
    struct source *in = source_open(&j->path[j->held], 1, e);
    int status = in ? hold_all(j, in, e) : -1;

    source_close(in);
    return status;
}

/* ---- the stream that is held against it ---- */

/* Looks at the images of a chunk and gives those that are wanted to `out`. */
static int meet_chunk(const struct job *j, const struct chunk *c, struct gather *out,
                      struct error *e)
{
    for (uint64_t i = 0; i < c->n; i++) {
        struct chunk one = chunk_part(c, i, 1);
        int shared = overlap_meet(j->overlap, shape_of(c), one.data, one.label, e);
        if (shared < 0)
            return -1;
        if (!j->write)
            continue;
        if (gather_add(out, &one, shared == (j->write == OPT_BOTH), e) < 0)
            return -1;
    }
    return 0;
}

static int meet_all(struct job *j, struct source *in, struct gather *out, struct error *e)
{
    int got;
    struct chunk c;

    while ((got = source_next_images(in, &c, e)) > 0)
        if (meet_chunk(j, &c, out, e) < 0)
            return -1;
    if (got < 0)
        return -1;
    j->comparable = !j->names || !source_names(in) || strcmp(j->names, source_names(in)) == 0;
    return j->write ? gather_finish(out, e) : 0;
}

/* writer: NULL if nothing is to be written. */
static int meet(struct job *j, struct rts_writer *writer, struct error *e)
{
    struct gather out = {.out = writer};
    struct source *in = source_open(&j->path[!j->held], 1, e);
    int status = in ? 0 : -1;

    if (in && writer) {
        status = source_pass(in, writer, j->step.text, j->drop, e);
        source_before(in, gather_before, &out);
    }
    if (status == 0)
        status = meet_all(j, in, &out, e);
    source_close(in);
    gather_free(&out);
    return status;
}

/* ---- what is said of them ---- */

static void print_pair(const char *key, uint64_t a, uint64_t b)
{
    printf("a-%s\t%" PRIu64 "\nb-%s\t%" PRIu64 "\n", key, a, key, b);
}

static void report(const struct job *j)
{
    struct overlap_counts a = overlap_count(j->overlap, j->held == 0 ? OVERLAP_HELD : OVERLAP_MET);
    struct overlap_counts b = overlap_count(j->overlap, j->held == 1 ? OVERLAP_HELD : OVERLAP_MET);

    print_pair("images", a.images, b.images);
    if (j->duplicates)
        print_pair("duplicates", a.images - a.distinct, b.images - b.distinct);
    printf("shared\t%" PRIu64 "\n", overlap_common(j->overlap));
    print_pair("shared", a.shared, b.shared);
    if (j->comparable && a.labelled && b.labelled)
        print_pair("relabelled", a.relabelled, b.relabelled);
    else
        fputs("a-relabelled\t-\nb-relabelled\t-\n", stdout);
}

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int check_disjoint(const struct job *j, struct error *e)
{
    uint64_t common = overlap_common(j->overlap);

    if (j->most < 0 || common <= (uint64_t)j->most)
        return 0;
    return error_set(e,
                     "%s and %s: %" PRIu64 " images are in both, at most %" PRId64 " are allowed",
                     name_of(j->path[0]), name_of(j->path[1]), common, j->most);
}

/* *counted: there are counts to print, even if the streams are not disjoint as required. */
static int run(struct job *j, int *counted, struct error *e)
{
    struct rts_writer *out = NULL;
    int status = -1;

    if (j->write && !(out = rts_create(result_path(), e)))
        return -1;
    j->overlap = overlap_new(j->rotated, j->duplicates, e);
    *counted = j->overlap && hold(j, e) == 0 && meet(j, out, e) == 0;
    if (*counted && check_disjoint(j, e) == 0) {
        status = out ? rts_finish(out, e) : 0;
        *counted = status == 0;
        out = NULL;
    }
    rts_abandon(out);
    return status;
}

static void choose(struct job *j, int option)
{
    if (j->write)
        misused("--only-a, --only-b and --both are mutually exclusive");
    j->write = option;
}

static void take_option(struct job *j, int option)
{
    switch (option) {
    case OPT_ROTATED:
        j->rotated = 1;
        break;
    case OPT_DUPLICATES:
        j->duplicates = 1;
        break;
    case OPT_DISJOINT:
        j->most = optarg ? int_argument(optarg, 0, INT64_MAX) : 0;
        break;
    case OPT_ONLY_A:
    case OPT_ONLY_B:
    case OPT_BOTH:
        choose(j, option);
        break;
    case OPT_NO_HISTORY:
        j->drop = SOURCE_DROP_HISTORY;
        break;
    default:
        common_option(option, help);
    }
}

/* Returns whether standard output is free for the counts. */
static int check_settings(struct job *j, char **operands, int n)
{
    static char standard_input[] = "-";

    if (n < 1)
        misused("one or two streams are needed");
    if (n > 2)
        misused("too many operands");
    j->path[0] = operands[0];
    j->path[1] = n == 2 ? operands[1] : standard_input;
    if (standard_inputs(j->path, 2) > 1)
        misused("standard input can be only one of the streams");
    if (!j->write && j->drop)
        misused("--no-history needs --only-a, --only-b or --both");
    j->held = j->write == OPT_ONLY_A || j->write == OPT_BOTH;
    return !j->write || (result_path() && strcmp(result_path(), "-") != 0);
}

int main(int argc, char **argv)
{
    struct job j = {.most = -1};
    struct error e;
    int option, talks, counted = 0, status;

    start(argv);
    while ((option = next_option(argc, argv, "", options)) != -1)
        take_option(&j, option);
    talks = check_settings(&j, argv + optind, argc - optind);
    if (!j.write)
        start_text();
    status = run(&j, &counted, &e);
    if (talks && counted)
        report(&j);
    overlap_free(j.overlap);
    history_free(&j.step);
    free(j.names);
    if (status < 0) {
        fflush(stdout);
        die(&e);
    }
    if (talks)
        finish_text();
    return EXIT_DONE;
}
