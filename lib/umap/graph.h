/*
 * The fuzzy graph of neighbours.
 */
#ifndef ROTPIPE_UMAP_GRAPH_H
#define ROTPIPE_UMAP_GRAPH_H

#include "base/error.h"

#include <stdint.h>

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

#endif
