/* GELU (Hendrycks and Gimpel, 2016), the exact one: x Phi(x), as torch.nn.GELU() has it. */
#include "net/layers/elementwise.h"

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

static double value(double x)
{
    return x * integral(x);
}

/* dy/dx = Phi(x) + x phi(x). */
static double gradient(double x, double dy)
{
    return dy * (integral(x) + x * density(x));
}

#else

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

INLINE vf gradient(vf x, vf dy)
{
    vf e, phi = integral(x, &e);

    return dy * multiply_add(x * e, splat(0.398942280f), phi);
}

#endif

#define gelu_way_back operation_reads_x
#define gelu_kept operation_none
#define gelu_scratch operation_none
#define gelu_packed operation_none
#define gelu_pack operation_pack_nothing
#define gelu_forward elementwise_forward
#define gelu_backward elementwise_backward

DEFINE_LAYER(gelu);
