/* rtsspread - labels of a few examples spread to others that are near */
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "eval/diffuse.h"
#include "eval/labelled.h"
#include "near/points.h"
#include "rts/names.h"
#include "rts/reread.h"

static const char usage[] =
    "usage: rtsspread [-q] [-o file] [-k neighbors] [--metric name] [--search name]\n"
    "                 [--method name] [--alpha x] [--prior name] [--features file]\n"
    "                 [--select p] [--balance] [-j threads] [--no-history] labelled\n"
    "                 [unlabelled]\n"
    "Label the examples of a stream by the labelled ones of another, from neighbour\n"
    "to neighbour.\n";

enum { NEIGHBORS_MAX = 1000, LABELLED = 0, UNLABELLED = 1 };

struct settings {
    struct diffuse_options how;
    const char *features; /* or NULL: the examples are their own */
    double least;         /* of --select; -1: all, and the stream's chunks stay as they are */
    int balance;
    int threads;
    unsigned drop; /* of what is passed on */
    char *path[2];
};

static const struct settings defaults = {
    .how = {.neighbors = 10, .method = SPREAD_SPREADING, .alpha = 0.95}, .least = -1};

/* clang-format off */
static const struct setting rows[] = {
    {"neighbors", 'k', "N", "number of neighbours of an example (default 10)",
     SETTING_ALWAYS, INT(how.neighbors, 1, NEIGHBORS_MAX)},
    {"metric", 0, "NAME", "distance: euclidean (default) or cosine",
     SETTING_ALWAYS, CHOICE(how.metric, near_metrics)},
    {"search", 0, "NAME", "neighbour search: exact, descent or auto (default)",
     SETTING_CHANGED, CHOICE(how.search, neighbours_names)},
    {"method", 0, "NAME", "how labels spread: spreading (default) or poisson",
     SETTING_ALWAYS, CHOICE(how.method, spread_methods)},
    {"alpha", 0, "X", "share taken from the neighbours (default 0.95)",
     WITH(how.method), REAL(how.alpha, 0.5, 0.9999)},
    {"prior", 0, "NAME", "share of the classes: none (default), uniform or labelled",
     SETTING_ALWAYS, CHOICE(how.prior, diffuse_priors)},
    {"features", 0, "FILE", "features of both streams, for the distances",
     SETTING_NAMED, TEXT(features)},
    {"select", 0, "P", "keep only examples whose class has share P or more",
     SETTING_CHANGED, REAL(least, 0, 1)},
    {"balance", 0, NULL, "keep the same number of each class, the surest",
     SETTING_CHANGED, FLAG(balance)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {
    .usage = usage, .row = rows, .defaults = &defaults, .column = 23};

struct job {
    const struct settings *s;
    const struct near_kernels *kernels;
    struct points points; /* the labelled ones, then the others; or their features */
    uint64_t labelled, others;
    uint64_t met;     /* others that have labels */
    uint32_t *label;  /* [labelled] */
    uint32_t *number; /* [classes] rising: the label of each class */
    uint32_t *own;    /* [labelled] classes */
    uint32_t classes;
    char *names; /* of the labels, or NULL */
    struct history step;
    struct reread operand;
    struct choice choice; /* what is said of the others */
    uint64_t chosen;      /* how many of them have been written or dropped */
    uint64_t astray;      /* how many no label reaches */
    uint64_t each;        /* with --balance: kept of each class */
    int balanced;         /* with --balance: classes that have examples */
    struct labelled to;
    struct progress progress;
};

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* ---- what is read first: labelled examples, features ---- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Numbers the labels that there are. */
static int find_classes(struct job *j, struct error *e)
{
    j->number = malloc(j->labelled * sizeof *j->number);
    j->own = malloc(j->labelled * sizeof *j->own);
    if (!j->number || !j->own)
        return error_memory(e, "labels");
    memcpy(j->number, j->label, j->labelled * sizeof *j->label);
    qsort(j->number, j->labelled, sizeof *j->number, compare);
    for (uint64_t i = 0; i < j->labelled; i++)
        if (i == 0 || j->number[i] != j->number[j->classes - 1])
            j->number[j->classes++] = j->number[i];
    for (uint64_t i = 0; i < j->labelled; i++) {
        const uint32_t *at =
            bsearch(&j->label[i], j->number, j->classes, sizeof *j->number, compare);
        j->own[i] = (uint32_t)(at - j->number);
    }
    return 0;
}

/* Takes labels and names of the labelled examples. */
static int take_labels(struct job *j, const struct points *p, const struct source *in,
                       struct error *e)
{
    const char *name = name_of(j->s->path[LABELLED]), *names = source_names(in);
    uint64_t named = names_count(names);

    if (p->n == 0)
        return error_set(e, "%s: contains no examples", name);
    for (size_t r = 0; r < p->runs; r++)
        if (!p->run[r].labelled)
            return error_set(e, "%s: examples without labels", name);
    for (uint64_t i = 0; named && i < p->n; i++)
        if (p->label[i] >= named)
            return error_set(e, "%s: label %lu has no name: labels 0 to %llu have names", name,
                             (unsigned long)p->label[i], (unsigned long long)(named - 1));
    j->labelled = p->n;
    j->label = malloc(p->n * sizeof *j->label);
    if (!j->label || (names && !(j->names = strdup(names))))
        return error_memory(e, "labels");
    memcpy(j->label, p->label, p->n * sizeof *j->label);
    return find_classes(j, e);
}

static int read_labelled(struct job *j, struct error *e)
{
    struct points spare = {0}, *p = j->s->features ? &spare : &j->points;
    struct source *in = source_open((char **)&j->s->path[LABELLED], 1, e);
    int status = -1;

    if (in && points_read(p, in, e) == 0 && take_labels(j, p, in, e) == 0)
        status = source_tell_origin(in, &j->step, "  labelled: ", e);
    source_close(in);
    points_free(&spare);
    return status;
}

/* Features that have labels must have those of the labelled examples: they are theirs. */
static int check_features(const struct job *j, struct error *e)
{
    const struct points *p = &j->points;
    uint64_t at = 0;

    for (size_t r = 0; r < p->runs; at += p->run[r++].n)
        for (uint64_t i = at; p->run[r].labelled && i < at + p->run[r].n && i < j->labelled; i++)
            if (p->label[i] != j->label[i])
                return error_set(e,
                                 "%s: example %llu has the label %lu, and %lu in %s: the features "
                                 "of the labelled examples must come first, in their order",
                                 name_of(j->s->features), (unsigned long long)i,
                                 (unsigned long)p->label[i], (unsigned long)j->label[i],
                                 name_of(j->s->path[LABELLED]));
    return 0;
}

static int read_features(struct job *j, struct error *e)
{
    char *path = (char *)j->s->features;
    struct source *in = source_open(&path, 1, e);
    int status = -1;

    if (in && points_read(&j->points, in, e) == 0 && check_features(j, e) == 0)
        status = source_tell_origin(in, &j->step, "  features: ", e);
    source_close(in);
    return status;
}

/* ---- the first reading of the others ---- */

static int survey(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        if (!j->s->features && points_add(&j->points, in, &c, e) < 0)
            return -1;
        if (copy && examples_put_chunk(copy, &c, e) < 0)
            return -1;
        j->others += c.n;
        j->met += c.label ? c.n : 0;
    }
    if (got == 0 && j->points.n != j->labelled + j->others)
        return error_set(e, "%s: %llu examples, but there are %llu labelled ones and %llu others",
                         name_of(j->s->features), (unsigned long long)j->points.n,
                         (unsigned long long)j->labelled, (unsigned long long)j->others);
    return got;
}

/* ---- labels ---- */

static void tell_search(void *context, uint64_t done)
{
    struct job *j = context;

    progress_show(&j->progress, "neighbours", done, j->points.n, "examples", NULL);
}

static void tell_steps(void *context, uint64_t steps)
{
    struct job *j = context;

    progress_count(&j->progress, "labels", steps, "steps", NULL);
}

static int label_others(struct job *j, struct error *e)
{
    struct diffuse f = {.options = &j->s->how,
                        .kernels = j->kernels,
                        .tell_search = tell_search,
                        .tell_steps = tell_steps,
                        .context = j,
                        .x = j->points.x,
                        .n = j->points.n,
                        .labelled = j->labelled,
                        .d = j->points.d,
                        .own = j->own,
                        .classes = j->classes};
    int status;

    if (!(f.team = team_new(j->s->threads ? j->s->threads : team_default_size(), e)))
        return -1;
    progress_start(&j->progress, is_quiet());
    status = diffuse(&f, &j->choice, &j->astray, e);
    progress_clear(&j->progress);
    team_free(f.team);
    if (status == 0 && j->s->balance)
        status = choice_balance(&j->choice, &j->each, &j->balanced, e);
    return status;
}

/* ---- the second reading, and what is written ---- */

static int convert(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        if (c.n > j->choice.n - j->chosen)
            break;
        if (labelled_put(&j->to, &c, j->choice.said + j->chosen, e) < 0)
            return -1;
        j->chosen += c.n;
    }
    if (got < 0)
        return -1;
    if (got > 0 || j->chosen != j->choice.n)
        return error_set(e, "input: changed while it was read");
    return labelled_finish(&j->to, e);
}

