/*
 * Which of many points without labels are worth labelling first, where only few can be.
 *
 * Typical ones of all kinds (TypiClust; G. Hacohen, A. Dekel, D. Weinshall, "Active Learning on a
 * Budget: Opposite Strategies Suit High and Low Budgets", ICML 2022): k-means parts the points into
 * clusters, as many as points are wanted and have labels already, but no more than 500. The
 * clusters come one after the other, without labelled points before with, then the largest first,
 * but those of fewer than 5 points last. Of each the most typical point is chosen: the one with the
 * least mean distance to its min(20, points of the cluster - 1) nearest neighbours in the cluster.
 * Where more are wanted than there are clusters, they come again, with the next typical point.
 *
 * Or centres (O. Sener, S. Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set
 * Approach", ICLR 2018; T. F. Gonzalez, 1985): always the point that is farthest from all that are
 * chosen or have labels; without any of these the first is the point nearest to the mean of all.
 *
 * Or facility location (near/facility.h): always the point from which labels reach most that others
 * do not, on the graph of each point's 10 nearest neighbours.
 */
#ifndef ROTPIPE_NEAR_PICK_H
#define ROTPIPE_NEAR_PICK_H

#include "near/search.h"

enum pick_method { PICK_TYPICAL, PICK_CENTRES, PICK_FACILITY };

/* What they are called; ends with NULL. */
extern const char *const pick_methods[];

enum { PICK_CLUSTERS_MAX = 500, PICK_CLUSTER_LEAST = 5, PICK_NEIGHBOURS = 20, PICK_EDGES = 10 };

struct pick {
    float *x; /* [n][d], finite; they are moved, and scaled */
    uint64_t n;
    size_t d;
    uint64_t labelled; /* the first of them have labels, and are not chosen; nor is their like */
    /* With NEAR_COSINE points are scaled to the length 1 first, but for those that are all zero. */
    enum near_metric metric;
    enum pick_method method;
    uint64_t count;
    uint64_t seed; /* of k-means */
    const struct near_kernels *kernels;
    struct team *team;
    /* Rounds of k-means, or points of facility location, and how many there can be; or NULL. */
    void (*tell)(void *context, uint64_t done, uint64_t most);
    void *context;
};

/*
 * chosen [count]: the points that are worth most, these first, numbered from 0 behind the labelled
 * ones. Fewer points than count, without the labelled and their like, are an error. 0 or -1.
 */
int pick(struct pick *p, uint64_t *chosen, struct error *e);

#endif
