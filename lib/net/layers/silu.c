/* SiLU, also called swish (Ramachandran, Zoph and Le, 2017): x / (1 + exp(-x)), as torch.nn.SiLU
 * has it. */
#include "net/layers/elementwise.h"

#ifndef KERNEL_VARIANT

#include <math.h>

static const char silu_token[] = "silu", silu_form[] = "silu";
static const char silu_about[] = "SiLU, also called swish";
static const char silu_torch[] = "nn.SiLU()";
static const char silu_examples[] = "silu\n"
                                    "c5 silu p d4 silu";
enum { silu_traits = 0 };
#define silu_parse layer_parse_nothing
#define silu_shape layer_shape_same
#define silu_slots layer_slots_none
#define silu_place layer_place_vector
#define silu_multiply_adds layer_multiply_adds_none

#define silu_lower layer_lower_alone

/* ---- plainly ---- */

static double value(double x)
{
    return x / (1 + exp(-x));
}

/* With s the logistic function, dy/dx = s(x) (1 + x s(-x)). */
static double gradient(double x, double dy)
{
    return dy / (1 + exp(-x)) * (1 + x / (1 + exp(x)));
}

#else

/* The logistic function of x, and of -x: neither as 1 less the other, so that both are exact. */
INLINE vf logistic(vf x, vf *other)
{
    vf none = splat(0), one = splat(1), e = exp_minus(pick_greater(x, none, x, none - x));
    vf large = one / (one + e), small = e * large;

    *other = pick_greater(x, none, small, large);
    return pick_greater(x, none, large, small);
}

INLINE vf value(vf x)
{
    vf other;

    return x * logistic(x, &other);
}

INLINE vf gradient(vf x, vf dy)
{
    vf other, s = logistic(x, &other);

    return dy * (s * multiply_add(x, other, splat(1)));
}

#endif

#define silu_way_back operation_reads_x
#define silu_kept operation_none
#define silu_scratch operation_none
#define silu_packed operation_none
#define silu_pack operation_pack_nothing
#define silu_forward elementwise_forward
#define silu_backward elementwise_backward

DEFINE_LAYER(silu);
