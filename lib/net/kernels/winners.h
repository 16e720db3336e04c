/*
 * The winners behind a 2x2 max pool: the pixels of the convolution's output whose gradient is not
 * zero, in two orders, by pixel and by output channel.
 */
#ifndef ROTPIPE_NET_KERNELS_WINNERS_H
#define ROTPIPE_NET_KERNELS_WINNERS_H

#include <string.h>

#include "base/simd.h"
#include "net/kernels.h"

/* Channels of a word that has a bit for each. */
enum { WORD = 64 };

struct winners {
    /* Of one sample, by pixel: [tile][pixel of four][word], a bit is set if the channel wins there;
     * and gradients, [tile][channel], as none wins twice in a tile. Bits, for who goes through them
     * is busy loading other things. */
    uint64_t *won;
    float *won_gradient;

    /* Of some samples, by channel: where patches begin in the planes of x, and the gradients. */
    size_t room; /* of a channel's list: o's begins at o * room */
    uint32_t *where;
    float *gradient;
    uint32_t *count; /* of a channel's list */
};

static size_t winners_tiles(const struct conv *c)
{
    return (size_t)c->y.h * (size_t)c->y.w;
}

static size_t winners_words(const struct conv *c)
{
    return ((size_t)c->y.lanes + WORD - 1) / WORD;
}

/* A channel wins at most once a tile; compress writes up to VL entries past the last. */
static size_t winners_room(const struct conv *c, int samples)
{
    return (size_t)samples * winners_tiles(c) + VL;
}

/* Floats of scratch for the lists; those by channel are of so many samples. */
static size_t winners_floats(const struct conv *c, int samples)
{
    size_t tiles = winners_tiles(c), lanes = (size_t)c->y.lanes;

    return tiles * (8 * winners_words(c) + lanes) + 2 * lanes * winners_room(c, samples) + lanes;
}

/* scratch is aligned as words have to be. */
static struct winners winners_place(const struct conv *c, int samples, float *scratch)
{
    size_t tiles = winners_tiles(c), lanes = (size_t)c->y.lanes;
    struct winners w = {.won = (uint64_t *)(void *)scratch, .room = winners_room(c, samples)};

    w.won_gradient = scratch + 8 * tiles * winners_words(c);
    w.gradient = w.won_gradient + tiles * lanes;
    w.where = (uint32_t *)(void *)(w.gradient + lanes * w.room);
    w.count = w.where + lanes * w.room;
    return w;
}

/* A pool's output of one sample. */
struct pooled {
    const struct conv *c;
    const float *y, *dy;
    const uint8_t *which;
};

/* A tile: its column, and where its first channel lies in y and dy, and in `which`. */
struct tile {
    int column;
    size_t y, which;
};

INLINE struct tile first_tile(const struct conv *c)
{
    return (struct tile){.y = c->y.first};
}

/* Goes on to the next; 1 if that begins a row. */
INLINE int next_tile(const struct conv *c, struct tile *at)
{
    size_t lanes = (size_t)c->y.lanes;

    at->y += lanes;
    at->which += lanes;
    if (++at->column < c->y.w)
        return 0;
    at->column = 0;
    at->y += c->y.row - (size_t)c->y.w * lanes;
    return 1;
}

/* VL channels of dy at a tile, zero where ReLU let nothing through; and which pixel won. */
INLINE vf alive(const struct pooled *p, const struct tile *at, size_t channel, vi *which)
{
    vf g = load(p->dy + at->y + channel);

    *which = load_bytes(p->which + at->which + channel);
    return p->c->relu ? pick_greater(load(p->y + at->y + channel), (vf){0}, g, (vf){0}) : g;
}

/* The winners by pixel. */
static void winners_by_pixel(const struct pooled *p, const struct winners *w)
{
    size_t tiles = winners_tiles(p->c), lanes = (size_t)p->c->y.lanes, words = winners_words(p->c);
    float *gradient = w->won_gradient;
    uint64_t *won = w->won;
    struct tile at = first_tile(p->c);

    memset(won, 0, 4 * tiles * words * sizeof *won);
    for (size_t tile = 0; tile < tiles; tile++, next_tile(p->c, &at), gradient += lanes) {
        for (size_t o = 0; o < lanes; o += VL) {
            vi which;
            vf g = alive(p, &at, o, &which);
            store(gradient + o, g);
            for (int q = 0; q < 4; q++)
                won[(size_t)q * words + o / WORD] |=
                    (uint64_t)lanes_set(keep_equal(which, (vi){0} + q, g)) << o % WORD;
        }
        won += 4 * words;
    }
}

/* The lists of VL channels go on: a square of tiles and channels at a time is turned on its side.
 * Returns the gradients' sum over the tiles. */
INLINE vf winners_of_channels(const struct pooled *p, const struct winners *w, size_t plane,
                              size_t channel)
{
    const struct conv *c = p->c;
    size_t tiles = winners_tiles(c);
    int columns = (int)(c->x.row / (size_t)c->x.lanes), corner = (int)plane;
    uint32_t count[VL];
    struct tile at = first_tile(c);
    vf sum = {0};

    memcpy(count, w->count + channel, sizeof count);
    for (size_t first = 0; first < tiles; first += VL) {
        vi gradient[VL], where[VL];
        for (size_t i = 0; i < VL; i++) {
            vi which;
            if (first + i >= tiles) {
                gradient[i] = where[i] = (vi){0};
                continue;
            }
            gradient[i] = (vi)alive(p, &at, channel, &which);
            sum += (vf)gradient[i];
            where[i] = ((which >> 1) * columns + (which & 1)) * VL + corner;
            corner += 2 * VL;
            if (next_tile(c, &at))
                corner += 2 * (columns - c->y.w) * VL;
        }
        transpose(gradient);
        transpose(where);
        for (size_t l = 0; l < VL; l++) {
            size_t to = (channel + l) * w->room + count[l];
            count[l] += compress(lanes_set((vf)gradient[l]), where[l], (vf)gradient[l],
                                 w->where + to, w->gradient + to);
        }
    }
    memcpy(w->count + channel, count, sizeof count);
    return sum;
}

/* The lists by channel of one more sample, whose plane begins at `plane`, each in the order of the
 * tiles. Adds to db, unless it is NULL, the sums of the gradients. */
static void winners_by_channel(const struct pooled *p, const struct winners *w, size_t plane,
                               float *db)
{
    for (size_t o = 0; o < (size_t)p->c->y.lanes; o += VL) {
        vf sum = winners_of_channels(p, w, plane, o);
        if (db)
            store(db + o, load(db + o) + sum);
    }
}

#endif
