/* L-BFGS: the direction of a quasi-Newton method from the last few steps and gradients. */
#include "eval/lbfgs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 10, HALVINGS = 30 };

struct search {
    const struct lbfgs *how;
    double *memory;                 /* what the following point into */
    double *gradient, *direction;   /* [n] */
    double *next, *next_gradient;   /* [n]: after the step that is tried */
    double *step[PAIRS], *y[PAIRS]; /* the last steps, and how the gradient changed by each */
    double rho[PAIRS];              /* 1 / (step . y) */
    int pairs, newest;
};

static double dot(const struct search *t, const double *a, const double *b)
{
    return t->how->dot(t->how->context, a, b);
}

static void add(double *to, double scale, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += scale * x[i];
}

static int allocate(struct search *t, struct error *e)
{
    size_t n = t->how->n;
    double *at = t->memory = malloc((4 + 2 * PAIRS) * n * sizeof *at);

    if (!at)
        return error_memory(e, "minimization");
    t->gradient = at;
    t->direction = at + n;
    t->next = at + 2 * n;
    t->next_gradient = at + 3 * n;
    at += 4 * n;
    for (int i = 0; i < PAIRS; i++, at += 2 * n) {
        t->step[i] = at;
        t->y[i] = at + n;
    }
    return 0;
}

/* The two-loop recursion: the gradient through the approximate inverse Hessian, downhill. */
static void find_direction(struct search *t)
{
    size_t n = t->how->n;
    double alpha[PAIRS], *d = t->direction;

    for (size_t i = 0; i < n; i++)
        d[i] = -t->gradient[i];
    if (t->pairs == 0) {
        double length = sqrt(dot(t, d, d));
        for (size_t i = 0; i < n && length > 1; i++)
            d[i] /= length;
        return;
    }
    for (int k = 0; k < t->pairs; k++) {
        int i = (t->newest - k + PAIRS) % PAIRS;
        alpha[i] = t->rho[i] * dot(t, t->step[i], d);
        add(d, -alpha[i], t->y[i], n);
    }
    double scale = 1 / (t->rho[t->newest] * dot(t, t->y[t->newest], t->y[t->newest]));
    for (size_t i = 0; i < n; i++)
        d[i] *= scale;
    for (int k = t->pairs - 1; k >= 0; k--) {
        int i = (t->newest - k + PAIRS) % PAIRS;
        add(d, alpha[i] - t->rho[i] * dot(t, t->y[i], d), t->step[i], n);
    }
}

/* Halves the step until it lowers the value enough (Armijo). Returns the new value, or NAN. */
static double search_line(struct search *t, const double *x, double value)
{
    const struct lbfgs *how = t->how;
    double slope = dot(t, t->gradient, t->direction), length = 1;

    for (int i = 0; i < HALVINGS && slope < 0; i++, length /= 2) {
        double next;
        memcpy(t->next, x, how->n * sizeof *x);
        add(t->next, length, t->direction, how->n);
        next = how->function(how->context, t->next, t->next_gradient);
        if (next <= value + 1e-4 * length * slope)
            return next;
    }
    return NAN;
}

/* Keeps the step to t->next, unless rounding has left no curvature in it. */
static void keep_pair(struct search *t, const double *x)
{
    size_t n = t->how->n;
    int at = t->pairs ? (t->newest + 1) % PAIRS : 0;
    double curvature;

    for (size_t i = 0; i < n; i++) {
        t->step[at][i] = t->next[i] - x[i];
        t->y[at][i] = t->next_gradient[i] - t->gradient[i];
    }
    curvature = dot(t, t->step[at], t->y[at]);
    if (!(curvature > 1e-12 * dot(t, t->y[at], t->y[at])))
        return;
    t->rho[at] = 1 / curvature;
    t->newest = at;
    t->pairs += t->pairs < PAIRS;
}

int lbfgs_minimize(const struct lbfgs *how, double *x, struct error *e)
{
    struct search t = {.how = how};
    double value;

    if (allocate(&t, e) < 0)
        return -1;
    value = how->function(how->context, x, t.gradient);
    for (int i = 0; i < how->iterations && sqrt(dot(&t, t.gradient, t.gradient)) > how->tolerance;
         i++) {
        find_direction(&t);
        value = search_line(&t, x, value);
        if (isnan(value))
            break;
        keep_pair(&t, x);
        memcpy(x, t.next, how->n * sizeof *x);
        memcpy(t.gradient, t.next_gradient, how->n * sizeof *x);
    }
    free(t.memory);
    return 0;
}
