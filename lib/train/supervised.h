/*
 * The supervised objective: cross-entropy with the labels, on images that may be augmented.
 */
#ifndef ROTPIPE_TRAIN_SUPERVISED_H
#define ROTPIPE_TRAIN_SUPERVISED_H

#include "train/objective.h"

extern const struct objective objective_supervised;

/* Parts of it, for objectives that differ in others. */
const uint8_t *supervised_image(const struct trainer *t, int thread, uint64_t number);
int supervised_label(const struct trainer *t, uint64_t number);
int supervised_evaluate(struct trainer *t, struct evaluation *out, struct error *e);

#endif
