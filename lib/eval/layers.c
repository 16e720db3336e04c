/* Scores of a layer's outputs: nearest neighbours, a linear probe, and how many outputs are dead.
 */
#include "eval/layers.h"

#include "eval/infer.h"
#include "eval/probe.h"
#include "near/search.h"
#include "near/vote.h"

#include <stdlib.h>
#include <string.h>

/* Test images whose outputs are held at a time: about this many floats. */
enum { BLOCK_FLOATS = 1 << 24, BLOCK_MOST = 2048 };

struct work {
    const struct layer_eval *how;
    struct net net; /* ends with the layer */
    struct engine *engine;
    float *table; /* model_pixel_table */
    size_t size;  /* outputs */
    size_t d;     /* the same, padded */
    uint8_t *alive;
    float *labelled; /* [labelled n][size] */
    uint32_t *known; /* their labels, for the vote */
    float *block;    /* [block n][size]: of test images */
    float *padded;   /* [block n][d]: the same; block itself where that has no padding */
    uint64_t room;   /* block n */
    uint32_t *index; /* [block n][k] */
    float *distance;
    uint32_t *scratch;
    struct probe probe;
};

/* The outputs for n images; without an engine, the normalized pixels. Notes which are not zero. */
static int outputs(struct work *w, const struct dataset *d, uint64_t first, uint64_t n, float *to,
                   struct error *e)
{
    const uint8_t *images = d->images + first * dataset_stride(d);
    size_t channels = (size_t)d->image.c;
    char what[INFER_WHAT_MAX];
    uint64_t bad = n;

    if (w->engine)
        bad = infer_features(w->engine, w->table, images, n, to);
    else
        for (uint64_t i = 0; i < n * w->size; i++)
            to[i] = w->table[i % channels * 256 + images[i]];
    if (bad < n) {
        infer_not_finite(&w->net, first + bad, what, sizeof what);
        return error_set(e, "%s images: %s", d == w->how->test ? "test" : "labelled", what);
    }
    for (uint64_t i = 0; i < n; i++)
        for (size_t k = 0; k < w->size; k++)
            w->alive[k] |= to[i * w->size + k] != 0;
    return 0;
}

/* Rows of `size` to rows of `d`, whose padding is zero. */
static void pad_rows(const struct work *w, const float *from, uint64_t row, float *to)
{
    memcpy(to, from + row * w->size, w->size * sizeof *to);
    memset(to + w->size, 0, (w->d - w->size) * sizeof *to);
}

static int fit_probe(struct work *w, struct error *e)
{
    const struct layer_eval *how = w->how;
    uint64_t n = how->labelled->n, *order = malloc(n * sizeof *order);
    uint16_t *label = malloc(n * sizeof *label);
    struct probe_data data = {.n = n, .d = w->d, .label = label, .classes = how->classes};
    int status = -1;

    data.x = net_allocate(n * w->d);
    if (!order || !label || !data.x)
        error_memory(e, "linear probe");
    else if ((data.fitted = probe_order(how->labelled->label, n, how->classes, order, e)) > 0) {
        for (uint64_t i = 0; i < n; i++) {
            pad_rows(w, w->labelled, order[i], data.x + i * w->d);
            label[i] = how->labelled->label[order[i]];
        }
        status = probe_fit(&w->probe, &data, how->kernels, how->team, e);
    }
    free(order);
    free(label);
    free(data.x);
    return status;
}

static int allocate(struct work *w, struct error *e)
{
    const struct layer_eval *how = w->how;
    uint64_t k = (uint64_t)how->k, n = how->labelled->n;

    w->room = BLOCK_FLOATS / w->size + 1;
    if (w->room > BLOCK_MOST)
        w->room = BLOCK_MOST;
    w->alive = calloc(w->size, 1);
    w->labelled = malloc(n * w->size * sizeof *w->labelled);
    w->known = malloc(n * sizeof *w->known);
    w->block = net_allocate(w->room * w->size);
    w->padded = w->d == w->size ? w->block : net_allocate(w->room * w->d);
    w->index = malloc(w->room * k * sizeof *w->index);
    w->distance = malloc(w->room * k * sizeof *w->distance);
    w->scratch = malloc(2 * k * sizeof *w->scratch);
    if (!w->alive || !w->labelled || !w->known || !w->block || !w->padded || !w->index ||
        !w->distance || !w->scratch)
        return error_memory(e, "outputs of a layer");
    for (uint64_t i = 0; i < n; i++)
        w->known[i] = how->labelled->label[i];
    return 0;
}

/* n test images, from `first` on. */
static int test_block(struct work *w, uint64_t first, uint64_t n, struct layer_score *out,
                      struct error *e)
{
    const struct layer_eval *how = w->how;
    const uint16_t *label = how->test->label + first;
    struct near_search search = {.d = w->size,
                                 .base = {w->labelled, how->labelled->n},
                                 .query = {w->block, n},
                                 .k = how->k,
                                 .kernels = how->near,
                                 .team = how->team};

    if (outputs(w, how->test, first, n, w->block, e) < 0 ||
        near_search(&search, w->index, w->distance, e) < 0)
        return -1;
    for (uint64_t i = 0; i < n; i++) {
        out->knn += vote(w->index + i * (uint64_t)how->k, how->k, w->known, w->scratch) == label[i];
        if (w->padded != w->block)
            pad_rows(w, w->block, i, w->padded + i * w->d);
    }
    out->linear += probe_correct(&w->probe, w->padded, label, n, how->kernels);
    return 0;
}

static int evaluate(struct work *w, struct layer_score *out, struct error *e)
{
    const struct layer_eval *how = w->how;

    if (allocate(w, e) < 0 || outputs(w, how->labelled, 0, how->labelled->n, w->labelled, e) < 0 ||
        fit_probe(w, e) < 0)
        return -1;
    for (uint64_t i = 0; i < how->test->n; i += w->room) {
        uint64_t n = how->test->n - i < w->room ? how->test->n - i : w->room;
        if (test_block(w, i, n, out, e) < 0)
            return -1;
        if (how->tell)
            how->tell(how->context, i + n);
    }
    for (size_t k = 0; k < w->size; k++)
        out->dead += !w->alive[k];
    out->held_out = w->probe.held_out;
    out->lambda = w->probe.lambda;
    return 0;
}

static void release(struct work *w)
{
    engine_free(w->engine);
    probe_free(&w->probe);
    free(w->table);
    free(w->alive);
    free(w->labelled);
    free(w->known);
    if (w->padded != w->block)
        free(w->padded);
    free(w->block);
    free(w->index);
    free(w->distance);
    free(w->scratch);
}

int layer_evaluate(const struct layer_eval *how, int layer, struct layer_score *out,
                   struct error *e)
{
    struct work w = {.how = how, .net = how->model->net};
    int status = -1;

    *out = (struct layer_score){.out = how->model->net.image};
    if (layer >= 0) {
        w.net.layers = layer + 1;
        out->out = w.net.layer[layer].out;
        w.engine = engine_new(&w.net, how->model->parameters, how->kernels, how->team, 0, e);
    }
    w.size = extent_size(out->out);
    w.d = (w.size + NET_LANES - 1) / NET_LANES * NET_LANES;
    if ((layer < 0 || w.engine) && (w.table = model_pixel_table(how->model, e)))
        status = evaluate(&w, out, e);
    release(&w);
    return status;
}
