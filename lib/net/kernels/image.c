/*
 * The convolution on the input image: one or three channels in, so the vectors run over the
 * output channels and a pixel is broadcast; weights [9][in][out].
 */
#include "net/kernels/tile.h"
#include "net/kernels/variant.h"

/* One 2x2 tile of output for `wide` vectors of output channels. */
INLINE void tile_forward(const int wide, const float *x, size_t row, size_t in, const float *w,
                         size_t out, vf sum[4][2])
{
    for (int q = 0; q < 4; q++)
        for (int v = 0; v < wide; v++)
            sum[q][v] = (vf){0};
    for (size_t k = 0; k < in; k++)
#pragma GCC unroll 9
        for (size_t t = 0; t < 9; t++) {
            const float *from = x + t / 3 * row + t % 3 * in + k;
            for (int v = 0; v < wide; v++) {
                vf held = load(w + (t * in + k) * out + (size_t)v * VL);
                sum[0][v] += splat(from[0]) * held;
                sum[1][v] += splat(from[in]) * held;
                sum[2][v] += splat(from[row]) * held;
                sum[3][v] += splat(from[row + in]) * held;
            }
        }
}

INLINE void sample_forward(const int wide, const size_t in, const struct conv *c, const float *x,
                           const float *w, const float *bias, size_t channel,
                           const struct tile_output *to)
{
    size_t out = (size_t)c->y.lanes;

    for (int i = 0; i < (c->x.h + 1) / 2; i++)
        for (int j = 0; j < (c->x.w + 1) / 2; j++) {
            vf sum[4][2];
            tile_forward(wide, x + (size_t)(2 * i) * c->x.row + (size_t)(2 * j) * in, c->x.row, in,
                         w + channel, out, sum);
            for (int v = 0; v < wide; v++) {
                size_t at = channel + (size_t)v * VL;
                vf four[4] = {sum[0][v], sum[1][v], sum[2][v], sum[3][v]};
                tile_store(to, i, j, at, four, load(bias + at));
            }
        }
}

void VARIANT(image_forward)(const struct conv *c, const float *weight, const float *bias,
                            const struct samples *s)
{
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * s->x_stride;
        struct tile_output to = {&c->y, s->y + (size_t)i * s->y_stride,
                                 s->winner + (size_t)i * s->winner_stride, c->relu, c->pool};
        size_t o = 0, lanes = (size_t)c->y.lanes;
        /* With one channel, a constant here, the tile's 16 pixels are loaded once for 36 uses. */
        for (; o + 2 * VL <= lanes && c->x.lanes == 1; o += 2 * VL)
            sample_forward(2, 1, c, x, weight, bias, o, &to);
        for (; o + 2 * VL <= lanes; o += 2 * VL)
            sample_forward(2, (size_t)c->x.lanes, c, x, weight, bias, o, &to);
        for (; o < lanes; o += VL)
            sample_forward(1, (size_t)c->x.lanes, c, x, weight, bias, o, &to);
    }
}

/* The gradient of tile (i, j)'s four pixels, VL channels from `at` on in y's memory. */
INLINE void tile_gradient(const struct conv *c, const float *y, const float *dy,
                          const uint8_t *winner, int i, int j, size_t channel, vf g[4])
{
    size_t lanes = (size_t)c->y.lanes;

    if (c->pool) {
        size_t at = c->y.first + (size_t)i * c->y.row + (size_t)j * lanes + channel;
        vi which = load_bytes(winner + ((size_t)i * (size_t)c->y.w + (size_t)j) * lanes + channel);
        vf d = load(dy + at);
        if (c->relu)
            d = pick_greater(load(y + at), (vf){0}, d, (vf){0});
        for (int q = 0; q < 4; q++)
            g[q] = keep_equal(which, (vi){0} + q, d);
        return;
    }
    for (int q = 0; q < 4; q++) {
        int row = 2 * i + q / 2, column = 2 * j + q % 2;
        size_t at = c->y.first + (size_t)row * c->y.row + (size_t)column * lanes + channel;
        g[q] = (vf){0};
        if (row >= c->y.h || column >= c->y.w)
            continue;
        g[q] = load(dy + at);
        if (c->relu)
            g[q] = pick_greater(load(y + at), (vf){0}, g[q], (vf){0});
    }
}

/* Adds one sample's gradient for VL output channels and input channel k. */
INLINE void sample_backward(const size_t in, const struct conv *c, const float *x, const float *y,
                            const float *dy, const uint8_t *winner, size_t channel, size_t k,
                            float *dw, float *db)
{
    size_t out = (size_t)c->y.lanes, row = c->x.row;
    /* A pool leaves an odd last row or column out; without one the tiles cover all. */
    int rows = c->pool ? c->y.h : (c->x.h + 1) / 2, columns = c->pool ? c->y.w : (c->x.w + 1) / 2;
    vf sum[9], bias = {0};

    for (size_t t = 0; t < 9; t++)
        sum[t] = (vf){0};
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            const float *from = x + (size_t)(2 * i) * row + (size_t)(2 * j) * in + k;
            vf g[4];
            tile_gradient(c, y, dy, winner, i, j, channel, g);
            bias += (g[0] + g[1]) + (g[2] + g[3]);
#pragma GCC unroll 9
            for (size_t t = 0; t < 9; t++) {
                const float *p = from + t / 3 * row + t % 3 * in;
                sum[t] += g[0] * splat(p[0]);
                sum[t] += g[1] * splat(p[in]);
                sum[t] += g[2] * splat(p[row]);
                sum[t] += g[3] * splat(p[row + in]);
            }
        }
    for (size_t t = 0; t < 9; t++) {
        float *to = dw + (t * in + k) * out + channel;
        store(to, load(to) + sum[t]);
    }
    if (k == 0)
        store(db + channel, load(db + channel) + bias);
}

void VARIANT(image_backward)(const struct conv *c, const struct samples *s, float *dw, float *db)
{
    if (!dw)
        return;
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * s->x_stride, *y = s->y + (size_t)i * s->y_stride;
        const float *dy = s->dy + (size_t)i * s->y_stride;
        const uint8_t *winner = s->winner + (size_t)i * s->winner_stride;
        for (size_t o = 0; o < (size_t)c->y.lanes; o += VL) {
            if (c->x.lanes == 1)
                sample_backward(1, c, x, y, dy, winner, o, 0, dw, db);
            for (size_t k = 0; k < (size_t)c->x.lanes && c->x.lanes > 1; k++)
                sample_backward((size_t)c->x.lanes, c, x, y, dy, winner, o, k, dw, db);
        }
    }
}
