/*
 * The start of a layout.
 */
#ifndef ROTPIPE_UMAP_SPECTRAL_H
#define ROTPIPE_UMAP_SPECTRAL_H

#include "base/threads.h"
#include "umap/graph.h"

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

#endif
