/* Images without labels turned by quarters, and the loss of telling by how many. */
#include "train/turned.h"

#include "img/rotate.h"
#include "net/loss.h"
#include "train/trainer.h"

/* Numbers for what changes these views, behind those of all other views. */
#define TURNED_FIRST ((uint64_t)1 << 41)

int turned_images(const struct train_options *o)
{
    return o->unlabelled && o->rotation > 0 ? o->batch : 0;
}

static int quarters(const struct trainer *t, int place)
{
    struct rng r;

    rng_counter(&r, t->o->seed, RNG_TURNED, t->step, (uint64_t)place);
    return (int)rng_below(&r, ROTATIONS);
}

/* The image is changed in the first place of the thread for changed images, and turned into the
 * second. */
void turned_input(struct trainer *t, int thread, int sample, int place)
{
    const struct consistency *c = &t->consistency;
    struct extent shape = c->data->image;
    size_t stride = dataset_stride(c->data);
    const uint8_t *image = c->data->images + c->drawn[place] * stride;
    uint8_t *changed = t->changed + 2 * (size_t)thread * stride, *to = changed + stride;

    if (c->strong.n) {
        augments_apply(&c->strong, (struct pixels){image, shape.w, shape.h, shape.c}, t->o->seed,
                       t->step, TURNED_FIRST + (uint64_t)place, changed, to);
        image = changed;
    }
    rotate_image(image, to, (uint64_t)shape.h, (uint64_t)shape.w, (uint64_t)shape.c,
                 quarters(t, place));
    engine_set_image(t->engine, thread, sample, to, t->table);
}

void turned_loss(const struct trainer *t, int place, const float *logits, float *grad,
                 struct tally *tally)
{
    const float *side = logits + t->m->net.classes;
    double scale = t->o->rotation / t->turned.images;
    int label = quarters(t, place), best = 0;

    for (int k = 1; k < ROTATIONS; k++)
        best = side[k] > side[best] ? k : best;
    tally->turns += best == label;
    tally->beside += scale * softmax_cross_entropy(side, ROTATIONS, label, (float)scale,
                                                   grad ? grad + t->m->net.classes : NULL);
}
