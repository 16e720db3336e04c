/* Points centred and scaled for single precision, and bounds on what rounding does to them. */
#include "near/filter.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int filter_make(struct filter *f, const struct near_search *s, struct error *e)
{
    const float *x = s->base.x;

    *f = (struct filter){.metric = s->metric, .d = s->d, .m = s->d};
    if (s->metric == NEAR_COSINE)
        return 0;
    if (!(f->mean = calloc(s->d, sizeof *f->mean)))
        return error_memory(e, "neighbours");
    for (uint64_t p = 0; p < s->base.n; p++, x += s->d)
        for (size_t i = 0; i < s->d; i++)
            f->mean[i] += x[i];
    for (size_t i = 0; i < s->d; i++)
        f->mean[i] /= (double)s->base.n;
    return 0;
}

void filter_free(struct filter *f)
{
    free(f->mean);
    f->mean = NULL;
}

double filter_point(const struct filter *f, const float *x, float *y)
{
    if (f->metric == NEAR_COSINE) {
        double length = near_length(x, f->d), scale = length > 0 ? 1 / length : 0;
        for (size_t i = 0; i < f->d; i++)
            y[i] = (float)(x[i] * scale);
    } else {
        for (size_t i = 0; i < f->d; i++)
            y[i] = (float)(x[i] - f->mean[i]);
    }
    return near_length(y, f->m);
}

/*
 * Sums of m products and a few terms more in single precision are off by less than (m + 8) u times
 * the sum of the terms' sizes, which is at most reach^2; so are the roundings of the coordinates,
 * by 4 u. (N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1.)
 */
double filter_margin(const struct filter *f, double reach)
{
    double terms = (double)f->m + 16;

    return terms * (1.1 * FLT_EPSILON / 2 * reach * reach + 4 * FLT_MIN);
}

double filter_squared(const struct filter *f, double distance)
{
    return f->metric == NEAR_COSINE ? 2 * distance : distance * distance;
}
