/*
 * The k nearest neighbours of points, exactly: what comparing every pair in double precision would
 * give, but faster. Nearly all pairs are dismissed by a product of matrices in single precision,
 * from which a distance follows that is certainly not too large: the exact distance, less what
 * rounding can have added. Only what is left is compared exactly, so neighbours and distances are
 * the same whatever the kernels and the number of threads.
 */
#ifndef ROTPIPE_NEAR_SEARCH_H
#define ROTPIPE_NEAR_SEARCH_H

#include "base/error.h"
#include "base/threads.h"
#include "near/distance.h"
#include "near/kernels.h"

struct near_set {
    const float *x; /* [n][d], finite */
    uint64_t n;     /* less than 2^31 */
};

struct near_search {
    enum near_metric metric;
    size_t d;
    struct near_set base, query;
    int k;      /* at least 1, at most base.n, or base.n - 1 with `others` */
    int others; /* query is base, and no point is its own neighbour */
    const struct near_kernels *kernels;
    struct team *team;
    void (*tell)(void *context, uint64_t done); /* now and then: queries done; or NULL */
    void *context;
};

/*
 * index, distance: [query.n][k], the nearest first; of points at the same distance the one of the
 * lower index comes first, and is taken first.
 */
int near_search(const struct near_search *s, uint32_t *index, float *distance, struct error *e);

#endif
