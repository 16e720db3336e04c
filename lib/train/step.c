/* One optimizer step: gradients of a batch in leaves, then the update. */
#include "train/step.h"

#include <math.h>
#include <string.h>

#include "train/update.h"

/* ---- gradients, a leaf at a time ---- */

/* The loss at a group's logits, and its gradient by them; without parameters that train there is no
 * room for gradients. */
static void take_loss(struct trainer *t, int thread, int leaf, uint64_t first, int n)
{
    struct engine *g = t->engine;
    int trains = g->plan.first < g->plan.operations;
    size_t logits = (size_t)(g->net->classes + g->net->side);

    for (int s = 0; s < n; s++) {
        float *grad = trains ? engine_logits_gradient(g, thread, s) : NULL;
        if (grad)
            memset(grad, 0, logits * sizeof *grad);
        t->objective->loss(t, first + (uint64_t)s, engine_logits(g, thread, s), grad,
                           &t->tally[leaf]);
    }
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
        for (int s = 0; s < n && segment == 0; s++) {
            t->objective->input(t, thread, s, at + (uint64_t)s);
            engine_set_key(g, thread, s, trainer_key(t, trainer_sample(t, at + (uint64_t)s)));
        }
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

/* ---- the step ---- */

/* The leaves' losses, summed as gradients are; into the first. */
static const struct tally *sum_of_leaves(struct trainer *t)
{
    struct tally *from = t->tally;

    for (int step = 1; step < t->leaves; step *= 2)
        for (int k = 0; k + step < t->leaves; k += 2 * step) {
            from[k].loss += from[k + step].loss;
            from[k].beside += from[k + step].beside;
            from[k].correct += from[k + step].correct;
            from[k].turns += from[k + step].turns;
        }
    return from;
}

/* What the batch consists of. */
static void gather_batch(struct trainer *t)
{
    uint64_t left = t->samples - t->so_far.done;
    double weight = 0;

    t->at = t->so_far.done;
    t->batch = t->labelled = left < (uint64_t)t->o->batch ? (int)left : t->o->batch;
    for (int i = 0; i < t->labelled; i++)
        weight += trainer_weight(t, trainer_sample(t, t->at + (uint64_t)i));
    t->weight = (float)weight;
    if (t->objective->begin)
        t->objective->begin(t);
    t->leaves = (t->batch + t->leaf_samples - 1) / t->leaf_samples;
}

int trainer_step(struct trainer *t, struct error *e)
{
    const struct tally *sums;

    t->lr = trainer_rate(t->o, &t->planned, t->step);
    gather_batch(t);
    run_batch(t);
    sums = sum_of_leaves(t);
    if (!isfinite(sums->loss) || !isfinite(sums->beside))
        return trainer_not_finite(t, t->step + 1, "the loss is", e);
    if (trainer_update(t, e) < 0)
        return -1;
    engine_pack(t->engine, t->engine->plan.first);
    t->step++;
    if (t->average.values)
        average_follow(&t->average, t->m->parameters, average_decay(t->o->average, t->step),
                       t->team);
    t->so_far.loss += sums->loss;
    t->so_far.accuracy += sums->correct;
    t->so_far.done += (uint64_t)t->labelled;
    t->turned.told += t->turned.images;
    t->turned.right += sums->turns;
    return 0;
}
