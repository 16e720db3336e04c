/* umap - lay out examples in two dimensions, neighbours beside neighbours */
#include "umap/umap.h"
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "near/neighbours.h"
#include "near/points.h"
#include "umap/curve.h"
#include "umap/graph.h"
#include "umap/layout.h"
#include "umap/spectral.h"

static const char usage[] =
    "usage: umap [-q] [-k neighbors] [-d dimensions] [-e epochs] [-s seed]\n"
    "            [-j threads] [--metric name] [--search name] [--min-dist x]\n"
    "            [--spread x] [--negatives n] [--lr x] [--no-history] [-o file]\n"
    "            [file ...]\n"
    "Lay out features or images in two dimensions by UMAP; write the coordinates as\n"
    "features.\n";

enum { NEIGHBORS_MAX = 1000 };

struct settings {
    struct umap_options umap;
    enum near_metric metric;
    enum neighbours search;
    int threads;
    unsigned drop; /* of what is passed on */
};

/* clang-format off */
static const struct setting rows[] = {
    {"neighbors", 'k', "N", "number of neighbours, including the example (default 15)",
     SETTING_ALWAYS, INT(umap.neighbors, 2, NEIGHBORS_MAX)},
    {"dimensions", 'd', "N", "dimensions of the layout (default 2)",
     SETTING_ALWAYS, INT(umap.dims, 1, UMAP_DIMS_MAX)},
    {"metric", 0, "NAME", "distance: euclidean (default) or cosine",
     SETTING_ALWAYS, CHOICE(metric, near_metrics)},
    {"search", 0, "NAME", "neighbour search: exact, descent or auto (default)",
     SETTING_CHANGED, CHOICE(search, neighbours_names), .place = 2},
    {"min-dist", 0, "X", "minimum distance of examples (default 0.1)",
     SETTING_ALWAYS, REAL(umap.min_dist, 0, 1000)},
    {"spread", 0, "X", "scale of the layout (default 1)",
     SETTING_ALWAYS, REAL(umap.spread, 0.001, 1000)},
    {"epochs", 'e', "N", "number of epochs\n(default: 500 up to 10,000 examples, 200 for more)",
     SETTING_CHANGED, INT(umap.epochs, 1, 1000000), .place = 1},
    {"negatives", 0, "N", "negative samples per positive edge (default 5)",
     SETTING_ALWAYS, INT(umap.negatives, 0, 1000)},
    {"lr", 0, "X", "initial learning rate (default 1)",
     SETTING_ALWAYS, REAL(umap.lr, 0, 1000)},
    {"seed", 's', "N", "seed of the layout (default 0)",
     SETTING_ALWAYS, SEED(umap.seed)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

struct job {
    const struct settings *s;
    const struct near_kernels *kernels;
    struct team *team;
    struct points points;
    int k; /* neighbours, the point itself not counted */
    uint32_t *index;
    float *distance;
    float *x; /* [n][dims] */
    struct progress progress;
};

static void tell_search(void *context, uint64_t done)
{
    struct job *j = context;

    progress_show(&j->progress, "neighbours", done, j->points.n, "examples", NULL);
}

static void tell_epoch(void *context, int epochs)
{
    struct job *j = context;

    progress_show(&j->progress, "layout", (uint64_t)epochs,
                  (uint64_t)umap_epochs(&j->s->umap, j->points.n), "epochs", NULL);
}

static int find_neighbours(struct job *j, struct error *e)
{
    const struct points *p = &j->points;
    struct near_search how = {.metric = j->s->metric,
                              .d = p->d,
                              .base = {p->x, p->n},
                              .query = {p->x, p->n},
                              .k = j->k,
                              .others = 1,
                              .kernels = j->kernels,
                              .team = j->team,
                              .tell = tell_search,
                              .context = j};

    j->index = malloc(p->n * (uint64_t)j->k * sizeof *j->index);
    j->distance = malloc(p->n * (uint64_t)j->k * sizeof *j->distance);
    if (!j->index || !j->distance)
        return error_memory(e, "neighbours");
    return neighbours_find(&how, j->s->search, j->s->umap.seed, j->index, j->distance, e);
}

/* Fills j->x: of less than two points there is nothing to lay out. */
static int lay_out(struct job *j, struct error *e)
{
    const struct umap_options *o = &j->s->umap;
    struct umap_graph g = {0};
    double a, b;
    int status = -1;

    j->x = calloc(j->points.n * (uint64_t)o->dims + 1, sizeof *j->x);
    if (!j->x)
        return error_memory(e, "layout");
    if (j->points.n < 2)
        return 0;
    j->k = (uint64_t)o->neighbors < j->points.n ? o->neighbors - 1 : (int)j->points.n - 1;
    umap_curve(o->min_dist, o->spread, &a, &b);
    if (find_neighbours(j, e) == 0 &&
        umap_graph_make(&g, j->index, j->distance, (uint32_t)j->points.n, j->k, e) == 0) {
        free(j->index);
        free(j->distance);
        j->index = NULL;
        j->distance = NULL;
        umap_graph_prune(&g, umap_epochs(o, j->points.n));
        status = umap_spectral(&g, o->dims, o->seed, j->team, j->x, e);
    }
    if (status == 0)
        status = umap_descend(&g, o, a, b, j->team, j->x, tell_epoch, j, e);
    umap_graph_free(&g);
    return status;
}

/* Writes a run of points, of which the first is number `at`; *name: that of its file, *soft: its
 * soft label, if any. */
static int write_run(const struct job *j, const struct points_run *run, uint64_t at,
                     const char **name, float **soft, struct rts_writer *out, struct error *e)
{
    uint64_t dims = (uint64_t)j->s->umap.dims;
    struct chunk c = chunk_like("feature", RTS_F4, 2, (uint64_t[]){0, dims});
    int status;

    c.n = run->n;
    c.data = j->x + at * dims;
    c.label = run->labelled ? j->points.label + at : NULL;
    c.classes = j->points.classes;
    if (run->soft) {
        c.soft = *soft;
        *soft += run->n * c.classes;
    }
    if (run->named) {
        if (!(c.file = malloc(run->n * sizeof *c.file)))
            return error_memory(e, "file names");
        for (uint64_t i = 0; i < run->n; i++, *name += strlen(*name) + 1)
            c.file[i] = *name;
    }
    status = examples_put(out, &c, e);
    free(c.file);
    return status;
}

/* Runs of points with labels, soft labels or files and of points without are chunks of their own.
 */
static int write_points(const struct job *j, struct rts_writer *out, struct error *e)
{
    const struct points *p = &j->points;
    const struct points_run none = {0};
    const char *name = p->files;
    float *soft = p->soft;
    uint64_t at = 0;

    for (size_t r = 0; r < p->runs; at += p->run[r++].n)
        if (write_run(j, &p->run[r], at, &name, &soft, out, e) < 0)
            return -1;
    return p->runs ? 0 : write_run(j, &none, 0, &name, &soft, out, e);
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.s = s,
                    .kernels = near_kernels_pick(getenv("ROTPIPE_KERNELS")),
                    .points = {.keeps_all = 1}};
    struct source *in = NULL;
    struct rts_writer *out = NULL;
    char line[512];
    int status = -1;

    if (!j.kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    snprintf(line, sizeof line, "umap %s", ROTPIPE_VERSION);
    settings_line(&table, s, line, sizeof line);
    if (!(in = source_open(paths, n, e)) || !(out = rts_create(result_path(), e)))
        goto done;
    if (source_pass(in, out, line, s->drop, e) < 0 || points_read(&j.points, in, e) < 0 ||
        !(j.team = team_new(s->threads ? s->threads : team_default_size(), e)))
        goto done;
    progress_start(&j.progress, is_quiet());
    status = lay_out(&j, e);
    progress_clear(&j.progress);
    if (status == 0)
        status = write_points(&j, out, e);
    if (status == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
done:
    rts_abandon(out);
    source_close(in);
    team_free(j.team);
    points_free(&j.points);
    free(j.index);
    free(j.distance);
    free(j.x);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.umap = umap_defaults()};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (s.umap.min_dist > s.umap.spread)
        misused("--min-dist must not be above --spread: %.9g%s is above %.9g", s.umap.min_dist,
                s.umap.min_dist == umap_defaults().min_dist ? " (the default)" : "", s.umap.spread);
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}
