/* Memory for a plan, and groups of samples run through it, forward and backward. */
#include "net/engine.h"

#include <stdlib.h>
#include <string.h>

/* Of a thread. */
static size_t scratch_floats(const struct plan *p)
{
    return p->scratch + p->spare + p->passing;
}

static int allocate(struct engine *g, int groups)
{
    size_t threads = (size_t)g->threads;

    g->packed = net_allocate(g->plan.packed);
    g->workspace = net_allocate((size_t)g->workspaces * g->plan.workspace);
    g->scratch = net_allocate(threads * scratch_floats(&g->plan));
    g->at = calloc(threads * ENGINE_APART, sizeof *g->at);
    g->sums = calloc((size_t)groups * g->plan.sums + 1, sizeof *g->sums);
    g->shared = net_allocate(g->plan.shared);
    g->keys = calloc((size_t)g->workspaces * PLAN_GROUP, sizeof *g->keys);
    return g->packed && g->workspace && g->scratch && g->at && g->sums && g->shared && g->keys ? 0
                                                                                               : -1;
}

struct engine *engine_new(const struct net *net, float *parameters, const struct kernels *kernels,
                          struct team *team, int batch, struct error *e)
{
    struct engine *g = calloc(1, sizeof *g);
    int threads = team_size(team), groups = (batch + PLAN_GROUP - 1) / PLAN_GROUP;

    if (!g) {
        error_memory(e, "network");
        return NULL;
    }
    g->net = net;
    g->parameters = parameters;
    g->team = team;
    g->threads = threads;
    plan_make(&g->plan, net, kernels, batch > 0);
    g->workspaces = g->plan.cuts && groups > threads ? groups : threads;
    if (allocate(g, groups) < 0) {
        engine_free(g);
        error_memory(e, "network");
        return NULL;
    }
    engine_leave(g);
    engine_pack(g, 0);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    free(g->packed);
    free(g->workspace);
    free(g->scratch);
    free(g->at);
    free(g->sums);
    free(g->shared);
    free(g->keys);
    free(g);
}

/* ---- parameters ---- */

struct pack_job {
    struct engine *g;
    int first, tasks;
};

static void pack_task(void *context, int thread, int task)
{
    struct pack_job *job = context;
    const struct plan *p = &job->g->plan;

    (void)thread;
    for (int i = job->first; i < p->operations; i++) {
        const struct operation *o = &p->operation[i];
        o->kind->pack(o, job->g->parameters, job->g->packed + o->packed, i > p->first, task,
                      job->tasks);
    }
}

void engine_pack(struct engine *g, int first)
{
    struct pack_job job = {g, first, 4 * g->threads};

    for (int i = first; i < g->plan.operations; i++)
        if (g->plan.operation[i].kind->packed(&g->plan.operation[i]) > 0) {
            team_run(g->team, pack_task, &job, job.tasks);
            return;
        }
}

/* ---- places ---- */

static float *work(const struct engine *g, int thread)
{
    return g->workspace + (size_t)g->at[thread * ENGINE_APART] * g->plan.workspace;
}

static float *scratch_of(const struct engine *g, int thread)
{
    return g->scratch + (size_t)thread * scratch_floats(&g->plan);
}

/* What needs no workspace is behind the rest of a thread's scratch. */
static float *begin_of_tensors(const struct engine *g, int thread, int passes)
{
    return passes ? scratch_of(g, thread) + g->plan.scratch + g->plan.spare : work(g, thread);
}

static float *place(const struct engine *g, int thread, int tensor, int sample)
{
    const struct tensor *t = &g->plan.tensor[tensor];

    return begin_of_tensors(g, thread, t->passes) + t->at + (size_t)sample * t->layout.size;
}

static float *gradient_place(const struct engine *g, int thread, int tensor, int sample)
{
    const struct tensor *t = &g->plan.tensor[tensor];

    return begin_of_tensors(g, thread, t->gradient_passes) + t->gradient +
           (size_t)sample * t->layout.size;
}

float *engine_input(const struct engine *g, int thread, int operation, int sample)
{
    return place(g, thread, g->plan.operation[operation].from, sample);
}

