/*
 * The winners of one sample behind a 2x2 max pool: the pixels of the convolution's output whose
 * gradient is not zero, in two orders, by pixel and by output channel.
 */
#ifndef ROTPIPE_NET_KERNELS_WINNERS_H
#define ROTPIPE_NET_KERNELS_WINNERS_H

#include <string.h>

#include "base/simd.h"
#include "net/kernels.h"
#include "net/net.h"

/* One winner: which output channel, or where its patch of x begins; and the gradient. */
struct list {
    uint32_t *where;
    float *gradient;
};

struct winners {
    size_t room;         /* of a channel's list */
    struct list pixel;   /* by pixel: one list behind the other, in the order of `start` */
    struct list channel; /* by channel: o's list begins at o * room; where: in the plane */
    uint32_t *start;     /* where pixel p's list begins; p counts tiles, four pixels each */
    uint32_t *count;     /* of a channel's list */
};

/* A channel wins at most once a tile; compress writes up to VL entries past the last. */
static size_t winners_room(const struct conv *c)
{
    return (size_t)c->y.h * (size_t)c->y.w + VL;
}

/* Floats of scratch for the lists. */
static size_t winners_floats(const struct conv *c)
{
    size_t pixels = 4 * (size_t)c->y.h * (size_t)c->y.w, lanes = (size_t)c->y.lanes;

    return 4 * lanes * winners_room(c) + pixels + 1 + lanes;
}

static struct winners winners_place(const struct conv *c, float *scratch)
{
    size_t entries = (size_t)c->y.lanes * winners_room(c);
    struct winners w = {.room = winners_room(c)};

    w.pixel.gradient = scratch;
    w.channel.gradient = w.pixel.gradient + entries;
    w.pixel.where = (uint32_t *)(void *)(w.channel.gradient + entries);
    w.channel.where = w.pixel.where + entries;
    w.start = w.channel.where + entries;
    w.count = w.start + 4 * (size_t)c->y.h * (size_t)c->y.w + 1;
    return w;
}

/* A pool's output of one sample. */
struct pooled {
    const struct conv *c;
    const float *y, *dy;
    const uint8_t *which;
};

/* VL channels of dy at a tile, zero where ReLU let nothing through; and which pixel won. */
INLINE vf alive(const struct pooled *p, size_t tile, size_t channel, vi *which)
{
    const struct conv *c = p->c;
    size_t lanes = (size_t)c->y.lanes, columns = (size_t)c->y.w;
    size_t at = c->y.first + tile / columns * c->y.row + tile % columns * lanes + channel;
    vf g = load(p->dy + at);

    *which = load_bytes(p->which + tile * lanes + channel);
    return c->relu ? pick_greater(load(p->y + at), (vf){0}, g, (vf){0}) : g;
}

INLINE vi count_up(void)
{
#if VL == 16
    return (vi){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif VL == 8
    return (vi){0, 1, 2, 3, 4, 5, 6, 7};
#else
    return (vi){0, 1, 2, 3};
#endif
}

/* The lists by pixel. */
static void winners_by_pixel(const struct pooled *p, const struct winners *w)
{
    size_t tiles = (size_t)p->c->y.h * (size_t)p->c->y.w, lanes = (size_t)p->c->y.lanes;
    uint16_t won[4][LAYER_WIDTH_MAX / VL];
    float gradient[LAYER_WIDTH_MAX];
    uint32_t end = 0, *start = w->start;

    for (size_t tile = 0; tile < tiles; tile++) {
        for (size_t o = 0; o < lanes; o += VL) {
            vi which;
            vf g = alive(p, tile, o, &which);
            store(gradient + o, g);
            for (int q = 0; q < 4; q++)
                won[q][o / VL] = (uint16_t)lanes_set(keep_equal(which, (vi){0} + q, g));
        }
        for (int q = 0; q < 4; q++) {
            vi channel = count_up();
            *start++ = end;
            for (size_t o = 0; o < lanes; o += VL, channel += VL)
                end += compress(won[q][o / VL], channel, load(gradient + o), w->pixel.where + end,
                                w->pixel.gradient + end);
        }
    }
    *start = end;
}

/* The lists of VL channels: a square of tiles and channels at a time is turned on its side. */
INLINE void winners_of_channels(const struct pooled *p, const struct winners *w, size_t channel)
{
    size_t tiles = (size_t)p->c->y.h * (size_t)p->c->y.w, width = (size_t)p->c->y.w;
    int columns = (int)(p->c->x.row / (size_t)p->c->x.lanes);
    uint32_t count[VL] = {0};

    for (size_t first = 0; first < tiles; first += VL) {
        vi gradient[VL], where[VL];
        for (size_t i = 0; i < VL; i++) {
            size_t tile = first + i;
            gradient[i] = where[i] = (vi){0};
            if (tile >= tiles)
                continue;
            vi which;
            gradient[i] = (vi)alive(p, tile, channel, &which);
            where[i] = ((which >> 1) * columns + (which & 1)) * VL +
                       (int)(2 * (tile / width) * (size_t)columns + 2 * (tile % width)) * VL;
        }
        transpose(gradient);
        transpose(where);
        for (size_t l = 0; l < VL; l++) {
            size_t to = (channel + l) * w->room + count[l];
            count[l] += compress(lanes_set((vf)gradient[l]), where[l], (vf)gradient[l],
                                 w->channel.where + to, w->channel.gradient + to);
        }
    }
    memcpy(w->count + channel, count, sizeof count);
}

/* The lists by channel, each in the order of the tiles. */
static void winners_by_channel(const struct pooled *p, const struct winners *w)
{
    for (size_t o = 0; o < (size_t)p->c->y.lanes; o += VL)
        winners_of_channels(p, w, o);
}

#endif
