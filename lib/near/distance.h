/*
 * Distances by definition: in double precision, the sums in an order that is the same everywhere.
 */
#ifndef ROTPIPE_NEAR_DISTANCE_H
#define ROTPIPE_NEAR_DISTANCE_H

#include <stddef.h>

enum near_metric {
    NEAR_EUCLIDEAN,
    NEAR_COSINE /* 1 - cos; a point that is all zero is at 1 from all others and at 0 from its like
                 */
};

/* What they are called; ends with NULL. */
extern const char *const near_metrics[];

double near_distance(enum near_metric metric, const float *a, const float *b, size_t d);

/* The same for points whose lengths are known; NEAR_EUCLIDEAN does without. */
double near_distance_of(enum near_metric metric, const float *a, const float *b, size_t d,
                        double length_a, double length_b);
double near_length(const float *x, size_t d);

#endif
