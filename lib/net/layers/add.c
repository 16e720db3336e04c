/*
 * The end of a residual block (He et al., "Deep Residual Learning for Image Recognition", CVPR
 * 2016), with the ReLU that follows it: what has gone into the block is added to what comes out of
 * it, by a 1x1 convolution without bias, the projection, where their shapes differ.
 */
#include "net/kernels.h"
#include "net/net.h"
#include "net/plan.h"

enum { ADD_WEIGHT };

static int is_projected(const struct layer *l)
{
    return l->skip.h != l->in.h || l->skip.w != l->in.w || l->skip.c != l->in.c;
}

#ifndef KERNEL_VARIANT

static const char add_token[] = ")", add_form[] = ")";
static const char add_about[] =
    "ends it: adds what went in, by a 1x1 convolution without bias where shapes differ";
static const char add_torch[] = "Projection(skip_channels, channels, 1, stride, bias=False) "
                                "if projected else Add()";
static const char add_examples[] = "c4 ( c4 r c4 ) r p\n"
                                   "( c5 bn r c3 ) d4\n"
                                   "c6 ( c8s2 r c8 ( r c8k1 ) ) r p ( r c6 )\n"
                                   "d5 ( d5 r d5 ) r";
enum { add_traits = LAYER_ENDS };
#define add_parse layer_parse_nothing

static int add_shape(struct layer *l, struct error *e)
{
    struct extent a = l->skip, b = l->in;
    int s = a.h == b.h && a.w == b.w ? 1 : 2;

    l->stride = s;
    if ((a.h + s - 1) / s == b.h && (a.w + s - 1) / s == b.w)
        return 0;
    return error_set(e,
                     "net: %s: %d x %d x %d goes into the block and %d x %d x %d comes out, which "
                     "is neither as many pixels nor half as many a side",
                     l->name, a.h, a.w, a.c, b.h, b.w, b.c);
}

static int add_slots(const struct layer *l, struct slot *s)
{
    s[ADD_WEIGHT] = (struct slot){.name = "weight",
                                  .ndim = 4,
                                  .shape = {(uint64_t)l->out.c, (uint64_t)l->skip.c, 1, 1},
                                  .floats = (size_t)l->skip_lanes * (size_t)net_pad(l->out.c),
                                  .start = SLOT_HE,
                                  .is_weight = 1};
    return is_projected(l);
}

/* As conv_by_tap of kernels.h has it. */
static size_t add_place(const struct layer *l, int k, uint64_t i)
{
    (void)k;
    return i % (uint64_t)l->skip.c * (uint64_t)net_pad(l->out.c) + i / (uint64_t)l->skip.c;
}

static int add_lower(struct plan *p, const struct net *n, int at)
{
    int last = layer_lower_with_relu(p, n, at);

    plan_read_skip(p, &p->operation[p->operations - 1]);
    return last;
}

static uint64_t add_multiply_adds(const struct layer *l)
{
    return is_projected(l) ? extent_size(l->out) * (uint64_t)l->skip.c : 0;
}

#endif

/* ---- the operation ---- */

/* The projected input of a block, densely in scratch. */
static struct layout projected(const struct operation *o)
{
    struct layout l = o->y;

    l.border = 0;
    l.row = (size_t)l.w * (size_t)l.lanes;
    l.first = 0;
    l.size = (size_t)l.h * l.row;
    return l;
}

static struct conv projection(const struct operation *o, const struct layout *y)
{
    return (struct conv){
        .x = o->shortcut, .y = *y, .kernel = 1, .stride = o->layer->stride, .image = o->skip == 0};
}

static int add_way_back(const struct operation *o)
{
    return (o->relu ? READS_Y : 0) | (is_projected(o->layer) ? READS_SKIP : 0);
}

#define add_kept operation_none

static size_t add_scratch(const struct operation *o)
{
    struct layout l = projected(o);
    struct conv there = projection(o, &l), back = projection(o, &o->y);
    size_t forward, backward;

    if (!is_projected(o->layer))
        return 0;
    forward = PLAN_GROUP * l.size + o->kernels->conv_scratch(&there);
    backward = o->kernels->conv_scratch(&back);
    return forward > backward ? forward : backward;
}

static size_t add_packed(const struct operation *o)
{
    struct conv c = projection(o, &o->y);

    return is_projected(o->layer) ? o->kernels->conv_packed(&c) : 0;
}

static void add_pack(const struct operation *o, const float *parameters, float *packed,
                     int backward, int task, int tasks)
{
    struct conv c = projection(o, &o->y);

    if (is_projected(o->layer))
        o->kernels->conv_pack(&c, parameters + o->slot[ADD_WEIGHT], packed, backward, task, tasks);
}

/* ---- rows of floats: a whole number of vectors, unless `skip` is the image ---- */

#ifndef KERNEL_VARIANT

