/* rtspick - the examples of a stream that are worth labelling first */
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "near/pick.h"
#include "near/points.h"
#include "rts/gather.h"
#include "rts/reread.h"

static const char usage[] =
    "usage: rtspick [-q] -n count [--method name] [--features file]\n"
    "               [--labelled file] [--metric name] [-s seed] [-j threads]\n"
    "               [--no-history] [-o file] [file ...]\n"
    "Choose the examples of a stream that are worth labelling first, where only few\n"
    "can be labelled; write these, the one that is worth most first.\n";

struct settings {
    uint64_t count, seed;
    enum pick_method method;
    enum near_metric metric;
    const char *features, *labelled; /* files, or NULL */
    int threads;
    int draws;     /* the choice depends on the seed */
    unsigned drop; /* of what is passed on */
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "number of examples to choose",
     SETTING_ALWAYS, LONG(count, 1, POINTS_MAX)},
    {"method", 0, "NAME",
     "typical (default): the most typical of each cluster;\n"
     "centres: the farthest from all that are chosen;\n"
     "facility: those from which labels reach all others",
     SETTING_ALWAYS, CHOICE(method, pick_methods)},
    {"features", 0, "FILE", "choose by these features of the same examples",
     SETTING_NAMED, TEXT(features)},
    {"labelled", 0, "FILE",
     "examples that have labels already, with --features their\n"
     "features: they and their surroundings need none",
     SETTING_NAMED, TEXT(labelled)},
    {"metric", 0, "NAME", "distance: euclidean (default) or cosine",
     SETTING_ALWAYS, CHOICE(metric, near_metrics)},
    {"seed", 's', "N", "seed of the clusters (default 0)",
     WITH(draws), SEED(seed)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

/* A chosen example: where it is in the input, and when its turn in the output comes. */
struct place {
    uint64_t position, rank;
};

/* A copy of a chosen example, which is a chunk of its own. */
struct kept {
    struct chunk chunk;
    uint32_t label;
    const char *file;
};

struct job {
    const struct settings *s;
    const struct near_kernels *kernels;
    struct reread operands;
    struct history step;
    struct points points; /* the labelled ones first */
    uint64_t labelled, examples;
    uint64_t *chosen;    /* [count], by rank */
    struct place *place; /* [count], by position */
    struct kept *kept;   /* [count], by rank; */
    uint64_t room;       /* but where there are fewer points, [room] */
    struct progress progress;
};

/* ---- the points ---- */

/* All examples of a file, and in the history how they were made. */
static int read_file(struct job *j, const char *path, const char *indent, struct error *e)
{
    char *operand = (char *)path;
    struct source *in = source_open(&operand, 1, e);
    int status = in ? points_read(&j->points, in, e) : -1;

    if (status == 0)
        status = source_tell_origin(in, &j->step, indent, e);
    source_close(in);
    return status;
}

/* The first of two readings, where the examples themselves are the points. */
static int survey(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0)
        if (points_add(&j->points, in, &c, e) < 0 || (copy && examples_put_chunk(copy, &c, e) < 0))
            return -1;
    return got;
}

/* The points to choose from, and what is known of them. */
static int read_points(struct job *j, char **paths, int n, struct error *e)
{
    const struct settings *s = j->s;

    if (s->labelled && read_file(j, s->labelled, "  labelled: ", e) < 0)
        return -1;
    j->labelled = j->points.n;
    if (s->features && read_file(j, s->features, "  features: ", e) < 0)
        return -1;
    reread_plan(&j->operands, paths, n, j->step.text, s->drop);
    if (!s->features && reread_pass(&j->operands, survey, j, e) < 0)
        return -1;
    j->examples = j->points.n - j->labelled;
    return 0;
}

/* ---- the choice ---- */

static void tell(void *context, uint64_t done, uint64_t most)
{
    struct job *j = context;

    if (j->s->method == PICK_TYPICAL)
        progress_show(&j->progress, "clusters", done, most, "rounds", NULL);
    else
        progress_show(&j->progress, "choice", done, most, "examples", NULL);
}

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->position > y->position) - (x->position < y->position);
}

/* Fills j->chosen and j->place; the points are not needed after that. */
static int choose(struct job *j, struct error *e)
{
    const struct settings *s = j->s;
    struct pick p = {.x = j->points.x,
                     .n = j->points.n,
                     .d = j->points.d,
                     .labelled = j->labelled,
                     .metric = s->metric,
                     .method = s->method,
                     .count = s->count,
                     .seed = s->seed,
                     .kernels = j->kernels,
                     .tell = tell,
                     .context = j};
    int status = -1;

    j->room = s->count < p.n ? s->count : p.n;
    j->chosen = malloc((j->room + 1) * sizeof *j->chosen);
    j->place = malloc((j->room + 1) * sizeof *j->place);
    j->kept = calloc(j->room + 1, sizeof *j->kept);
    if (!j->chosen || !j->place || !j->kept)
        return error_memory(e, "choice");
    if ((p.team = team_new(s->threads ? s->threads : team_default_size(), e))) {
        progress_start(&j->progress, is_quiet());
        status = pick(&p, j->chosen, e);
        progress_clear(&j->progress);
    }
    team_free(p.team);
    points_free(&j->points);
    for (uint64_t i = 0; status == 0 && i < s->count; i++)
        j->place[i] = (struct place){j->chosen[i], i};
    if (status == 0)
        qsort(j->place, s->count, sizeof *j->place, compare);
    return status;
}

