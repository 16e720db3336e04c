/*
 * A linear probe: how well a linear classifier, trained on the features of labelled images, tells
 * the classes apart (Alain and Bengio, "Understanding intermediate layers using linear classifier
 * probes", 2016). The classifier is multinomial logistic regression with an L2 penalty:
 *
 *     minimize  mean over i of cross-entropy(W x[i] + b, label[i])  +  lambda / 2 |W|^2
 *
 * over features that are centred and scaled to a mean squared length of 1. The problem is convex,
 * so the result depends on the images alone, not on a seed.
 */
#ifndef ROTPIPE_EVAL_PROBE_H
#define ROTPIPE_EVAL_PROBE_H

#include "base/error.h"
#include "base/threads.h"
#include "net/kernels.h"

#include <stdint.h>

struct probe_data {
    float *x;        /* [n][d], d a multiple of NET_LANES; probe_fit changes it */
    uint64_t n;      /* labelled images, the held-out ones at the end */
    uint64_t fitted; /* how many are not held out; n: all are fitted */
    size_t d;
    const uint16_t *label; /* [n], below classes */
    int classes;
};

struct probe {
    float *weight; /* [classes][d] */
    float *bias;   /* [classes], padded to NET_LANES */
    size_t d;
    int classes;
    double lambda;
    double held_out; /* accuracy on the held-out images at this lambda; NAN without any */
};

/* lambda where no image is held out. */
#define PROBE_LAMBDA 1e-4

/*
 * Says which of n images to hold out: of each class with two images or more, every fifth one,
 * beginning with the first. order [n]: their indices, those to fit on first, each part in the order
 * of the images. Returns how many are not held out.
 */
uint64_t probe_order(const uint16_t *label, uint64_t n, int classes, uint64_t *order,
                     struct error *e);

/*
 * Fits p: for each lambda of 0.1, 0.01, ..., 1e-6 on the images that are not held out; then on all
 * of them with the lambda whose mean cross-entropy on the held-out ones was the lowest. (Accuracy
 * on a few held-out images is too coarse to choose by.) The result does not depend on the number of
 * threads. 0 or -1 (out of memory); probe_free in either case.
 */
int probe_fit(struct probe *p, const struct probe_data *data, const struct kernels *kernels,
              struct team *team, struct error *e);
void probe_free(struct probe *p);

/* How many of n samples x [n][p->d] the probe classifies correctly; logits: room for a sample's. */
uint64_t probe_correct(const struct probe *p, const float *x, const uint16_t *label, uint64_t n,
                       const struct kernels *kernels);

#endif
