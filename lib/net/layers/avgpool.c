/* The 2x2 average pool. */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

static const char avgpool_token[] = "ap", avgpool_form[] = "ap";
static const char avgpool_about[] =
    "2x2 average pool, stride 2; an odd last row or column is left out";
static const char avgpool_torch[] = "nn.AvgPool2d(2)";
static const char avgpool_examples[] = "ap\n"
                                       "ap c3 r ap ap\n"
                                       "c20 r ap d4";
enum { avgpool_traits = LAYER_SPATIAL };
#define avgpool_parse layer_parse_nothing
#define avgpool_slots layer_slots_none
#define avgpool_place layer_place_vector
#define avgpool_multiply_adds layer_multiply_adds_none
#define avgpool_lower layer_lower_alone
#define avgpool_shape layer_shape_halved

/* y is a quarter of the sum of `upper`, `lower` and what is `next` floats behind them. */
static void pool_pixel(const float *upper, const float *lower, size_t next, size_t n, float *y)
{
    for (size_t c = 0; c < n; c++)
        y[c] = 0.25f * ((upper[c] + upper[next + c]) + (lower[c] + lower[next + c]));
}

static void spread_pixel(const float *dy, size_t n, float *upper, float *lower, size_t next)
{
    for (size_t c = 0; c < n; c++)
        upper[c] = upper[next + c] = lower[c] = lower[next + c] = 0.25f * dy[c];
}

#else

#include "base/simd.h"

/* The image has fewer channels than a vector. */
static void pool_pixel(const float *upper, const float *lower, size_t next, size_t n, float *y)
{
    size_t c = 0;

    for (; c + VL <= n; c += VL)
        store(y + c, splat(0.25f) * ((load(upper + c) + load(upper + next + c)) +
                                     (load(lower + c) + load(lower + next + c))));
    for (; c < n; c++)
        y[c] = 0.25f * ((upper[c] + upper[next + c]) + (lower[c] + lower[next + c]));
}

static void spread_pixel(const float *dy, size_t n, float *upper, float *lower, size_t next)
{
    for (size_t c = 0; c < n; c += VL) {
        vf by = splat(0.25f) * load(dy + c);
        store(upper + c, by);
        store(upper + next + c, by);
        store(lower + c, by);
        store(lower + next + c, by);
    }
}

#endif

/* ---- the operation ---- */

#define avgpool_way_back operation_reads_nothing
#define avgpool_kept operation_none
#define avgpool_scratch operation_none
#define avgpool_packed operation_none
#define avgpool_pack operation_pack_nothing

static void avgpool_forward(const struct operation *o, const struct pass *p)
{
    size_t from = (size_t)o->x.lanes, to = (size_t)o->y.lanes;

    for (size_t n = 0; n < (size_t)p->s.n; n++)
        for (size_t i = 0; i < (size_t)o->y.h; i++) {
            const float *x = p->s.x + n * p->s.x_stride + o->x.first + 2 * i * o->x.row;
            float *y = p->s.y + n * p->s.y_stride + o->y.first + i * o->y.row;
            for (size_t j = 0; j < (size_t)o->y.w; j++)
                pool_pixel(x + 2 * j * from, x + o->x.row + 2 * j * from, from, from, y + j * to);
        }
}

static void avgpool_backward(const struct operation *o, const struct pass *p)
{
    size_t lanes = (size_t)o->x.lanes;

    for (size_t n = 0; p->s.dx && n < (size_t)p->s.n; n++) {
        operation_clear_odd(o, p->s.dx + n * p->s.x_stride);
        for (size_t i = 0; i < (size_t)o->y.h; i++) {
            float *dx = p->s.dx + n * p->s.x_stride + o->x.first + 2 * i * o->x.row;
            const float *dy = p->s.dy + n * p->s.y_stride + o->y.first + i * o->y.row;
            for (size_t j = 0; j < (size_t)o->y.w; j++)
                spread_pixel(dy + j * lanes, lanes, dx + 2 * j * lanes,
                             dx + o->x.row + 2 * j * lanes, lanes);
        }
    }
}

DEFINE_LAYER(avgpool);
