/*
 * Backward through a convolution that a 2x2 max pool follows: of its output's gradient at least
 * three quarters are zero, and ReLU makes more. Only the winners are visited, each twice.
 *
 * By the input: the winners at one pixel of the convolution's output share a 3x3 patch of dx,
 * which stays in registers while their weights pass by. By the weights: the winners of one output
 * channel share its 3x3 weights' gradient, which stays in registers while their patches of x pass
 * by. Both take VL input channels at a time, copied out of the pixels, so that what passes by
 * lies densely in the first cache.
 */
#include "net/kernels/variant.h"

#include <string.h>

#include "net/kernels/winners.h"

/* What is worked on beside the winners. */
struct work {
    struct winners winners;
    float *plane; /* VL channels of x or dx: [rows][columns][VL], border included */
    float *dw;    /* [in / VL][out][9][VL] */
};

static size_t plane_floats(const struct conv *c)
{
    return c->x.size / (size_t)c->x.lanes * VL + VL;
}

static size_t weight_floats(const struct conv *c)
{
    return 9 * (size_t)c->x.lanes * (size_t)c->y.lanes;
}

/* Lays all of it out in scratch. */
static struct work place(const struct conv *c, float *scratch)
{
    struct work w = {.plane = scratch};

    w.dw = w.plane + plane_floats(c);
    w.winners = winners_place(c, w.dw + weight_floats(c));
    return w;
}

size_t VARIANT(sparse_scratch)(const struct conv *c)
{
    return plane_floats(c) + weight_floats(c) + winners_floats(c);
}

size_t VARIANT(sparse_packed)(const struct conv *c)
{
    return weight_floats(c);
}

/* Weights as by_input reads them: [in / VL][out][9][VL]. */
void VARIANT(sparse_pack)(const struct conv *c, const float *weight, float *packed, int task,
                          int tasks)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;
    size_t from = out * (size_t)task / (size_t)tasks, to = out * (size_t)(task + 1) / (size_t)tasks;

    for (size_t o = from; o < to; o++)
        for (size_t k = 0; k < in; k += VL)
            for (size_t t = 0; t < 9; t++)
                store(packed + (k * out + o * VL) * 9 + t * VL,
                      load(weight + (o * 9 + t) * in + k));
}

/* Copies VL channels from k on out of the pixels of x; and back into them, but for the border. */
static void take_plane(const struct layout *l, const float *x, size_t k, float *plane)
{
    for (size_t at = k; at + VL <= l->size; at += (size_t)l->lanes, plane += VL)
        store(plane, load(x + at));
}

static void give_plane(const struct layout *l, const float *plane, size_t k, float *x)
{
    size_t lanes = (size_t)l->lanes;

    for (int i = 0; i < l->h; i++) {
        size_t at = l->first + (size_t)i * l->row;
        const float *from = plane + at / lanes * VL;
        for (int j = 0; j < l->w; j++, at += lanes, from += VL)
            store(x + at + k, load(from));
    }
}

/* sum += gradient * nine vectors in three rows, for one winner. The empty asm keeps the compiler
 * from turning nine constant offsets into nine registers, of which there are too few. */
INLINE void add_nine(vf sum[9], float gradient, const float *from, size_t row)
{
    vf g = splat(gradient);

    __asm__("" : "+r"(from));
    for (size_t t = 0; t < 9; t++)
        sum[t] = multiply_add(g, load(from + t / 3 * row + t % 3 * VL), sum[t]);
}

/* dw for VL input channels, one output channel after the other. */
APART void by_weights(const struct conv *c, const struct winners *w, const float *plane, float *dw)
{
    size_t row = c->x.row / (size_t)c->x.lanes * VL;

    for (size_t o = 0; o < (size_t)c->y.lanes; o++, dw += 9 * VL) {
        const uint32_t *where = w->channel.where + o * w->room;
        const float *gradient = w->channel.gradient + o * w->room;
        vf sum[9];
        for (size_t t = 0; t < 9; t++)
            sum[t] = load(dw + t * VL);
        for (uint32_t i = 0; i < w->count[o]; i++)
            add_nine(sum, gradient[i], plane + where[i], row);
        for (size_t t = 0; t < 9; t++)
            store(dw + t * VL, sum[t]);
    }
}

/*
 * Adds the winners of the four pixels of a tile to their patches of dx: together 4x4 pixels, which
 * where there are registers enough are loaded and stored once.
 */
