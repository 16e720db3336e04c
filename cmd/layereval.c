/* layereval - how well the outputs of each layer of a model separate classes */
#include "cli/cli.h"
#include "cli/say.h"

#include "base/cpu.h"
#include "base/progress.h"
#include "base/rate.h"
#include "eval/layers.h"
#include "eval/score.h"
#include "near/search.h"

#include <math.h>

static const char usage[] =
    "usage: layereval [-q] [-o file] -m model [-k neighbors] [--layers list]\n"
    "                 [-j threads] labelled [test]\n"
    "Print for each layer of a model how well its outputs separate the classes: by a\n"
    "vote of the nearest neighbours and by a linear probe; and the number of its\n"
    "outputs that are dead.\n";

enum { K_MAX = 1000, INPUT = -1 };

struct settings {
    const char *model, *layers;
    char *path[2]; /* labelled, test */
    int k, threads;
};

/* clang-format off */
static const struct setting rows[] = {
    {"model", 'm', "FILE", "model",
     SETTING_FREE, TEXT(model)},
    {"neighbors", 'k', "N", "number of neighbours that vote (default 5)",
     SETTING_FREE, INT(k, 1, K_MAX)},
    {"layers", 0, "LIST", "layers to examine, comma-separated; input: the pixels",
     SETTING_FREE, TEXT(layers)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 24};

struct job {
    struct model model;
    struct dataset labelled, test;
    int layer[NET_LAYERS_MAX + 2], layers;
};

/* The layers that are asked for, in the order of the list; by default all, the pixels first. */
static int choose_layers(const struct settings *s, struct job *j, struct error *e)
{
    const struct net *n = &j->model.net;
    char *rest = (char *)s->layers; /* the command line's */

    if (!rest) {
        for (int i = INPUT; i < n->layers; i++)
            /* What begins a residual block says what the layer before it says. */
            if (i == INPUT || !(n->layer[i].kind->traits & LAYER_BEGINS))
                j->layer[j->layers++] = i;
        return 0;
    }
    while (rest) {
        char *name = rest;
        int i = INPUT;
        rest = strchr(name, ',');
        if (rest)
            *rest++ = '\0';
        if (j->layers == NET_LAYERS_MAX + 2)
            return error_set(e, "--layers: more than %d layers", NET_LAYERS_MAX + 2);
        if (strcmp(name, "input") != 0 && (i = net_find_or_list(&j->model.net, name, e)) < 0)
            return -1;
        j->layer[j->layers++] = i;
    }
    return 0;
}

static int check_data(const struct job *j, const struct dataset *d, const char *name,
                      struct error *e)
{
    struct extent a = j->model.net.image, b = d->image;

    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return error_set(e, "%s: images of %d x %d x %d, but the model is for %d x %d x %d", name,
                         b.h, b.w, b.c, a.h, a.w, a.c);
    return 0;
}

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int read_all(struct settings *s, struct job *j, struct error *e)
{
    if (model_load(&j->model, s->model, e) < 0)
        return -1;
    say_stopped(s->model, j->model.history.text);
    if (choose_layers(s, j, e) < 0 || dataset_read(&j->labelled, &s->path[0], 1, e) < 0 ||
        check_data(j, &j->labelled, name_of(s->path[0]), e) < 0 ||
        dataset_read(&j->test, &s->path[1], 1, e) < 0 ||
        check_data(j, &j->test, name_of(s->path[1]), e) < 0)
        return -1;
    if (j->labelled.names && j->test.names && strcmp(j->labelled.names, j->test.names) != 0)
        return error_set(e, "%s: class names differ from those of %s", name_of(s->path[1]),
                         name_of(s->path[0]));
    if ((uint64_t)s->k > j->labelled.n)
        return error_set(e, "%s: %" PRIu64 " images, but -k needs %d", name_of(s->path[0]),
                         j->labelled.n, s->k);
    return 0;
}

struct bar {
    struct progress progress;
    const char *layer;
    uint64_t total;
};

static void tell(void *context, uint64_t done)
{
    struct bar *b = context;

    progress_show(&b->progress, b->layer, done, b->total, "images", NULL);
}

static void print_score(const struct job *j, const char *name, const struct layer_score *score)
{
    double n = (double)j->test.n;
    char knn[RATE_BYTES], linear[RATE_BYTES];

    printf("%s\t%d x %d x %d\t%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t", name, score->out.h, score->out.w,
           score->out.c, extent_size(score->out), score->dead,
           rate_text((double)score->knn / n, 4, knn),
           rate_text((double)score->linear / n, 4, linear));
    if (isnan(score->held_out))
        putchar('-');
    else
        fputs(rate_text(score->held_out, 4, knn), stdout);
    printf("\t%g\n", score->lambda);
}

static int evaluate(const struct settings *s, struct job *j, struct team *team,
                    const struct kernels *kernels, struct error *e)
{
    struct bar bar = {.total = j->test.n};
    struct layer_eval how = {.model = &j->model,
                             .labelled = &j->labelled,
                             .test = &j->test,
                             .classes = dataset_largest_label(&j->labelled) + 1,
                             .k = s->k,
                             .kernels = kernels,
                             .near = near_kernels_pick(getenv("ROTPIPE_KERNELS")),
                             .team = team,
                             .tell = tell,
                             .context = &bar};
    int status = 0;

    puts("layer\toutput\tsize\tdead\tknn\tlinear\theld_out\tlambda");
    for (int i = 0; i < j->layers && status == 0; i++) {
        struct layer_score score;
        bar.layer = j->layer[i] == INPUT ? "input" : j->model.net.layer[j->layer[i]].name;
        progress_start(&bar.progress, is_quiet());
        status = layer_evaluate(&how, j->layer[i], &score, e);
        progress_clear(&bar.progress);
        if (status == 0) {
            print_score(j, bar.layer, &score);
            fflush(stdout);
        }
    }
    return status;
}

static int run(struct settings *s, struct error *e)
{
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct job j = {0};
    struct team *team = NULL;
    int status = -1;

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    if (read_all(s, &j, e) == 0 &&
        (team = team_new(s->threads ? s->threads : team_default_size(), e)))
        status = evaluate(s, &j, team, kernels, e);
    team_free(team);
    dataset_free(&j.labelled);
    dataset_free(&j.test);
    model_free(&j.model);
    return status;
}

static void check_settings(struct settings *s, char **operands, int n)
{
    static char standard_input[] = "-";

    if (!s->model)
        misused("-m: a model is needed");
    if (n < 1)
        misused("one or two streams are needed");
    if (n > 2)
        misused("too many operands");
    s->path[0] = operands[0];
    s->path[1] = n == 2 ? operands[1] : standard_input;
    if (standard_inputs(s->path, 2) + (strcmp(s->model, "-") == 0) > 1)
        misused("standard input can be only one of the streams and -m");
}

int main(int argc, char **argv)
{
    struct settings s = {.k = 5};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    check_settings(&s, argv + first, argc - first);
    start_text();
    if (run(&s, &e) < 0)
        die(&e);
    finish_text();
}
