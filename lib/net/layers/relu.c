/* ReLU, where no operation before it covers it. */
#include "net/layers/elementwise.h"
#include "net/layers/plain.h"

#ifndef KERNEL_VARIANT

static const char relu_token[] = "r", relu_form[] = "r";
static const char relu_about[] = "ReLU";
static const char relu_torch[] = "nn.ReLU(inplace)";
static const char relu_examples[] = "r\n"
                                    "r c3 p p d4 r r\n"
                                    "c3 r r p";
enum { relu_traits = 0 };
#define relu_parse layer_parse_nothing
#define relu_shape layer_shape_same
#define relu_slots layer_slots_none
#define relu_place layer_place_vector
#define relu_multiply_adds layer_multiply_adds_none

#define relu_lower layer_lower_alone

int layer_lower_alone(struct plan *p, const struct net *n, int at)
{
    (void)n;
    plan_add(p, at, at);
    return at;
}

int layer_lower_with_relu(struct plan *p, const struct net *n, int at)
{
    int relu = at + 1 < n->layers && n->layer[at + 1].kind == &layer_relu;

    plan_add(p, at, at + relu)->relu = relu;
    return at + relu;
}

/* ---- plainly ---- */

void plain_relu_forward(struct view *x)
{
    for (int i = 0; i < x->h; i++)
        for (int j = 0; j < x->w; j++)
            for (int k = 0; k < x->c; k++)
                if (view_pixel(x, i, j)[k] <= 0) /* so that a NaN stays one */
                    view_pixel(x, i, j)[k] = 0;
}

void plain_relu_backward(const struct view *y, struct view *dy)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int k = 0; k < y->c; k++)
                if (!(view_pixel(y, i, j)[k] > 0))
                    view_pixel(dy, i, j)[k] = 0;
}

static double value(double x)
{
    return x <= 0 ? 0 : x;
}

static double gradient(double x, double dy)
{
    return x > 0 ? dy : 0;
}

#else

INLINE vf value(vf x)
{
    return relu(x);
}

INLINE vf gradient(vf x, vf dy)
{
    return pick_greater(x, splat(0), dy, splat(0));
}

#endif

#define relu_way_back operation_reads_x
#define relu_kept operation_none
#define relu_scratch operation_none
#define relu_packed operation_none
#define relu_pack operation_pack_nothing
#define relu_forward elementwise_forward
#define relu_backward elementwise_backward

DEFINE_LAYER(relu);
