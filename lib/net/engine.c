/* Layers fused into stages, their memory, and the forward and backward runs. */
#include "net/engine.h"

#include <stdlib.h>
#include <string.h>

#include "net/layers.h"

/* How a layer's output lies in memory when its reader wants a border, or not. */
static struct layout layout_of(struct extent x, int lanes, int border)
{
    struct layout l = {x.h, x.w, lanes, border, 0, 0, 0};
    size_t rows = (size_t)x.h, columns = (size_t)x.w;

    if (border) {
        rows = ((size_t)x.h + 1) / 2 * 2 + 2;
        columns = ((size_t)x.w + 1) / 2 * 2 + 2;
    }
    l.row = columns * (size_t)lanes;
    l.first = border ? l.row + (size_t)lanes : 0;
    l.size = (rows * l.row + NET_LANES - 1) / NET_LANES * NET_LANES;
    return l;
}

/* Takes the layers from `at` on that one stage can cover. */
static void fuse(const struct net *net, int at, struct stage *s)
{
    const struct layer *l = &net->layer[at];
    int relu = 0, pool = 0, next = at + 1;

    s->layer = at;
    if (l->kind == LAYER_CONV) {
        /* ReLU and max pool commute: in either order they are the same stage. */
        for (; next < net->layers; next++) {
            if (net->layer[next].kind == LAYER_POOL && !pool)
                pool = 1;
            else if (net->layer[next].kind == LAYER_RELU && !relu)
                relu = 1;
            else
                break;
        }
    } else if (l->kind == LAYER_DENSE && next < net->layers &&
               net->layer[next].kind == LAYER_RELU) {
        relu = 1;
        next++;
    }
    s->last = next - 1;
    s->conv.relu = s->dense.relu = relu;
    s->conv.pool = pool;
    s->kind = l->kind == LAYER_CONV    ? STAGE_CONV
              : l->kind == LAYER_DENSE ? STAGE_DENSE
              : l->kind == LAYER_RELU  ? STAGE_RELU
                                       : STAGE_POOL;
}

static void plan_stages(struct engine *g)
{
    const struct net *net = g->net;

    for (int at = 0; at < net->layers; at = g->stage[g->stages++].last + 1)
        fuse(net, at, &g->stage[g->stages]);
    g->input = layout_of(net->image, net->image.c, net->layer[0].kind == LAYER_CONV);
    for (int i = 0; i < g->stages; i++) {
        struct stage *s = &g->stage[i];
        const struct layer *l = &net->layer[s->layer], *last = &net->layer[s->last];
        s->x = i ? s[-1].y : g->input;
        s->y = layout_of(last->out, last->out_lanes, i + 1 < g->stages && s[1].kind == STAGE_CONV);
        s->conv.x = s->x;
        s->conv.y = s->y;
        s->conv.image = l->in_image;
        s->dense.in = (int)s->x.size;
        s->dense.out = l->out.c;
    }
}

static size_t round_up(size_t n)
{
    return (n + NET_LANES - 1) / NET_LANES * NET_LANES;
}

/* Gives every tensor its place in the workspace; returns the floats of packed weights. */
static size_t plan_memory(struct engine *g, int training)
{
    size_t floats = ENGINE_GROUP * g->input.size, bytes = 0, scratch = 0, packed = 0;

    for (int i = 0; i < g->stages; i++) {
        struct stage *s = &g->stage[i];
        s->y_at = floats;
        floats += ENGINE_GROUP * s->y.size;
        if (training && i >= g->first) {
            s->dy_at = floats;
            floats += ENGINE_GROUP * s->y.size;
        }
        if (s->kind == STAGE_POOL || (s->kind == STAGE_CONV && s->conv.pool)) {
            s->winner_at = bytes;
            bytes += ENGINE_GROUP * s->y.size;
        }
        if (s->kind == STAGE_CONV) {
            size_t need = g->kernels->conv_scratch(&s->conv);
            scratch = need > scratch ? need : scratch;
            s->packed = packed;
            packed += round_up(g->kernels->conv_packed(&s->conv));
        }
    }
    g->scratch_at = floats;
    g->winners_at = floats + round_up(scratch);
    g->workspace_floats = g->winners_at + round_up(bytes / sizeof(float) + 1);
    return packed;
}

