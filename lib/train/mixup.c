/* Shares, partners, mixed inputs and their loss. */
#include "train/mixup.h"

#include <stdlib.h>
#include <string.h>

#include "base/beta.h"
#include "train/criterion.h"
#include "train/supervised.h"

int mixup_new(struct mixup *m, int batch, int threads, size_t size, struct error *e)
{
    m->size = size;
    m->partner = calloc((size_t)batch, sizeof *m->partner);
    m->other = net_allocate((size_t)threads * size);
    return m->partner && m->other ? 0 : error_memory(e, "mixup");
}

void mixup_free(struct mixup *m)
{
    free(m->partner);
    free(m->other);
}

void mixup_draw(struct mixup *m, double a, uint64_t seed, uint64_t step, int batch)
{
    struct rng r;

    rng_counter(&r, seed, RNG_MIXUP, step, 0);
    m->share = rng_beta(&r, a);
    for (int i = 0; i < batch; i++)
        m->partner[i] = i;
    for (int i = batch - 1; i > 0; i--) {
        int k = (int)rng_below(&r, (uint64_t)i + 1), keep = m->partner[i];
        m->partner[i] = m->partner[k];
        m->partner[k] = keep;
    }
}

/* ---- the objective ---- */

static void begin(struct trainer *t)
{
    mixup_draw(&t->mixup, t->o->mixup, t->o->seed, t->step, t->batch);
}

/* Where in the epoch the partner of a sample stands. */
static uint64_t partner_of(const struct trainer *t, uint64_t at)
{
    return t->at + (uint64_t)t->mixup.partner[at - t->at];
}

/* Both as they are trained on, augmented or not. */
static void input(struct trainer *t, int thread, int sample, uint64_t at)
{
    size_t size = t->mixup.size;
    float *x = engine_input(t->engine, thread, 0, sample);
    float *other = t->mixup.other + (size_t)thread * size;
    float share = (float)t->mixup.share, rest = (float)(1 - t->mixup.share);

    objective_supervised.input(t, thread, sample, partner_of(t, at));
    memcpy(other, x, size * sizeof *x);
    objective_supervised.input(t, thread, sample, at);
    for (size_t i = 0; i < size; i++)
        x[i] = share * x[i] + rest * other[i];
}

static void loss(const struct trainer *t, uint64_t at, const float *logits, float *grad,
                 struct tally *tally)
{
    uint64_t image = trainer_sample(t, at), other = trainer_sample(t, partner_of(t, at));

    criterion_add_mixed(t, image, other, t->mixup.share, logits, grad, tally);
}

const struct objective objective_mixup = {.name = "mixup",
                                          .copies = 1,
                                          .varies = 1,
                                          .image = supervised_image,
                                          .label = supervised_label,
                                          .begin = begin,
                                          .input = input,
                                          .loss = loss,
                                          .evaluate = supervised_evaluate};
