/* Gradients of a batch summed, clipped, and a step along them, a slice of the parameters at a time.
 */
#include "train/update.h"

#include <math.h>

#include "base/finite.h"

enum {
    SLICE = 2048, /* parameters that a thread takes at a time */
    LANES = 8     /* sums of squares side by side, so that none waits for the one before */
};

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

/* A slice of all parameters that train: n of them from `at` on. */
static size_t slice(const struct trainer *t, int task, size_t *at)
{
    *at = (size_t)task * SLICE;
    return t->spans.count - *at < SLICE ? t->spans.count - *at : SLICE;
}

static double sum_of_squares(const float *x, size_t n)
{
    double sum[LANES] = {0};

    for (size_t i = 0; i < n; i++)
        sum[i % LANES] += (double)x[i] * x[i];
    for (int k = 1; k < LANES; k++)
        sum[0] += sum[k];
    return sum[0];
}

/* The gradients' sum; false if one is not finite. */
static int sum_slice(struct trainer *t, size_t at, size_t n)
{
    if (all_finite(gradients_sum(&t->gradients, at, n), n))
        return 1;
    atomic_store(&t->overflow, 1);
    return 0;
}

static void square_task(void *context, int thread, int task)
{
    struct trainer *t = context;
    size_t at, n = slice(t, task, &at);

    (void)thread;
    if (sum_slice(t, at, n))
        t->squares[task] = sum_of_squares(t->gradients.sum + at, n);
}

/* Without clipping a slice is summed and moved while it is in the core's cache. */
static void update_task(void *context, int thread, int task)
{
    struct trainer *t = context;
    const struct spans *all = &t->spans;
    size_t at, n = slice(t, task, &at);
    float *grad = t->gradients.sum + at;

    (void)thread;
    if (!t->squares && !sum_slice(t, at, n))
        return;
    if (t->shrink < 1)
        for (size_t i = 0; i < n; i++)
            grad[i] *= t->shrink;
    for (int i = 0; i < all->n; i++) {
        const struct span *s = &all->span[i];
        size_t begin = s->to > at ? s->to : at;
        size_t end = s->to + s->n < at + n ? s->to + s->n : at + n;
        if (begin < end)
            update(t, s, t->m->parameters + s->at + (begin - s->to), grad + (begin - at), begin,
                   end - begin);
    }
}

/* Slices are as they are for any number of threads, and so is the order of their sums. */
static float shrink_of(const struct trainer *t, int slices)
{
    double squares = 0, shrink;

    for (int i = 0; i < slices; i++)
        squares += t->squares[i];
    shrink = t->o->clip / (sqrt(squares) + 1e-6);
    return shrink < 1 ? (float)shrink : 1;
}

int trainer_slices(const struct trainer *t)
{
    return (int)((t->spans.count + SLICE - 1) / SLICE);
}

int trainer_update(struct trainer *t, struct error *e)
{
    int slices = trainer_slices(t);

    t->shrink = 1;
    if (t->squares) {
        team_run(t->team, square_task, t, slices);
        t->shrink = shrink_of(t, slices);
    }
    if (!atomic_load(&t->overflow))
        team_run(t->team, update_task, t, slices);
    if (atomic_load(&t->overflow))
        return trainer_not_finite(t, t->step + 1, "a gradient is", e);
    return 0;
}
