/*
 * What is to be done to run a net: its layers as operations on tensors, and where each tensor lies
 * in the memory that a group of samples needs, its workspace.
 */
#ifndef ROTPIPE_NET_PLAN_H
#define ROTPIPE_NET_PLAN_H

#include "net/net.h"
#include "net/operation.h"

enum { PLAN_GROUP = 8, PLAN_OPERATIONS_MAX = NET_LAYERS_MAX + 1 };

/* What an operation writes and others read; tensor 0 is the image. */
struct tensor {
    struct extent extent;
    int lanes;  /* floats of a pixel */
    int border; /* width that its readers want */
    struct layout layout;
    int readers;         /* that train or pass gradients on */
    size_t at, gradient; /* floats from a workspace's begin: PLAN_GROUP samples each; may be one */
    int has_gradient;    /* in training: something before it trains */

    /* What is set and read in one segment needs no place in a workspace: `at`, or `gradient`, is in
     * the thread's own memory. */
    int passes, gradient_passes;
    int again; /* and is set again before it is read on the way back */
};

struct plan {
    const struct net *net;
    const struct kernels *kernels;
    int training;
    int operations;
    struct operation operation[PLAN_OPERATIONS_MAX];
    int tensors;
    struct tensor tensor[PLAN_OPERATIONS_MAX + 1];
    int after[NET_LAYERS_MAX + 1]; /* the tensor behind a layer, where that is not covered */
    int first;                     /* the first operation that trains; operations if none does */
    int start;        /* the first that trains or draws: what is before it is a constant function */
    size_t gradients; /* floats of a vector of gradients, laid out as slots_trained says */
    size_t packed;    /* floats of all operations' packed parameters */
    size_t kept_at;   /* floats from a workspace's begin, from where operations count bytes */
    size_t workspace; /* floats */
    size_t scratch;   /* floats that a thread needs, */
    size_t spare;     /* and behind these, for gradients that are to be added to others, */
    size_t passing;   /* and what needs no workspace */

    /*
     * Operations that take the whole batch cut the plan into segments: in training one of them is
     * run for all groups before the next begins. Operation cut[i] is the first of segment i + 1.
     */
    int cuts, cut[PLAN_OPERATIONS_MAX];
    size_t sums;   /* doubles that such an operation gathers, at most */
    size_t shared; /* floats of all of them */
};

/* Fills p. training: layers that are not frozen train. */
void plan_make(struct plan *p, const struct net *n, const struct kernels *k, int training);

/* Whether operations from `from` on read nothing from before it but the input of that one: with
 * this input alone they can be run. */
int plan_starts_at(const struct plan *p, int from);

/* ---- for `lower` of layer.h ---- */

/* Adds the operation of layer `at`, which covers those up to `last`, on what the one before has
 * written. */
struct operation *plan_add(struct plan *p, int at, int last);

/* Layer `at` needs no operation: what is before it is behind it, too. */
void plan_pass(struct plan *p, int at);

/* The operation, whose layer ends a residual block, reads what is before the block, too. */
void plan_read_skip(struct plan *p, struct operation *o);

/* Whether in evaluation layer `at` can be folded into an operation before it; and makes it so. */
int plan_can_fold(const struct plan *p, int at);
void plan_fold(struct plan *p, struct operation *o, int at);

/* The operation reads its input with a border of this width. */
void plan_want_border(struct plan *p, const struct operation *o, int width);

#endif
