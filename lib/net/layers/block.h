/*
 * NET_LANES floats in a few vectors: the channels that can always be taken at a time, since every
 * tensor but the image has a multiple of them.
 */
#ifndef ROTPIPE_NET_LAYERS_BLOCK_H
#define ROTPIPE_NET_LAYERS_BLOCK_H

#include "base/simd.h"
#include "net/operation.h"

enum { BLOCK = NET_LANES / VL };

struct block {
    vf v[BLOCK];
};

INLINE struct block load_block(const float *p)
{
    struct block b;

    UNROLL
    for (int i = 0; i < BLOCK; i++)
        b.v[i] = load(p + i * VL);
    return b;
}

INLINE void store_block(float *p, const struct block *b)
{
    UNROLL
    for (int i = 0; i < BLOCK; i++)
        store(p + i * VL, b->v[i]);
}

INLINE void add_block(struct block *to, const struct block *b)
{
    UNROLL
    for (int i = 0; i < BLOCK; i++)
        to->v[i] += b->v[i];
}

#endif
