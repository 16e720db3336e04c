/*
 * Facility location on a neighbour graph: the points from which labels reach all others best.
 *
 * A label at point j reaches point i by
 *
 *   r_ij = sum over t from 0 to 30 of (0.9^t S^t)_ij, with S of near/spread.h,
 *
 * the series of label spreading (D. Zhou et al., "Learning with Local and Global Consistency", NIPS
 * 2003), cut where its factor is below 0.05. What a set of points is worth is the sum over all i of
 * the most by which i is reached from one of them. Points are chosen one by one, always the one
 * that adds most: the greedy algorithm (G. Cornuejols, M. L. Fisher, G. L. Nemhauser, "Location of
 * Bank Accounts to Optimize Float", Management Science, 1977), which comes to 63 % of the best
 * set's worth at least. What a point adds never rises when others are chosen; so only the points
 * that added most when they were last asked are asked again (M. Minoux, 1978).
 */
#ifndef ROTPIPE_NEAR_FACILITY_H
#define ROTPIPE_NEAR_FACILITY_H

#include "base/threads.h"
#include "near/graph.h"

struct facility {
    const struct near_graph *graph;
    uint64_t labelled; /* the first points are there already, and are not chosen */
    uint64_t count;    /* at most the others */
    struct team *team;
    void (*tell)(void *context, uint64_t got); /* of the points chosen so far; or NULL */
    void *context;
};

/*
 * chosen [count]: points of the graph, the one that adds most first; of equals the first. The same
 * for any number of threads. 0, or -1: memory.
 */
int facility_choose(const struct facility *f, uint64_t *chosen, struct error *e);

#endif
