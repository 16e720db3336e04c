/* Images that are rotated as they are trained on; the label is how often by 90 degrees. */
#include "train/rotation.h"

#include <stdlib.h>

#include "eval/infer.h"
#include "img/rotate.h"
#include "train/criterion.h"

enum { BLOCK = 256 }; /* images whose rotations are evaluated at once */

static uint64_t image_of(const struct trainer *t, uint64_t number)
{
    return number / (uint64_t)t->objective->copies;
}

static int label(const struct trainer *t, uint64_t number)
{
    struct rng r;

    if (!t->objective->varies)
        return (int)(number % ROTATIONS);
    rng_counter(&r, t->o->seed, RNG_TURN, (uint64_t)t->so_far.epoch, number);
    return (int)rng_below(&r, ROTATIONS);
}

static void turn(struct extent image, const uint8_t *from, uint8_t *to, int quarters)
{
    rotate_image(from, to, (uint64_t)image.h, (uint64_t)image.w, (uint64_t)image.c, quarters);
}

/* An image turned as the sample has it, in the second place of the thread. */
static const uint8_t *turned(const struct trainer *t, int thread, const uint8_t *from,
                             uint64_t number)
{
    uint8_t *to = t->changed + (2 * (size_t)thread + 1) * dataset_stride(t->data);

    turn(t->data->image, from, to, label(t, number));
    return to;
}

static const uint8_t *image(const struct trainer *t, int thread, uint64_t number)
{
    const uint8_t *from = t->data->images + image_of(t, number) * dataset_stride(t->data);

    return turned(t, thread, from, number);
}

/* An image is augmented first, which leaves it in the first place of the thread, in all its
 * rotations alike. */
static void input(struct trainer *t, int thread, int sample, uint64_t at)
{
    uint64_t number = trainer_sample(t, at);

    if (t->augments.n)
        engine_set_image(t->engine, thread, sample,
                         turned(t, thread, trainer_augment(t, thread, image_of(t, number)), number),
                         t->table);
    else
        trainer_set_input(t, thread, sample, number);
}

static void loss(const struct trainer *t, uint64_t at, const float *logits, float *grad,
                 struct tally *tally)
{
    criterion_add(t, label(t, trainer_sample(t, at)), logits, grad, tally);
}

/* All rotations of n images; labels: 0 to 3 for each of them. */
static int evaluate_block(struct trainer *t, const uint8_t *from, uint64_t n, uint8_t *room,
                          const uint16_t *labels, struct evaluation *sums, struct error *e)
{
    size_t stride = dataset_stride(t->valid);

    for (uint64_t i = 0; i < ROTATIONS * n; i++)
        turn(t->valid->image, from + i / ROTATIONS * stride, room + i * stride,
             (int)(i % ROTATIONS));
    return infer_evaluate_more(t->engine, t->table, room, labels, ROTATIONS * n, sums, e);
}

/* Always all four, so that epochs can be compared. */
static int evaluate(struct trainer *t, struct evaluation *out, struct error *e)
{
    const struct dataset *v = t->valid;
    size_t stride = dataset_stride(v);
    uint8_t *room = malloc((size_t)BLOCK * ROTATIONS * stride);
    uint16_t labels[BLOCK * ROTATIONS];
    int status = room ? 0 : error_memory(e, "evaluation");

    *out = (struct evaluation){0};
    for (int i = 0; i < BLOCK * ROTATIONS; i++)
        labels[i] = (uint16_t)(i % ROTATIONS);
    for (uint64_t i = 0; i < v->n && status == 0 && out->bad == out->n; i += BLOCK)
        status = evaluate_block(t, v->images + i * stride, v->n - i < BLOCK ? v->n - i : BLOCK,
                                room, labels, out, e);
    out->loss /= (double)out->n;
    if (out->bad < out->n)
        out->bad /= ROTATIONS;
    free(room);
    return status;
}

const struct objective objective_rotations = {.name = "rotations",
                                              .copies = ROTATIONS,
                                              .image = image,
                                              .label = label,
                                              .input = input,
                                              .loss = loss,
                                              .evaluate = evaluate};

const struct objective objective_rotation = {.name = "rotation",
                                             .copies = 1,
                                             .varies = 1,
                                             .image = image,
                                             .label = label,
                                             .input = input,
                                             .loss = loss,
                                             .evaluate = evaluate};
