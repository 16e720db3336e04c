/* ReLU, where no operation before it covers it. */
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

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

#endif

/* ---- the operation ---- */

#define relu_kept operation_none
#define relu_scratch operation_none
#define relu_packed operation_none
#define relu_pack operation_pack_nothing

static void relu_forward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            const float *x = p->s.x + (size_t)s * p->s.x_stride + r.x;
            float *y = p->s.y + (size_t)s * p->s.y_stride + r.y;
            for (size_t i = 0; i < r.n; i++)
                y[i] = x[i] <= 0 ? 0 : x[i]; /* so that a NaN stays one */
        }
}

static void relu_backward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n && p->s.dx; s++)
        for (int k = 0; k < operation_rows(o); k++) {
            struct row r = operation_row(o, k);
            const float *y = p->s.y + (size_t)s * p->s.y_stride + r.y;
            const float *dy = p->s.dy + (size_t)s * p->s.y_stride + r.y;
            float *dx = p->s.dx + (size_t)s * p->s.x_stride + r.x;
            for (size_t i = 0; i < r.n; i++)
                dx[i] = y[i] > 0 ? dy[i] : 0;
        }
}

DEFINE_LAYER(relu);
