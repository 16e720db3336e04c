/* Student's t distribution for whole degrees of freedom, and the interval of a mean. */
#include "eval/student.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { HALVINGS = 200 }; /* more than a double can tell apart */

/* With u = cos^2 of the angle: 1 + u first/(first + 1) + u^2 first (first + 2) / ..., `terms` of
 * them. */
static double series(double u, int first, int terms)
{
    double sum = 0, term = 1;

    for (int i = 0; i < terms; i++) {
        sum += term;
        term *= u * (first + 2 * i) / (first + 2 * i + 1);
    }
    return sum;
}

double student_within(double t, int freedom)
{
    double tangent = t / sqrt(freedom), u = 1 / (1 + tangent * tangent);
    double sine = tangent * sqrt(u);

    if (isinf(t))
        return 1;
    if (freedom % 2 == 0)
        return sine * series(u, 1, freedom / 2);
    return 2 / PI * (atan(tangent) + sine * sqrt(u) * series(u, 2, (freedom - 1) / 2));
}

double student_bound(double share, int freedom)
{
    double low = 0, high = 1;

    while (student_within(high, freedom) < share)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = low + (high - low) / 2;
        if (student_within(middle, freedom) < share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

struct student_mean student_mean(const double *x, int n)
{
    struct student_mean s = {0, 0, 0, 0};
    double sum = 0, squares = 0, half;

    /* From the first one on, so that equal ones differ by nothing. */
    for (int i = 0; i < n; i++)
        sum += x[i] - x[0];
    s.mean = x[0] + sum / n;
    for (int i = 0; i < n; i++)
        squares += (x[i] - s.mean) * (x[i] - s.mean);
    s.deviation = sqrt(squares / (n - 1));
    half = student_bound(0.95, n - 1) * s.deviation / sqrt(n);
    s.low = s.mean - half;
    s.high = s.mean + half;
    return s;
}
