/* Memory for a plan, and groups of samples run through it, forward and backward. */
#include "net/engine.h"

#include <stdlib.h>
#include <string.h>

struct engine *engine_new(const struct net *net, const float *parameters,
                          const struct kernels *kernels, struct team *team, int training,
                          struct error *e)
{
    struct engine *g = calloc(1, sizeof *g);
    size_t threads = (size_t)team_size(team);

    if (!g) {
        error_memory(e, "network");
        return NULL;
    }
    g->net = net;
    g->parameters = parameters;
    g->team = team;
    g->threads = (int)threads;
    plan_make(&g->plan, net, kernels, training);
    g->packed = net_allocate(g->plan.packed);
    g->workspace = net_allocate(threads * g->plan.workspace);
    g->scratch = net_allocate(threads * g->plan.scratch);
    if (!g->packed || !g->workspace || !g->scratch) {
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
    free(g->scratch);
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
    return g->workspace + (size_t)thread * g->plan.workspace;
}

static float *place(const struct engine *g, int thread, int tensor, int sample)
{
    const struct tensor *t = &g->plan.tensor[tensor];

    return work(g, thread) + t->at + (size_t)sample * t->layout.size;
}

static float *gradient_place(const struct engine *g, int thread, int tensor, int sample)
{
    const struct tensor *t = &g->plan.tensor[tensor];

    return work(g, thread) + t->gradient + (size_t)sample * t->layout.size;
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
    return engine_output(g, thread, g->plan.operations - 1, sample);
}

float *engine_logits_gradient(const struct engine *g, int thread, int sample)
{
    return engine_gradient(g, thread, g->plan.operations - 1, sample);
}

/* ---- runs ---- */

/* What an operation needs to know; dx only if one before it is to train. */
static struct pass pass_of(const struct engine *g, int thread, int operation, int n, float *grad)
{
    const struct operation *o = &g->plan.operation[operation];
    uint8_t *kept = (uint8_t *)(work(g, thread) + g->plan.kept_at);
    int has_dx = operation > g->plan.first;

    return (struct pass){
        .s = {.n = n,
              .x = place(g, thread, o->from, 0),
              .x_stride = o->x.size,
              .y = place(g, thread, o->to, 0),
              .y_stride = o->y.size,
              .kept = kept + o->kept,
              .kept_stride = o->kept_size,
              .dy = gradient_place(g, thread, o->to, 0),
              .dx = has_dx ? gradient_place(g, thread, o->from, 0) : NULL},
        .parameters = g->parameters,
        .packed = g->packed + o->packed,
        .gradients = o->train ? grad : NULL,
        .scratch = g->scratch + (size_t)thread * g->plan.scratch,
    };
}

void engine_forward(struct engine *g, int thread, int from, int to, int n)
{
    for (int i = from; i < to; i++) {
        const struct operation *o = &g->plan.operation[i];
        struct pass p = pass_of(g, thread, i, n, NULL);
        o->kind->forward(o, &p);
    }
}

void engine_backward(struct engine *g, int thread, int from, int to, int n, float *grad)
{
    for (int i = from - 1; i >= to; i--) {
        const struct operation *o = &g->plan.operation[i];
        struct pass p = pass_of(g, thread, i, n, grad);
        o->kind->backward(o, &p);
    }
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
