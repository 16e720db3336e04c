/*
 * The filters of a convolution as pictures of 3 x 3 pixels.
 */
#ifndef ROTPIPE_MODEL_FILTERS_H
#define ROTPIPE_MODEL_FILTERS_H

#include "net/net.h"

enum { FILTERS_TAPS = 9, FILTERS_RGB = 3 };

/*
 * A convolution on three channels has one picture for each filter, whose channels lie side by side.
 * Any other convolution has one picture for each filter and input channel.
 */
struct filters {
    uint64_t n;    /* pictures */
    int rgb;       /* the pictures have three channels */
    size_t stride; /* floats of a picture: FILTERS_TAPS, or FILTERS_TAPS * FILTERS_RGB */
    float *weight; /* [n][stride] */
};

/*
 * Copies the weights of a convolution of n from its parameters. 0 or -1 (out of
 * memory); filters_free in either case.
 */
int filters_take(struct filters *f, const struct net *n, int layer, const float *parameters,
                 struct error *e);
void filters_free(struct filters *f);

#endif
