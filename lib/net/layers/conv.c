/* The 3x3 convolution, with the ReLU and the 2x2 max pool that follow it. */
#include "net/kernels.h"
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

static const char conv_token[] = "c", conv_form[] = "cN";
static const char conv_about[] = "3x3 convolution to N channels, stride 1, same height and width";
static const char conv_torch[] = "nn.Conv2d(channels, n, 3, padding=1)";
static const char conv_examples[] = "c3 r p c5 r p d7 r\n"
                                    "c3 r c4 r p c2 r d5 r\n"
                                    "c4 p r c3\n"
                                    "c20 r c17 p d6";
enum { conv_traits = LAYER_SPATIAL };
#define conv_parse layer_parse_width

static int conv_shape(struct layer *l, struct error *e)
{
    (void)e;
    l->out.c = l->width;
    return 0;
}

enum { CONV_WEIGHT, CONV_BIAS };

static int conv_slots(const struct layer *l, struct slot *s)
{
    size_t in = (size_t)l->in_lanes, out = (size_t)l->out_lanes;

    s[CONV_WEIGHT] = (struct slot){.name = "weight",
                                   .ndim = 4,
                                   .shape = {(uint64_t)l->out.c, (uint64_t)l->in.c, 3, 3},
                                   .floats = 9 * in * out,
                                   .start = SLOT_HE,
                                   .is_weight = 1};
    s[CONV_BIAS] =
        (struct slot){.name = "bias", .ndim = 1, .shape = {(uint64_t)l->out.c}, .floats = out};
    return 2;
}

static size_t conv_place(const struct layer *l, int k, uint64_t i)
{
    size_t lanes = (size_t)l->in_lanes, c = (size_t)l->in.c;
    size_t tap = i % 9, in = i / 9 % c, out = i / 9 / c;

    if (k == CONV_BIAS)
        return i;
    return l->in_image ? (tap * lanes + in) * (size_t)l->out_lanes + out
                       : (out * 9 + tap) * lanes + in;
}

/* ReLU and max pool commute: in either order they are the same operation. */
static int conv_lower(struct plan *p, const struct net *n, int at)
{
    int relu = 0, pool = 0, last = at;
    struct operation *o;

    for (; last + 1 < n->layers; last++) {
        const struct layer_kind *next = n->layer[last + 1].kind;
        if (next == &layer_pool && !pool)
            pool = 1;
        else if (next == &layer_relu && !relu)
            relu = 1;
        else
            break;
    }
    o = plan_add(p, at, last);
    o->relu = relu;
    o->pool = pool;
    plan_want_border(p, o);
    return last;
}

static uint64_t conv_multiply_adds(const struct layer *l)
{
    return 9 * extent_size(l->out) * (uint64_t)l->in.c;
}

/* ---- plainly ---- */

void plain_conv_forward(const struct view *x, const float *w, struct taps t, const float *b,
                        struct view *y)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int o = 0; o < y->c; o++) {
                float sum = b[o];
                for (int tap = 0; tap < 9; tap++) {
                    int xi = i + tap / 3 - 1, xj = j + tap % 3 - 1;
                    if (xi < 0 || xi >= x->h || xj < 0 || xj >= x->w)
                        continue;
                    const float *in = view_pixel(x, xi, xj);
                    const float *row = w + (size_t)o * t.out + (size_t)tap * t.tap;
                    for (int k = 0; k < x->c; k++)
                        sum += row[(size_t)k * t.in] * in[k];
                }
                view_pixel(y, i, j)[o] = sum;
            }
}

void plain_conv_backward(const struct view *x, const float *w, struct taps t, const struct view *dy,
                         float *dw, float *db, struct view *dx)
{
    if (dx)
        plain_zero(dx);
    for (int i = 0; i < dy->h; i++)
        for (int j = 0; j < dy->w; j++)
            for (int o = 0; o < dy->c; o++) {
                float g = view_pixel(dy, i, j)[o];
                if (g == 0)
                    continue; /* most are, behind a pool */
                if (db)
                    db[o] += g;
                for (int tap = 0; tap < 9; tap++) {
                    int xi = i + tap / 3 - 1, xj = j + tap % 3 - 1;
                    size_t at = (size_t)o * t.out + (size_t)tap * t.tap;
                    if (xi < 0 || xi >= x->h || xj < 0 || xj >= x->w)
                        continue;
                    for (int k = 0; k < x->c && dw; k++)
                        dw[at + (size_t)k * t.in] += g * view_pixel(x, xi, xj)[k];
                    for (int k = 0; k < x->c && dx; k++)
                        view_pixel(dx, xi, xj)[k] += g * w[at + (size_t)k * t.in];
                }
            }
}

#endif

/* ---- the operation ---- */

static struct conv conv_of(const struct operation *o)
{
    return (struct conv){o->x, o->y, o->layer->in_image, o->relu, o->pool};
}

static size_t conv_kept(const struct operation *o)
{
    return o->pool ? o->y.size : 0;
}

static size_t conv_scratch(const struct operation *o)
{
    struct conv c = conv_of(o);

    return o->kernels->conv_scratch(&c);
}

static size_t conv_packed(const struct operation *o)
{
    struct conv c = conv_of(o);

    return o->kernels->conv_packed(&c);
}

static void conv_pack(const struct operation *o, const float *parameters, float *packed,
                      int backward, int task, int tasks)
{
    struct conv c = conv_of(o);

    o->kernels->conv_pack(&c, parameters + o->slot[0], packed, backward, task, tasks);
}

static void conv_forward(const struct operation *o, const struct pass *p)
{
    struct conv c = conv_of(o);

    o->kernels->conv_forward(&c, pass_slot(o, p, 0), pass_slot(o, p, 1), p->packed, &p->s,
                             p->scratch);
}

static void conv_backward(const struct operation *o, const struct pass *p)
{
    struct conv c = conv_of(o);

    o->kernels->conv_backward(&c, pass_slot(o, p, 0), p->packed, &p->s, pass_gradient(o, p, 0),
                              pass_gradient(o, p, 1), p->scratch);
}

DEFINE_LAYER(conv);
