/* Euclidean and cosine distance. */
#include "near/distance.h"

#include <math.h>
#include <string.h>

const char *const near_metrics[] = {[NEAR_EUCLIDEAN] = "euclidean", [NEAR_COSINE] = "cosine", NULL};

/* Four sums side by side, in an order that is the same on every machine. */
typedef float four_floats __attribute__((vector_size(16)));
typedef double four __attribute__((vector_size(32)));

static double squared_difference(const float *a, const float *b, size_t d)
{
    four sum = {0};
    double rest = 0;
    size_t i = 0;

    for (; i + 4 <= d; i += 4) {
        four_floats p, q;
        four difference;
        memcpy(&p, a + i, sizeof p);
        memcpy(&q, b + i, sizeof q);
        difference = __builtin_convertvector(p, four) - __builtin_convertvector(q, four);
        sum += difference * difference;
    }
    for (; i < d; i++)
        rest += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum[0] + sum[1] + (sum[2] + sum[3]) + rest;
}

static double product(const float *a, const float *b, size_t d)
{
    four sum = {0};
    double rest = 0;
    size_t i = 0;

    for (; i + 4 <= d; i += 4) {
        four_floats p, q;
        memcpy(&p, a + i, sizeof p);
        memcpy(&q, b + i, sizeof q);
        sum += __builtin_convertvector(p, four) * __builtin_convertvector(q, four);
    }
    for (; i < d; i++)
        rest += (double)a[i] * b[i];
    return sum[0] + sum[1] + (sum[2] + sum[3]) + rest;
}

double near_length(const float *x, size_t d)
{
    return sqrt(product(x, x, d));
}

double near_distance_of(enum near_metric metric, const float *a, const float *b, size_t d,
                        double length_a, double length_b)
{
    double distance;

    if (metric == NEAR_EUCLIDEAN)
        return sqrt(squared_difference(a, b, d));
    if (length_a == 0 || length_b == 0)
        return length_a == length_b ? 0 : 1;
    distance = 1 - product(a, b, d) / (length_a * length_b);
    /* A few units of the last place are what rounding leaves of nothing. */
    return distance < 0x1p-49 ? 0 : distance;
}

double near_distance(enum near_metric metric, const float *a, const float *b, size_t d)
{
    return near_distance_of(metric, a, b, d, near_length(a, d), near_length(b, d));
}
