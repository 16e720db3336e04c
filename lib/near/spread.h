/*
 * Labels of a few points of a neighbour graph spread to all others, by one of two methods. With the
 * weights W, the degrees D and S = D^-1/2 W D^-1/2:
 *
 *   spreading  F = alpha S F + (1 - alpha) Y, with Y 1 for a labelled point and its class (D. Zhou
 *              et al., "Learning with Local and Global Consistency", NIPS 2003);
 *   poisson    (D - W) U = Y - the mean label, at the labelled points, and 0 elsewhere, with the
 *              mean of U, weighted by D, 0 (J. Calder et al., "Poisson Learning: Graph Based
 *              Semi-Supervised Learning at Very Low Label Rates", ICML 2020).
 *
 * Both are solved by conjugate gradients. Each connected part of the graph is by itself: the mean
 * label is that of the part, and a class that has no label there reaches none of its points.
 */
#ifndef ROTPIPE_NEAR_SPREAD_H
#define ROTPIPE_NEAR_SPREAD_H

#include "base/threads.h"
#include "near/graph.h"

enum spread_method { SPREAD_POISSON, SPREAD_SPREADING };

/* What they are called; ends with NULL. */
extern const char *const spread_methods[];

struct spread {
    const struct near_graph *graph;
    enum spread_method method;
    double alpha;        /* of SPREAD_SPREADING: above 0, below 1 */
    uint64_t labelled;   /* at least 1: the first points of the graph have labels, */
    const uint32_t *own; /* [labelled] each below classes */
    uint32_t classes;    /* at least 1 */
    struct team *team;
    void (*tell)(void *context, uint64_t steps); /* now and then: steps done; or NULL */
    void *context;
};

/*
 * score: [n][classes], the higher the likelier; -INFINITY where no label of the class reaches the
 * point. The same for any number of threads. 0, or -1: memory, or equations that 10,000 steps do
 * not solve.
 */
int spread_solve(const struct spread *s, double *score, struct error *e);

#endif
