/*
 * Whether floats are numbers: neither infinite nor NaN.
 */
#ifndef ROTPIPE_BASE_FINITE_H
#define ROTPIPE_BASE_FINITE_H

#include <stddef.h>

/* True if each of n floats is finite. */
int all_finite(const float *x, size_t n);

#endif
