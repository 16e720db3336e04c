/*
 * Mixup (Zhang, Cisse, Dauphin and Lopez-Paz, 2018): the supervised objective on images that are
 * mixed two by two, with the loss of both labels. As in the authors' program a batch has one share,
 * of Beta(a, a), and a sample's partner is another of its batch, by a permutation; both are drawn
 * from the seed and the step alone.
 */
#ifndef ROTPIPE_TRAIN_MIXUP_H
#define ROTPIPE_TRAIN_MIXUP_H

#include "train/objective.h"

#include <stddef.h>

/* Of the batch in hand. */
struct mixup {
    double share; /* of a sample itself; its partner has the rest */
    int *partner; /* where in the batch */
    float *other; /* for each thread room for the partner as an input */
    size_t size;  /* floats of an input */
};

/* For batches of up to so many samples. 0, or -1 if memory runs out. */
int mixup_new(struct mixup *m, int batch, int threads, size_t size, struct error *e);
void mixup_free(struct mixup *m);

/* Draws the share and the partners of a step, from 0, with a batch of so many samples. */
void mixup_draw(struct mixup *m, double a, uint64_t seed, uint64_t step, int batch);

extern const struct objective objective_mixup;

#endif
