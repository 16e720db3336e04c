/*
 * What layers have in common that take element by element: y = f(x). Such a file defines `value`
 * and `gradient`, plainly and for vectors, and its operation is that at the end of this one.
 *
 * f(0) must be 0: rows are taken with their padding, which stays zero.
 */
#ifndef ROTPIPE_NET_LAYERS_ELEMENTWISE_H
#define ROTPIPE_NET_LAYERS_ELEMENTWISE_H

#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <string.h>

#ifndef KERNEL_VARIANT

/* y by x; dx by x and dy. */
static double value(double x);
static double gradient(double x, double dy);

static void values(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)value(x[i]);
}

static void gradients(const float *x, const float *dy, float *dx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)gradient(x[i], dy[i]);
}

#else

#include "base/simd.h"

INLINE vf value(vf x);
INLINE vf gradient(vf x, vf dy);

/* exp(-u) for u >= 0, as 2^-n exp(-r) with |r| <= ln 2 / 2 and seven terms of its series; what is
 * smaller than the normalized floats, or of a NaN, is zero. */
INLINE vf exp_minus(vf u)
{
    static const float term[] = {1 / 720.0f, -1 / 120.0f, 1 / 24.0f, -1 / 6.0f, 0.5f, -1, 1};
    vf most = splat(87), none = splat(0), r, sum = splat(-1 / 5040.0f), v;
    vi n;

    v = pick_greater(most, u, u, most);
    n = __builtin_convertvector(v * splat(1.44269504f) + splat(0.5f), vi);
    r = __builtin_convertvector(n, vf);
    /* ln 2 in two parts, the first of few bits, so that its product is exact. */
    r = multiply_add(r, splat(-1.42860677e-6f), multiply_add(r, splat(-0.693145752f), v));
    UNROLL
    for (size_t i = 0; i < sizeof term / sizeof *term; i++)
        sum = multiply_add(sum, r, splat(term[i]));
    return pick_greater(most, u, sum * (vf)((127 - n) << 23), none);
}

/* The last n floats, fewer than a vector: values, or gradients if there is dy. */
static void rest(const float *x, const float *dy, float *to, size_t n)
{
    float in[VL] = {0}, by[VL] = {0}, out[VL];

    memcpy(in, x, n * sizeof *in);
    if (dy)
        memcpy(by, dy, n * sizeof *by);
    store(out, dy ? gradient(load(in), load(by)) : value(load(in)));
    memcpy(to, out, n * sizeof *to);
}

static void values(const float *x, float *y, size_t n)
{
    size_t i = 0;

    for (; i + VL <= n; i += VL)
        store(y + i, value(load(x + i)));
    rest(x + i, NULL, y + i, n - i);
}

static void gradients(const float *x, const float *dy, float *dx, size_t n)
{
    size_t i = 0;

    for (; i + VL <= n; i += VL)
        store(dx + i, gradient(load(x + i), load(dy + i)));
    rest(x + i, dy + i, dx + i, n - i);
}

#endif

/* ---- the operation ---- */

static void elementwise_forward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            values(p->s.x + (size_t)s * p->s.x_stride + r.x,
                   p->s.y + (size_t)s * p->s.y_stride + r.y, r.n);
        }
}

static void elementwise_backward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n && p->s.dx; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            size_t x = (size_t)s * p->s.x_stride + r.x, y = (size_t)s * p->s.y_stride + r.y;
            gradients(p->s.x + x, p->s.dy + y, p->s.dx + x, r.n);
        }
}

#endif
