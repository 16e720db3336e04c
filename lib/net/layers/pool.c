/* The 2x2 max pool, where no convolution before it covers it. */
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

#include <string.h>

#ifndef KERNEL_VARIANT

static const char pool_token[] = "p", pool_form[] = "p";
static const char pool_about[] = "2x2 max pool, stride 2; an odd last row or column is left out";
static const char pool_torch[] = "nn.MaxPool2d(2)";
static const char pool_examples[] = "p\n"
                                    "p c3 r r p p\n"
                                    "c3 r p p d4";
enum { pool_traits = LAYER_SPATIAL };
#define pool_parse layer_parse_nothing
#define pool_slots layer_slots_none
#define pool_place layer_place_vector
#define pool_multiply_adds layer_multiply_adds_none

#define pool_shape layer_shape_halved
#define pool_lower layer_lower_alone

/* ---- plainly ---- */

void plain_zero(struct view *t)
{
    for (int i = 0; i < t->h; i++)
        for (int j = 0; j < t->w; j++)
            memset(view_pixel(t, i, j), 0, (size_t)t->c * sizeof(float));
}

void plain_pool_forward(const struct view *x, struct view *y, uint8_t *winner, size_t stride)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int k = 0; k < y->c; k++) {
                float best = view_pixel(x, 2 * i, 2 * j)[k];
                int which = 0;
                for (int q = 1; q < 4; q++) {
                    float v = view_pixel(x, 2 * i + q / 2, 2 * j + q % 2)[k];
                    if (v > best || v != v) {
                        best = v;
                        which = q;
                    }
                }
                view_pixel(y, i, j)[k] = best;
                winner[((size_t)i * (size_t)y->w + (size_t)j) * stride + (size_t)k] =
                    (uint8_t)which;
            }
}

void plain_pool_backward(const struct view *dy, const uint8_t *winner, size_t stride,
                         struct view *dx)
{
    plain_zero(dx);
    for (int i = 0; i < dy->h; i++)
        for (int j = 0; j < dy->w; j++)
            for (int k = 0; k < dy->c; k++) {
                int q = winner[((size_t)i * (size_t)dy->w + (size_t)j) * stride + (size_t)k];
                view_pixel(dx, 2 * i + q / 2, 2 * j + q % 2)[k] = view_pixel(dy, i, j)[k];
            }
}

#endif

/* ---- the operation ---- */

#define pool_way_back operation_reads_nothing

static size_t pool_kept(const struct operation *o)
{
    return o->y.size;
}

#define pool_scratch operation_none
#define pool_packed operation_none
#define pool_pack operation_pack_nothing

/* One sample; `winner` as plain.h has it. */
#ifndef KERNEL_VARIANT

static void forward_one(const struct operation *o, const float *x, float *y, uint8_t *winner)
{
    struct view from = view_of(&o->x, x), to = view_of(&o->y, y);

    to.c = from.c < to.c ? from.c : to.c; /* an image has no padding lanes */
    plain_pool_forward(&from, &to, winner, (size_t)o->y.lanes);
}

static void backward_one(const struct operation *o, const float *dy, const uint8_t *winner,
                         float *dx)
{
    struct view from = view_of(&o->y, dy), to = view_of(&o->x, dx);

    plain_pool_backward(&from, winner, (size_t)o->y.lanes, &to);
}

#else

#include "base/simd.h"

/* The four pixels that a pool takes for pixel (i, j) of y, VL lanes from c on. */
INLINE size_t corner(const struct operation *o, int i, int j, size_t c)
{
    return o->x.first + (size_t)(2 * i) * o->x.row + (size_t)(2 * j) * (size_t)o->x.lanes + c;
}

static void forward_lanes(const struct operation *o, const float *x, int i, int j, float *y,
                          uint8_t *winner)
{
    size_t lanes = (size_t)o->x.lanes, row = o->x.row;

    for (size_t c = 0; c + VL <= lanes; c += VL) {
        const float *p = x + corner(o, i, j, c);
        vf q[4] = {load(p), load(p + lanes), load(p + row), load(p + row + lanes)};
        vf best = q[0], which = splat(0);
        /* A NaN may lose here, as in tile.h. */
        for (int k = 1; k < 4; k++) {
            which = pick_greater(q[k], best, splat((float)k), which);
            best = larger(q[k], best);
        }
        store(y + c, best);
        store_bytes(winner + c, which);
    }
}

/* The image has fewer lanes than a vector. */
static void forward_channels(const struct operation *o, const float *x, int i, int j, float *y,
                             uint8_t *winner)
{
    size_t lanes = (size_t)o->x.lanes, row = o->x.row;

    for (size_t c = lanes / VL * VL; c < lanes; c++) {
        const float *p = x + corner(o, i, j, c);
        const float q[4] = {p[0], p[lanes], p[row], p[row + lanes]};
        int best = 0;
        for (int k = 1; k < 4; k++)
            best = q[k] > q[best] ? k : best;
        y[c] = q[best];
        winner[c] = (uint8_t)best;
    }
}

static void forward_one(const struct operation *o, const float *x, float *y, uint8_t *winner)
{
    for (int i = 0; i < o->y.h; i++)
        for (int j = 0; j < o->y.w; j++) {
            size_t lanes = (size_t)o->y.lanes;
            float *to = y + o->y.first + (size_t)i * o->y.row + (size_t)j * lanes;
            uint8_t *keep = winner + ((size_t)i * (size_t)o->y.w + (size_t)j) * lanes;
            forward_lanes(o, x, i, j, to, keep);
            forward_channels(o, x, i, j, to, keep);
        }
}

/* x is not the image, which wants no gradient: it has whole vectors. */
static void backward_one(const struct operation *o, const float *dy, const uint8_t *winner,
                         float *dx)
{
    size_t lanes = (size_t)o->y.lanes, row = o->x.row;

    operation_clear_odd(o, dx);
    for (int i = 0; i < o->y.h; i++)
        for (int j = 0; j < o->y.w; j++) {
            const float *from = dy + o->y.first + (size_t)i * o->y.row + (size_t)j * lanes;
            const uint8_t *won = winner + ((size_t)i * (size_t)o->y.w + (size_t)j) * lanes;
            for (size_t c = 0; c < lanes; c += VL) {
                float *p = dx + corner(o, i, j, c);
                vi which = load_bytes(won + c);
                vf by = load(from + c);
                store(p, keep_equal(which, (vi){0}, by));
                store(p + lanes, keep_equal(which, (vi){0} + 1, by));
                store(p + row, keep_equal(which, (vi){0} + 2, by));
                store(p + row + lanes, keep_equal(which, (vi){0} + 3, by));
            }
        }
}

#endif

static void pool_forward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n; s++)
        forward_one(o, p->s.x + (size_t)s * p->s.x_stride, p->s.y + (size_t)s * p->s.y_stride,
                    p->s.kept + (size_t)s * p->s.kept_stride);
}

static void pool_backward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n && p->s.dx; s++)
        backward_one(o, p->s.dy + (size_t)s * p->s.y_stride,
                     p->s.kept + (size_t)s * p->s.kept_stride, p->s.dx + (size_t)s * p->s.x_stride);
}

DEFINE_LAYER(pool);
