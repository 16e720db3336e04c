/* The dense (fully connected) layer, with the ReLU that follows it. */
#include "net/kernels.h"
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

#include <string.h>

static const char dense_token[] = "d", dense_form[] = "dN";
static const char dense_about[] = "dense layer to N features";
static const char dense_torch[] = "nn.Linear(channels * height * width, n)";
static const char dense_examples[] = "d6 r d5\n"
                                     "d33\n"
                                     "p d4 r r";
enum { dense_traits = LAYER_FLATTENS };
#define dense_parse layer_parse_width

static int dense_shape(struct layer *l, struct error *e)
{
    (void)e;
    l->out = (struct extent){1, 1, l->width};
    return 0;
}

/* Floats of a row of weights: those of the input, as it lies in memory. */
static size_t row_floats(const struct layer *l)
{
    return slot_floats((size_t)l->in.h * (size_t)l->in.w * (size_t)l->in_lanes);
}

enum { DENSE_WEIGHT, DENSE_BIAS };

static int dense_slots(const struct layer *l, struct slot *s)
{
    s[DENSE_WEIGHT] = (struct slot){.name = "weight",
                                    .ndim = 2,
                                    .shape = {(uint64_t)l->out.c, extent_size(l->in)},
                                    .floats = (size_t)l->out.c * row_floats(l),
                                    .start = SLOT_HE,
                                    .is_weight = 1};
    s[DENSE_BIAS] = (struct slot){
        .name = "bias", .ndim = 1, .shape = {(uint64_t)l->out.c}, .floats = (size_t)l->out_lanes};
    return 2;
}

/* In the file inputs are in the order channel, row, column. */
static size_t dense_place(const struct layer *l, int k, uint64_t i)
{
    size_t lanes = (size_t)l->in_lanes, c = (size_t)l->in.c, h = (size_t)l->in.h,
           w = (size_t)l->in.w;
    size_t column = i % w, row = i / w % h, in = i / (w * h) % c, out = i / (w * h * c);

    return k == DENSE_BIAS ? i : out * row_floats(l) + (row * w + column) * lanes + in;
}

#define dense_lower layer_lower_with_relu

static uint64_t dense_multiply_adds(const struct layer *l)
{
    return extent_size(l->in) * extent_size(l->out);
}

const struct layer_kind *const layer_head = &layer_dense;

/* ---- plainly ---- */

void plain_dense_forward(const float *x, const float *w, const float *b, int in, int out, float *y)
{
    for (int o = 0; o < out; o++) {
        float sum = b[o];
        for (int i = 0; i < in; i++)
            sum += w[(size_t)o * (size_t)in + (size_t)i] * x[i];
        y[o] = sum;
    }
}

void plain_dense_backward(const float *x, const float *w, const float *dy, int in, int out,
                          float *dw, float *db, float *dx)
{
    for (int o = 0; o < out; o++) {
        if (db)
            db[o] += dy[o];
        for (int i = 0; i < in && dw; i++)
            dw[(size_t)o * (size_t)in + (size_t)i] += dy[o] * x[i];
    }
    if (dx) /* which may be where x is */
        memset(dx, 0, (size_t)in * sizeof *dx);
    for (int o = 0; o < out && dx; o++)
        for (int i = 0; i < in; i++)
            dx[i] += dy[o] * w[(size_t)o * (size_t)in + (size_t)i];
}

#endif

/* ---- the operation ---- */

static struct dense dense_of(const struct operation *o)
{
    return (struct dense){(int)o->x.size, o->layer->out.c, o->relu};
}

#define dense_way_back operation_reads_x_relu
#define dense_kept operation_none
#define dense_scratch operation_none
#define dense_packed operation_none
#define dense_pack operation_pack_nothing

static void dense_forward(const struct operation *o, const struct pass *p)
{
    struct dense d = dense_of(o);

    o->kernels->dense_forward(&d, pass_slot(o, p, 0), pass_slot(o, p, 1), &p->s);
}

static void dense_backward(const struct operation *o, const struct pass *p)
{
    struct dense d = dense_of(o);

    o->kernels->dense_backward(&d, pass_slot(o, p, 0), &p->s, pass_gradient(o, p, 0),
                               pass_gradient(o, p, 1));
}

DEFINE_LAYER(dense);
