/*
 * The gradients of a batch: each leaf, a few samples in a row, has a vector of them, and all are
 * summed by a fixed binary tree: leaves 0 and 1, 2 and 3, ..., then these sums two by two, and so
 * on; what has no partner goes on as it is. Only the number of leaves decides the order of the
 * sums, so they are the same bytes whoever computes which part: any aligned part of 2^k leaves is
 * one node of the tree.
 *
 * A task is such a part, whose leaves a thread takes one after the other; it needs k + 1 vectors
 * at most.
 */
#ifndef ROTPIPE_TRAIN_GRADIENTS_H
#define ROTPIPE_TRAIN_GRADIENTS_H

#include "base/error.h"
#include "net/kernels.h"

#include <stddef.h>

struct gradients {
    const struct kernels *kernels;
    size_t count;     /* floats of a vector */
    int leaves, part; /* of the batch in hand; of a task, a power of two */
    int threads;
    int levels;   /* spare vectors of a thread */
    float *sum;   /* [tasks][count] */
    float *spare; /* [threads][levels][count] */
};

/* Leaves that a task takes of so many, so that every thread has a few tasks; a power of two. */
int gradients_part(int leaves, int threads);

/* For batches of up to so many leaves. 0, or -1 if memory runs out. */
int gradients_new(struct gradients *g, const struct kernels *k, size_t count, int leaves,
                  int threads, struct error *e);
void gradients_free(struct gradients *g);

/* A batch of so many leaves begins. Returns its tasks. */
int gradients_begin(struct gradients *g, int leaves);

/* The leaves [first, end) of a task. */
void gradients_leaves(const struct gradients *g, int task, int *first, int *end);

/* A zeroed vector for a leaf's gradients, of which floats at..at+n-1 are in use. */
float *gradients_open(struct gradients *g, int thread, int leaf, size_t at, size_t n);

/* Sums what can be summed after a leaf of a task, in the same floats. */
void gradients_close(struct gradients *g, int thread, int leaf, size_t at, size_t n);

/* Floats at..at+n-1 of all tasks' sums, summed; they lie there until the next batch. */
float *gradients_sum(struct gradients *g, size_t at, size_t n);

#endif
