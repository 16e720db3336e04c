/*
 * Multinomial logistic regression with an L2 penalty, private to the linear probe:
 *
 *     minimize  mean over i of cross-entropy(W x[i] + b, label[i])  +  lambda / 2 |W|^2
 *
 * With more images than features the weights are what is searched for. Otherwise W is a sum of
 * images, W = sum over i of c[i] x[i], and its coefficients c are: with the Gram matrix K = x x',
 * logits are K c + b, and the gradient by W is that sum with the coefficients g + lambda c, g being
 * the gradient by the logits. The steps are the same, and cost n^2 in the place of n d.
 */
#ifndef ROTPIPE_EVAL_REGRESSION_H
#define ROTPIPE_EVAL_REGRESSION_H

#include "base/error.h"
#include "base/threads.h"
#include "net/kernels.h"

#include <stdint.h>

struct regression {
    const float *x; /* [n][d], d a multiple of NET_LANES */
    uint64_t n;
    size_t d;
    const uint16_t *label; /* [n], below classes */
    int classes;
    uint64_t fitted; /* the loss is over this many images, the first ones */
    double lambda;
    const struct kernels *kernels;
    struct team *team;

    float *logits; /* [n][stride]: of all images, after regression_minimize */
    size_t stride; /* classes, padded to NET_LANES */

    /* private to regression.c */
    double *at;  /* where the search is: (c, K c, b) or (W, b) */
    float *gram; /* [n][columns]; NULL: weights are searched for */
    size_t columns;
    float *g;             /* [n][stride]: gradient of the loss by the logits */
    float *weight, *part; /* [classes][d or columns], and a task's gradient for each task */
    double *loss;         /* [tasks] */
    int tasks;
    uint64_t share; /* images of a task */
};

/* Fields up to `team` are set by the caller; computes K where it is used. 0 or -1 (memory). */
int regression_start(struct regression *r, struct error *e);

/* Searches from where the last call has ended, at first from zero. 0 or -1 (memory). */
int regression_minimize(struct regression *r, struct error *e);

/* The result: weight [classes][d], bias [classes]. */
void regression_weights(const struct regression *r, float *weight, float *bias);

void regression_free(struct regression *r);

#endif
