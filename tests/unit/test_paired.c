/* Tests of two classifiers on the same images: Tango's interval and McNemar's test. */
#include "check.h"
#include "eval/paired.h"
#include "eval/score.h"

#include <float.h>

#define Z 1.959963984540054

static struct paired counts(uint64_t both, uint64_t only_b, uint64_t only_a, uint64_t neither)
{
    return (struct paired){both, only_a, only_b, neither};
}

static void test_counts(void)
{
    struct paired p = {0};

    for (int i = 0; i < 10; i++)
        paired_add(&p, i < 4, i < 3 || i > 7);
    CHECK(p.both == 3 && p.only_a == 1 && p.only_b == 2 && p.neither == 4);
    CHECK(paired_images(&p) == 10);
    CHECK(paired_accuracy_a(&p) == 0.4);
    CHECK(paired_accuracy_b(&p) == 0.5);
    CHECK(paired_difference(&p) == 0.1);
}

/* ---- the interval ---- */

/*
 * The first is an example of Tango, 1998; the next of A. Agresti and Y. Min, "Simple improved
 * confidence intervals for comparing matched proportions", Statistics in Medicine 24, 2005; the
 * last two of M. W. Fagerland, S. Lydersen and P. Laake, "Recommended tests and confidence
 * intervals for paired binomial proportions", Statistics in Medicine 33, 2014.
 */
static void test_published_intervals(void)
{
    static const struct {
        struct paired p;
        double low, high, within;
    } known[] = {{{4, 3, 9, 16}, -0.027, 0.390, 5e-4},
                 {{53, 8, 16, 9}, -0.020, 0.207, 5e-4},
                 {{1, 7, 1, 12}, -0.517, -0.026, 5e-4},
                 {{59, 16, 6, 80}, -0.1240, -0.0054, 5e-5}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double low, high;
        paired_interval(&known[i].p, &low, &high);
        CHECK_NEAR(low, known[i].low, known[i].within);
        CHECK_NEAR(high, known[i].high, known[i].within);
    }
}

/* Where one cell, or both, are empty the equation can be solved by hand. */
static void test_empty_cells(void)
{
    for (uint64_t n = 1; n <= 1000; n += n < 20 ? 1 : 97) {
        double low, high, count = (double)n, wilson_low, wilson_high;
        struct paired none = counts(n, 0, 0, 0), all = counts(0, n, 0, 0);

        paired_interval(&none, &low, &high);
        CHECK_NEAR(high, Z * Z / (count + Z * Z), 1e-12);
        CHECK(low == -high);
        paired_interval(&all, &low, &high);
        CHECK_NEAR(low, (count - Z * Z) / (count + Z * Z), 1e-12);
        CHECK(high == 1);
        /* With d (1 - d) alone under the root the upper limit is Wilson's. */
        for (uint64_t b = 1; b < n; b += 1 + n / 7) {
            struct paired one = counts(0, b, 0, n - b);
            paired_interval(&one, &low, &high);
            score_interval(b, n, &wilson_low, &wilson_high);
            CHECK_NEAR(high, wilson_high, 1e-12);
            CHECK(low < high);
        }
    }
}

/*
 * z(d) with the likeliest q found by trying: the logarithm of the likelihood, without what does not
 * depend on q, has one maximum.
 */
static double log_times(double count, double p)
{
    return count == 0 ? 0 : count * log(p);
}

static double score_of(double b, double c, double n, double d)
{
    double low = fmax(0, -d), high = (1 - d) / 2, q;

    for (int i = 0; i < 300; i++) {
        double one = low + (high - low) / 3, two = high - (high - low) / 3;
        double at_one =
            log_times(b, one + d) + log_times(c, one) + log_times(n - b - c, 1 - 2 * one - d);
        double at_two =
            log_times(b, two + d) + log_times(c, two) + log_times(n - b - c, 1 - 2 * two - d);
        if (at_one < at_two)
            low = one;
        else
            high = two;
    }
    q = (low + high) / 2;
    return (b - c - n * d) / sqrt(n * (2 * q + d * (1 - d)));
}

static void test_limits_solve_the_equation(void)
{
    static const uint64_t many[][3] = {{1, 0, 9},     {3, 1, 6},  {5, 5, 5},   {2, 9, 30},
                                       {40, 20, 100}, {0, 4, 96}, {7, 1, 992}, {150, 180, 670}};

    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        double b = (double)many[i][0], c = (double)many[i][1], n = b + c + (double)many[i][2];
        struct paired p = counts(many[i][2], many[i][0], many[i][1], 0);
        double low, high;
        paired_interval(&p, &low, &high);
        CHECK_NEAR(score_of(b, c, n, low), Z, 1e-5);
        CHECK_NEAR(score_of(b, c, n, high), -Z, 1e-5);
    }
}

