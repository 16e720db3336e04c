/*
 * Random projection trees (S. Dasgupta, Y. Freund, "Random projection trees and low dimensional
 * manifolds", STOC 2008): the points are parted in two again and again, each time along the line
 * through two of them drawn at random, so that near points mostly end in the same leaf.
 */
#ifndef ROTPIPE_NEAR_TREES_H
#define ROTPIPE_NEAR_TREES_H

#include "near/search.h"

struct trees {
    uint64_t n;
    int count;
    uint32_t *order; /* [count][n]: the points of each tree, leaf after leaf */
    /* private to trees.c */
    int leaf;         /* points of a leaf, at most */
    uint64_t most;    /* leaves of a tree, at most */
    uint64_t *end;    /* [count][most]: of each leaf, in its tree's order */
    uint64_t *leaves; /* [count]: how many */
};

/*
 * Trees of which no leaf has more than `leaf` points, or, if n is above that, less than a third as
 * many, rounded down. scale: NULL, or [n], what points are multiplied by. leaf: at least 3. 0 or
 * -1; trees_free in either case.
 */
int trees_make(struct trees *t, const struct near_search *s, const float *scale, int count,
               int leaf, uint64_t seed, struct error *e);
void trees_free(struct trees *t);

/* The leaves of all trees; leaf i of them, returning how many points it has. */
uint64_t trees_leaves(const struct trees *t);
int trees_leaf(const struct trees *t, uint64_t i, const uint32_t **point);

#endif
