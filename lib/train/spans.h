/*
 * The parameters that train: stretches of the parameter vector, which a vector of their gradients
 * or moments has one after the other. What is frozen is in none of them, and costs no memory.
 */
#ifndef ROTPIPE_TRAIN_SPANS_H
#define ROTPIPE_TRAIN_SPANS_H

#include "net/net.h"

struct span {
    size_t at, to; /* from this parameter, and this float of a vector of those that train */
    size_t n;
    float lr_scale; /* of the learning rate */
    int decays;     /* weight decay touches them */
};

struct spans {
    size_t count;             /* floats of such a vector */
    size_t to[NET_SLOTS_MAX]; /* as slots_trained has it */
    int n;
    struct span span[NET_SLOTS_MAX];
};

/*
 * lr_scale: of each layer, or NULL: 1 for all. weights_only: weight decay touches weights, and
 * neither biases nor what a normalization learns.
 */
void spans_find(struct spans *s, const struct net *n, const float *lr_scale, int weights_only);

/*
 * Reads "LAYER=X,LAYER=X": the learning rate's scale of each layer of n, from 0 to 1000; 1 for
 * those that are not named. text: NULL is "". 0 or -1.
 */
int spans_parse_scales(const char *text, const struct net *n, float *lr_scale, struct error *e);

/* True if frozen layers are the same in both vectors. */
int spans_frozen_equal(const struct net *n, const float *a, const float *b);

#endif
