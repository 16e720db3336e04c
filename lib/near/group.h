/*
 * A few points, all compared with each other: what both a leaf of a tree and the neighbours of one
 * point come down to. As in the exact search, most pairs are dismissed in single precision, and
 * only distances in double precision enter the lists, so these are the same with all kernels.
 */
#ifndef ROTPIPE_NEAR_GROUP_H
#define ROTPIPE_NEAR_GROUP_H

#include "near/filter.h"
#include "near/lists.h"

struct group_scratch; /* one thread's memory */

struct groups {
    const struct near_search *s;
    struct lists *lists;
    struct filter filter;
    float *shift;        /* [d], which is taken from all points; then they are */
    float *scale;        /* scaled: [n]; NULL for NEAR_EUCLIDEAN */
    double *length;      /* [n] of points shifted and scaled */
    double *true_length; /* [n] of points as they are; NULL for NEAR_EUCLIDEAN */
    int most;            /* points of a group */
    struct group_scratch *scratch;
};

/* lists stay the caller's. 0 or -1; groups_free in either case. */
int groups_make(struct groups *g, const struct near_search *s, struct lists *lists, int most,
                struct error *e);
void groups_free(struct groups *g);

/*
 * Offers to the lists all pairs of the n points, which are different and at most `most`, that have
 * one of the first `fresh` of them. From any thread of the team.
 */
void group_compare(struct groups *g, int thread, const uint32_t *point, int fresh, int n);

#endif
