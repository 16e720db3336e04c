/*
 * What the two directions of a Winograd convolution share: a convolution of whole samples.
 */
#ifndef ROTPIPE_NET_KERNELS_WINOGRAD_H
#define ROTPIPE_NET_KERNELS_WINOGRAD_H

#include "base/simd.h"
#include "net/kernels.h"

/* Tiles have 4x4 pixels, their patches of input 6x6: one product a frequency, channel and channel.
 */
enum { WINOGRAD_TILE = 4, WINOGRAD_PATCH = 6, WINOGRAD_FREQUENCIES = 36 };

/* Samples side by side that are convolved alike. */
struct convolution {
    const struct layout *x, *y;
    int relu, pool;
    const float *u;    /* the transformed weights: [WINOGRAD_FREQUENCIES][x->lanes][y->lanes] */
    const float *bias; /* or NULL */
    int n;
    const float *from;
    size_t from_stride;
    float *to;
    size_t to_stride;
    uint8_t *winner;
    size_t winner_stride;
};

/* Floats of scratch that convolve needs. */
size_t VARIANT(winograd_room)(const struct layout *x, const struct layout *y);
void VARIANT(winograd_convolve)(const struct convolution *c, float *scratch);

#endif
