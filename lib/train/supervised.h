/*
 * The supervised objective: cross-entropy with the labels, on images that may be augmented.
 */
#ifndef ROTPIPE_TRAIN_SUPERVISED_H
#define ROTPIPE_TRAIN_SUPERVISED_H

#include "train/objective.h"

extern const struct objective objective_supervised;

#endif
