/*
 * What a training minimizes: the samples of an epoch, the inputs of a step's samples, and their
 * loss and its gradient at the logits. An objective is one file and a constant struct; step.c,
 * which runs the net between input and loss, knows none of them.
 *
 * An image may be several samples. They have successive numbers, and stand next to each other in
 * every epoch; the order of the images changes.
 */
#ifndef ROTPIPE_TRAIN_OBJECTIVE_H
#define ROTPIPE_TRAIN_OBJECTIVE_H

#include "base/error.h"

#include <stdint.h>

struct evaluation;
struct trainer;

/* What a sample adds to its leaf. */
struct tally {
    double loss;
    int correct;
    double beside; /* loss of samples that do not belong to the epoch: begin added them */
    int turns;     /* of the turned ones among these, how many were told right (turned.h) */
};

struct objective {
    const char *name;
    int copies; /* samples of an image in an epoch */
    int varies; /* a sample depends on the epoch, even if nothing augments it */

    /* The bytes of a sample, unaugmented; they may lie in the thread's memory for images. */
    const uint8_t *(*image)(const struct trainer *t, int thread, uint64_t number);
    int (*label)(const struct trainer *t, uint64_t number);

    /* Before the samples of each batch, to which it may add others, behind them: it raises
     * t->batch. NULL: nothing is to be done. */
    void (*begin)(struct trainer *t);

    /* Puts the sample that stands at `at` in the epoch into a thread's workspace as sample number
     * `sample` of its group. */
    void (*input)(struct trainer *t, int thread, int sample, uint64_t at);

    /* Adds its loss, and sets the loss's gradient by the logits unless grad is NULL: by those that
     * it reads; all are zero before. */
    void (*loss)(const struct trainer *t, uint64_t at, const float *logits, float *grad,
                 struct tally *tally);

    /* Classifies the validation data, whose samples count as those of the training data. 0 or -1.
     */
    int (*evaluate)(struct trainer *t, struct evaluation *out, struct error *e);
};

#endif
