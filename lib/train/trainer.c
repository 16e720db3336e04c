/* What the parts of a training ask of it: leaves, rates, weights, the order of the images. */
#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

enum {
    LEAF_SMALL = 8,  /* samples of a leaf in batches of less than SMALL_BATCH */
    LEAF_LARGE = 16, /* and in larger ones: half as many sums to add up */
    SMALL_BATCH = 128
};

int trainer_largest_batch(const struct trainer *t)
{
    int most = t->samples < (uint64_t)t->o->batch ? (int)t->samples : t->o->batch;

    return most + consistency_most(t->o);
}

int trainer_leaf(int batch)
{
    return batch < SMALL_BATCH ? LEAF_SMALL : LEAF_LARGE;
}

int trainer_judges(const struct train_options *o)
{
    return o->keep_best || o->patience;
}

/* ---- samples ---- */

uint64_t trainer_sample(const struct trainer *t, uint64_t at)
{
    uint64_t copies = (uint64_t)t->objective->copies, most = (uint64_t)consistency_most(t->o);

    if (at >= t->at + (uint64_t)t->labelled)
        return t->samples + t->step * most + (at - t->at - (uint64_t)t->labelled);
    return t->order[at / copies] * copies + at % copies;
}

void trainer_set_input(struct trainer *t, int thread, int sample, uint64_t number)
{
    size_t size = t->engine->plan.operation[t->from].x.size;

    if (t->cache)
        memcpy(engine_input(t->engine, thread, t->from, sample), t->cache + number * size,
               size * sizeof(float));
    else
        engine_set_image(t->engine, thread, sample, t->objective->image(t, thread, number),
                         t->table);
}

uint64_t trainer_key(const struct trainer *t, uint64_t number)
{
    struct rng r;
    uint64_t high;

    rng_counter(&r, t->o->seed, RNG_DROPOUT, (uint64_t)t->so_far.epoch, number);
    high = rng_u32(&r);
    return high << 32 | rng_u32(&r);
}

const uint8_t *trainer_augment(const struct trainer *t, int thread, uint64_t image)
{
    size_t stride = dataset_stride(t->data);
    uint8_t *to = t->changed + 2 * (size_t)thread * stride;
    struct extent shape = t->data->image;
    struct pixels from = {t->data->images + image * stride, shape.w, shape.h, shape.c};

    augments_apply(&t->augments, from, t->o->seed, (uint64_t)t->so_far.epoch, image, to,
                   to + stride);
    return to;
}

float trainer_class_weight(const struct trainer *t, int class)
{
    return t->class_weight ? t->class_weight[class] : 1;
}

float trainer_weight(const struct trainer *t, uint64_t number)
{
    return t->class_weight ? t->class_weight[t->objective->label(t, number)] : 1;
}

/* Fisher and Yates: every order is as likely. */
void trainer_shuffle(struct trainer *t)
{
    for (uint64_t i = t->data->n - 1; i > 0; i--) {
        uint64_t k = rng_below(&t->rng, i + 1), keep = t->order[i];
        t->order[i] = t->order[k];
        t->order[k] = keep;
    }
}

/* ---- steps ---- */

struct timetable trainer_timetable(const struct trainer *t, int epochs)
{
    uint64_t batch = (uint64_t)t->o->batch, batches = (t->samples + batch - 1) / batch;
    struct timetable p = {.steps = batches * (uint64_t)epochs};

    if (t->o->schedule == SCHEDULE_ONECYCLE)
        return p;
    p.warmup = t->o->warmup >= 0 ? (uint64_t)t->o->warmup : p.steps / 10;
    if (t->o->warmup < 0 && p.warmup > TRAIN_WARMUP_MOST)
        p.warmup = TRAIN_WARMUP_MOST;
    return p;
}

/* From one rate to another by half a cosine; at: from 0 to 1. */
static double anneal(double from, double to, double at)
{
    return to + (from - to) / 2 * (1 + cos(PI * at));
}

/*
 * Up from a 25th of the rate over the first 30 % of the steps, then down to a 250,000th, as
 * PyTorch's OneCycleLR has it by default; but momentum stays as it is.
 */
static double one_cycle(double lr, double steps, double step)
{
    double peak = 0.3 * steps - 1, last = steps - 1;

    if (step <= peak)
        return anneal(lr / 25, lr, step / peak);
    return anneal(lr, lr / 25 / 1e4, (step - peak) / (last - peak));
}

float trainer_rate(const struct train_options *o, const struct timetable *p, uint64_t step)
{
    double at;

    if (o->schedule == SCHEDULE_ONECYCLE)
        return (float)one_cycle(o->lr, (double)p->steps, (double)step);
    if (step < p->warmup)
        return (float)(o->lr * (double)(step + 1) / (double)p->warmup);
    if (o->schedule == SCHEDULE_CONSTANT || p->steps <= p->warmup)
        return (float)o->lr;
    at = (double)(step - p->warmup) / (double)(p->steps - p->warmup);
    return (float)anneal(o->lr, 0, at);
}

int trainer_not_finite(const struct trainer *t, uint64_t step, const char *what, struct error *e)
{
    return error_set(e,
                     "step %" PRIu64 ": %s not finite at learning rate %g; try a smaller one"
                     " (--lr) or a warm-up (--warmup)",
                     step, what, (double)t->lr);
}
