/*
 * The scalar products of points with one another.
 */
#ifndef ROTPIPE_EVAL_GRAM_H
#define ROTPIPE_EVAL_GRAM_H

#include "base/error.h"
#include "base/threads.h"
#include "net/kernels.h"

#include <stdint.h>

/*
 * Sets gram [n][columns], columns at least n, to x x' for x [n][d], d a multiple of NET_LANES; what
 * is behind column n is left alone. 0 or -1 (out of memory).
 */
int gram_matrix(const float *x, uint64_t n, size_t d, float *gram, size_t columns,
                const struct kernels *kernels, struct team *team, struct error *e);

#endif
