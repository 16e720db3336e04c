/* rtscomm - what two image streams have in common, and what only one of them has */
#include "cli/cli.h"
#include "img/overlap.h"
#include "rts/gather.h"

static const char usage[] =
    "usage: rtscomm [-q] [--rotated] [--duplicates] [--disjoint[=most]] [-o file]\n"
    "               a [b]\n"
    "       rtscomm [-q] --only-a | --only-b | --both [--rotated] [--duplicates]\n"
    "               [--disjoint[=most]] [--no-history] [-o file] a [b]\n"
    "Count the images that two streams share, or write the images that they share\n"
    "or do not share. Images are compared by their pixels.\n";

struct settings {
    int rotated, duplicates;
    int64_t most; /* images that they may share; -1: any number */
    enum { COUNTS, ONLY_A, ONLY_B, BOTH } write;
    unsigned drop; /* of what is passed on */
};

static void take_write(void *at, const struct setting *s, char *none)
{
    int *write = at;

    (void)none;
    if (*write)
        misused("--only-a, --only-b and --both are mutually exclusive");
    *write = (int)s->lowest;
}

/* clang-format off */
static const struct setting rows[] = {
    {"rotated", 0, NULL, "also compare images turned by 90, 180 and 270 degrees",
     SETTING_CHANGED, FLAG(rotated), .place = 1},
    {"duplicates", 0, NULL, "also count repetitions within each stream",
     SETTING_FREE, FLAG(duplicates)},
    {"disjoint", 0, "[=MOST]", "fail if more than MOST images are shared (default 0)",
     SETTING_FREE, LONG(most, 0, INT64_MAX)},
    {"only-a", 0, NULL, "write the images of A that are not in B",
     SETTING_GIVEN, CALL(write, take_write, NULL), .lowest = ONLY_A},
    {"only-b", 0, NULL, "write the images of B that are not in A",
     SETTING_GIVEN, CALL(write, take_write, NULL), .lowest = ONLY_B},
    {"both", 0, NULL, "write the images of A that are also in B",
     SETTING_GIVEN, CALL(write, take_write, NULL), .lowest = BOTH},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {
    .usage = usage,
    .row = rows,
    .output = "write the result to FILE, complete or not at all;\n"
              "counts go to standard output if FILE gets images"};

struct job {
    char *path[2]; /* A and B */
    int held;      /* which of them is held in memory; the other streams by, and may be written */
    struct settings s;
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
    char line[64];

    snprintf(line, sizeof line, "rtscomm %s", ROTPIPE_VERSION);
    settings_line(&table, &j->s, line, sizeof line);
    return history_add(&j->step, "", line, e) < 0
               ? -1
               : source_tell_origin(held, &j->step, "  other: ", e);
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
        if (!j->s.write)
            continue;
        if (gather_add(out, &one, shared == (j->s.write == BOTH), e) < 0)
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
    return j->s.write ? gather_finish(out, e) : 0;
}

/* writer: NULL if nothing is to be written. */
static int meet(struct job *j, struct rts_writer *writer, struct error *e)
{
    struct gather out = {.out = writer};
    struct source *in = source_open(&j->path[!j->held], 1, e);
    int status = in ? 0 : -1;

    if (in && writer) {
        status = source_pass(in, writer, j->step.text, j->s.drop, e);
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
    if (j->s.duplicates)
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

    if (j->s.most < 0 || common <= (uint64_t)j->s.most)
        return 0;
    return error_set(e,
                     "%s and %s: %" PRIu64 " images are in both, at most %" PRId64 " are allowed",
                     name_of(j->path[0]), name_of(j->path[1]), common, j->s.most);
}

/* *counted: there are counts to print, even if the streams are not disjoint as required. */
static int run(struct job *j, int *counted, struct error *e)
{
    struct rts_writer *out = NULL;
    int status = -1;

    if (j->s.write && !(out = rts_create(result_path(), e)))
        return -1;
    j->overlap = overlap_new(j->s.rotated, j->s.duplicates, e);
    *counted = j->overlap && hold(j, e) == 0 && meet(j, out, e) == 0;
    if (*counted && check_disjoint(j, e) == 0) {
        status = out ? rts_finish(out, e) : 0;
        *counted = status == 0;
        out = NULL;
    }
    rts_abandon(out);
    return status;
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
    if (!j->s.write && j->s.drop)
        misused("--no-history needs --only-a, --only-b or --both");
    j->held = j->s.write == ONLY_A || j->s.write == BOTH;
    return !j->s.write || (result_path() && strcmp(result_path(), "-") != 0);
}

int main(int argc, char **argv)
{
    struct job j = {.s = {.most = -1}};
    struct error e;
    int first, talks, counted = 0, status;

    start(argv);
    first = settings_read(&table, argc, argv, &j.s);
    talks = check_settings(&j, argv + first, argc - first);
    if (!j.s.write)
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
