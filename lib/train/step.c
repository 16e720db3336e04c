/* One optimizer step: gradients of a batch in leaves, their sum, the update. */
#include "train/step.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/finite.h"

enum { SLICE = 2048 }; /* parameters that a thread updates at a time */

/* ---- one step, first half: gradients, a leaf at a time ---- */

/* The loss at a group's logits, and its gradient by them; without parameters that train there is no
 * room for gradients. */
static void take_loss(struct trainer *t, int thread, int leaf, uint64_t first, int n)
{
    struct engine *g = t->engine;
    int trains = g->plan.first < g->plan.operations;

    for (int s = 0; s < n; s++)
        t->objective->loss(t, t->order[first + (uint64_t)s], engine_logits(g, thread, s),
                           trains ? engine_logits_gradient(g, thread, s) : NULL, &t->tally[leaf]);
}

/* The segment in hand, forward, backward or both, for a group of n samples. */
static void run_group(struct trainer *t, int thread, int leaf, int first, int n, float *grad)
{
    struct engine *g = t->engine;
    int segment = t->segment, group = first / PLAN_GROUP;
    uint64_t at = t->at + (uint64_t)first;

    if (engine_segments(g) > 1)
        engine_enter(g, thread, group);
    if (t->forward) {
        for (int s = 0; s < n && segment == 0; s++)
            t->objective->input(t, thread, s, t->order[at + (uint64_t)s]);
        engine_forward_segment(g, thread, segment, group, t->from, n);
        if (segment == engine_segments(g) - 1)
            take_loss(t, thread, leaf, at, n);
    }
    if (t->backward)
        engine_backward_segment(g, thread, segment, group, n, grad);
}

static void run_leaf(struct trainer *t, int thread, int leaf, float *grad)
{
    int first = leaf * t->leaf_samples, end = first + t->leaf_samples;

    if (end > t->batch)
        end = t->batch;
    for (int i = first; i < end; i += PLAN_GROUP)
        run_group(t, thread, leaf, i, end - i < PLAN_GROUP ? end - i : PLAN_GROUP, grad);
}

static void run_task(void *context, int thread, int task)
{
    struct trainer *t = context;
    int first, end;
    size_t at, n;

    engine_segment_gradients(t->engine, t->segment, &at, &n);
    gradients_leaves(&t->gradients, task, &first, &end);
    for (int leaf = first; leaf < end; leaf++) {
        float *grad = t->backward ? gradients_open(&t->gradients, thread, leaf, at, n) : NULL;
        run_leaf(t, thread, leaf, grad);
        if (t->backward)
            gradients_close(&t->gradients, thread, leaf, at, n);
    }
}

/* The gradients of the batch in hand. One segment goes forward and backward at once, group by
 * group; several one after the other. */
static void run_batch(struct trainer *t)
{
    struct engine *g = t->engine;
    int tasks = gradients_begin(&t->gradients, t->leaves), last = engine_segments(g) - 1;
    int groups = (t->batch + PLAN_GROUP - 1) / PLAN_GROUP;

    memset(t->tally, 0, (size_t)t->leaves * sizeof *t->tally);
    t->forward = 1;
    for (t->segment = 0; t->segment <= last; t->segment++) {
        t->backward = t->segment == last;
        team_run(t->team, run_task, t, tasks);
        engine_settle(g, t->segment, groups, (uint64_t)t->batch);
    }
    t->forward = 0;
    for (t->segment = last; t->segment > 0;) {
        engine_settle_back(g, t->segment--, groups, (uint64_t)t->batch);
        team_run(t->team, run_task, t, tasks);
    }
    engine_leave(g);
}

/* ---- second half: the tasks' sum and the update, a slice of the parameters at a time ---- */

/* Moves n parameters w of a span; those of `at` and on among all that train, with these gradients.
 */
static void update(struct trainer *t, const struct span *s, float *w, const float *grad, size_t at,
                   size_t n)
{
    const struct train_options *o = t->o;
    float lr = (float)(t->lr * s->lr_scale);
    double decay = s->decays ? o->weight_decay : 0;

    if (o->optimizer == OPTIMIZER_SGD) {
        struct sgd a = {lr, (float)o->momentum, (float)decay, o->nesterov, t->step == 0};
        t->kernels->sgd(&a, w, grad, t->moment1 + at, n);
    } else {
        int decoupled = o->optimizer == OPTIMIZER_ADAMW;
        double step = (double)(t->step + 1);
        struct adam a = {.lr = lr,
                         .beta1 = (float)o->beta1,
                         .beta2 = (float)o->beta2,
                         .gain1 = (float)(1 - o->beta1),
                         .gain2 = (float)(1 - o->beta2),
                         .eps = (float)o->eps,
                         .weight_decay = decoupled ? 0 : (float)decay,
                         .decoupled = decoupled ? (float)(1 - lr * decay) : 1,
                         .correction1 = (float)(1 - pow(o->beta1, step)),
                         .correction2 = (float)sqrt(1 - pow(o->beta2, step))};
        t->kernels->adam(&a, w, grad, t->moment1 + at, t->moment2 + at, n);
    }
}

static void update_slice(void *context, int thread, int task)
{
    struct trainer *t = context;
    const struct spans *all = &t->spans;
    size_t at = (size_t)task * SLICE, n = all->count - at < SLICE ? all->count - at : SLICE;
    const float *grad = gradients_sum(&t->gradients, at, n);

    (void)thread;
    if (!all_finite(grad, n)) {
        atomic_store(&t->overflow, 1);
        return;
    }
    for (int i = 0; i < all->n; i++) {
        const struct span *s = &all->span[i];
        size_t begin = s->to > at ? s->to : at;
        size_t end = s->to + s->n < at + n ? s->to + s->n : at + n;
        if (begin < end)
            update(t, s, t->m->parameters + s->at + (begin - s->to), grad + (begin - at), begin,
                   end - begin);
    }
}

/* ---- the step ---- */

/* The leaves' losses, summed as gradients are. */
static double loss_of_batch(struct trainer *t)
{
    struct tally *from = t->tally;

    for (int step = 1; step < t->leaves; step *= 2)
        for (int k = 0; k + step < t->leaves; k += 2 * step)
            from[k].loss += from[k + step].loss;
    return from[0].loss;
}

int trainer_step(struct trainer *t, struct error *e)
{
    uint64_t left = t->data->n - t->so_far.done;
    double loss, weight = 0;
    int correct = 0;

    t->at = t->so_far.done;
    t->batch = left < (uint64_t)t->o->batch ? (int)left : t->o->batch;
    t->leaves = (t->batch + t->leaf_samples - 1) / t->leaf_samples;
    for (int i = 0; i < t->batch; i++)
        weight += trainer_weight(t, t->order[t->at + (uint64_t)i]);
    t->weight = (float)weight;
    t->lr = trainer_rate(t->o, &t->planned, t->step);
    run_batch(t);
    for (int i = 0; i < t->leaves; i++)
        correct += t->tally[i].correct;
    loss = loss_of_batch(t);
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