float *engine_output(const struct engine *g, int thread, int operation, int sample)
{
    return place(g, thread, g->plan.operation[operation].to, sample);
}

float *engine_gradient(const struct engine *g, int thread, int operation, int sample)
{
    return gradient_place(g, thread, g->plan.operation[operation].to, sample);
}

float *engine_logits(const struct engine *g, int thread, int sample)
{
    return place(g, thread, g->plan.tensors - 1, sample);
}

float *engine_logits_gradient(const struct engine *g, int thread, int sample)
{
    return gradient_place(g, thread, g->plan.tensors - 1, sample);
}

/* ---- runs ---- */

/* Where the gradient by a tensor that an operation reads goes; NULL if nothing before it trains.
 * What is to be added to what is there comes into the spare room first. */
static float *gradient_by(const struct engine *g, int thread, int tensor, int adds)
{
    if (!g->plan.tensor[tensor].has_gradient)
        return NULL;
    return adds ? scratch_of(g, thread) + g->plan.scratch : gradient_place(g, thread, tensor, 0);
}

/* What an operation needs to know. */
static struct pass pass_of(const struct engine *g, int thread, int operation, int n, float *grad)
{
    const struct operation *o = &g->plan.operation[operation];
    uint8_t *kept = (uint8_t *)(work(g, thread) + g->plan.kept_at);
    struct pass p = {
        .s = {.n = n,
              .x = place(g, thread, o->from, 0),
              .x_stride = o->x.size,
              .y = place(g, thread, o->to, 0),
              .y_stride = o->y.size,
              .kept = kept + o->kept,
              .kept_stride = o->kept_size,
              .dy = gradient_place(g, thread, o->to, 0),
              .dx = gradient_by(g, thread, o->from, o->adds)},
        .parameters = g->parameters,
        .packed = g->packed + o->packed,
        .gradients = o->trains ? grad : NULL,
        .scratch = scratch_of(g, thread),
    };

    if (o->skip >= 0) {
        p.s.skip = place(g, thread, o->skip, 0);
        p.s.skip_stride = o->shortcut.size;
        p.s.dskip = gradient_by(g, thread, o->skip, o->adds_skip);
    }
    return p;
}

void engine_forward(struct engine *g, int thread, int from, int to, int n)
{
    for (int i = from; i < to; i++) {
        const struct operation *o = &g->plan.operation[i];
        struct pass p = pass_of(g, thread, i, n, NULL);
        o->kind->forward(o, &p);
    }
}

/* ---- training ---- */

int engine_least(const struct engine *g, const struct layer **layer)
{
    int most = 0;

    *layer = NULL;
    for (int i = 0; i < g->plan.cuts; i++) {
        const struct operation *o = &g->plan.operation[g->plan.cut[i]];
        int least = o->kind->batch->least(o);
        if (least > most) {
            most = least;
            *layer = o->layer;
        }
    }
    return most;
}

void engine_enter(struct engine *g, int thread, int workspace)
{
    g->at[thread * ENGINE_APART] = workspace;
}

void engine_leave(struct engine *g)
{
    for (int i = 0; i < g->threads; i++)
        engine_enter(g, i, i);
}

int engine_segments(const struct engine *g)
{
    return g->plan.cuts + 1;
}

/* The operations [begin, end) of a segment. */
static int begin_of(const struct engine *g, int segment)
{
    return segment ? g->plan.cut[segment - 1] : 0;
}

static int end_of(const struct engine *g, int segment)
{
    return segment < g->plan.cuts ? g->plan.cut[segment] : g->plan.operations;
}

static double *sums_of(const struct engine *g, int group)
{
    return g->sums + (size_t)group * g->plan.sums;
}

static uint64_t *keys_of(const struct engine *g, int thread)
{
    return g->keys + (size_t)g->at[thread * ENGINE_APART] * PLAN_GROUP;
}

void engine_set_key(struct engine *g, int thread, int sample, uint64_t key)
{
    keys_of(g, thread)[sample] = key;
}

/* As pass_of, in training: what it has of the whole batch, and what it draws from. */
static struct pass batch_pass(const struct engine *g, int thread, int operation, int n, float *grad)
{
    struct pass p = pass_of(g, thread, operation, n, grad);
    const struct operation *o = &g->plan.operation[operation];

