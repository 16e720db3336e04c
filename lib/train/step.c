/* One optimizer step: gradients of a batch in shares, their sum, the update. */
#include "train/step.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/finite.h"
#include "net/loss.h"

enum { SLICE = 2048 }; /* parameters that a thread updates at a time */

/* ---- one step, first half: gradients, a share at a time ---- */

static void train_group(struct trainer *t, int thread, int share, int first, int n, float *grad)
{
    struct engine *g = t->engine;
    int classes = t->m->net.classes;
    /* Without, there is no room for gradients either. */
    int trains = g->plan.first < g->plan.operations;

    for (int s = 0; s < n; s++)
        trainer_set_input(t, thread, s, t->order[t->at + (uint64_t)(first + s)]);
    engine_forward(g, thread, t->from, g->plan.operations, n);
    for (int s = 0; s < n; s++) {
        const float *logits = engine_logits(g, thread, s);
        uint64_t image = t->order[t->at + (uint64_t)(first + s)];
        int label = t->data->label[image], best = 0;
        float weight = trainer_weight(t, image);
        for (int k = 1; k < classes; k++)
            if (logits[k] > logits[best])
                best = k;
        t->correct[share] += best == label;
        t->loss[share] +=
            weight * softmax_cross_entropy(logits, classes, label, weight / t->weight,
                                           trains ? engine_logits_gradient(g, thread, s) : NULL);
    }
    if (trains)
        engine_backward(g, thread, g->plan.operations, g->plan.first, n, grad);
}

static void train_share(void *context, int thread, int share)
{
    struct trainer *t = context;
    float *grad = t->gradients + (size_t)share * t->spans.count;
    int first = share * t->share, end = first + t->share;

    if (end > t->batch)
        end = t->batch;
    t->loss[share] = 0;
    t->correct[share] = 0;
    memset(grad, 0, t->spans.count * sizeof *grad);
    for (int i = first; i < end; i += PLAN_GROUP)
        train_group(t, thread, share, i, end - i < PLAN_GROUP ? end - i : PLAN_GROUP, grad);
}

/* ---- second half: the shares' sum and the update, a slice of the parameters at a time ---- */

/* Moves n parameters w; those of `at` and on among all that train. */
static void update(struct trainer *t, float *w, size_t at, size_t n)
{
    const struct train_options *o = t->o;

    if (o->optimizer == OPTIMIZER_SGD) {
        struct sgd a = {t->lr, (float)o->momentum, (float)o->weight_decay, o->nesterov,
                        t->step == 0};
        t->kernels->sgd(&a, w, t->total + at, t->moment1 + at, n);
    } else {
        int decoupled = o->optimizer == OPTIMIZER_ADAMW;
        double step = (double)(t->step + 1);
        struct adam a = {.lr = t->lr,
                         .beta1 = (float)o->beta1,
                         .beta2 = (float)o->beta2,
                         .gain1 = (float)(1 - o->beta1),
                         .gain2 = (float)(1 - o->beta2),
                         .eps = (float)o->eps,
                         .weight_decay = decoupled ? 0 : (float)o->weight_decay,
                         .decoupled = decoupled ? (float)(1 - t->lr * o->weight_decay) : 1,
                         .correction1 = (float)(1 - pow(o->beta1, step)),
                         .correction2 = (float)sqrt(1 - pow(o->beta2, step))};
        t->kernels->adam(&a, w, t->total + at, t->moment1 + at, t->moment2 + at, n);
    }
}

static void update_slice(void *context, int thread, int task)
{
    struct trainer *t = context;
    const struct spans *all = &t->spans;
    size_t at = (size_t)task * SLICE, n = all->count - at < SLICE ? all->count - at : SLICE;

    (void)thread;
    t->kernels->sum(t->total + at, t->gradients + at, all->count, t->shares, n);
    if (!all_finite(t->total + at, n)) {
        atomic_store(&t->overflow, 1);
        return;
    }
    for (int i = 0; i < all->n; i++) {
        const struct span *s = &all->span[i];
        size_t begin = s->to > at ? s->to : at;
        size_t end = s->to + s->n < at + n ? s->to + s->n : at + n;
        if (begin < end)
            update(t, t->m->parameters + s->at + (begin - s->to), begin, end - begin);
    }
}

/* ---- the step ---- */

int trainer_step(struct trainer *t, struct error *e)
{
    uint64_t left = t->data->n - t->so_far.done;
    double loss = 0, weight = 0;
    int correct = 0;

    t->at = t->so_far.done;
    t->batch = left < (uint64_t)t->o->batch ? (int)left : t->o->batch;
    t->shares = (t->batch + t->share - 1) / t->share;
    for (int i = 0; i < t->batch; i++)
        weight += trainer_weight(t, t->order[t->at + (uint64_t)i]);
    t->weight = (float)weight;
    t->lr = trainer_rate(t->o, &t->planned, t->step);
    team_run(t->team, train_share, t, t->shares);
    for (int i = 0; i < t->shares; i++) {
        loss += t->loss[i];
        correct += t->correct[i];
    }
    if (!isfinite(loss))
        return trainer_not_finite(t, t->step + 1, "the loss is", e);
    team_run(t->team, update_slice, t, (int)((t->spans.count + SLICE - 1) / SLICE));
    if (atomic_load(&t->overflow))
        return trainer_not_finite(t, t->step + 1, "a gradient is", e);
    engine_pack(t->engine, t->engine->plan.first);
    t->step++;
    t->so_far.loss += loss;
    t->so_far.accuracy += correct;
    t->so_far.done += (uint64_t)t->batch;
    return 0;
}
