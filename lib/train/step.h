/*
 * One optimizer step.
 */
#ifndef ROTPIPE_TRAIN_STEP_H
#define ROTPIPE_TRAIN_STEP_H

#include "train/trainer.h"

/* One optimizer step on the epoch's next batch; adds to so_far. 0 or -1. */
int trainer_step(struct trainer *t, struct error *e);

#endif
