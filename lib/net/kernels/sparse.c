/*
 * Backward through a convolution that a 2x2 max pool follows: of its output's gradient at least
 * three quarters are zero, and ReLU makes more. Only the winners are visited. For one output
 * channel at a time its 3x3 weights (or their gradient) for a block of input channels stay in
 * registers while its winners pass by.
 */
#include "net/kernels/variant.h"

#include <string.h>

/* Vectors of input channels held at once, for each of the 9 taps. */
#if VL == 16
enum { BLOCK = 2 };
#else
enum { BLOCK = 1 };
#endif

/* A winner: where its 3x3 patch of x begins, and its gradient. */
struct winner {
    uint32_t patch;
    float gradient;
};

/* The winners of one sample by output channel: channel o has count[o] from list + o * room on. */
struct winners {
    size_t room;
    struct winner *list;
    uint32_t *count;
};

static struct winners place(const struct conv *c, float *scratch)
{
    size_t room = (size_t)c->y.h * (size_t)c->y.w, lanes = (size_t)c->y.lanes;
    struct winners w = {room, NULL, NULL};

    w.list = (struct winner *)(void *)scratch;
    w.count = (uint32_t *)(void *)(scratch + 2 * lanes * room);
    return w;
}

size_t VARIANT(sparse_scratch)(const struct conv *c)
{
    return (size_t)c->y.lanes * (2 * (size_t)c->y.h * (size_t)c->y.w + 1);
}

static void find_winners(const struct conv *c, const float *y, const float *dy,
                         const uint8_t *which, struct winners *w)
{
    size_t lanes = (size_t)c->y.lanes, x_lanes = (size_t)c->x.lanes;
    uint32_t corner[4] = {0, (uint32_t)x_lanes, (uint32_t)c->x.row, (uint32_t)(c->x.row + x_lanes)};

    memset(w->count, 0, lanes * sizeof *w->count);
    for (int i = 0; i < c->y.h; i++)
        for (int j = 0; j < c->y.w; j++) {
            size_t at = c->y.first + (size_t)i * c->y.row + (size_t)j * lanes;
            uint32_t base = (uint32_t)((size_t)(2 * i) * c->x.row + (size_t)(2 * j) * x_lanes);
            for (size_t o = 0; o < lanes; o++) {
                float g = dy[at + o];
                struct winner *next = w->list + o * w->room + w->count[o];
                next->patch = base + corner[which[o] & 3];
                next->gradient = g;
                /* Written always, kept only if alive: no branch to mispredict. */
                w->count[o] += (g != 0) & (!c->relu | (y[at + o] > 0));
            }
            which += lanes;
        }
}

/* dw[tap][in..] += gradient * patch, over a channel's winners, for `wide` vectors of channels. */
INLINE void gather(const int wide, const struct winner *w, uint32_t n, const float *x, size_t row,
                   size_t lanes, float *dw)
{
    vf sum[9][2];

#pragma GCC unroll 9
    for (size_t t = 0; t < 9; t++)
        for (int v = 0; v < wide; v++)
            sum[t][v] = load(dw + t * lanes + (size_t)v * VL);
    for (uint32_t i = 0; i < n; i++) {
        const float *p = x + w[i].patch;
        vf g = splat(w[i].gradient);
#pragma GCC unroll 9
        for (size_t t = 0; t < 9; t++)
            for (int v = 0; v < wide; v++)
                sum[t][v] += g * load(p + t / 3 * row + t % 3 * lanes + (size_t)v * VL);
    }
#pragma GCC unroll 9
    for (size_t t = 0; t < 9; t++)
        for (int v = 0; v < wide; v++)
            store(dw + t * lanes + (size_t)v * VL, sum[t][v]);
}

/* dx's patch += gradient * w[tap][in..], over a channel's winners. */
INLINE void scatter(const int wide, const struct winner *w, uint32_t n, const float *weight,
                    size_t row, size_t lanes, float *dx)
{
    vf held[9][2];

#pragma GCC unroll 9
    for (size_t t = 0; t < 9; t++)
        for (int v = 0; v < wide; v++)
            held[t][v] = load(weight + t * lanes + (size_t)v * VL);
    for (uint32_t i = 0; i < n; i++) {
        float *p = dx + w[i].patch;
        vf g = splat(w[i].gradient);
#pragma GCC unroll 9
        for (size_t t = 0; t < 9; t++)
            for (int v = 0; v < wide; v++) {
                float *to = p + t / 3 * row + t % 3 * lanes + (size_t)v * VL;
                store(to, load(to) + g * held[t][v]);
            }
    }
}

static void by_weights(const struct conv *c, const struct winners *w, const float *x, float *dw,
                       float *db)
{
    size_t lanes = (size_t)c->x.lanes;

    for (size_t o = 0; o < (size_t)c->y.lanes; o++) {
        const struct winner *list = w->list + o * w->room;
        float *to = dw + o * 9 * lanes, sum = 0;
        size_t k = 0;
        for (uint32_t i = 0; i < w->count[o]; i++)
            sum += list[i].gradient;
        db[o] += sum;
        for (; k + BLOCK * VL <= lanes; k += BLOCK * VL)
            gather(BLOCK, list, w->count[o], x + k, c->x.row, lanes, to + k);
        for (; k < lanes; k += VL)
            gather(1, list, w->count[o], x + k, c->x.row, lanes, to + k);
    }
}

static void by_input(const struct conv *c, const struct winners *w, const float *weight, float *dx)
{
    size_t lanes = (size_t)c->x.lanes;

    /* The border is written to as well: nobody reads it, and no edge needs a case of its own. */
    memset(dx, 0, c->x.size * sizeof *dx);
    for (size_t o = 0; o < (size_t)c->y.lanes; o++) {
        const struct winner *list = w->list + o * w->room;
        const float *from = weight + o * 9 * lanes;
        size_t k = 0;
        for (; k + BLOCK * VL <= lanes; k += BLOCK * VL)
            scatter(BLOCK, list, w->count[o], from + k, c->x.row, lanes, dx + k);
        for (; k < lanes; k += VL)
            scatter(1, list, w->count[o], from + k, c->x.row, lanes, dx + k);
    }
}

void VARIANT(sparse_backward)(const struct conv *c, const float *weight, const struct samples *s,
                              float *dw, float *db, float *scratch)
{
    struct winners w = place(c, scratch);

    for (int i = 0; i < s->n; i++) {
        find_winners(c, s->y + (size_t)i * s->y_stride, s->dy + (size_t)i * s->y_stride,
                     s->winner + (size_t)i * s->winner_stride, &w);
        if (dw)
            by_weights(c, &w, s->x + (size_t)i * s->x_stride, dw, db);
        if (s->dx)
            by_input(c, &w, weight, s->dx + (size_t)i * s->x_stride);
    }
}