/* ---- the chosen examples ---- */

/* Copies example i of a chunk. */
static int keep(struct kept *k, const struct chunk *c, uint64_t i, struct error *e)
{
    k->chunk = chunk_part(c, i, 1);
    k->chunk.n = 1;
    k->chunk.label = NULL;
    k->chunk.file = NULL;
    k->chunk.soft = NULL;
    k->chunk.data = malloc(c->stride);
    if (c->soft)
        k->chunk.soft = malloc(c->classes * sizeof *c->soft);
    if (!k->chunk.data || (c->file && !(k->file = strdup(c->file[i]))) ||
        (c->soft && !k->chunk.soft))
        return error_memory(e, "examples");
    memcpy(k->chunk.data, (const char *)c->data + i * c->stride, c->stride);
    if (c->soft)
        memcpy(k->chunk.soft, c->soft + i * c->classes, c->classes * sizeof *c->soft);
    if (c->label) {
        k->label = c->label[i];
        k->chunk.label = &k->label;
    }
    if (c->file)
        k->chunk.file = &k->file;
    return 0;
}

/* The last reading: all other records go to the output by themselves. */
static int collect(struct job *j, struct source *in, struct error *e)
{
    const char *features = j->s->features;
    uint64_t seen = 0, next = 0;
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        for (; next < j->s->count && j->place[next].position - seen < c.n; next++)
            if (keep(&j->kept[j->place[next].rank], &c, j->place[next].position - seen, e) < 0)
                return -1;
        seen += c.n;
    }
    if (got < 0 || seen == j->examples)
        return got;
    if (!features)
        return error_set(e, "input: changed while it was read");
    return error_set(e, "%s: features of %" PRIu64 " examples, but the input has %" PRIu64,
                     strcmp(features, "-") ? features : "standard input", j->examples, seen);
}

static int put_kept(struct job *j, struct rts_writer *out, struct error *e)
{
    struct gather g = {.out = out};
    int status = 0;

    for (uint64_t i = 0; status == 0 && i < j->s->count; i++)
        status = gather_add(&g, &j->kept[i].chunk, 1, e);
    if (status == 0)
        status = gather_finish(&g, e);
    gather_free(&g);
    return status;
}

static int put_chosen(struct job *j, struct rts_writer *out, struct error *e)
{
    struct source *in = reread_last(&j->operands, out, e);
    int status = in ? collect(j, in, e) : -1;

    if (status == 0)
        status = put_kept(j, out, e);
    source_close(in);
    return status;
}

/* ---- all of it ---- */

static int describe(struct job *j, struct error *e)
{
    char line[512];

    snprintf(line, sizeof line, "rtspick %s", ROTPIPE_VERSION);
    settings_line(&table, j->s, line, sizeof line);
    return history_add(&j->step, "", line, e);
}

static void free_job(struct job *j)
{
    for (uint64_t i = 0; j->kept && i < j->room; i++) {
        free(j->kept[i].chunk.data);
        free(j->kept[i].chunk.soft);
        free((char *)j->kept[i].file);
    }
    free(j->kept);
    free(j->place);
    free(j->chosen);
    points_free(&j->points);
    history_free(&j->step);
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.s = s, .kernels = near_kernels_pick(getenv("ROTPIPE_KERNELS"))};
    struct rts_writer *out = NULL;
    int status = -1;

    if (!j.kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    if (describe(&j, e) == 0 && (out = rts_create(result_path(), e)) &&
        read_points(&j, paths, n, e) == 0 && choose(&j, e) == 0)
        status = put_chosen(&j, out, e);
    if (status == 0)
        status = rts_finish(out, e);
    else
        rts_abandon(out);
    free_job(&j);
    return status;
}

static void check_settings(struct settings *s, char **operands, int n)
{
    int inputs = standard_inputs(operands, n);

    if (!settings_given(&table, "count"))
        misused("-n is needed: how many examples to choose");
    s->draws = s->method == PICK_TYPICAL;
    if (!s->draws && settings_given(&table, "seed"))
        misused("%s has no meaning with --method %s", as_typed('s'), pick_methods[s->method]);
    inputs += s->features && strcmp(s->features, "-") == 0;
    inputs += s->labelled && strcmp(s->labelled, "-") == 0;
    if (inputs > 1)
        misused("standard input can be only one of data, --features and --labelled");
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    check_settings(&s, argv + first, argc - first);
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}
