/*
 * A last look at a trained model.
 */
#ifndef ROTPIPE_TRAIN_LASTLOOK_H
#define ROTPIPE_TRAIN_LASTLOOK_H

#include "train/trainer.h"

/* The image of the first of at most `most` samples, and of 512, with an output that is not finite;
 * data->n: none.
 */
uint64_t trainer_first_bad(struct trainer *t, uint64_t most);

/* Sets in `end` what a look at the final model's outputs for training images finds. 0 or -1. */
int trainer_last_look(struct trainer *t, struct ending *end, struct error *e);

#endif
