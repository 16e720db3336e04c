/*
 * Points made ready for the search: where they are short, so that their squares and products are
 * small beside what rounding does to them, and the squared distance of two is never more, but for
 * rounding, than what orders neighbours: their squared distance, or 2 - 2 cos.
 */
#ifndef ROTPIPE_NEAR_FILTER_H
#define ROTPIPE_NEAR_FILTER_H

#include "near/search.h"

struct filter {
    enum near_metric metric;
    size_t d;     /* numbers of a point */
    size_t m;     /* of what it becomes */
    double *mean; /* [d], of the base points; NULL for NEAR_COSINE */
};

int filter_make(struct filter *f, const struct near_search *s, struct error *e);
void filter_free(struct filter *f);

/* What x becomes: y [m]. Returns its length. */
double filter_point(const struct filter *f, const float *x, float *y);

/*
 * How much smaller than the true value a squared distance can come out that is computed in single
 * precision as aa - 2 ab + bb; reach: the sum of the lengths of a and b, or more.
 */
double filter_margin(const struct filter *f, double reach);

/* What a squared distance of filtered points is at most if the distance is at most this. */
double filter_squared(const struct filter *f, double distance);

#endif
