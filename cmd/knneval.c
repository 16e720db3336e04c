/* knneval - accuracy of a vote of the nearest neighbours */
#include "base/cpu.h"
#include "base/progress.h"
#include "base/rate.h"
#include "cli/cli.h"
#include "eval/score.h"
#include "near/points.h"
#include "near/search.h"
#include "near/vote.h"

static const char usage[] =
    "usage: knneval [-q] [-o file] [-k list] [--metric name] [-j threads] train\n"
    "               [test]\n"
    "       knneval --leave-one-out [-q] [-o file] [-k list] [--metric name]\n"
    "               [-j threads] [examples]\n"
    "Classify labelled examples by a vote of their nearest neighbours in another\n"
    "stream; print the accuracy.\n";

enum { K_MAX = 1000, LIST_MAX = 32 };

struct list {
    int k[LIST_MAX], n;
};

struct settings {
    struct list list;
    enum near_metric metric;
    int threads, leave_one_out;
    char *path[2]; /* train, test; the same with leave_one_out */
};

/* Numbers with commas between them. */
static void take_list(void *at, const struct setting *s, char *text)
{
    struct list *l = at;

    (void)s;
    l->n = 0;
    for (char *next; text; text = next) {
        next = strchr(text, ',');
        if (next)
            *next++ = '\0';
        if (l->n == LIST_MAX)
            misused("-k: more than %d numbers", LIST_MAX);
        l->k[l->n++] = (int)int_argument(text, 1, K_MAX);
    }
}