/* Exchanging the two mirrors it; it leaves out zero where McNemar's statistic is above z^2. */
static void test_interval_is_the_test(void)
{
    for (uint64_t b = 0; b <= 25; b++)
        for (uint64_t c = 0; c <= 25; c++) {
            struct paired p = counts(3, b, c, 8), swapped = counts(8, c, b, 3);
            double low, high, other_low, other_high;
            double difference = (double)b - (double)c, sum = (double)(b + c);
            paired_interval(&p, &low, &high);
            paired_interval(&swapped, &other_low, &other_high);
            CHECK(low == -other_high && high == -other_low);
            CHECK(low >= -1 && low <= paired_difference(&p) && high <= 1);
            CHECK(high >= paired_difference(&p));
            CHECK((low > 0 || high < 0) == (difference * difference > Z * Z * sum));
        }
}

/* Nothing is lost where the images are many. */
static void test_interval_of_many(void)
{
    struct paired p = counts(4000000000, 500100, 499900, 1000000000);
    double low, high, middle = 200 / 5001000000.0;
    double half = Z * sqrt(1000000.0) / 5001000000.0;

    paired_interval(&p, &low, &high);
    CHECK_NEAR(low, middle - half, 1e-4 * half);
    CHECK_NEAR(high, middle + half, 1e-4 * half);
}

/* ---- the test ---- */

/* Fagerland, Lydersen and Laake, 2013 and 2014. */
static void test_published_values(void)
{
    struct paired bentur = counts(1, 1, 7, 12), cavo = counts(59, 6, 16, 80);

    CHECK(paired_exact(&bentur) == 0.0703125);
    CHECK(paired_mid(&bentur) == 0.0390625);
    CHECK_NEAR(paired_exact(&cavo), 0.052479, 5e-7);
    CHECK_NEAR(paired_mid(&cavo), 0.034690, 5e-7);
}

/* By Pascal's triangle, in whole numbers. */
static void test_exact_counts(void)
{
    uint64_t row[61] = {1};

    for (uint64_t n = 1; n <= 60; n++) {
        for (uint64_t k = n; k > 0; k--)
            row[k] += row[k - 1];
        for (uint64_t b = 0; b <= n; b++) {
            struct paired p = counts(5, b, n - b, 0);
            uint64_t as_uneven = 0, more = 0, apart = b > n - b ? 2 * b - n : n - 2 * b;
            for (uint64_t k = 0; k <= n; k++) {
                uint64_t other = k > n - k ? 2 * k - n : n - 2 * k;
                as_uneven += other == apart ? row[k] : 0;
                more += other > apart ? row[k] : 0;
            }
            CHECK_NEAR(paired_exact(&p), ldexp((double)(more + as_uneven), -(int)n), 1e-14);
            CHECK_NEAR(paired_exact(&p) / ldexp((double)(more + as_uneven), -(int)n), 1, 1e-13);
            CHECK_NEAR(paired_mid(&p) / ldexp((double)more + (double)as_uneven / 2, -(int)n), 1,
                       1e-13);
        }
    }
}

static void test_no_tosses(void)
{
    struct paired p = counts(7, 0, 0, 3);

    CHECK(paired_exact(&p) == 1 && paired_mid(&p) == 1);
    for (uint64_t n = 1; n < 2 * PAIRED_LEAST; n++) {
        struct paired uneven = counts(7, n, 0, 3);
        CHECK((paired_exact(&uneven) < 0.05) == (n >= PAIRED_LEAST));
    }
}

/* By exact arithmetic elsewhere: Python's fractions, and mpmath with 60 digits. */
static void test_large_counts(void)
{
    static const struct {
        uint64_t a, b;
        double exact, mid;
    } known[] = {{400, 460, 0.044169548194589008, 0.040812975927851737},
                 {123, 124, 1.0, 0.94938532816535174},
                 {1000, 10, 5.3595748746247273e-281, 2.7065313400862328e-281},
                 {4300, 4000, 0.001029736761268161, 0.00099105108520728755},
                 {0, 1000, 1.8665272370064378e-301, 9.3326361850321888e-302},
                 {2500, 2500, 1.0, 0.99435838625226008},
                 {100000, 101000, 0.025862392439734479, 0.025714478917621848},
                 {37, 37, 1.0, 0.95378030880624937}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct paired p = counts(0, known[i].b, known[i].a, 0);
        struct paired swapped = counts(0, known[i].a, known[i].b, 0);
        CHECK_NEAR(paired_exact(&p) / known[i].exact, 1, 1e-9);
        CHECK_NEAR(paired_mid(&p) / known[i].mid, 1, 1e-9);
        CHECK(paired_exact(&p) == paired_exact(&swapped));
        CHECK(paired_mid(&p) == paired_mid(&swapped));
    }
}

/* No toss of coins is impossible. */
static void test_smallest(void)
{
    struct paired p = counts(0, 5000, 0, 0), many = counts(0, 3000000, 1000000, 0);

    CHECK(paired_exact(&p) == DBL_MIN && paired_mid(&p) == DBL_MIN);
    CHECK(paired_exact(&many) == DBL_MIN && paired_mid(&many) == DBL_MIN);
}

int main(void)
{
    RUN(test_counts);
    RUN(test_published_intervals);
    RUN(test_empty_cells);
    RUN(test_limits_solve_the_equation);
    RUN(test_interval_is_the_test);
    RUN(test_interval_of_many);
    RUN(test_published_values);
    RUN(test_exact_counts);
    RUN(test_no_tosses);
    RUN(test_large_counts);
    RUN(test_smallest);
    return check_status();
}
