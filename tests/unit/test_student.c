/* Tests of Student's t: bounds of printed tables, the density integrated, intervals of means. */
#include "check.h"
#include "eval/student.h"

/* Printed in any table, to three decimals; 1 and 2 degrees have formulas. */
static void test_tables(void)
{
    static const struct {
        int freedom;
        double t90, t95, t99;
    } table[] = {{1, 6.314, 12.706, 63.657}, {2, 2.920, 4.303, 9.925},  {3, 2.353, 3.182, 5.841},
                 {4, 2.132, 2.776, 4.604},   {5, 2.015, 2.571, 4.032},  {6, 1.943, 2.447, 3.707},
                 {9, 1.833, 2.262, 3.250},   {10, 1.812, 2.228, 3.169}, {19, 1.729, 2.093, 2.861},
                 {20, 1.725, 2.086, 2.845},  {30, 1.697, 2.042, 2.750}, {60, 1.671, 2.000, 2.660},
                 {120, 1.658, 1.980, 2.617}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        CHECK_NEAR(student_bound(0.90, table[i].freedom), table[i].t90, 5.01e-4);
        CHECK_NEAR(student_bound(0.95, table[i].freedom), table[i].t95, 5.01e-4);
        CHECK_NEAR(student_bound(0.99, table[i].freedom), table[i].t99, 5.01e-4);
    }
    CHECK_NEAR(student_bound(0.95, 1), tan(0.475 * acos(-1)), 1e-12);
    CHECK_NEAR(student_bound(0.95, 2), 0.95 * sqrt(2 / (1 - 0.95 * 0.95)), 1e-13);
}

/* Simpson's rule on the density. */
static double integral(double t, int freedom)
{
    enum { PARTS = 2000 };
    double scale =
               exp(lgamma((freedom + 1) / 2.0) - lgamma(freedom / 2.0)) / sqrt(freedom * acos(-1)),
           sum = 0;

    for (int i = 0; i <= PARTS; i++) {
        double x = t * i / PARTS;
        int weight = i == 0 || i == PARTS ? 1 : i % 2 ? 4 : 2;
        sum += weight * pow(1 + x * x / freedom, -(freedom + 1) / 2.0);
    }
    return 2 * scale * sum * t / PARTS / 3;
}

static void test_density(void)
{
    for (int freedom = 1; freedom <= 70; freedom++) {
        for (double t = 0; t < 6; t += 0.7)
            CHECK_NEAR(student_within(t, freedom), integral(t, freedom), 1e-10);
        CHECK_NEAR(student_within(student_bound(0.95, freedom), freedom), 0.95, 1e-14);
        CHECK(student_bound(0.95, freedom) > student_bound(0.95, freedom + 1));
    }
    CHECK(student_bound(0, 5) < 1e-12);
}

/* The sleep that ten patients gained by one drug over the other: Student's example of 1908, with
 * the interval that R's help prints for it. */
static void test_sleep(void)
{
    static const double gained[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
    struct student_mean s = student_mean(gained, 10);

    CHECK_NEAR(s.mean, 1.58, 1e-15);
    CHECK_NEAR(s.deviation, 1.229995, 5e-7);
    CHECK_NEAR(s.low, 0.7001142, 5e-8);
    CHECK_NEAR(s.high, 2.4598858, 5e-8);
}

static void test_means(void)
{
    static const double two[] = {0.25, 0.75}, same[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct student_mean s = student_mean(two, 2);

    CHECK(s.mean == 0.5);
    CHECK_NEAR(s.deviation, sqrt(0.125), 1e-15);
    CHECK_NEAR(s.high - s.mean, tan(0.475 * acos(-1)) / 4, 1e-12);
    CHECK_NEAR(s.mean - s.low, s.high - s.mean, 1e-14);
    s = student_mean(same, 7);
    CHECK(s.mean == 0.1 && s.deviation == 0 && s.low == 0.1 && s.high == 0.1);
}

int main(void)
{
    RUN(test_tables);
    RUN(test_density);
    RUN(test_sleep);
    RUN(test_means);
    return check_status();
}
