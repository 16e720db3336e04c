/* The curve that --spread and --min-dist ask for, fitted by least squares. */
#include "umap/curve.h"

#include <math.h>

enum { SAMPLES = 300, ROUNDS = 200 };

struct fit {
    double error;           /* the sum of squares */
    double jj[2][2], jr[2]; /* by log a and b: the Jacobian with itself, and with the residuals */
};

/* Residuals of the curve for a spread of 1 with a = exp(log_a); a stays positive so. */
static struct fit measure(double min_dist, double log_a, double b)
{
    struct fit f = {0};

    for (int i = 0; i < SAMPLES; i++) {
        double x = 3.0 * i / (SAMPLES - 1);
        double want = x < min_dist ? 1 : exp(min_dist - x);
        double power = x > 0 ? exp(log_a) * pow(x, 2 * b) : 0, y = 1 / (1 + power);
        double slope = -y * y * power, by_a = slope, by_b = x > 0 ? slope * 2 * log(x) : 0;
        double r = want - y;
        f.error += r * r;
        f.jj[0][0] += by_a * by_a;
        f.jj[0][1] += by_a * by_b;
        f.jj[1][1] += by_b * by_b;
        f.jr[0] += by_a * r;
        f.jr[1] += by_b * r;
    }
    return f;
}

/*
 * Levenberg and Marquardt: steps between Newton's and the gradient's, whichever lead downwards.
 * With the spread as the unit of length, since from where they begin they would not find to the
 * curves of small spreads.
 */
void umap_curve(double min_dist, double spread, double *a, double *b)
{
    double log_a = 0, now_b = 1, damping = 1e-3;
    struct fit f = measure(min_dist / spread, log_a, now_b);

    for (int i = 0; i < ROUNDS && damping < 1e12; i++) {
        double p = f.jj[0][0] * (1 + damping), q = f.jj[0][1], r = f.jj[1][1] * (1 + damping);
        double det = p * r - q * q;
        double step_a = (r * f.jr[0] - q * f.jr[1]) / det;
        double step_b = (p * f.jr[1] - q * f.jr[0]) / det;
        struct fit next = measure(min_dist / spread, log_a + step_a, now_b + step_b);
        if (next.error < f.error) {
            f = next;
            log_a += step_a;
            now_b += step_b;
            damping /= 10;
        } else {
            damping *= 10;
        }
    }
    *a = exp(log_a - 2 * now_b * log(spread));
    *b = now_b;
}