static int write_others(struct job *j, struct rts_writer *out, struct error *e)
{
    struct source *in = reread_last(&j->operand, out, e);
    int status;

    if (!in)
        return -1;
    j->to.gather.out = out;
    j->to.names = j->names;
    j->to.number = j->number;
    j->to.drops = j->s->least >= 0 || j->s->balance;
    source_before(in, gather_before, &j->to.gather);
    status = convert(j, in, e);
    source_close(in);
    return status;
}

/* Says what the reader of the result should know. */
static void tell(const struct job *j)
{
    uint64_t all = j->others, kept = j->to.kept;

    if (j->met)
        note("%" PRIu64 " of %" PRIu64 " examples had labels, which were not looked at", j->met,
             all);
    if (j->astray)
        note("%" PRIu64 " of %" PRIu64 " examples are not connected to a labelled one, and have the"
             " label of the nearest, with the share 0",
             j->astray, all);
    if (!j->to.drops)
        return;
    if (!j->s->balance || !kept)
        note("%" PRIu64 " of %" PRIu64 " examples kept", kept, all);
    else if ((uint32_t)j->balanced == j->classes)
        note("%" PRIu64 " of %" PRIu64 " examples kept: %" PRIu64 " of each class", kept, all,
             j->each);
    else
        note("%" PRIu64 " of %" PRIu64 " examples kept: %" PRIu64 " of each class but for %" PRIu32
             " of %" PRIu32 " classes without any",
             kept, all, j->each, j->classes - (uint32_t)j->balanced, j->classes);
}