    p.shared = o->whole ? g->shared + o->shared : NULL;
    p.key = o->draws ? keys_of(g, thread) : NULL;
    return p;
}

static void run_forward(const struct engine *g, int thread, int operation, int n)
{
    const struct operation *o = &g->plan.operation[operation];
    struct pass p = batch_pass(g, thread, operation, n, NULL);

    o->kind->forward(o, &p);
}

void engine_forward_segment(struct engine *g, int thread, int segment, int group, int from, int n)
{
    int begin = begin_of(g, segment), end = end_of(g, segment);

    for (int i = from > begin ? from : begin; i < end; i++)
        run_forward(g, thread, i, n);
    if (end < g->plan.operations) {
        const struct operation *o = &g->plan.operation[end];
        struct pass p = batch_pass(g, thread, end, n, NULL);
        o->kind->batch->gather(o, &p, sums_of(g, group));
    }
}

/* The groups' sums, as gradients are summed: group 0 has them then. */
static void add_sums(struct engine *g, size_t n, int groups)
{
    for (int step = 1; step < groups; step *= 2)
        for (int k = 0; k + step < groups; k += 2 * step)
            for (size_t i = 0; i < n; i++)
                sums_of(g, k)[i] += sums_of(g, k + step)[i];
}

void engine_settle(struct engine *g, int segment, int groups, uint64_t samples)
{
    const struct operation *o;

    if (segment == g->plan.cuts)
        return;
    o = &g->plan.operation[g->plan.cut[segment]];
    add_sums(g, o->kind->batch->sums(o), groups);
    o->kind->batch->settle(o, g->sums, samples, g->parameters, g->shared + o->shared);
}

static void add_spare(struct engine *g, int thread, int tensor, const float *spare, int n)
{
    g->plan.kernels->add(gradient_place(g, thread, tensor, 0), spare,
                         (size_t)n * g->plan.tensor[tensor].layout.size);
}

void engine_backward_one(struct engine *g, int thread, int operation, int n, float *grad)
{
    const struct operation *o = &g->plan.operation[operation];
    struct pass p = batch_pass(g, thread, operation, n, o->whole ? NULL : grad);

    if (g->plan.tensor[o->from].again)
        run_forward(g, thread, o->from - 1, n);
    o->kind->backward(o, &p);
    if (o->adds && p.s.dx)
        add_spare(g, thread, o->from, p.s.dx, n);
    if (o->adds_skip && p.s.dskip)
        add_spare(g, thread, o->skip, p.s.dskip, n);
}

void engine_backward_segment(struct engine *g, int thread, int segment, int group, int n,
                             float *grad)
{
    int cut = segment ? g->plan.cut[segment - 1] : -1;
    int from = segment < g->plan.cuts ? g->plan.cut[segment] : g->plan.operations - 1;

    for (int i = from; i > cut && i >= g->plan.first; i--)
        engine_backward_one(g, thread, i, n, grad);
    if (cut >= 0) {
        const struct operation *o = &g->plan.operation[cut];
        struct pass p = batch_pass(g, thread, cut, n, grad);
        o->kind->batch->gather_back(o, &p, sums_of(g, group));
    }
}

void engine_settle_back(struct engine *g, int segment, int groups, uint64_t samples)
{
    const struct operation *o;

    if (segment == 0)
        return;
    o = &g->plan.operation[g->plan.cut[segment - 1]];
    add_sums(g, o->kind->batch->sums(o), groups);
    o->kind->batch->settle_back(o, g->sums, samples, g->shared + o->shared);
}

void engine_segment_gradients(const struct engine *g, int segment, size_t *at, size_t *n)
{
    const struct plan *p = &g->plan;
    size_t end = segment < p->cuts ? p->operation[p->cut[segment]].gradient[0] : p->gradients;

    *at = segment ? p->operation[p->cut[segment - 1]].gradient[0] : 0;
    *n = end - *at;
}

void engine_set_image(const struct engine *g, int thread, int sample, const uint8_t *bytes,
                      const float *table)
{
    const struct layout *l = &g->plan.tensor[0].layout;
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
