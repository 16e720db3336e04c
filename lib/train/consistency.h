/*
 * Training on labelled images and, beside them, on images without labels: the objective
 * `consistency`, which is FixMatch (Sohn et al., NeurIPS 2020).
 *
 * A step takes a batch of labelled images, as supervised training does, and draws some of the
 * others. Of each of these a weak view is classified; if the largest probability is at least the
 * threshold, its class is the label of the image's strong view, which joins the batch. Views are
 * images as a text augments them (augment/augment.h). The loss of a step is
 *
 *     labelled + lambda / images * sum(-log softmax(strong view)[class])
 *
 * over the images above the threshold, where `labelled` is the loss of supervised training and
 * `images` counts all that were drawn. If the weights are averaged, the average classifies.
 *
 * With alignment (ReMixMatch: Berthelot et al., ICLR 2020) a class's probability is first divided
 * by the mean of what it was of late, which makes the classes even; then they are made to add up
 * to 1.
 *
 * Some of the images may besides be turned, and what the net tells of that be trained (turned.h).
 * If lambda is 0 then, nothing else is learnt of them, and none is classified.
 *
 * Labels that these images have are never used, but to count how many of those taken were wrong.
 */
#ifndef ROTPIPE_TRAIN_CONSISTENCY_H
#define ROTPIPE_TRAIN_CONSISTENCY_H

#include "augment/augment.h"
#include "net/engine.h"
#include "train/objective.h"
#include "train/options.h"

/* Of an epoch's images without labels. */
struct consistency_tally {
    double drawn, taken; /* images classified, and how many of them were above the threshold */
    double wrong;        /* of those taken; 0 where nothing is known of their labels */
};

struct consistency {
    const struct dataset *data; /* NULL: there is none */
    int known;                  /* its labels are those of the model's classes */
    struct augments weak, strong;
    struct engine *teacher; /* that of the averaged weights, or NULL: the trainer's */
    float *parameters;      /* the teacher's */
    double *mean;           /* of the probabilities of late, of each class; NULL: no alignment */
    struct consistency_tally so_far; /* of the epoch in hand */

    /* The step in hand. */
    int images;      /* drawn */
    uint64_t *drawn; /* their numbers */
    float *p;        /* [images][classes] */
    int taken;       /* how many joined the batch: */
    int *chosen;     /* their places in `drawn` */
    int *label;      /* and their labels */
};

/* Images without labels that a step draws, 0 without consistency. */
int consistency_images(const struct train_options *o);

/* Samples that a step adds to its batch at most. */
int consistency_most(const struct train_options *o);

/* Prepares t->consistency by the options. 0 or -1. */
int consistency_prepare(struct trainer *t, struct error *e);
void consistency_release(struct trainer *t);

extern const struct objective objective_consistency;

#endif
