/*
 * UMAP: points of many dimensions laid out in few, so that neighbours stay neighbours.
 * L. McInnes, J. Healy, J. Melville, "UMAP: Uniform Manifold Approximation and Projection for
 * Dimension Reduction", arXiv:1802.03426, 2018; parameters and their defaults as in umap-learn.
 *
 *     neighbours (lib/near) -> graph.c: a weight for each pair -> spectral.c: where the points
 * start
 *     -> layout.c: stochastic gradient descent, with the curve that curve.c has fitted
 */
#ifndef ROTPIPE_UMAP_UMAP_H
#define ROTPIPE_UMAP_UMAP_H

#include <stdint.h>

enum { UMAP_DIMS_MAX = 64 };

struct umap_options {
    int neighbors; /* with the point itself, as umap-learn counts */
    int dims;      /* of the layout */
    double min_dist, spread;
    int epochs; /* 0: 500 up to 10,000 points, 200 for more */
    int negatives;
    double lr;
    uint64_t seed;
};

/* 15 neighbours, 2 dimensions, min_dist 0.1, spread 1, 5 negative samples, learning rate 1. */
struct umap_options umap_defaults(void);

/* The epochs for n points. */
int umap_epochs(const struct umap_options *o, uint64_t n);

#endif
