/*
 * The convolution on the input image: one or three channels in, so the vectors run over the
 * output channels and a pixel is broadcast; weights [9][in][out].
 */
#include "net/kernels/tile.h"
#include "net/kernels/variant.h"

#include <string.h>

/*
 * One 2x2 tile of output for `wide` vectors of output channels. x: the rows of its 4x4 patch; w:
 * the weights of a tap and input channel, `step` floats from those of the next.
 */
INLINE void tile_forward(const int wide, const float *const x[4], const size_t in, const float *w,
                         const size_t step, vf sum[2][4])
{
    for (int v = 0; v < wide; v++)
        for (int q = 0; q < 4; q++)
            sum[v][q] = (vf){0};
    for (size_t k = 0; k < in; k++) {
        UNROLL
        for (size_t t = 0; t < 9; t++) {
            const float *upper = x[t / 3] + t % 3 * in + k, *lower = x[t / 3 + 1] + t % 3 * in + k;
            UNROLL
            for (int v = 0; v < wide; v++) {
                vf held = load(w + (t * in + k) * step + (size_t)v * VL);
                sum[v][0] = multiply_add(splat(upper[0]), held, sum[v][0]);
                sum[v][1] = multiply_add(splat(upper[in]), held, sum[v][1]);
                sum[v][2] = multiply_add(splat(lower[0]), held, sum[v][2]);
                sum[v][3] = multiply_add(splat(lower[in]), held, sum[v][3]);
            }
        }
    }
}

/* One sample, `wide` vectors of channels from `channel` on. */
INLINE void sample_forward(const int wide, const size_t in, const struct conv *c, const float *x,
                           const float *w, const size_t step, const float *bias, size_t channel,
                           const struct tile_output *to)
{
    for (int i = 0; i < (c->x.h + 1) / 2; i++) {
        const float *row = x + (size_t)(2 * i) * c->x.row;
        for (int j = 0; j < (c->x.w + 1) / 2; j++, row += 2 * in) {
            const float *patch[4] = {row, row + c->x.row, row + 2 * c->x.row, row + 3 * c->x.row};
            vf sum[2][4];
            tile_forward(wide, patch, in, w, step, sum);
            UNROLL
            for (int v = 0; v < wide; v++)
                tile_store(to, i, j, channel + (size_t)v * VL, sum[v],
                           bias ? load(bias + channel + (size_t)v * VL) : (vf){0});
        }
    }
}

/* All samples, `wide` vectors of channels from `channel` on. */
INLINE void channels_forward(const int wide, const struct conv *c, const float *weight,
                             const float *bias, const struct samples *s, size_t channel)
{
    const size_t step = 2 * VL;
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    float held[9 * 2 * VL];

    /* With one input channel the weights in use lie densely, at offsets that are constants. */
    for (size_t t = 0; t < 9 && in == 1; t++)
        memcpy(held + t * step, weight + t * out + channel, (size_t)wide * sizeof(vf));
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * s->x_stride;
        struct tile_output to = {&c->y, s->y + (size_t)i * s->y_stride,
                                 s->kept + (size_t)i * s->kept_stride, c->relu, c->pool};
        if (in == 1)
            sample_forward(wide, 1, c, x, held, step, bias, channel, &to);
        else
            sample_forward(wide, in, c, x, weight + channel, out, bias, channel, &to);
    }
}

void VARIANT(image_forward)(const struct conv *c, const float *weight, const float *bias,
                            const struct samples *s)
{
    size_t o = 0, lanes = (size_t)c->y.lanes;

    for (; o + 2 * VL <= lanes; o += 2 * VL)
        channels_forward(2, c, weight, bias, s, o);
    for (; o < lanes; o += VL)
        channels_forward(1, c, weight, bias, s, o);
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
            UNROLL
            for (size_t t = 0; t < 9; t++) {
                const float *p = from + t / 3 * row + t % 3 * in;
                sum[t] = multiply_add(g[0], splat(p[0]), sum[t]);
                sum[t] = multiply_add(g[1], splat(p[in]), sum[t]);
                sum[t] = multiply_add(g[2], splat(p[row]), sum[t]);
                sum[t] = multiply_add(g[3], splat(p[row + in]), sum[t]);
            }
        }
    for (size_t t = 0; t < 9; t++) {
        float *to = dw + (t * in + k) * out + channel;
        store(to, load(to) + sum[t]);
    }
    if (k == 0 && db)
        store(db + channel, load(db + channel) + bias);
}

void VARIANT(image_backward)(const struct conv *c, const struct samples *s, float *dw, float *db)
{
    if (!dw)
        return;
    for (int i = 0; i < s->n; i++) {
        const float *x = s->x + (size_t)i * s->x_stride, *y = s->y + (size_t)i * s->y_stride;
        const float *dy = s->dy + (size_t)i * s->y_stride;
        const uint8_t *winner = s->kept + (size_t)i * s->kept_stride;
        for (size_t o = 0; o < (size_t)c->y.lanes; o += VL) {
            if (c->x.lanes == 1)
                sample_backward(1, c, x, y, dy, winner, o, 0, dw, db);
            for (size_t k = 0; k < (size_t)c->x.lanes && c->x.lanes > 1; k++)
                sample_backward((size_t)c->x.lanes, c, x, y, dy, winner, o, k, dw, db);
        }
    }
}
