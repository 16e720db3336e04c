/* Beta variates are distributed as they should be, and are the same bits everywhere. */
#include "check.h"

#include "base/beta.h"

#include <stdlib.h>

enum { DRAWS = 20000 };

static double draws[DRAWS];

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void draw(double a, uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, RNG_MIXUP);
    for (int i = 0; i < DRAWS; i++) {
        draws[i] = rng_beta(&r, a);
        CHECK(draws[i] >= 0 && draws[i] <= 1);
    }
}

static double arcsine(double x)
{
    return 2 / acos(-1) * asin(sqrt(x));
}

static double even(double x)
{
    return x;
}

static double parabola(double x)
{
    return x * x * (3 - 2 * x);
}

/* Kolmogorov and Smirnov's distance; 1.95 / sqrt(n) is exceeded once in a thousand times. */
static void check_distribution(double a, double (*cumulative)(double))
{
    double most = 0;

    draw(a, 1);
    qsort(draws, DRAWS, sizeof *draws, compare);
    for (int i = 0; i < DRAWS; i++) {
        double p = cumulative(draws[i]);
        most = fmax(most, fmax(p - (double)i / DRAWS, (double)(i + 1) / DRAWS - p));
    }
    if (!CHECK(most < 1.95 / sqrt(DRAWS)))
        printf("# a = %g: %g\n", a, most);
}

static void test_distributions(void)
{
    check_distribution(0.5, arcsine);
    check_distribution(1, even);
    check_distribution(2, parabola);
}

/* Mean and variance, whose own deviations are below 1 / sqrt(n); and both ends as often. */
static void test_moments(void)
{
    static const double shapes[] = {1e-300, 0.001, 0.1, 0.2, 0.4, 0.999, 1.5, 8, 32, 1000};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double mean = 0, variance = 0, want = 1 / (4 * (2 * shapes[i] + 1));
        draw(shapes[i], 2 + i);
        for (int k = 0; k < DRAWS; k++) {
            mean += draws[k] / DRAWS;
            variance += (draws[k] - 0.5) * (draws[k] - 0.5) / DRAWS;
        }
        CHECK_NEAR(mean, 0.5, 4 * sqrt(want / DRAWS));
        CHECK_NEAR(variance, want, 4 * want * sqrt(2.0 / DRAWS));
    }
}

/* Written down on x86-64: no compiler or C library may make other bits of them. */
static void test_the_same_everywhere(void)
{
    static const double shapes[] = {0.2, 1, 8};
    static const double want[][3] = {
        {0x1.86389fbf70e7dp-4, 0x1.ddd4131e3d22ap-1, 0x1.73690561ac30bp-18},
        {0x1.85bc08f2317aap-4, 0x1.a4303383f6489p-1, 0x1.f2ab02eec3637p-1},
        {0x1.480948f28ac83p-2, 0x1.3ef9a108946cfp-1, 0x1.50ba09884b4d2p-1}};
    struct rng r;

    for (int i = 0; i < 3; i++) {
        rng_counter(&r, 3, RNG_MIXUP, 5, 0);
        for (int k = 0; k < 3; k++) {
            double got = rng_beta(&r, shapes[i]);
            if (!CHECK(got == want[i][k]))
                printf("# %a\n", got);
        }
    }
}

int main(void)
{
    RUN(test_distributions);
    RUN(test_moments);
    RUN(test_the_same_everywhere);
    return check_status();
}
