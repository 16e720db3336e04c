/*
 * The graph of nearest neighbours as a symmetric matrix: how close each point is to which others.
 */
#ifndef ROTPIPE_NEAR_GRAPH_H
#define ROTPIPE_NEAR_GRAPH_H

#include "base/error.h"
#include "near/distance.h"

#include <stdint.h>

/* Row i has the edges first[i] to first[i + 1] - 1, by rising `to`, which is never i. */
struct near_graph {
    uint64_t n;
    uint64_t *first; /* [n + 1] */
    uint32_t *to;
    float *weight;  /* in (0, 1], the same in both directions */
    double *degree; /* [n]: the sum of a row's weights, above 0 */
    uint32_t *part; /* [n]: the first point of the connected part that a point is in */
};

/*
 * index, distance: [n][k], each point's k nearest others, the nearest first; k at least 1. The
 * weights are those of Calder et al. (ICML 2020), self-tuning: of point i to its neighbour j
 * exp(-4 d_ij^2 / d_ik^2), where d_ik is the distance of the k-th neighbour, then the mean of both
 * directions. With NEAR_COSINE the square of a distance is 1 - cos. 0 or -1; near_graph_free in
 * either case.
 */
int near_graph_make(struct near_graph *g, enum near_metric metric, const uint32_t *index,
                    const float *distance, uint64_t n, int k, struct error *e);
void near_graph_free(struct near_graph *g);

#endif
