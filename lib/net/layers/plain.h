/*
 * Layers in plain C that others' operations cover too: what each computes, forward and backward,
 * one sample at a time, nothing clever. They are in conv.c, relu.c, pool.c and dense.c; every
 * faster kernel is tested against them, themselves tested against finite differences and PyTorch.
 *
 * A view is of one sample's [h,w,c], channels last, anywhere in memory; weights are reached by
 * strides so that one code serves every layout in kernels.h.
 */
#ifndef ROTPIPE_NET_LAYERS_PLAIN_H
#define ROTPIPE_NET_LAYERS_PLAIN_H

#include "net/operation.h"

#include <stddef.h>
#include <stdint.h>

struct view {
    float *at; /* pixel (0, 0), channel 0 */
    int h, w, c;
    size_t row, pixel; /* floats from a row, a pixel, to the next; channels lie side by side */
};

/* The pixels of a sample without its border, all lanes. */
static inline struct view view_of(const struct layout *l, const float *sample)
{
    return (struct view){
        (float *)sample + l->first, l->h, l->w, l->lanes, l->row, (size_t)l->lanes};
}

static inline float *view_pixel(const struct view *v, int i, int j)
{
    return v->at + (size_t)i * v->row + (size_t)j * v->pixel;
}

/* Makes all of its channels zero. */
void plain_zero(struct view *v);

/* A convolution's kernel, its pixels or "taps" counted row by row; and floats from one output
 * channel, tap, input channel of the weights to the next. */
struct taps {
    int kernel, stride;
    size_t out, tap, in;
};

/* y[i,j,o] = b[o] + sum over u, v, k of w[o,u,v,k] x[s i + u - m, s j + v - m, k], zero outside x,
 * with s the stride and m = (kernel - 1) / 2. b: or NULL. */
void plain_conv_forward(const struct view *x, const float *w, struct taps t, const float *b,
                        struct view *y);
/* Adds the gradients by w and b (unless NULL) and, unless dx is NULL, sets dx. */
void plain_conv_backward(const struct view *x, const float *w, struct taps t, const struct view *dy,
                         float *dw, float *db, struct view *dx);

/* y = max(x, 0), in place. The gradient passes where y > 0. */
void plain_relu_forward(struct view *x);
void plain_relu_backward(const struct view *y, struct view *dy);

/* y[i,j,k] = the largest of x[2i..2i+1, 2j..2j+1, k], the first of equals; winner [y.h][y.w]
 * [stride] tells which, 0 to 3. A NaN wins, as in PyTorch. */
void plain_pool_forward(const struct view *x, struct view *y, uint8_t *winner, size_t stride);
/* Sets dx: dy where the winner was, zero elsewhere. */
void plain_pool_backward(const struct view *dy, const uint8_t *winner, size_t stride,
                         struct view *dx);

/* y[o] = b[o] + sum over i of w[o,i] x[i]; w [out][in]. */
void plain_dense_forward(const float *x, const float *w, const float *b, int in, int out, float *y);
/* Adds to dw, db (unless NULL); sets dx (unless NULL). */
void plain_dense_backward(const float *x, const float *w, const float *dy, int in, int out,
                          float *dw, float *db, float *dx);

#endif
