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

/*
 * The same of a sample that is mixed: share times the loss of its label plus the rest times that of
 * the other one. It is recognized if that label is which has the larger share.
 */
void criterion_add_mixed(const struct trainer *t, int label, int other, double share,
                         const float *logits, float *grad, struct tally *tally);

#endif
