/*
 * The cross-entropy of a training, as its options have it.
 */
#ifndef ROTPIPE_TRAIN_CRITERION_H
#define ROTPIPE_TRAIN_CRITERION_H

#include "train/trainer.h"

/*
 * Adds to the tally a sample's loss, whose label may be smoothed and is weighted by class, and
 * whether it is recognized. grad (may be NULL): the gradient of the batch's loss by the logits.
 */
void criterion_add(const struct trainer *t, int label, const float *logits, float *grad,
                   struct tally *tally);

#endif
