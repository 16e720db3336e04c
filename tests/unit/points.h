/*
 * Points drawn at random, for the tests of what works on points.
 */
#ifndef ROTPIPE_TESTS_POINTS_H
#define ROTPIPE_TESTS_POINTS_H

#include <math.h>
#include <stdint.h>

#include "base/rng.h"
#include "near/distance.h"

/* x [n][d], uniform in [0, 1); with a grid, whole numbers from 0 to below it. */
static inline void scatter(float *x, uint64_t n, size_t d, int grid, uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, 99);
    for (size_t i = 0; i < n * d; i++) {
        float v = rng_float(&r);
        x[i] = grid ? floorf(v * (float)grid) : v;
    }
}

static inline double apart(const float *a, const float *b, size_t d)
{
    return near_distance(NEAR_EUCLIDEAN, a, b, d);
}

#endif