INLINE void add_tile(const struct winners *w, const uint32_t *start, const float *weights,
                     float *dx, size_t row)
{
#if REGISTERS == 32
    vf sum[4][4];

    for (size_t i = 0; i < 16; i++)
        sum[i / 4][i % 4] = load(dx + i / 4 * row + i % 4 * VL);
    UNROLL
    for (size_t q = 0; q < 4; q++)
        for (uint32_t k = start[q]; k < start[q + 1]; k++) {
            const float *from = weights + w->pixel.where[k] * (9 * VL);
            vf g = splat(w->pixel.gradient[k]);
            __asm__("" : "+r"(from)); /* see add_nine */
            UNROLL
            for (size_t t = 0; t < 9; t++) {
                vf *to = &sum[q / 2 + t / 3][q % 2 + t % 3];
                *to = multiply_add(g, load(from + t * VL), *to);
            }
        }
    for (size_t i = 0; i < 16; i++)
        store(dx + i / 4 * row + i % 4 * VL, sum[i / 4][i % 4]);
#else
    for (size_t q = 0; q < 4; q++) {
        float *to = dx + q / 2 * row + q % 2 * VL;
        vf sum[9];
        for (size_t t = 0; t < 9; t++)
            sum[t] = load(to + t / 3 * row + t % 3 * VL);
        for (uint32_t k = start[q]; k < start[q + 1]; k++)
            add_nine(sum, w->pixel.gradient[k], weights + w->pixel.where[k] * (9 * VL), 3 * VL);
        for (size_t t = 0; t < 9; t++)
            store(to + t / 3 * row + t % 3 * VL, sum[t]);
    }
#endif
}

/* dx for VL input channels. The plane's border is written to as well: nobody reads it, and no edge
 * needs a case of its own. */
APART void by_input(const struct conv *c, const struct winners *w, const float *weights,
                    float *plane)
{
    size_t row = c->x.row / (size_t)c->x.lanes * VL;
    const uint32_t *start = w->start;

    memset(plane, 0, plane_floats(c) * sizeof *plane);
    for (int i = 0; i < c->y.h; i++)
        for (int j = 0; j < c->y.w; j++, start += 4)
            add_tile(w, start, weights, plane + (size_t)(2 * i) * row + (size_t)(2 * j) * VL, row);
}

static void add_bias(const struct conv *c, const struct winners *w, float *db)
{
    for (size_t o = 0; o < (size_t)c->y.lanes; o++) {
        const float *gradient = w->channel.gradient + o * w->room;
        float sum = 0;
        for (uint32_t i = 0; i < w->count[o]; i++)
            sum += gradient[i];
        db[o] += sum;
    }
}

/* Between dw's own layout [out][9][in] and the one that is worked on. */
static void exchange(const struct conv *c, float *dw, float *dense, int back)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;

    for (size_t o = 0; o < out; o++)
        for (size_t k = 0; k < in; k += VL)
            for (size_t t = 0; t < 9; t++) {
                float *a = dw + (o * 9 + t) * in + k, *b = dense + (k * out + o * VL) * 9 + t * VL;
                store(back ? a : b, load(back ? b : a));
            }
}

void VARIANT(sparse_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch)
{
    size_t lanes = (size_t)c->x.lanes, block = 9 * (size_t)c->y.lanes;
    struct work w = place(c, scratch);
    const struct winners *all = &w.winners;

    if (dw)
        exchange(c, dw, w.dw, 0);
    for (int i = 0; i < s->n; i++) {
        size_t at = (size_t)i * s->x_stride;
        struct pooled p = {c, s->y + (size_t)i * s->y_stride, s->dy + (size_t)i * s->y_stride,
                           s->kept + (size_t)i * s->kept_stride};
        if (dw || db)
            winners_by_channel(&p, all);
        if (s->dx)
            winners_by_pixel(&p, all);
        if (db)
            add_bias(c, all, db);
        for (size_t k = 0; k < lanes && dw; k += VL) {
            take_plane(&c->x, s->x + at, k, w.plane);
            by_weights(c, all, w.plane, w.dw + k * block);
        }
        for (size_t k = 0; k < lanes && s->dx; k += VL) {
            by_input(c, all, packed + k * block, w.plane);
            give_plane(&c->x, w.plane, k, s->dx + at);
        }
    }
    if (dw)
        exchange(c, dw, w.dw, 1);
}
