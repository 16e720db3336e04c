/* featdump - the outputs of a layer of a model for each image */
#include "base/cpu.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "eval/infer.h"
#include "model/model.h"
#include "rts/examples.h"

static const char usage[] =
    "usage: featdump [-q] [-o file] -m model [--layer name] [-j threads]\n"
    "                [--no-history] [file ...]\n"
    "Write the outputs of a layer of a model for every image, as a feature stream.\n";

struct settings {
    const char *model, *layer;
    int threads;
    unsigned drop; /* of what is passed on */
};

/* clang-format off */
static const struct setting rows[] = {
    {"model", 'm', "FILE", "model",
     SETTING_FREE, TEXT(model)},
    {"layer", 0, "NAME", "name of the layer (default: the layer below the head)",
     SETTING_ALWAYS, WORD(layer)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 22};

/* An empty chunk of the features that the net's last layer makes: [n,features] or [n,h,w,c]. */
static struct chunk features_of(const struct net *net)
{
    struct extent out = net->layer[net->layers - 1].out;
    uint64_t flat[2] = {0, (uint64_t)out.c};
    uint64_t map[4] = {0, (uint64_t)out.h, (uint64_t)out.w, (uint64_t)out.c};

    if (out.h == 1 && out.w == 1)
        return chunk_like("feature", RTS_F4, 2, flat);
    return chunk_like("feature", RTS_F4, 4, map);
}

/*
 * Features of a chunk, whose first image has this number in the stream, as many images at a time as
 * a written chunk takes.
 */
static int dump_chunk(struct engine *g, const float *table, const struct source *in,
                      const struct chunk *c, uint64_t first, struct rts_writer *out,
                      struct error *e)
{
    struct chunk made = features_of(g->net), part;
    uint64_t size = extent_size(g->net->layer[g->net->layers - 1].out);
    uint64_t most = examples_per_chunk(size * sizeof(float)), done = 0;
    float *features = malloc(most * size * sizeof *features);
    char what[INFER_WHAT_MAX];
    int status = features ? 0 : error_memory(e, "features");

    while (status == 0) {
        uint64_t n = c->n - done < most ? c->n - done : most;
        uint64_t bad =
            infer_features(g, table, (const uint8_t *)c->data + done * c->stride, n, features);
        if (bad < n) {
            infer_not_finite(g->net, first + done + bad, what, sizeof what);
            status = source_complain(in, e, "%s", what);
            break;
        }
        made.n = n;
        made.data = features;
        part = chunk_part(c, done, n);
        made.label = part.label;
        made.file = part.file;
        made.soft = part.soft;
        made.classes = part.classes;
        status = examples_put(out, &made, e);
        done += n;
        if (done == c->n)
            break;
    }
    free(features);
    return status;
}

static int dump(struct engine *g, const float *table, struct source *in, struct rts_writer *out,
                struct error *e)
{
    struct extent want = g->net->image;
    struct chunk c;
    uint64_t seen = 0;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        const uint64_t *shape = c.head.shape;
        if (shape[1] != (uint64_t)want.h || shape[2] != (uint64_t)want.w ||
            shape[3] != (uint64_t)want.c)
            return source_complain(in, e,
                                   "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                                   ", but the model is for %d x %d x %d",
                                   shape[1], shape[2], shape[3], want.h, want.w, want.c);
        if (dump_chunk(g, table, in, &c, seen, out, e) < 0)
            return -1;
        seen += c.n;
    }
    return got;
}

/* Ends the net with the layer called name, or the one below the head if name is NULL. */
static int choose_layer(struct net *net, const char *name, struct error *e)
{
    uint64_t bytes;

    if (net_truncate(net, name ? name : net->layer[net->layers - 2].name, e) < 0)
        return -1;
    bytes = extent_size(net->layer[net->layers - 1].out) * sizeof(float);
    if (bytes > EXAMPLES_CHUNK_MAX)
        return error_set(e, "%s: %" PRIu64 " bytes per image, but at most %d are possible",
                         net->layer[net->layers - 1].name, bytes, EXAMPLES_CHUNK_MAX);
    return 0;
}

/* Makes the program a filter whose step tells how the model was made, too. */
static int pass(const struct settings *s, struct source *in, const struct model *m,
                struct rts_writer *out, struct error *e)
{
    struct settings known = *s;
    struct history step = {0};
    char line[64];
    int status = -1;

    known.layer = m->net.layer[m->net.layers - 1].name;
    snprintf(line, sizeof line, "featdump %s", ROTPIPE_VERSION);
    settings_line(&table, &known, line, sizeof line);
    if (history_add(&step, "", line, e) == 0 &&
        (!m->digest.text || history_add(&step, "  model: ", m->digest.text, e) == 0) &&
        (!m->history.text || history_add(&step, "  model: ", m->history.text, e) == 0))
        status = source_pass(in, out, step.text, s->drop, e);
    history_free(&step);
    return status;
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct model m = {0};
    struct source *in = NULL;
    struct rts_writer *out = NULL;
    struct team *team = NULL;
    struct engine *engine = NULL;
    float *table = NULL;
    int status = -1;

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    if (model_load(&m, s->model, e) < 0)
        return -1;
    say_stopped(s->model, m.history.text);
    if (choose_layer(&m.net, s->layer, e) < 0 || !(in = source_open(paths, n, e)) ||
        !(out = rts_create(result_path(), e)))
        goto done;
    if (pass(s, in, &m, out, e) < 0 || !(table = model_pixel_table(&m, e)) ||
        !(team = team_new(s->threads ? s->threads : team_default_size(), e)) ||
        !(engine = engine_new(&m.net, m.parameters, kernels, team, 0, e)))
        goto done;
    status = dump(engine, table, in, out, e);
    if (status == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
done:
    rts_abandon(out);
    source_close(in);
    engine_free(engine);
    team_free(team);
    free(table);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (!s.model)
        misused("-m: a model is needed");
    if (standard_inputs(argv + first, argc - first) + (strcmp(s.model, "-") == 0) > 1)
        misused("standard input can be only one of data and -m");
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}
