/* The convolution, with the ReLU and the 2x2 max pool that follow it; in evaluation with the batch
 * normalization in front of these, too. */
#include "net/kernels.h"
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

static const char conv_token[] = "c", conv_form[] = "cN";
static const char conv_about[] =
    "convolution to N channels, 3x3; cNk5: 5x5 (also k1, k7); cNs2: stride 2; cNb0: no bias";
static const char conv_torch[] =
    "nn.Conv2d(channels, n, kernel, stride, padding=kernel // 2, bias=bias)";
static const char conv_examples[] = "c3 r p c5 r p d7 r\n"
                                    "c3 r c4 r p c2 r d5 r\n"
                                    "c4 p r c3\n"
                                    "c20 r c17 p d6\n"
                                    "c5k5 r c4k1 p r c6s2b0 r\n"
                                    "c5k7s2 r c18k5s2 p d4\n"
                                    "c3k1 c9k1s2b0 c4k3b0 p";
enum { conv_traits = LAYER_SPATIAL };

static const char odd_suffix[] =
    "behind the width there may be k1, k3, k5 or k7, then s1 or s2, then b0";

/* The number behind a letter at *rest, from 0 to 9, if it is there; or `otherwise`. */
static int take_suffix(char letter, const char **rest, const char *end, int otherwise)
{
    if (end - *rest < 2 || **rest != letter || (*rest)[1] < '0' || (*rest)[1] > '9')
        return otherwise;
    *rest += 2;
    return (*rest)[-1] - '0';
}

static layer_reason conv_parse(const char *rest, int length, struct layer *l)
{
    const char *end = rest + length;
    int digits = 0;
    layer_reason why;

    while (digits < length && rest[digits] >= '0' && rest[digits] <= '9')
        digits++;
    if ((why = layer_parse_width(rest, digits, l)))
        return why;
    rest += digits;
    l->kernel = take_suffix('k', &rest, end, 3);
    l->stride = take_suffix('s', &rest, end, 1);
    l->unbiased = take_suffix('b', &rest, end, 1) == 0;
    if (rest != end || l->kernel % 2 == 0 || l->kernel > 7 || l->stride < 1 || l->stride > 2 ||
        (end[-2] == 'b' && !l->unbiased))
        return odd_suffix;
    return NULL;
}

static int conv_shape(struct layer *l, struct error *e)
{
    (void)e;
    l->out.h = (l->in.h + l->stride - 1) / l->stride;
    l->out.w = (l->in.w + l->stride - 1) / l->stride;
    l->out.c = l->width;
    return 0;
}

enum { CONV_WEIGHT, CONV_BIAS };

static int conv_slots(const struct layer *l, struct slot *s)
{
    size_t in = (size_t)l->in_lanes, out = (size_t)l->out_lanes;
    uint64_t kernel = (uint64_t)l->kernel;

    s[CONV_WEIGHT] = (struct slot){.name = "weight",
                                   .ndim = 4,
                                   .shape = {(uint64_t)l->out.c, (uint64_t)l->in.c, kernel, kernel},
                                   .floats = kernel * kernel * in * out,
                                   .start = SLOT_HE,
                                   .is_weight = 1};
    s[CONV_BIAS] =
        (struct slot){.name = "bias", .ndim = 1, .shape = {(uint64_t)l->out.c}, .floats = out};
    return l->unbiased ? 1 : 2;
}

static size_t conv_place(const struct layer *l, int k, uint64_t i)
{
    size_t lanes = (size_t)l->in_lanes, c = (size_t)l->in.c;
    size_t taps = (size_t)(l->kernel * l->kernel);
    size_t tap = i % taps, in = i / taps % c, out = i / taps / c;

    if (k == CONV_BIAS)
        return i;
    return conv_by_tap(l->kernel, l->stride, l->in.h, l->in.w, l->in_image)
               ? (tap * lanes + in) * (size_t)l->out_lanes + out
               : (out * taps + tap) * lanes + in;
}

/* ReLU and max pool commute: in either order they are the same operation. */
static int conv_lower(struct plan *p, const struct net *n, int at)
{
    int relu = 0, pool = 0, fold = plan_can_fold(p, at + 1), last = at + fold;
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
    if (fold)
        plan_fold(p, o, at + 1);
    plan_want_border(p, o, n->layer[at].kernel / 2);
    return last;
}

static uint64_t conv_multiply_adds(const struct layer *l)
{
    return (uint64_t)(l->kernel * l->kernel) * extent_size(l->out) * (uint64_t)l->in.c;
}

/* ---- plainly ---- */

/* The pixel of x that a tap meets at pixel (i, j) of y. */
static int tap_row(const struct taps *t, int i, int tap)
{
    return t->stride * i + tap / t->kernel - t->kernel / 2;
}

static int tap_column(const struct taps *t, int j, int tap)
{
    return t->stride * j + tap % t->kernel - t->kernel / 2;
}

