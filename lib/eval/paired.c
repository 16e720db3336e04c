/* Counts of two classifiers on the same images; Tango's interval and McNemar's test of them. */
#include "eval/paired.h"

#include <float.h>
#include <math.h>

#define Z 1.959963984540054 /* the normal distribution's 97.5 % */

/* Halvings of an interval that is at most 2 wide, until it is as narrow as doubles are. */
enum { HALVINGS = 60 };

void paired_add(struct paired *p, int a, int b)
{
    if (a && b)
        p->both++;
    else if (a)
        p->only_a++;
    else if (b)
        p->only_b++;
    else
        p->neither++;
}

uint64_t paired_images(const struct paired *p)
{
    return p->both + p->only_a + p->only_b + p->neither;
}

double paired_accuracy_a(const struct paired *p)
{
    return (double)(p->both + p->only_a) / (double)paired_images(p);
}

double paired_accuracy_b(const struct paired *p)
{
    return (double)(p->both + p->only_b) / (double)paired_images(p);
}

double paired_difference(const struct paired *p)
{
    return ((double)p->only_b - (double)p->only_a) / (double)paired_images(p);
}

/* ---- Tango's interval ---- */

/*
 * The likeliest share q of images in c's cell if b's is larger by d: the root that is not negative
 * of 2 n q^2 + m q - c d (1 - d), in the form that subtracts no equals.
 */
static double likeliest(double b, double c, double n, double d)
{
    double m = (2 * n - b + c) * d - b - c, product = c * d * (1 - d);
    double root = sqrt(fmax(0, m * m + 8 * n * product));

    if (m > 0)
        return 2 * product / (m + root);
    return (root - m) / (4 * n);
}

/* Whether the difference d is too small to be true: z(d) above Z. It falls as d grows. */
static int is_below(double b, double c, double n, double d)
{
    double variance = n * (2 * likeliest(b, c, n, d) + d * (1 - d));

    return b - c - n * d > Z * sqrt(fmax(0, variance));
}

/* The lower limit of (b - c) / n. */
static double lower_limit(double b, double c, double n)
{
    double low = -1, high = (b - c) / n;

    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        if (is_below(b, c, n, middle))
            low = middle;
        else
            high = middle;
    }
    return high;
}

void paired_interval(const struct paired *p, double *low, double *high)
{
    double a = (double)p->only_a, b = (double)p->only_b, n = (double)paired_images(p);

    *low = p->only_a == paired_images(p) ? -1 : lower_limit(b, a, n);
    *high = p->only_b == paired_images(p) ? 1 : -lower_limit(a, b, n);
}

/* ---- McNemar's test ---- */

/* A number m 2^e, of which double may be too narrow. */
struct wide {
    double m;
    int64_t e;
};

static double narrow(double factor, struct wide w)
{
    return ldexp(factor * w.m, w.e < -4000 ? -4000 : (int)w.e);
}

/* The probability of k heads of n tosses, k at most n / 2: a product of k factors over 2^n. */
static struct wide exactly(uint64_t k, uint64_t n)
{
    struct wide w = {1, -(int64_t)n};

    for (uint64_t i = 1; i <= k; i++) {
        w.m *= (double)(n - k + i) / (double)i;
        if (w.m > 0x1p800) {
            w.m *= 0x1p-800;
            w.e += 800;
        }
    }
    return w;
}

/* The probability of k heads at most, as a multiple of that of k heads. */
static double at_most(uint64_t k, uint64_t n)
{
    double sum = 1, term = 1;

    for (uint64_t i = k; i > 0 && term > sum * (DBL_EPSILON / 4); i--) {
        term *= (double)i / (double)(n - i + 1);
        sum += term;
    }
    return sum;
}

static double bounded(double p)
{
    return fmin(1, fmax(p, DBL_MIN));
}

double paired_exact(const struct paired *p)
{
    uint64_t k = p->only_a < p->only_b ? p->only_a : p->only_b, n = p->only_a + p->only_b;

    if (p->only_a == p->only_b)
        return 1;
    return bounded(narrow(2 * at_most(k, n), exactly(k, n)));
}

double paired_mid(const struct paired *p)
{
    uint64_t k = p->only_a < p->only_b ? p->only_a : p->only_b, n = p->only_a + p->only_b;

    if (n == 0)
        return 1;
    if (p->only_a == p->only_b)
        return 1 - narrow(0.5, exactly(k, n));
    return bounded(narrow(2 * at_most(k, n) - 1, exactly(k, n)));
}
