/*
 * Learning to tell by how much images are rotated, which needs no labels (Gidaris, Singh and
 * Komodakis, 2018): the rotations are drawn inside the step, and only the images are in memory.
 */
#ifndef ROTPIPE_TRAIN_ROTATION_H
#define ROTPIPE_TRAIN_ROTATION_H

#include "train/objective.h"

/*
 * All four rotations of each image, one behind the other, so that they stand in one batch if its
 * size is a multiple of four: the samples that rotgen writes, under the same numbers.
 */
extern const struct objective objective_rotations;

/* One rotation of each image, drawn anew in each epoch, whatever has been drawn for others. */
extern const struct objective objective_rotation;

#endif
