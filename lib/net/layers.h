/*
 * The layers in plain C: what each computes, forward and backward, one sample at a time, nothing
 * clever. This is the reference that every faster kernel is tested against, itself tested against
 * finite differences and PyTorch.
 *
 * A tensor is [h,w,c], channels last, anywhere in memory; weights are reached by strides so that
 * one code serves every layout in net.h.
 */
#ifndef ROTPIPE_NET_LAYERS_H
#define ROTPIPE_NET_LAYERS_H

#include <stddef.h>
#include <stdint.h>

struct tensor {
    float *at; /* pixel (0, 0), channel 0 */
    int h, w, c;
    size_t row, pixel; /* floats from a row, a pixel, to the next; channels lie side by side */
};

/* Strides of a 3x3 convolution's weights: floats from one output channel, tap, input channel to
 * the next. Taps count row by row: tap 4 is the middle. */
struct taps {
    size_t out, tap, in;
};

/* y[i,j,o] = b[o] + sum over u, v, k of w[o,u,v,k] x[i+u-1, j+v-1, k], zero outside x. */
void conv_forward(const struct tensor *x, const float *w, struct taps t, const float *b,
                  struct tensor *y);
/* Adds the gradients by w and b (unless NULL) and, unless dx is NULL, sets dx. */
void conv_backward(const struct tensor *x, const float *w, struct taps t, const struct tensor *dy,
                   float *dw, float *db, struct tensor *dx);

/* y = max(x, 0), in place. The gradient passes where y > 0. */
void relu_forward(struct tensor *x);
void relu_backward(const struct tensor *y, struct tensor *dy);

/* y[i,j,k] = the largest of x[2i..2i+1, 2j..2j+1, k], the first of equals; winner [y.h][y.w]
 * [stride] tells which, 0 to 3. A NaN wins, as in PyTorch. */
void pool_forward(const struct tensor *x, struct tensor *y, uint8_t *winner, size_t stride);
/* Sets dx: dy where the winner was, zero elsewhere. */
void pool_backward(const struct tensor *dy, const uint8_t *winner, size_t stride,
                   struct tensor *dx);

/* y[o] = b[o] + sum over i of w[o,i] x[i]; w [out][in]. */
void dense_forward(const float *x, const float *w, const float *b, int in, int out, float *y);
/* Adds to dw, db (unless NULL); sets dx (unless NULL). */
void dense_backward(const float *x, const float *w, const float *dy, int in, int out, float *dw,
                    float *db, float *dx);

/*
 * Softmax and cross-entropy of one sample: returns -log softmax(logits)[label] and sets grad (may
 * be NULL) to scale * (softmax(logits) - onehot(label)).
 */
double softmax_cross_entropy(const float *logits, int classes, int label, float scale, float *grad);

#endif
