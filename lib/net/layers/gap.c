/* Global average pooling: the mean of each channel (Lin, Chen and Yan, "Network in Network", 2014).
 */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

static const char gap_token[] = "a", gap_form[] = "a";
static const char gap_about[] = "global average pool: the mean of each channel";
static const char gap_torch[] = "nn.AdaptiveAvgPool2d(1)";
static const char gap_examples[] = "a\n"
                                   "c3 r p c20 bn a d5 r\n"
                                   "p c4 a gn2 r";
enum { gap_traits = LAYER_SPATIAL | LAYER_FLATTENS };
#define gap_parse layer_parse_nothing
#define gap_slots layer_slots_none
#define gap_place layer_place_vector
#define gap_multiply_adds layer_multiply_adds_none
#define gap_lower layer_lower_alone

static int gap_shape(struct layer *l, struct error *e)
{
    (void)e;
    l->out.h = l->out.w = 1;
    return 0;
}

#else

#include "base/simd.h"

#endif

/* ---- the operation ---- */

#define gap_way_back operation_reads_nothing
#define gap_kept operation_none
#define gap_scratch operation_none
#define gap_packed operation_none
#define gap_pack operation_pack_nothing

/* The means of channels [from, end). A row's sum is taken first, so that in large images nothing is
 * lost. */
static void average_lanes(const struct operation *o, const float *x, size_t from, size_t end,
                          float *y)
{
    for (size_t c = from; c < end; c++) {
        float all = 0;
        for (size_t i = 0; i < (size_t)o->x.h; i++) {
            float row = 0;
            for (size_t j = 0; j < (size_t)o->x.w; j++)
                row += x[i * o->x.row + j * (size_t)o->x.lanes + c];
            all += row;
        }
        y[c] = all / (float)(o->x.h * o->x.w);
    }
}

#ifndef KERNEL_VARIANT

#define average(O, X, Y) average_lanes(O, X, 0, (size_t)(O)->x.lanes, Y)

static void spread(const float *by, size_t n, float *dx)
{
    for (size_t c = 0; c < n; c++)
        dx[c] = by[c];
}

#else

static void average(const struct operation *o, const float *x, float *y)
{
    size_t c = 0, lanes = (size_t)o->x.lanes;

    for (; c + VL <= lanes; c += VL) {
        vf all = {0};
        for (size_t i = 0; i < (size_t)o->x.h; i++) {
            vf row = {0};
            for (size_t j = 0; j < (size_t)o->x.w; j++)
                row += load(x + i * o->x.row + j * lanes + c);
            all += row;
        }
        store(y + c, all / splat((float)(o->x.h * o->x.w)));
    }
    average_lanes(o, x, c, lanes, y);
}

static void spread(const float *by, size_t n, float *dx)
{
    for (size_t c = 0; c < n; c += VL)
        store(dx + c, load(by + c));
}

#endif

static void gap_forward(const struct operation *o, const struct pass *p)
{
    for (size_t n = 0; n < (size_t)p->s.n; n++)
        average(o, p->s.x + n * p->s.x_stride + o->x.first,
                p->s.y + n * p->s.y_stride + o->y.first);
}

static void gap_backward(const struct operation *o, const struct pass *p)
{
    size_t lanes = (size_t)o->y.lanes;
    float share = 1 / (float)(o->x.h * o->x.w);

    for (size_t n = 0; p->s.dx && n < (size_t)p->s.n; n++) {
        float *dy = p->s.dy + n * p->s.y_stride + o->y.first;
        float *dx = p->s.dx + n * p->s.x_stride + o->x.first;
        for (size_t c = 0; c < lanes; c++)
            dy[c] *= share;
        for (size_t i = 0; i < (size_t)o->x.h; i++)
            for (size_t j = 0; j < (size_t)o->x.w; j++)
                spread(dy, lanes, dx + i * o->x.row + j * lanes);
    }
}

DEFINE_LAYER(gap);
