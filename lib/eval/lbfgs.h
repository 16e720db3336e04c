/*
 * Minimization of a smooth function of many variables by L-BFGS (Liu and Nocedal, "On the limited
 * memory BFGS method for large scale optimization", Mathematical Programming 45, 1989).
 */
#ifndef ROTPIPE_EVAL_LBFGS_H
#define ROTPIPE_EVAL_LBFGS_H

#include "base/error.h"

#include <stddef.h>

struct lbfgs {
    size_t n;         /* numbers that represent a vector */
    int iterations;   /* at most this many */
    double tolerance; /* the search ends where the gradient is no longer than this */
    void *context;
    /* Returns the function's value at x [n] and sets gradient [n]. */
    double (*function)(void *context, const double *x, double *gradient);
    /* The scalar product of two vectors, in which the gradient is one. */
    double (*dot)(void *context, const double *a, const double *b);
};

/*
 * Moves x [n] from where it starts towards a minimum: until the gradient is within the tolerance,
 * no shorter step lowers the value (rounding is then all that is left), or the iterations are used
 * up. x stays a sum of multiples of its start and of gradients, so numbers that are linear
 * functions of others stay so. Returns 0, or -1 if memory runs out.
 */
int lbfgs_minimize(const struct lbfgs *how, double *x, struct error *e);

#endif
