/*
 * What a training minimizes: the inputs of a step's samples, and their loss and its gradient at the
 * logits. An objective is one file and a constant struct; step.c, which runs the net between input
 * and loss, knows none of them.
 */
#ifndef ROTPIPE_TRAIN_OBJECTIVE_H
#define ROTPIPE_TRAIN_OBJECTIVE_H

#include <stdint.h>

struct trainer;

/* What a sample adds to its leaf. */
struct tally {
    double loss;
    int correct;
};

struct objective {
    const char *name;

    /* Puts an image of the data into a thread's workspace as sample number `sample` of its group.
     */
    void (*input)(struct trainer *t, int thread, int sample, uint64_t image);

    /* Adds the sample's loss, and sets the loss's gradient by the logits unless grad is NULL. */
    void (*loss)(const struct trainer *t, uint64_t image, const float *logits, float *grad,
                 struct tally *tally);
};

#endif
