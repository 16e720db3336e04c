/*
 * Nets that have a name, which is as good as their string.
 */
#ifndef ROTPIPE_NET_NAMED_H
#define ROTPIPE_NET_NAMED_H

#include "net/net.h"

#include <stdio.h>

struct named_net {
    const char *name;
    const char *text;
    const char *about; /* what it is, in one line */
};

/* Net i, NULL past the last. */
const struct named_net *named_net(int i);

/* The string of the net that is called so; or the text itself, which is one. */
const char *net_expand(const char *text);

/* Trained numbers of a net, and the products of one image's forward run, computed directly. */
uint64_t net_weights(const struct net *n);
uint64_t net_multiply_adds(const struct net *n);

/* Prints what a net string may consist of, a line for each kind of layer; and the nets that have a
 * name, with these two numbers for images of 28 x 28 x 1 and 10 classes. */
void net_list(FILE *to);

#endif
