/*
 * The parameters that train: stretches of the parameter vector, which a vector of their gradients
 * or moments has one after the other. What is frozen is in none of them, and costs no memory.
 */
#ifndef ROTPIPE_TRAIN_SPANS_H
#define ROTPIPE_TRAIN_SPANS_H

#include "net/net.h"

struct span {
    size_t at, to,
        n; /* from this parameter, and this float of a vector of those that train; how many */
};

struct spans {
    size_t count;             /* floats of such a vector */
    size_t to[NET_SLOTS_MAX]; /* as slots_trained has it */
    int n;
    struct span span[NET_SLOTS_MAX];
};

void spans_find(struct spans *s, const struct net *n);

/* True if frozen layers are the same in both vectors. */
int spans_frozen_equal(const struct net *n, const float *a, const float *b);

#endif
