/*
 * Convolutions make their output in tiles of 2x2 pixels: just what a 2x2 pool takes. This is the
 * way out for such a tile: bias, ReLU, pool with its winner, or the four pixels themselves.
 */
#ifndef ROTPIPE_NET_KERNELS_TILE_H
#define ROTPIPE_NET_KERNELS_TILE_H

#include "base/simd.h"
#include "net/kernels.h"

/* Where tiles go: one sample's y and winner. */
struct tile_output {
    const struct layout *layout;
    float *y;
    uint8_t *winner;
    int relu, pool;
};

/* out: pixels (0,0) (0,1) (1,0) (1,1) of tile (i, j), VL channels from `channel` on. */
INLINE void tile_store(const struct tile_output *t, int i, int j, size_t channel, const vf out[4],
                       vf bias)
{
    const struct layout *l = t->layout;
    size_t lanes = (size_t)l->lanes;

    if (t->pool) {
        if (i >= l->h || j >= l->w)
            return;
        /* Unlike in layers/plain.h a NaN in one pixel of four can lose; weights that are not finite
         * give four of them. Of equals the first wins, as there. */
        vf one = splat(1), none = splat(0);
        vf upper = larger(out[1], out[0]), lower = larger(out[3], out[2]);
        vf best = larger(lower, upper);
        vf which = pick_greater(lower, upper, splat(2) + pick_greater(out[3], out[2], one, none),
                                pick_greater(out[1], out[0], one, none));
        /* Adding the bias after the maximum gives the same bits: rounding keeps the order. */
        best += bias;
        store(t->y + l->first + (size_t)i * l->row + (size_t)j * lanes + channel,
              t->relu ? relu(best) : best);
        store_bytes(t->winner + ((size_t)i * (size_t)l->w + (size_t)j) * lanes + channel, which);
        return;
    }
    for (int q = 0; q < 4; q++) {
        int row = 2 * i + q / 2, column = 2 * j + q % 2;
        if (row < l->h && column < l->w)
            store(t->y + l->first + (size_t)row * l->row + (size_t)column * lanes + channel,
                  t->relu ? relu(out[q] + bias) : out[q] + bias);
    }
}

#endif