/* y = a + b; then ReLU. */
static void add_rows(int relu, const float *a, const float *b, float *y, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        float v = a[k] + b[k];
        y[k] = relu && v <= 0 ? 0 : v; /* so that a NaN stays one */
    }
}

/* dy, or nothing where the ReLU let nothing through, to wherever it is wanted. */
static void give_rows(int relu, const float *y, const float *dy, float *const to[3], size_t n)
{
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < n && to[i]; k++)
            to[i][k] = relu && !(y[k] > 0) ? 0 : dy[k];
}

#else

#include "base/simd.h"

static void add_rows(int is_relu, const float *a, const float *b, float *y, size_t n)
{
    size_t k = 0;

    for (; k + VL <= n; k += VL) {
        vf v = load(a + k) + load(b + k);
        store(y + k, is_relu ? relu(v) : v);
    }
    for (; k < n; k++) {
        float v = a[k] + b[k];
        y[k] = is_relu && v <= 0 ? 0 : v;
    }
}

static void give_rows(int is_relu, const float *y, const float *dy, float *const to[3], size_t n)
{
    for (size_t k = 0; k < n; k += VL) {
        vf g = load(dy + k);
        if (is_relu)
            g = pick_greater(load(y + k), (vf){0}, g, (vf){0});
        for (int i = 0; i < 3; i++)
            if (to[i])
                store(to[i] + k, g);
    }
}

#endif

/* y = x + skip, whose layout is given; then ReLU. Of the image only its channels are there. */
static void add_sample(const struct operation *o, const float *x, const struct layout *l,
                       const float *skip, float *y)
{
    size_t lanes = (size_t)o->y.lanes, w = (size_t)o->y.w, theirs = (size_t)l->lanes;

    x += o->x.first, skip += l->first, y += o->y.first;
    for (int i = 0; i < o->y.h; i++, x += o->x.row, skip += l->row, y += o->y.row) {
        if (theirs == lanes)
            add_rows(o->relu, x, skip, y, w * lanes);
        for (size_t j = 0; j < w && theirs != lanes; j++)
            add_rows(o->relu, x + j * lanes, skip + j * theirs, y + j * lanes, theirs);
    }
}

static void add_forward(const struct operation *o, const struct pass *p)
{
    struct layout l = projected(o);
    struct conv c = projection(o, &l);
    int projects = is_projected(o->layer);
    struct samples all = {.n = p->s.n,
                          .x = p->s.skip,
                          .x_stride = p->s.skip_stride,
                          .y = p->scratch,
                          .y_stride = l.size};

    if (projects)
        o->kernels->conv_forward(&c, pass_slot(o, p, ADD_WEIGHT), NULL, p->packed, &all,
                                 p->scratch + PLAN_GROUP * l.size);
    for (int n = 0; n < p->s.n; n++) {
        const float *x = p->s.x + (size_t)n * p->s.x_stride;
        float *y = p->s.y + (size_t)n * p->s.y_stride;
        if (projects)
            add_sample(o, x, &l, p->scratch + (size_t)n * l.size, y);
        else
            add_sample(o, x, &o->shortcut, p->s.skip + (size_t)n * p->s.skip_stride, y);
    }
}

/* The gradient by y to those by x and, unless it is projected, skip; a projection takes it from
 * where it is. */
static void give_sample(const struct operation *o, const float *y, float *dy, float *dx,
                        float *dskip)
{
    size_t n = (size_t)o->y.w * (size_t)o->y.lanes;
    int in_place = o->relu && is_projected(o->layer);

    for (size_t i = 0; i < (size_t)o->y.h; i++) {
        size_t at = o->y.first + i * o->y.row;
        float *to[3] = {dx ? dx + o->x.first + i * o->x.row : NULL,
                        dskip ? dskip + o->shortcut.first + i * o->shortcut.row : NULL,
                        in_place ? dy + at : NULL};
        give_rows(o->relu, y + at, dy + at, to, n);
    }
}

static void add_backward(const struct operation *o, const struct pass *p)
{
    struct conv c = projection(o, &o->y);
    struct samples all = p->s;

    all.x = p->s.skip;
    all.x_stride = p->s.skip_stride;
    all.dx = p->s.dskip;
    for (size_t n = 0; n < (size_t)p->s.n; n++) {
        size_t y = n * p->s.y_stride;
        float *dskip = p->s.dskip ? p->s.dskip + n * p->s.skip_stride : NULL;
        give_sample(o, p->s.y + y, p->s.dy + y, p->s.dx ? p->s.dx + n * p->s.x_stride : NULL,
                    is_projected(o->layer) ? NULL : dskip);
    }
    if (is_projected(o->layer))
        o->kernels->conv_backward(&c, pass_slot(o, p, ADD_WEIGHT), p->packed, &all,
                                  pass_gradient(o, p, ADD_WEIGHT), NULL, p->scratch);
}

DEFINE_LAYER(add);
