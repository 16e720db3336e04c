/*
 * Training by cross-entropy.
 *
 * A batch is cut into leaves, by its size alone, whose gradients are summed by a fixed tree
 * (gradients.h). So the same seed gives the same bytes for any number of threads, and a part of the
 * tree could as well be computed on another machine.
 */
#ifndef ROTPIPE_TRAIN_TRAIN_H
#define ROTPIPE_TRAIN_TRAIN_H

#include "base/threads.h"
#include "eval/dataset.h"
#include "model/model.h"
#include "net/kernels.h"
#include "train/options.h"

/* Samples that go through the net in an epoch, which are what a batch and all numbers count. */
uint64_t train_samples(const struct dataset *d, const struct train_options *o);

/*
 * Trains m's layers that are not frozen on d. A batch's loss is sum(w l) / sum(w) over its images,
 * where l is the cross-entropy and w the weight of the image's class, 1 without weights (PyTorch's
 * CrossEntropyLoss with `weight`, and with `label_smoothing` if labels are smoothed). With
 * o->rotate the labels are the rotations, and d and valid need none of their own; with o->mixup
 * images are mixed, and the terms w l are those of both labels (mixup.h). With o->unlabelled the
 * loss has other terms besides (consistency.h), with o->rotation one for which the head has more
 * outputs while it trains (turned.h).
 *
 * valid (or NULL) is evaluated after each epoch; best is the epoch with the highest accuracy there,
 * among equals the lowest loss, then the first. If weights are averaged (average.h) the average is
 * what is evaluated, and m in the end.
 *
 * 0, if it was stopped too: m is then the model after the steps so far. -1 if memory runs out or
 * the loss, a gradient, or in the end a weight, or an output for an image of valid or for one of
 * the first 64 of d, is not finite, a state cannot be saved before the first step, or the one to
 * resume is damaged or not of this training. Where a state cannot be saved later, the listener is
 * told and training goes on. A state that was saved before stays.
 */
int train(struct model *m, const struct dataset *d, const struct dataset *valid,
          const struct train_options *o, const struct kernels *kernels, struct team *team,
          const struct train_listener *listener, struct error *e);

#endif
