/*
 * What two streams of images have in common, counted exactly (img/distinct.h). One side is held in
 * memory and must be read whole first; of the other, one image at a time is looked at.
 *
 * Labels are no part of an image. But where an image stands on both sides, its labels are compared:
 * it is relabelled if it has a label and an equal one of the other side has another.
 */
#ifndef ROTPIPE_IMG_OVERLAP_H
#define ROTPIPE_IMG_OVERLAP_H

#include "img/distinct.h"

enum overlap_side { OVERLAP_HELD, OVERLAP_MET };

struct overlap_counts {
    uint64_t images;
    uint64_t labelled;   /* that have a label */
    uint64_t shared;     /* of which the other side has an equal, each counted */
    uint64_t relabelled; /* of these, those with a label that an equal there has not */
    uint64_t distinct;   /* images without their repetitions; of the side met only if it is kept */
};

struct overlap;

/*
 * turned: rotations of an image are equal to it. keep: the images of the side met are held, too, so
 * that their repetitions can be counted. NULL on error.
 */
struct overlap *overlap_new(int turned, int keep, struct error *e);

/* NULL is allowed. */
void overlap_free(struct overlap *o);

/* The next image of the side held; label NULL: it has none. 0 or -1. */
int overlap_hold(struct overlap *o, struct image_shape shape, const uint8_t *pixels,
                 const uint32_t *label, struct error *e);

/* The next image of the other side: 1 if it is shared, 0 if not, -1 on error. */
int overlap_meet(struct overlap *o, struct image_shape shape, const uint8_t *pixels,
                 const uint32_t *label, struct error *e);

/* After the last image: the counts of a side. */
struct overlap_counts overlap_count(const struct overlap *o, enum overlap_side side);

/* The distinct images that stand on both sides. */
uint64_t overlap_common(const struct overlap *o);

#endif