void plain_conv_forward(const struct view *x, const float *w, struct taps t, const float *b,
                        struct view *y)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int o = 0; o < y->c; o++) {
                float sum = b ? b[o] : 0;
                for (int tap = 0; tap < t.kernel * t.kernel; tap++) {
                    int xi = tap_row(&t, i, tap), xj = tap_column(&t, j, tap);
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

/* Adds to those of dw, db and dx that are not NULL. */
static void add_gradients(const struct view *x, const float *w, struct taps t,
                          const struct view *dy, float *dw, float *db, struct view *dx)
{
    for (int i = 0; i < dy->h; i++)
        for (int j = 0; j < dy->w; j++)
            for (int o = 0; o < dy->c; o++) {
                float g = view_pixel(dy, i, j)[o];
                if (g == 0)
                    continue; /* most are, behind a pool */
                if (db)
                    db[o] += g;
                for (int tap = 0; tap < t.kernel * t.kernel; tap++) {
                    int xi = tap_row(&t, i, tap), xj = tap_column(&t, j, tap);
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

void plain_conv_backward(const struct view *x, const float *w, struct taps t, const struct view *dy,
                         float *dw, float *db, struct view *dx)
{
    add_gradients(x, w, t, dy, dw, db, NULL);
    if (!dx)
        return;
    plain_zero(dx); /* which may be where x is */
    add_gradients(x, w, t, dy, NULL, NULL, dx);
}

#endif

/* ---- the operation ---- */

static struct conv conv_of(const struct operation *o)
{
    const struct layer *l = o->layer;

    return (struct conv){o->x, o->y, l->kernel, l->stride, l->in_image, o->relu, o->pool};
}

#define conv_way_back operation_reads_x_relu

static size_t conv_kept(const struct operation *o)
{
    return o->pool ? o->y.size : 0;
}

static size_t conv_scratch(const struct operation *o)
{
    struct conv c = conv_of(o);

    return o->kernels->conv_scratch(&c);
}

/* Floats of the weights. */
static size_t weights_of(const struct operation *o)
{
    const struct layer *l = o->layer;

    return (size_t)(l->kernel * l->kernel) * (size_t)l->in_lanes * (size_t)l->out_lanes;
}

/* Where a layer is folded: its weights and biases, in front of what the kernels pack. */
static size_t folded_floats(const struct operation *o)
{
    return o->folded ? weights_of(o) + (size_t)o->layer->out_lanes : 0;
}

static size_t conv_packed(const struct operation *o)
{
    struct conv c = conv_of(o);

    return folded_floats(o) + o->kernels->conv_packed(&c);
}

/* y = scale (w x + b) + shift is a convolution with scale w and scale b + shift. */
static void fold(const struct operation *o, const float *parameters, float *weight)
{
    const struct layer *l = o->layer;
    size_t lanes = (size_t)l->out_lanes, row = weights_of(o) / lanes;
    int by_tap = conv_by_tap(l->kernel, l->stride, l->in.h, l->in.w, l->in_image);
    float scale[LAYER_WIDTH_MAX] = {0}, *bias = weight + weights_of(o);

    o->folded->affine(o->folded_slot, l->out.c, parameters, scale, bias);
    for (size_t i = 0; i < weights_of(o); i++)
        weight[i] = parameters[o->slot[0] + i] * scale[by_tap ? i % lanes : i / row];
    for (size_t c = 0; c < (size_t)l->out.c && !l->unbiased; c++)
        bias[c] += scale[c] * parameters[o->slot[1] + c];
}

static void conv_pack(const struct operation *o, const float *parameters, float *packed,
                      int backward, int task, int tasks)
{
    struct conv c = conv_of(o);

    if (!o->folded) {
        o->kernels->conv_pack(&c, parameters + o->slot[0], packed, backward, task, tasks);
    } else if (task == 0) {
        fold(o, parameters, packed);
        o->kernels->conv_pack(&c, packed, packed + folded_floats(o), 0, 0, 1);
    }
}

static void conv_forward(const struct operation *o, const struct pass *p)
{
    struct conv c = conv_of(o);
    const float *weight = pass_slot(o, p, 0), *bias = NULL;

    if (o->folded) {
        weight = p->packed;
        bias = weight + weights_of(o);
    } else if (!o->layer->unbiased) {
        bias = pass_slot(o, p, 1);
    }
    o->kernels->conv_forward(&c, weight, bias, p->packed + folded_floats(o), &p->s, p->scratch);
}

static void conv_backward(const struct operation *o, const struct pass *p)
{
    struct conv c = conv_of(o);

    o->kernels->conv_backward(&c, pass_slot(o, p, 0), p->packed, &p->s, pass_gradient(o, p, 0),
                              o->layer->unbiased ? NULL : pass_gradient(o, p, 1), p->scratch);
}

DEFINE_LAYER(conv);
