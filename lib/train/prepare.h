/*
 * What a training needs before its first step.
 */
#ifndef ROTPIPE_TRAIN_PREPARE_H
#define ROTPIPE_TRAIN_PREPARE_H

#include "train/trainer.h"

/*
 * Fills a trainer that has a model, data, options, kernels, a team and an objective, and has come
 * to its first epoch: memory, plan, spans, the first order of the images. 0 or -1; to be released
 * either way.
 */
int trainer_prepare(struct trainer *t, struct error *e);
void trainer_release(struct trainer *t);

#endif
