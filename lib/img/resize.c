/*
 * Images scaled in one direction after the other, by weights that are whole numbers, so that the
 * bytes are the same everywhere.
 */
#include "img/resize.h"

#include <math.h>
#include <stdlib.h>

enum {
    BITS = 14,
    ONE = 1 << BITS, /* of a weight; those of one pixel add up to ONE */
    AT_A_TIME = 64   /* bytes of a row */
};

static const double pi = 3.14159265358979323846;

static void weights_free(struct weights *w)
{
    free(w->weight);
    free(w->first);
}

void resizer_free(struct resizer *r)
{
    weights_free(&r->x);
    weights_free(&r->y);
    free(r->row);
    *r = (struct resizer){0};
}

/* Room for n bytes; what was there is lost. */
static int make_room(void *at, size_t *room, size_t n, struct error *e)
{
    void **memory = at;

    if (n <= *room)
        return 0;
    free(*memory);
    *room = 0;
    if (!(*memory = malloc(n)))
        return error_memory(e, "a picture");
    *room = n;
    return 0;
}

/* ---- filters, of a distance in pixels of the smaller image ---- */

static double sinc(double x)
{
    return x == 0 ? 1 : sin(pi * x) / (pi * x);
}

static double lanczos(double x)
{
    return fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static double cubic(double x)
{
    x = fabs(x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* How far the filter reaches, in pixels of what is scaled. */
static double reach(double scale)
{
    return scale > 1 ? 3 * scale : 2;
}

/* How many weights a pixel made of some of `from` pixels has at most. */
static int taps(double scale, int from)
{
    return (int)fmin(ceil(2 * reach(scale)) + 1, from);
}

/* ---- weights ---- */

/* Makes of weights whole numbers that add up to ONE. */
static void round_weights(const double *from, int n, int16_t *to)
{
    double sum = 0;
    int32_t left = ONE;
    int largest = 0;

    for (int i = 0; i < n; i++)
        sum += from[i];
    for (int i = 0; i < n; i++) {
        to[i] = (int16_t)floor(from[i] / sum * ONE + 0.5);
        left -= to[i];
        if (to[i] > to[largest])
            largest = i;
    }
    to[largest] = (int16_t)(to[largest] + left);
}

/* The weights of the pixels from `first` on in the one whose middle is at centre. */
static void weigh(double *w, int n, int first, int from, double centre, double scale)
{
    for (int k = 0; k < n; k++) {
        double distance = first + k + 0.5 - centre;
        if (first + k >= from)
            w[k] = 0;
        else
            w[k] = scale > 1 ? lanczos(distance / scale) : cubic(distance);
    }
}

/*
 * The weights of `from` pixels in each of `to`, which share the stretch begin to end: those of
 * pixel i are weight[i * taps] and on, of the pixels from first[i] on; the rest is 0.
 */
static int make_weights(struct weights *s, int from, double begin, double end, int to,
                        struct error *e)
{
    double scale = (end - begin) / to, *w;
    int n = taps(scale, from);

    /* Many images of one size follow each other. */
    if (s->from == from && s->to == to && s->begin == begin && s->end == end)
        return 0;
    s->from = 0;
    if (make_room(&s->weight, &s->weight_room, (size_t)n * (size_t)to * sizeof *s->weight, e) < 0 ||
        make_room(&s->first, &s->first_room, (size_t)to * sizeof *s->first, e) < 0)
        return -1;
    if (!(w = malloc((size_t)n * sizeof *w)))
        return error_memory(e, "a picture");
    for (int i = 0; i < to; i++) {
        double centre = begin + (i + 0.5) * scale;
        int first = (int)floor(centre - reach(scale));
        first = first < 0 ? 0 : first > from - 1 ? from - 1 : first;
        s->first[i] = first;
        weigh(w, n, first, from, centre, scale);
        round_weights(w, n, s->weight + (size_t)i * (size_t)n);
    }
    free(w);
    s->from = from;
    s->to = to;
    s->begin = begin;
    s->end = end;
    return 0;
}

/* ---- pixels ---- */

static uint8_t level(int32_t sum)
{
    return (uint8_t)(sum < 0 ? 0 : sum >= 255 << BITS ? 255 : sum >> BITS);
}

/* `count` bytes of one row from those of some rows that are `stride` bytes apart. */
static inline void mix(const uint8_t *rows, size_t stride, int count, int most,
                       const int16_t *weight, uint8_t *to)
{
    int32_t sum[AT_A_TIME];

    for (int x = 0; x < count; x++)
        sum[x] = ONE / 2;
    for (int k = 0; k < most; k++)
        for (int x = 0; x < count; x++)
            sum[x] += weight[k] * (int16_t)rows[(size_t)k * stride + (size_t)x];
    for (int x = 0; x < count; x++)
        to[x] = level(sum[x]);
}

/* One row of n bytes. Compilers spread the loops whose length they know. */
static void mix_rows(const uint8_t *rows, size_t stride, size_t n, int most, const int16_t *weight,
                     uint8_t *to)
{
    size_t x = 0;

    for (; x + AT_A_TIME <= n; x += AT_A_TIME)
        mix(rows + x, stride, AT_A_TIME, most, weight, to + x);
    mix(rows + x, stride, (int)(n - x), most, weight, to + x);
}

/* The pixels of a row from those of another, of which the first that counts is given. */
static inline void scale_pixels(const uint8_t *row, const struct weights *w, int taps, int channels,
                                uint8_t *to)
{
    const int16_t *weight = w->weight;

    for (int i = 0; i < w->to; i++, weight += taps) {
        const uint8_t *p = row + (size_t)(w->first[i] - w->first[0]) * (size_t)channels;
        int most = w->from - w->first[i] < taps ? w->from - w->first[i] : taps;
        for (int c = 0; c < channels; c++) {
            int32_t sum = ONE / 2;
            for (int k = 0; k < most; k++)
                sum += weight[k] * p[k * channels + c];
            *to++ = level(sum);
        }
    }
}

static void scale_row(const uint8_t *row, const struct weights *w, int taps, int channels,
                      uint8_t *to)
{
    if (channels == 1)
        scale_pixels(row, w, taps, 1, to);
    else if (channels == 3)
        scale_pixels(row, w, taps, 3, to);
    else
        scale_pixels(row, w, taps, channels, to);
}

/* The pixel behind the last of which a weight is used. */
static int end_of(const struct weights *w, int taps)
{
    int end = w->first[w->to - 1] + taps;

    return end < w->from ? end : w->from;
}

int resize_image(struct resizer *r, struct pixels from, const struct box *box, int width,
                 int height, uint8_t *to, struct error *e)
{
    size_t channels = (size_t)from.channels, stride = (size_t)from.width * channels, n;
    int x_taps = taps((box->x1 - box->x0) / width, from.width);
    int y_taps = taps((box->y1 - box->y0) / height, from.height);

    if (make_weights(&r->x, from.width, box->x0, box->x1, width, e) < 0 ||
        make_weights(&r->y, from.height, box->y0, box->y1, height, e) < 0)
        return -1;
    n = (size_t)(end_of(&r->x, x_taps) - r->x.first[0]) * channels;
    if (make_room(&r->row, &r->room, n, e) < 0)
        return -1;
    for (int y = 0; y < height; y++) {
        int first = r->y.first[y], left = from.height - first;
        mix_rows(from.at + (size_t)first * stride + (size_t)r->x.first[0] * channels, stride, n,
                 left < y_taps ? left : y_taps, r->y.weight + (size_t)y * (size_t)y_taps, r->row);
        scale_row(r->row, &r->x, x_taps, from.channels, to);
        to += (size_t)width * channels;
    }
    return 0;
}
