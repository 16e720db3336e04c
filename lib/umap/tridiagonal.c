/* Eigenvalues and eigenvectors by the implicit QR method, with Wilkinson's shift. */
#include "umap/tridiagonal.h"

#include <float.h>
#include <math.h>

/* Turns columns k and k + 1 of the vectors. */
static void turn(int n, double *vectors, int k, double c, double s)
{
    for (int i = 0; i < n; i++) {
        double *v = vectors + (long)i * n + k, a = v[0], b = v[1];
        v[0] = c * a + s * b;
        v[1] = c * b - s * a;
    }
}

/*
 * One step on rows low..high, which hang together: shifted by the eigenvalue of the last two rows
 * that is nearer to the last number, a rotation at the top makes a bulge beside the band, and the
 * rotations that follow chase it out at the bottom.
 */
static void step(int n, int low, int high, double *d, double *e, double *vectors)
{
    double half = (d[high - 1] - d[high]) / 2, last = e[high - 1];
    double root = half + (half < 0 ? -1 : 1) * hypot(half, last);
    double shift = d[high] - last * last / root;
    double x = d[low] - shift, z = e[low];

    for (int k = low; k < high; k++) {
        double r = hypot(x, z), c = r > 0 ? x / r : 1, s = r > 0 ? z / r : 0;
        double a = d[k], b = e[k], f = d[k + 1];
        if (k > low)
            e[k - 1] = r;
        d[k] = c * c * a + 2 * c * s * b + s * s * f;
        d[k + 1] = s * s * a - 2 * c * s * b + c * c * f;
        e[k] = c * s * (f - a) + (c * c - s * s) * b;
        turn(n, vectors, k, c, s);
        if (k + 1 < high) {
            x = e[k];
            z = s * e[k + 1];
            e[k + 1] *= c;
        }
    }
}

static int is_small(const double *d, const double *e, int k)
{
    return fabs(e[k]) <= DBL_EPSILON * (fabs(d[k]) + fabs(d[k + 1]));
}

void tridiagonal_solve(int n, double *diagonal, double *beside, double *vectors)
{
    int high = n - 1;

    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            vectors[(long)i * n + k] = i == k;
    /* Two or three steps an eigenvalue are usual; what has not come apart after 60 stays. */
    for (long left = 60L * n; high > 0 && left > 0; left--) {
        int low = high;
        if (is_small(diagonal, beside, high - 1)) {
            high--;
            continue;
        }
        while (low > 0 && !is_small(diagonal, beside, low - 1))
            low--;
        step(n, low, high, diagonal, beside, vectors);
    }
}
