/*
 * Random numbers of the symmetric beta distribution, the same bits on every machine: logarithms
 * and exponentials are this file's own, as those of C libraries differ in their last bits.
 */
#ifndef ROTPIPE_BASE_BETA_H
#define ROTPIPE_BASE_BETA_H

#include "base/rng.h"

/*
 * Of Beta(a, a), from 0 to 1; a > 0. With a = 1 it is uniform, a smaller one prefers the ends, a
 * larger one the middle. It is the share of one of two gamma variates in both, which come by
 * G. Marsaglia and W. W. Tsang, "A Simple Method for Generating Gamma Variables", 2000.
 */
double rng_beta(struct rng *r, double a);

#endif
