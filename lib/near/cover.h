/*
 * How far each point of a set is from the nearest of some centres, which come one after the other:
 * what both k-means++ and the farthest-first traversal go by. Distances are Euclidean, in double
 * precision by near/distance.h, so they are the same for all kernels and any number of threads.
 */
#ifndef ROTPIPE_NEAR_COVER_H
#define ROTPIPE_NEAR_COVER_H

#include "near/search.h"

struct cover {
    const float *x; /* [n][d], finite; the caller's */
    uint64_t n;
    size_t d;
    struct team *team;
    double *far;       /* [n]: distance to the nearest centre; INFINITY until there is one */
    uint32_t *nearest; /* [n]: which centre that is, of several the one that came first */
    uint32_t centres;
    /* private to cover.c */
    uint32_t room;
    const float **centre;
    double *apart;     /* [room]: from each centre to the newest */
    double *sum;       /* of each block of points: their squared distances, */
    uint64_t *longest; /* and the farthest of them */
};

/*
 * Makes a cover without centres of the n points, more than none and less than 2^31; most: centres
 * that it may get. 0 or -1; cover_free in either case.
 */
int cover_make(struct cover *c, const float *x, uint64_t n, size_t d, uint32_t most,
               struct team *team, struct error *e);
void cover_free(struct cover *c);

/* The first centres, many at once; x [n][d] must outlive the cover. 0 or -1. */
int cover_begin(struct cover *c, const float *x, uint32_t n, const struct near_kernels *kernels,
                struct error *e);

/* One centre more, [d], which must outlive the cover. */
void cover_add(struct cover *c, const float *centre);

/* With centres: the point that is farthest from all of them; of several the first. */
uint64_t cover_farthest(const struct cover *c);

/*
 * With centres: the sum of all squared distances; and the point at which the sum of the squared
 * distances, from the first point on, passes `at`, which is at least 0 and below the total. So a
 * point is drawn with a probability in proportion to its squared distance; none that is a centre.
 */
double cover_total(const struct cover *c);
uint64_t cover_draw(const struct cover *c, double at);

#endif
