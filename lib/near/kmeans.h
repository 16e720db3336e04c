/*
 * k-means: points parted into clusters, each with the points that are nearer to its mean than to
 * the mean of any other. The centres start by k-means++ (D. Arthur, S. Vassilvitskii, "k-means++:
 * The Advantages of Careful Seeding", SODA 2007), then Lloyd's rounds move them until no point
 * changes its cluster. Bounds on the distances to a point's own and to the second nearest centre
 * tell in most rounds that most points stay (G. Hamerly, "Making k-means Even Faster", SDM 2010).
 *
 * The result is that of Lloyd's rounds with every distance computed in double precision, whatever
 * the kernels and the number of threads; centres are rounded to single precision.
 */
#ifndef ROTPIPE_NEAR_KMEANS_H
#define ROTPIPE_NEAR_KMEANS_H

#include "near/search.h"

struct kmeans {
    const float *x; /* [n][d], finite; n at least 1, less than 2^31 */
    uint64_t n;
    size_t d;
    uint32_t k; /* clusters, at least 1, at most 2^16 */
    uint64_t seed;
    int rounds; /* after which it ends in any case */
    const struct near_kernels *kernels;
    struct team *team;
    void (*tell)(void *context, int rounds); /* after each round: how many are done; or NULL */
    void *context;
};

/*
 * cluster [n]: which one each point is in, by the lower number where two centres are as near;
 * centre [k][d]: their means. Returns the number of clusters, which all have points: k, or, if
 * fewer points are different, as many as these. -1 on error.
 */
int64_t kmeans(const struct kmeans *m, uint32_t *cluster, float *centre, struct error *e);

#endif
