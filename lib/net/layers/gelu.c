/* GELU (Hendrycks and Gimpel, 2016), the exact one: x Phi(x), as torch.nn.GELU() has it. */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <string.h>

#ifndef KERNEL_VARIANT

#include <math.h>

static const char gelu_token[] = "gelu", gelu_form[] = "gelu";
static const char gelu_about[] = "GELU";
static const char gelu_torch[] = "nn.GELU()";
static const char gelu_examples[] = "gelu\n"
                                    "c5 gelu p d4 gelu";
enum { gelu_traits = 0 };
#define gelu_parse layer_parse_nothing
#define gelu_shape layer_shape_same
#define gelu_slots layer_slots_none
#define gelu_place layer_place_vector
#define gelu_multiply_adds layer_multiply_adds_none

#define gelu_lower layer_lower_alone

/* ---- plainly ---- */

/* The normal distribution: its integral from -infinity to x, and its density at x. */
static double integral(double x)
{
    return 0.5 * erfc(-x * sqrt(0.5));
}

static double density(double x)
{
    return exp(-0.5 * x * x) * 0.39894228040143267794;
}

static void values(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (float)(x[i] * integral(x[i]));
}

/* dy/dx = Phi(x) + x phi(x). */
static void slopes(const float *x, const float *dy, float *dx, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = (float)(dy[i] * (integral(x[i]) + x[i] * density(x[i])));
}

#else

#include "base/simd.h"

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

/* Phi(x) by Abramowitz and Stegun, 7.1.26, whose error is at most 1.5e-7; *e = exp(-x^2 / 2). */
INLINE vf integral(vf x, vf *e)
{
    static const float a[] = {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f};
    vf none = splat(0), z = splat(0.707106781f) * pick_greater(x, none, x, none - x);
    vf t = splat(1) / multiply_add(splat(0.3275911f), z, splat(1)), sum = splat(1.061405429f), tail;

    UNROLL
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        sum = multiply_add(sum, t, splat(a[i]));
    *e = exp_minus(z * z);
    tail = splat(0.5f) * (sum * t) * *e;
    return pick_greater(x, none, splat(1) - tail, tail);
}

INLINE vf value(vf x)
{
    vf e;

    return x * integral(x, &e);
}

INLINE vf slope(vf x)
{
    vf e, phi = integral(x, &e);

    return multiply_add(x * e, splat(0.398942280f), phi);
}

/* The last n floats, fewer than a vector. */
static void rest(const float *x, const float *dy, float *to, size_t n)
{
    float in[VL] = {0}, by[VL] = {0}, out[VL];

    memcpy(in, x, n * sizeof *in);
    if (dy)
        memcpy(by, dy, n * sizeof *by);
    store(out, dy ? slope(load(in)) * load(by) : value(load(in)));
    memcpy(to, out, n * sizeof *to);
}

static void values(const float *x, float *y, size_t n)
{
    size_t i = 0;

    for (; i + VL <= n; i += VL)
        store(y + i, value(load(x + i)));
    rest(x + i, NULL, y + i, n - i);
}

static void slopes(const float *x, const float *dy, float *dx, size_t n)
{
    size_t i = 0;

    for (; i + VL <= n; i += VL)
        store(dx + i, load(dy + i) * slope(load(x + i)));
    rest(x + i, dy + i, dx + i, n - i);
}

#endif

/* ---- the operation ---- */

#define gelu_kept operation_none
#define gelu_scratch operation_none
#define gelu_packed operation_none
#define gelu_pack operation_pack_nothing

static void gelu_forward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            values(p->s.x + (size_t)s * p->s.x_stride + r.x,
                   p->s.y + (size_t)s * p->s.y_stride + r.y, r.n);
        }
}

static void gelu_backward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n && p->s.dx; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            size_t x = (size_t)s * p->s.x_stride + r.x, y = (size_t)s * p->s.y_stride + r.y;
            slopes(p->s.x + x, p->s.dy + y, p->s.dx + x, r.n);
        }
}

DEFINE_LAYER(gelu);
