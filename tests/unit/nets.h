/*
 * What the tests of lib/net share: random tensors, layouts as operation.h describes them, and a net
 * that is built, initialized and ready to run.
 */
#ifndef ROTPIPE_TESTS_NETS_H
#define ROTPIPE_TESTS_NETS_H

#include "base/rng.h"
#include "base/threads.h"
#include "net/engine.h"
#include "net/loss.h"
#include "net/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Floats for vectors, all zero; a test that runs out of memory may die. */
static inline float *floats(size_t n)
{
    size_t bytes = (n * sizeof(float) + 127) / 64 * 64;
    float *p = aligned_alloc(64, bytes);

    if (!p)
        abort();
    return memset(p, 0, bytes);
}

static inline float *copy(const float *p, size_t n)
{
    float *to = floats(n);

    return memcpy(to, p, n * sizeof *p);
}

/* Uniform in [-scale, scale). */
static inline void fill(float *p, size_t n, float scale, struct rng *r)
{
    for (size_t i = 0; i < n; i++)
        p[i] = scale * (2 * rng_float(r) - 1);
}

static inline double largest(const float *p, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (!(fabs(p[i]) <= most))
            most = fabs(p[i]);
    return most;
}

static inline double largest_difference(const float *a, const float *b, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - b[i]) <= most))
            most = fabs((double)a[i] - b[i]);
    return most;
}

/* One sample's tensor as kernels.h has it; with a border it holds whole 4x4 tiles. */
static inline struct layout layout_for(int h, int w, int lanes, int border)
{
    int rows = border ? (h + 1) / 2 * 2 + 2 * border : h;
    int columns = border ? (w + 1) / 2 * 2 + 2 * border : w;
    struct layout l = {.h = h, .w = w, .lanes = lanes, .border = border};

    l.row = (size_t)columns * (size_t)lanes;
    l.first = (size_t)border * (l.row + (size_t)lanes);
    l.size = ((size_t)rows * l.row + NET_LANES - 1) / NET_LANES * NET_LANES;
    return l;
}

/* Whether float i of a sample is one of the `channels` first lanes of a pixel that is no border. */
static inline int layout_holds(const struct layout *l, int channels, size_t i)
{
    size_t lanes = (size_t)l->lanes, row, column;

    if (i < l->first)
        return 0;
    row = (i - l->first) / l->row;
    column = (i - l->first) % l->row / lanes;
    return row < (size_t)l->h && column < (size_t)l->w &&
           (i - l->first) % l->row % lanes < (size_t)channels;
}

/* Random values for the channels, zeros for padding and border. */
static inline void fill_layout(float *sample, const struct layout *l, int channels, float scale,
                               struct rng *r)
{
    for (size_t i = 0; i < l->size; i++) {
        sample[i] = 0;
        if (layout_holds(l, channels, i))
            fill(sample + i, 1, scale, r);
    }
}

/* One group of samples as in training, from its input in the workspace of thread 0. */
static inline void forward_group(struct engine *g, int n)
{
    for (int s = 0; s < engine_segments(g); s++) {
        engine_forward_segment(g, 0, s, 0, 0, n);
        engine_settle(g, s, 1, (uint64_t)n);
    }
}

/* And back, from the gradient by the logits. */
static inline void backward_group(struct engine *g, int n, float *grad)
{
    for (int s = engine_segments(g) - 1; s >= 0; s--) {
        engine_backward_segment(g, 0, s, 0, n, grad);
        engine_settle_back(g, s, 1, (uint64_t)n);
    }
}

/* A net with its parameters on one thread. */
struct ready {
    struct net net;
    float *parameters;
    struct team *team;
    struct engine *engine;
};

/* Aborts on an error: the nets of the tests are good ones. training: as of engine_new. */
static inline void ready_net(struct ready *n, const char *text, struct extent image, int classes,
                             const struct kernels *k, int training)
{
    struct error e;

    if (net_build(&n->net, text, image, classes, &e) < 0) {
        printf("# %s: %s\n", text, e.text);
        abort();
    }
    n->parameters = floats(n->net.parameters);
    net_init_body(&n->net, n->parameters, 1);
    net_init_head(&n->net, n->parameters, 1);
    n->team = team_new(1, &e);
    n->engine = n->team ? engine_new(&n->net, n->parameters, k, n->team, training, &e) : NULL;
    if (!n->engine)
        abort();
}

static inline void ready_free(struct ready *n)
{
    engine_free(n->engine);
    team_free(n->team);
    free(n->parameters);
}

#endif
