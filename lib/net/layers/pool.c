/* The 2x2 max pool, where no convolution before it covers it. */
#include "net/layers/plain.h"
#include "net/net.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

#include <string.h>

static const char pool_token[] = "p", pool_form[] = "p";
static const char pool_about[] = "2x2 max pool, stride 2; an odd last row or column is left out";
static const char pool_examples[] = "p\n"
                                    "p c3 r r p p\n"
                                    "c3 r p p d4";
enum { pool_traits = LAYER_SPATIAL };
#define pool_parse layer_parse_nothing
#define pool_slots layer_slots_none
#define pool_place layer_place_vector
#define pool_multiply_adds layer_multiply_adds_none

static int pool_shape(struct layer *l, struct error *e)
{
    l->out.h = l->in.h / 2;
    l->out.w = l->in.w / 2;
    if (l->out.h < 1 || l->out.w < 1)
        return error_set(e, "net: %s: cannot pool an input of %d x %d", l->name, l->in.h, l->in.w);
    return 0;
}

static int pool_lower(struct plan *p, const struct net *n, int at)
{
    (void)n;
    plan_add(p, at, at);
    return at;
}

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

/* ---- the operation: the plain one for every set, since convolutions cover most pools ---- */

static size_t pool_kept(const struct operation *o)
{
    return o->y.size;
}

#define pool_scratch operation_none
#define pool_packed operation_none
#define pool_pack operation_pack_nothing

static void pool_forward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n; s++) {
        struct view x = view_of(&o->x, p->s.x + (size_t)s * p->s.x_stride);
        struct view y = view_of(&o->y, p->s.y + (size_t)s * p->s.y_stride);
        y.c = x.c < y.c ? x.c : y.c; /* an image has no padding lanes */
        plain_pool_forward(&x, &y, p->s.kept + (size_t)s * p->s.kept_stride, (size_t)o->y.lanes);
    }
}

static void pool_backward(const struct operation *o, const struct pass *p)
{
    for (int s = 0; s < p->s.n && p->s.dx; s++) {
        struct view dy = view_of(&o->y, p->s.dy + (size_t)s * p->s.y_stride);
        struct view dx = view_of(&o->x, p->s.dx + (size_t)s * p->s.x_stride);
        plain_pool_backward(&dy, p->s.kept + (size_t)s * p->s.kept_stride, (size_t)o->y.lanes, &dx);
    }
}

DEFINE_LAYER(pool);
