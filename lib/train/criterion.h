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
 * The same of an image of the data, by its soft label if it has one:
 *
 *     loss = -sum_k target[k] log softmax(logits)[k], grad = sum(target) softmax(logits) - target
 *     target[k] = weight[k] (smooth / classes + (1 - smooth) soft[k])
 *
 * so that a soft label whose probability is that of one class alone counts as this label. It is
 * recognized by its label, whose weight is also what it counts in the mean of the batch.
 */
void criterion_add_image(const struct trainer *t, uint64_t image, const float *logits, float *grad,
                         struct tally *tally);

/*
 * The same of two images that are mixed: share times the loss of one plus the rest times that of
 * the other. They are recognized by the label of which has the larger share.
 */
void criterion_add_mixed(const struct trainer *t, uint64_t image, uint64_t other, double share,
                         const float *logits, float *grad, struct tally *tally);

#endif
