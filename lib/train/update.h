/*
 * The second half of an optimizer step: what the gradients of a batch do to the parameters.
 */
#ifndef ROTPIPE_TRAIN_UPDATE_H
#define ROTPIPE_TRAIN_UPDATE_H

#include "train/trainer.h"

/* Parts into which the parameters that train are cut for it. */
int trainer_slices(const struct trainer *t);

/*
 * Sums the gradients of the leaves, and takes the optimizer's step. With o->clip, gradients whose
 * norm is larger are made smaller by one factor, clip / (norm + 1e-6), as PyTorch's
 * clip_grad_norm_ does; the norm is that over all parameters that train. 0, or -1 if a gradient is
 * not finite: the parameters are of no use then.
 */
int trainer_update(struct trainer *t, struct error *e);

#endif
