/* Affine maps composed, and bilinear resampling in fixed-point arithmetic. */
#include "augment/affine.h"

#include <math.h>

enum {
    FRACTION = 24, /* bits of a place behind the point */
    WEIGHT = 11,   /* bits of it that weigh neighbours */
    ONE = 1 << WEIGHT
};

struct affine affine_identity(void)
{
    return (struct affine){.xx = 1, .yy = 1};
}

struct affine affine_about_centre(struct pixels image, double xx, double xy, double yx, double yy)
{
    double x = (image.width - 1) / 2.0, y = (image.height - 1) / 2.0;

    return (struct affine){xx, xy, x - xx * x - xy * y, yx, yy, y - yx * x - yy * y};
}

struct affine affine_compose(struct affine outer, struct affine inner)
{
    return (struct affine){outer.xx * inner.xx + outer.xy * inner.yx,
                           outer.xx * inner.xy + outer.xy * inner.yy,
                           outer.xx * inner.x0 + outer.xy * inner.y0 + outer.x0,
                           outer.yx * inner.xx + outer.yy * inner.yx,
                           outer.yx * inner.xy + outer.yy * inner.yy,
                           outer.yx * inner.x0 + outer.yy * inner.y0 + outer.y0};
}

void affine_turn(double degrees, double *sine, double *cosine)
{
    int quarters = (int)floor(degrees / 90 + 0.5);
    double x = (degrees - 90.0 * quarters) * (3.14159265358979323846 / 180), square = x * x;
    double s = 1, c = 1, turned;

    /* Taylor's series, within 45 degrees, from their last terms. */
    for (int k = 8; k > 0; k--) {
        s = 1 - s * square / (2 * k * (2 * k + 1));
        c = 1 - c * square / ((2 * k - 1) * 2 * k);
    }
    s *= x;
    for (quarters &= 3; quarters > 0; quarters--) {
        turned = c;
        c = -s;
        s = turned;
    }
    *sine = s;
    *cosine = c;
}

/* ---- resampling ---- */

/* A map in fixed-point numbers. */
struct walk {
    int64_t xx, xy, x0, yx, yy, y0;
};

static int64_t fixed(double x)
{
    return (int64_t)floor(x * (1 << FRACTION) + 0.5);
}

static inline int64_t within(int64_t x, int64_t last)
{
    return x < 0 ? 0 : x > last ? last : x;
}

/* True if the map takes every pixel to a pixel. */
static int is_whole(const struct walk *w)
{
    return ((w->xx | w->xy | w->x0 | w->yx | w->yy | w->y0) & ((1 << FRACTION) - 1)) == 0;
}

/* Inlined with a number of channels that the compiler knows. */
static inline __attribute__((always_inline)) void copy(const struct walk *w, struct pixels from,
                                                       size_t channels, uint8_t *to)
{
    int64_t last_x = (int64_t)(from.width - 1) << FRACTION;
    int64_t last_y = (int64_t)(from.height - 1) << FRACTION;

    for (int i = 0; i < from.height; i++) {
        int64_t x = w->x0 + i * w->xy, y = w->y0 + i * w->yy;
        for (int j = 0; j < from.width; j++, x += w->xx, y += w->yx, to += channels) {
            size_t row = (size_t)(within(y, last_y) >> FRACTION);
            size_t column = (size_t)(within(x, last_x) >> FRACTION);
            const uint8_t *at = from.at + (row * (size_t)from.width + column) * channels;
            for (size_t k = 0; k < channels; k++)
                to[k] = at[k];
        }
    }
}

static inline __attribute__((always_inline)) void blend(const struct walk *w, struct pixels from,
                                                        size_t channels, uint8_t *to)
{
    int64_t last_x = (int64_t)(from.width - 1) << FRACTION;
    int64_t last_y = (int64_t)(from.height - 1) << FRACTION;
    size_t stride = (size_t)from.width * channels;

    for (int i = 0; i < from.height; i++) {
        int64_t x = w->x0 + i * w->xy, y = w->y0 + i * w->yy;
        for (int j = 0; j < from.width; j++, x += w->xx, y += w->yx, to += channels) {
            int64_t u = within(x, last_x), v = within(y, last_y);
            const uint8_t *at =
                from.at + (size_t)(v >> FRACTION) * stride + (size_t)(u >> FRACTION) * channels;
            const uint8_t *below = at + (v < last_y ? stride : 0);
            size_t right = u < last_x ? channels : 0;
            int across = (int)(u >> (FRACTION - WEIGHT)) & (ONE - 1);
            int down = (int)(v >> (FRACTION - WEIGHT)) & (ONE - 1);
            for (size_t k = 0; k < channels; k++) {
                int upper = at[k] * ONE + (at[k + right] - at[k]) * across;
                int lower = below[k] * ONE + (below[k + right] - below[k]) * across;
                int sum = upper * ONE + (lower - upper) * down;
                to[k] = (uint8_t)((sum + ONE * ONE / 2) >> (2 * WEIGHT));
            }
        }
    }
}

static inline __attribute__((always_inline)) void move(const struct walk *w, struct pixels from,
                                                       size_t channels, uint8_t *to)
{
    if (is_whole(w))
        copy(w, from, channels, to);
    else
        blend(w, from, channels, to);
}

void affine_resample(const struct affine *m, struct pixels from, uint8_t *to)
{
    struct walk w = {fixed(m->xx), fixed(m->xy), fixed(m->x0),
                     fixed(m->yx), fixed(m->yy), fixed(m->y0)};

    if (from.channels == 1)
        move(&w, from, 1, to);
    else if (from.channels == 3)
        move(&w, from, 3, to);
    else
        move(&w, from, (size_t)from.channels, to);
}
