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

#include "base/error.h"
#include "base/threads.h"

#include <stddef.h>
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

/*
 * The curve 1 / (1 + a x^(2b)) by least squares on 300 points of [0, 3 spread], where 1 is wanted
 * up to min_dist and exp(-(x - min_dist) / spread) beyond (section 3.2, definition 11).
 */
void umap_curve(double min_dist, double spread, double *a, double *b);

/* A symmetric graph: row i has the edges first[i] to first[i + 1] - 1, by rising `to`. */
struct umap_graph {
    uint32_t n;
    uint64_t *first; /* [n + 1] */
    uint32_t *to;
    float *weight; /* in (0, 1] */
};

/*
 * The fuzzy union of all points' neighbourhoods (algorithms 2 and 3). index, distance: [n][k], each
 * point's k nearest others, the nearest first. 0 or -1; freed by umap_graph_free in either case.
 */
int umap_graph_make(struct umap_graph *g, const uint32_t *index, const float *distance, uint32_t n,
                    int k, struct error *e);

/*
 * Takes out the edges too weak to be drawn in so many epochs; up to 10 epochs, those too weak for
 * the default number, since the start needs more of the graph than so few would leave.
 */
void umap_graph_prune(struct umap_graph *g, int epochs);
void umap_graph_free(struct umap_graph *g);

/*
 * Where the points start (algorithm 4): the eigenvectors of the normalized Laplacian that belong to
 * its smallest eigenvalues but the first, by Lanczos' method with full orthogonalization, at most
 * 300 steps, and again orthogonally to those found until all are found; scaled to [0, 10] with a
 * little noise; random where n is not above dims + 1. A graph of several parts is tied together
 * first: from each part to the one before it, by a weak edge between the first points of both. x:
 * [n][dims]. 0 or -1.
 */
int umap_spectral(const struct umap_graph *g, int dims, uint64_t seed, struct team *team, float *x,
                  struct error *e);

/* Told now and then how many epochs are done. */
typedef void umap_tell(void *context, int epochs);

/*
 * The descent (algorithm 5) on x: [n][dims], from where the points are. The points of an epoch are
 * taken in UMAP_SLICES slices, one after the other; within a slice each is moved by itself, the
 * others standing where they were before the slice: so the result is the same for any number of
 * threads, whatever the order in which they take the points. 0 or -1.
 */
enum { UMAP_SLICES = 16 };
int umap_descend(const struct umap_graph *g, const struct umap_options *o, double a, double b,
                 struct team *team, float *x, umap_tell *tell, void *context, struct error *e);

#endif