/* Which stages train, and where their gradients go. */
static void plan_gradients(struct engine *g)
{
    const struct net *n = g->net;
    size_t to[sizeof n->slot / sizeof *n->slot];

    g->gradients = slots_trained(n, to);
    g->first = g->stages;
    for (int i = g->stages - 1; i >= 0; i--) {
        struct stage *s = &g->stage[i];
        const struct layer *l = &n->layer[s->layer];
        s->train = l->slots && !l->frozen;
        if (!s->train)
            continue;
        s->dw_at = to[l->slot];
        s->db_at = to[l->slot + 1];
        g->first = i;
    }
}

struct engine *engine_new(const struct net *net, const float *parameters,
                          const struct kernels *kernels, struct team *team, int training,
                          struct error *e)
{
    struct engine *g = calloc(1, sizeof *g);
    size_t packed;

    if (!g) {
        error_memory(e, "network");
        return NULL;
    }
    g->net = net;
    g->kernels = kernels;
    g->parameters = parameters;
    g->team = team;
    g->threads = team_size(team);
    plan_stages(g);
    if (training)
        plan_gradients(g);
    else
        g->first = g->stages;
    packed = plan_memory(g, training);
    g->packed = net_allocate(packed);
    g->workspace = net_allocate((size_t)g->threads * g->workspace_floats);
    if (!g->packed || !g->workspace) {
        engine_free(g);
        error_memory(e, "network");
        return NULL;
    }
    engine_pack(g, 0);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    free(g->packed);
    free(g->workspace);
    free(g);
}

struct pack_job {
    struct engine *g;
    int first;
    int tasks; /* a stage */
};

static void pack_task(void *context, int thread, int task)
{
    struct pack_job *job = context;
    struct engine *g = job->g;

    (void)thread;
    for (int i = job->first; i < g->stages; i++) {
        const struct stage *s = &g->stage[i];
        if (s->kind == STAGE_CONV)
            g->kernels->conv_pack(&s->conv, g->parameters + g->net->layer[s->layer].weight,
                                  g->packed + s->packed, i > g->first, task, job->tasks);
    }
}

void engine_pack(struct engine *g, int first)
{
    struct pack_job job = {g, first, 4 * g->threads};

    for (int i = first; i < g->stages; i++)
        if (g->stage[i].kind == STAGE_CONV && !g->stage[i].conv.image) {
            team_run(g->team, pack_task, &job, job.tasks);
            return;
        }
}

static float *work(const struct engine *g, int thread)
{
    return g->workspace + (size_t)thread * g->workspace_floats;
}

float *engine_output(const struct engine *g, int thread, int stage, int sample)
{
    const struct stage *s = &g->stage[stage];

    return work(g, thread) + s->y_at + (size_t)sample * s->y.size;
}

float *engine_input(const struct engine *g, int thread, int stage, int sample)
{
    if (stage)
        return engine_output(g, thread, stage - 1, sample);
    return work(g, thread) + (size_t)sample * g->input.size;
}

float *engine_gradient(const struct engine *g, int thread, int stage, int sample)
{
    const struct stage *s = &g->stage[stage];

    return work(g, thread) + s->dy_at + (size_t)sample * s->y.size;
}

/* What a kernel needs to know of a stage's samples; dx only if the stage below is to train. */
static struct samples samples_of(const struct engine *g, int thread, int stage, int n)
{
    const struct stage *s = &g->stage[stage];
    uint8_t *winners = (uint8_t *)(work(g, thread) + g->winners_at);

    return (struct samples){
        .n = n,
        .x = engine_input(g, thread, stage, 0),
        .x_stride = s->x.size,
        .y = engine_output(g, thread, stage, 0),
        .y_stride = s->y.size,
        .winner = winners + s->winner_at,
        .winner_stride = s->y.size,
        .dy = engine_gradient(g, thread, stage, 0),
        .dx = stage > g->first ? engine_gradient(g, thread, stage - 1, 0) : NULL,
    };
}

static struct tensor view(const struct layout *l, const float *sample)
{
    return (struct tensor){
        (float *)sample + l->first, l->h, l->w, l->lanes, l->row, (size_t)l->lanes};
}

