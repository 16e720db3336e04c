/* Gamma variates by their logarithms, which do not underflow, and shares of them. */
#include "base/beta.h"

#include <math.h>

#define LN2 0.693147180559945309417
#define LN2_HIGH 0x1.62e42fee00000p-1 /* its first 32 bits: times a small integer it is exact */
#define LN2_LOW 0x1.a39ef35793c76p-33

enum { LOG_TERMS = 12, EXP_TERMS = 14 };

/* Of x > 0: of its mantissa m, from 1/sqrt(2) to sqrt(2), by the series of 2 artanh((m-1)/(m+1)).
 */
static double log_of(double x)
{
    int exponent;
    double m = frexp(x, &exponent), s, sum = 0;

    if (m < 0.70710678118654752440) {
        m *= 2;
        exponent--;
    }
    s = (m - 1) / (m + 1);
    for (int k = LOG_TERMS - 1; k >= 0; k--)
        sum = sum * (s * s) + 1.0 / (2 * k + 1);
    return exponent * LN2 + 2 * s * sum;
}

/* Of -700 to 700: 2^n times the series of what is left. */
static double exp_of(double x)
{
    double n = floor(x / LN2 + 0.5), rest = x - n * LN2_HIGH - n * LN2_LOW, sum = 1;

    for (int k = EXP_TERMS; k > 0; k--)
        sum = 1 + sum * rest / k;
    return ldexp(sum, (int)n);
}

/* Above 0 and below 1. */
static double uniform(struct rng *r)
{
    uint64_t high = rng_u32(r) >> 6;
    uint64_t low = rng_u32(r) >> 6;

    return ((double)(high << 26 | low) + 0.5) * 0x1p-52;
}

/* Normal, by Marsaglia's polar method. */
static double normal(struct rng *r)
{
    double x, y, squares;

    do {
        x = 2 * uniform(r) - 1;
        y = 2 * uniform(r) - 1;
        squares = x * x + y * y;
    } while (squares >= 1 || squares == 0);
    return x * sqrt(-2 * log_of(squares) / squares);
}

/* The logarithm of a gamma variate of a shape that is at least 1. */
static double log_gamma_variate(struct rng *r, double shape)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

    for (;;) {
        double x = normal(r), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log_of(uniform(r)) < 0.5 * x * x + d - d * v + d * log_of(v))
            return log_of(d * v);
    }
}

double rng_beta(struct rng *r, double a)
{
    double shape = a < 1 ? a + 1 : a;
    double one = log_gamma_variate(r, shape), other = log_gamma_variate(r, shape);
    double behind = other - one;

    /* One of shape a + 1 times u^(1/a) is one of shape a. */
    if (a < 1) {
        double u = log_of(uniform(r));
        behind += (log_of(uniform(r)) - u) / a;
    }
    if (behind > 700)
        return 0;
    return behind < -700 ? 1 : 1 / (1 + exp_of(behind));
}