static int describe(struct job *j, struct error *e)
{
    char line[512];

    snprintf(line, sizeof line, "rtsspread %s", ROTPIPE_VERSION);
    settings_line(&table, j->s, line, sizeof line);
    return history_add(&j->step, "", line, e);
}

/* Everything between opening the output and closing it. */
static int work(struct job *j, struct rts_writer *out, struct error *e)
{
    if (j->s->features && read_features(j, e) < 0)
        return -1;
    reread_plan(&j->operand, (char **)&j->s->path[UNLABELLED], 1, j->step.text,
                j->s->drop | SOURCE_DROP_NAMES);
    if (reread_pass(&j->operand, survey, j, e) < 0 || label_others(j, e) < 0)
        return -1;
    return write_others(j, out, e);
}

static int run(const struct settings *s, struct error *e)
{
    struct job j = {.s = s,
                    .kernels = near_kernels_pick(getenv("ROTPIPE_KERNELS")),
                    .choice = {.least = s->least}};
    struct rts_writer *out = NULL;
    int status = -1;

    if (!j.kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    if (describe(&j, e) == 0 && read_labelled(&j, e) == 0 && (out = rts_create(result_path(), e)))
        status = work(&j, out, e);
    if (status == 0)
        status = rts_finish(out, e);
    else
        rts_abandon(out);
    if (status == 0)
        tell(&j);
    labelled_free(&j.to);
    choice_free(&j.choice);
    history_free(&j.step);
    points_free(&j.points);
    free(j.label);
    free(j.number);
    free(j.own);
    free(j.names);
    return status;
}

static void check_operands(struct settings *s, char **operands, int n)
{
    static char standard_input[] = "-";
    char *all[3];

    if (n < 1)
        misused("one or two streams are needed");
    if (n > 2)
        misused("too many operands");
    all[0] = s->path[LABELLED] = operands[0];
    all[1] = s->path[UNLABELLED] = n == 2 ? operands[1] : standard_input;
    all[2] = (char *)s->features;
    if (standard_inputs(all, s->features ? 3 : 2) > 1)
        misused("standard input can be only one of the streams");
    if (settings_given(&table, "alpha") && s->how.method != SPREAD_SPREADING)
        misused("--alpha needs --method spreading");
}

int main(int argc, char **argv)
{
    struct settings s = defaults;
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    check_operands(&s, argv + first, argc - first);
    if (run(&s, &e) < 0)
        die(&e);
    return EXIT_DONE;
}