/* Rare stages, a ReLU or a pool on its own, are left to the plain layers. */
static void plain_forward(const struct stage *s, const struct samples *all)
{
    for (int i = 0; i < all->n; i++) {
        struct tensor x = view(&s->x, all->x + (size_t)i * all->x_stride);
        struct tensor y = view(&s->y, all->y + (size_t)i * all->y_stride);
        if (s->kind == STAGE_POOL) {
            y.c = x.c < y.c ? x.c : y.c; /* an image has no padding lanes */
            pool_forward(&x, &y, all->winner + (size_t)i * all->winner_stride, (size_t)s->y.lanes);
            continue;
        }
        for (int r = 0; r < x.h; r++)
            for (int c = 0; c < x.w; c++)
                memcpy(y.at + (size_t)r * y.row + (size_t)c * y.pixel,
                       x.at + (size_t)r * x.row + (size_t)c * x.pixel,
                       (size_t)(x.c < y.c ? x.c : y.c) * sizeof(float));
        relu_forward(&y);
    }
}

static void plain_backward(const struct stage *s, const struct samples *all)
{
    for (int i = 0; i < all->n && all->dx; i++) {
        struct tensor y = view(&s->y, all->y + (size_t)i * all->y_stride);
        struct tensor dy = view(&s->y, all->dy + (size_t)i * all->y_stride);
        struct tensor dx = view(&s->x, all->dx + (size_t)i * all->x_stride);
        if (s->kind == STAGE_POOL) {
            pool_backward(&dy, all->winner + (size_t)i * all->winner_stride, (size_t)s->y.lanes,
                          &dx);
            continue;
        }
        relu_backward(&y, &dy);
        for (int r = 0; r < dx.h; r++)
            for (int c = 0; c < dx.w; c++)
                memcpy(dx.at + (size_t)r * dx.row + (size_t)c * dx.pixel,
                       dy.at + (size_t)r * dy.row + (size_t)c * dy.pixel,
                       (size_t)dx.c * sizeof(float));
    }
}

void engine_forward(struct engine *g, int thread, int from, int to, int n)
{
    for (int i = from; i < to; i++) {
        const struct stage *s = &g->stage[i];
        const struct layer *l = &g->net->layer[s->layer];
        struct samples all = samples_of(g, thread, i, n);
        const float *weight = g->parameters + l->weight, *bias = g->parameters + l->bias;
        if (s->kind == STAGE_CONV)
            g->kernels->conv_forward(&s->conv, weight, bias, g->packed + s->packed, &all,
                                     work(g, thread) + g->scratch_at);
        else if (s->kind == STAGE_DENSE)
            g->kernels->dense_forward(&s->dense, weight, bias, &all);
        else
            plain_forward(s, &all);
    }
}

void engine_backward(struct engine *g, int thread, int n, float *grad)
{
    for (int i = g->stages - 1; i >= g->first; i--) {
        const struct stage *s = &g->stage[i];
        const struct layer *l = &g->net->layer[s->layer];
        struct samples all = samples_of(g, thread, i, n);
        const float *weight = g->parameters + l->weight;
        float *dw = s->train ? grad + s->dw_at : NULL, *db = s->train ? grad + s->db_at : NULL;
        if (s->kind == STAGE_CONV)
            g->kernels->conv_backward(&s->conv, weight, g->packed + s->packed, &all, dw, db,
                                      work(g, thread) + g->scratch_at);
        else if (s->kind == STAGE_DENSE)
            g->kernels->dense_backward(&s->dense, weight, &all, dw, db);
        else
            plain_backward(s, &all);
    }
}

void engine_set_image(const struct engine *g, int thread, int sample, const uint8_t *bytes,
                      const float *table)
{
    const struct layout *l = &g->input;
    float *x = engine_input(g, thread, 0, sample) + l->first;

    for (int i = 0; i < l->h; i++) {
        float *row = x + (size_t)i * l->row;
        if (l->lanes == 1) {
            for (int j = 0; j < l->w; j++)
                row[j] = table[bytes[j]];
        } else {
            for (int j = 0; j < l->w; j++)
                for (int k = 0; k < l->lanes; k++)
                    row[j * l->lanes + k] = table[k * 256 + bytes[j * l->lanes + k]];
        }
        bytes += l->w * l->lanes;
    }
}
