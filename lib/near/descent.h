/*
 * The k nearest neighbours of the points of a set among the others, nearly: by NN-descent (W. Dong,
 * M. Charikar, K. Li, "Efficient k-nearest neighbor graph construction for generic similarity
 * measures", WWW 2011). A neighbour of a neighbour is likely a neighbour: from a first guess, what
 * the leaves of some random projection trees have in common, each round compares the neighbours of
 * every point with each other, those that are new with all, until hardly any list changes.
 *
 * All lists of a round start from what they were before it, and hold the least of what they are
 * offered by distance and index, so the result is the same for any number of threads; and for all
 * kernels, since these only dismiss pairs that are certainly too far apart.
 */
#ifndef ROTPIPE_NEAR_DESCENT_H
#define ROTPIPE_NEAR_DESCENT_H

#include "near/search.h"

/*
 * As near_search, for s->others; s->query is not looked at. The distances are exact, those of some
 * points among the nearest may be missing. seed: of all that is drawn at random.
 */
int near_descent(const struct near_search *s, uint64_t seed, uint32_t *index, float *distance,
                 struct error *e);

/* True where the descent is quicker than near_search. */
int near_descent_pays(uint64_t n, size_t d, int k);

#endif