/* clang-format off */
static const struct setting rows[] = {
    {"neighbors", 'k', "LIST", "numbers of neighbours, comma-separated (default 1,5,20)",
     SETTING_FREE, CALL(list, take_list, NULL)},
    {"metric", 0, "NAME", "euclidean (default) or cosine",
     SETTING_FREE, CHOICE(metric, near_metrics)},
    {"leave-one-out", 0, NULL, "classify each example by all others of one stream",
     SETTING_FREE, FLAG(leave_one_out)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

struct job {
    struct points train, test;  /* test: none with leave_one_out */
    const struct points *asked; /* which of them is classified */
    char *names;                /* of train's classes, or NULL */
    uint32_t *index;
    float *distance;
    int most; /* the largest k */
};

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int read_points(struct points *p, char **names, char **path, struct error *e)
{
    struct source *in = source_open(path, 1, e);
    int status = in ? points_read(p, in, e) : -1;

    if (status == 0 && p->n == 0)
        status = error_set(e, "%s: contains no examples", name_of(*path));
    for (size_t r = 0; status == 0 && r < p->runs; r++)
        if (!p->run[r].labelled)
            status = error_set(e, "%s: examples without labels", name_of(*path));
    if (status == 0 && source_names(in) && !(*names = strdup(source_names(in))))
        status = error_memory(e, "class names");
    source_close(in);
    return status;
}

/* Notes that both streams are the same: each example is then its own nearest neighbour. */
static void note_same(const struct settings *s, const struct job *j)
{
    const struct points *a = &j->train, *b = &j->test;

    if (a->n == b->n && memcmp(a->x, b->x, a->n * a->d * sizeof *a->x) == 0)
        note("%s and %s contain the same examples, so that each is its own nearest neighbour; "
             "use --leave-one-out",
             name_of(s->path[0]), name_of(s->path[1]));
}

static int read_test(const struct settings *s, struct job *j, struct error *e)
{
    char *names = NULL, **path = (char **)s->path, why[256];
    int status = -1;

    if (read_points(&j->test, &names, &path[1], e) == 0) {
        status = 0;
        if (!points_alike(&j->train.like, &j->test.like, why, sizeof why))
            status = error_set(e, "%s: %s as in %s", name_of(path[1]), why, name_of(path[0]));
        else if (j->names && names && strcmp(j->names, names) != 0)
            status = error_set(e, "%s: class names differ from those of %s", name_of(path[1]),
                               name_of(path[0]));
    }
    free(names);
    return status;
}

static int read_all(const struct settings *s, struct job *j, struct error *e)
{
    char **path = (char **)s->path;
    int given = settings_given(&table, "neighbors");

    if (read_points(&j->train, &j->names, &path[0], e) < 0 ||
        (!s->leave_one_out && read_test(s, j, e) < 0))
        return -1;
    j->asked = s->leave_one_out ? &j->train : &j->test;
    for (int i = 0; i < s->list.n; i++)
        if ((uint64_t)s->list.k[i] > j->train.n - (uint64_t)s->leave_one_out)
            return error_set(e, "%s: %" PRIu64 " examples, but %s %d%s", name_of(path[0]),
                             j->train.n, given ? "-k needs" : "the default -k 1,5,20 needs",
                             given ? s->list.k[i] : j->most,
                             s->leave_one_out ? " other examples" : "");
    if (!s->leave_one_out)
        note_same(s, j);
    return 0;
}

struct bar {
    struct progress progress;
    uint64_t total;
};

static void tell(void *context, uint64_t done)
{
    struct bar *b = context;

    progress_show(&b->progress, "neighbours", done, b->total, "examples", NULL);
}

static int search(const struct settings *s, struct job *j, const struct near_kernels *kernels,
                  struct error *e)
{
    struct bar bar = {.total = j->asked->n};
    struct team *team = team_new(s->threads ? s->threads : team_default_size(), e);
    int status = -1;

    if (!team)
        return -1;
    progress_start(&bar.progress, is_quiet());
    j->index = malloc(j->asked->n * (uint64_t)j->most * sizeof *j->index);
    j->distance = malloc(j->asked->n * (uint64_t)j->most * sizeof *j->distance);
    if (j->index && j->distance) {
        struct near_search how = {.metric = s->metric,
                                  .d = j->train.d,
                                  .base = {j->train.x, j->train.n},
                                  .query = {j->asked->x, j->asked->n},
                                  .others = s->leave_one_out,
                                  .k = j->most,
                                  .kernels = kernels,
                                  .team = team,
                                  .tell = tell,
                                  .context = &bar};
        status = near_search(&how, j->index, j->distance, e);
    } else {
        error_memory(e, "neighbours");
    }
    progress_clear(&bar.progress);
    team_free(team);
    return status;
}

/* One line for each k: accuracy, its interval, number of correct predictions, number of examples.
 */
static int report(const struct settings *s, const struct job *j, struct error *e)
{
    uint32_t *scratch = malloc(2 * (size_t)j->most * sizeof *scratch);

    if (!scratch)
        return error_memory(e, "votes");
    puts("k\taccuracy\tlow\thigh\tcorrect\texamples");
    for (int i = 0; i < s->list.n; i++) {
        uint64_t correct = 0;
        char accuracy[RATE_BYTES], from[RATE_BYTES], to[RATE_BYTES];
        double low, high;
        for (uint64_t t = 0; t < j->asked->n; t++)
            correct += vote(j->index + t * (uint64_t)j->most, s->list.k[i], j->train.label,
                            scratch) == j->asked->label[t];
        score_interval(correct, j->asked->n, &low, &high);
        printf("%d\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", s->list.k[i],
               rate_text((double)correct / (double)j->asked->n, 4, accuracy),
               rate_text(low, 4, from), rate_text(high, 4, to), correct, j->asked->n);
    }
    free(scratch);
    return 0;
}

static int run(const struct settings *s, struct error *e)
{
    const struct near_kernels *kernels = near_kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct job j = {0};
    int status = -1;

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    for (int i = 0; i < s->list.n; i++)
        j.most = s->list.k[i] > j.most ? s->list.k[i] : j.most;
    if (read_all(s, &j, e) == 0 && search(s, &j, kernels, e) == 0)
        status = report(s, &j, e);
    points_free(&j.train);
    points_free(&j.test);
    free(j.names);
    free(j.index);
    free(j.distance);
    return status;
}

static void check_operands(struct settings *s, char **operands, int n)
{
    static char standard_input[] = "-";

    if (s->leave_one_out) {
        if (n > 1)
            misused("--leave-one-out takes one stream");
        s->path[0] = s->path[1] = n ? operands[0] : standard_input;
        return;
    }
    if (n < 1)
        misused("one or two streams are needed");
    if (n > 2)
        misused("too many operands");
    s->path[0] = operands[0];
    s->path[1] = n == 2 ? operands[1] : standard_input;
    if (standard_inputs(s->path, 2) > 1)
        misused("standard input can be only one of the streams");
}

int main(int argc, char **argv)
{
    struct settings s = {.list = {{1, 5, 20}, 3}};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    check_operands(&s, argv + first, argc - first);
    start_text();
    if (run(&s, &e) < 0)
        die(&e);
    finish_text();
}
