/*
 * Pictures scaled in one direction after the other, in whole numbers, so that the bytes are the
 * same everywhere.
 */
#include "import/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 14, ONE = 1 << BITS }; /* of a weight; those of one pixel add up to ONE */

/* What of the raster is taken, x and y of its axes. */
struct box {
    double x0, y0, x1, y1;
};

double fit_scale(enum fit fit, int width, int height, int to_width, int to_height)
{
    double x = (double)to_width / width, y = (double)to_height / height;

    return fit == FIT_PAD ? fmin(x, y) : fmax(x, y);
}

void fitter_free(struct fitter *f)
{
    free(f->content);
    free(f->rows);
    for (int i = 0; i < 2; i++) {
        free(f->weight[i]);
        free(f->first[i]);
    }
    *f = (struct fitter){0};
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

/* Makes of weights whole numbers that add up to ONE. */
static void round_weights(const double *from, int n, int32_t *to)
{
    double sum = 0;
    int32_t left = ONE;
    int largest = 0;

    for (int i = 0; i < n; i++)
        sum += from[i];
    for (int i = 0; i < n; i++) {
        to[i] = (int32_t)floor(from[i] / sum * ONE + 0.5);
        left -= to[i];
        if (to[i] > to[largest])
            largest = i;
    }
    to[largest] += left;
}

/* How many weights a pixel has at most. */
static int taps(double scale)
{
    return (int)ceil(2 * fmax(scale, 1)) + 2;
}

/*
 * The weights of `from` pixels in each of `to`, of which they fill the stretch b0 to b1: those of
 * pixel i are weight[i * taps] and on, of the pixels from first[i] on; the rest is 0.
 */
static int make_weights(struct fitter *f, int axis, int from, double b0, double b1, int to,
                        struct error *e)
{
    double scale = (b1 - b0) / to, support = fmax(scale, 1), *w;
    int n = taps(scale);

    if (make_room(&f->weight[axis], &f->weight_room[axis],
                  (size_t)n * (size_t)to * sizeof **f->weight, e) < 0 ||
        make_room(&f->first[axis], &f->first_room[axis], (size_t)to * sizeof **f->first, e) < 0)
        return -1;
    if (!(w = malloc((size_t)n * sizeof *w)))
        return error_memory(e, "a picture");
    for (int i = 0; i < to; i++) {
        double centre = b0 + (i + 0.5) * scale;
        int first = (int)floor(centre - support);
        first = first < 0 ? 0 : first > from - 1 ? from - 1 : first;
        for (int k = 0; k < n; k++)
            w[k] = first + k < from ? fmax(0, 1 - fabs(first + k + 0.5 - centre) / support) : 0;
        f->first[axis][i] = first;
        round_weights(w, n, f->weight[axis] + (size_t)i * (size_t)n);
    }
    free(w);
    return 0;
}

/* The pixels of a row of `to` from those of a row. */
static void scale_row(const uint8_t *row, int from, uint8_t *to, int n, int channels,
                      const int *first, const int32_t *weight, int taps)
{
    for (int i = 0; i < n; i++, weight += taps) {
        int most = from - first[i] < taps ? from - first[i] : taps;
        for (int c = 0; c < channels; c++) {
            const uint8_t *p = row + first[i] * channels + c;
            int32_t sum = ONE / 2;
            for (int k = 0; k < most; k++)
                sum += weight[k] * p[k * channels];
            *to++ = (uint8_t)(sum >> BITS);
        }
    }
}

/* One row from some rows, of n bytes each. */
static void mix_rows(const uint8_t *rows, size_t n, int most, uint8_t *to, const int32_t *weight)
{
    for (size_t x = 0; x < n; x++) {
        int32_t sum = ONE / 2;
        for (int k = 0; k < most; k++)
            sum += weight[k] * rows[(size_t)k * n + x];
        to[x] = (uint8_t)(sum >> BITS);
    }
}

/* Scales what is in the box to width x height pixels, f->content. */
static int scale(struct fitter *f, const struct raster *r, const struct box *b, int width,
                 int height, struct error *e)
{
    size_t channels = (size_t)r->channels, stride = (size_t)width * channels;
    int x_taps = taps((b->x1 - b->x0) / width), y_taps = taps((b->y1 - b->y0) / height), top, end;

    if (make_weights(f, 0, r->width, b->x0, b->x1, width, e) < 0 ||
        make_weights(f, 1, r->height, b->y0, b->y1, height, e) < 0)
        return -1;
    top = f->first[1][0];
    end =
        f->first[1][height - 1] + y_taps < r->height ? f->first[1][height - 1] + y_taps : r->height;
    if (make_room(&f->rows, &f->rows_room, (size_t)(end - top) * stride, e) < 0 ||
        make_room(&f->content, &f->content_room, (size_t)height * stride, e) < 0)
        return -1;
    for (int y = top; y < end; y++)
        scale_row(r->pixels + (size_t)y * (size_t)r->width * channels, r->width,
                  f->rows + (size_t)(y - top) * stride, width, r->channels, f->first[0],
                  f->weight[0], x_taps);
    for (int y = 0; y < height; y++) {
        int first = f->first[1][y], most = end - first < y_taps ? end - first : y_taps;
        mix_rows(f->rows + (size_t)(first - top) * stride, stride, most,
                 f->content + (size_t)y * stride, f->weight[1] + (size_t)y * (size_t)y_taps);
    }
    return 0;
}

/* The pixel at x, y of an upright picture in pixels of width x height that lie as EXIF says. */
static size_t turned(int orientation, int x, int y, int width, int height)
{
    int right = width - 1, bottom = height - 1;
    const int at[9][2] = {{x, y},          {x, y}, {right - x, y},  {right - x, bottom - y},
                          {x, bottom - y}, {y, x}, {y, bottom - x}, {right - y, bottom - x},
                          {right - y, x}};

    return (size_t)at[orientation][1] * (size_t)width + (size_t)at[orientation][0];
}

/* The content, of width x height pixels as it lies, is put upright into an image at left, top. */
static void place(const struct raster *content, int orientation, uint8_t *to, int image_width,
                  int left, int top)
{
    size_t channels = (size_t)content->channels;
    int on_side = orientation > 4, width = on_side ? content->height : content->width,
        height = on_side ? content->width : content->height;

    if (orientation == 1 && width == image_width) {
        memcpy(to + (size_t)top * (size_t)width * channels, content->pixels,
               (size_t)height * (size_t)width * channels);
        return;
    }
    for (int y = 0; y < height; y++) {
        uint8_t *row = to + ((size_t)(top + y) * (size_t)image_width + (size_t)left) * channels;
        if (orientation == 1) {
            memcpy(row, content->pixels + (size_t)y * (size_t)width * channels,
                   (size_t)width * channels);
            continue;
        }
        for (int x = 0; x < width; x++)
            memcpy(row + (size_t)x * channels,
                   content->pixels +
                       channels * turned(orientation, x, y, content->width, content->height),
                   channels);
    }
}

static void fill(uint8_t *to, size_t pixels, int channels, const uint8_t background[3])
{
    if (channels == 1)
        memset(to, raster_grey(background[0], background[1], background[2]), pixels);
    for (size_t i = 0; channels == 3 && i < pixels; i++)
        memcpy(to + 3 * i, background, 3);
}

/* What of a picture, as it lies, is taken for a content of width x height, as it lies, too. */
static struct box choose_box(const struct raster *r, enum fit fit, int width, int height)
{
    double s = fit_scale(FIT_CROP, r->full_width, r->full_height, width, height);
    /* Shares of the picture that are cut off on each side. */
    double x = fit == FIT_CROP ? (1 - width / (s * r->full_width)) / 2 : 0;
    double y = fit == FIT_CROP ? (1 - height / (s * r->full_height)) / 2 : 0;

    return (struct box){x * r->width, y * r->height, (1 - x) * r->width, (1 - y) * r->height};
}

/* One side of a content that has borders. */
static int padded(int side, double scale, int most)
{
    int n = (int)floor(side * scale + 0.5);

    return n < 1 ? 1 : n > most ? most : n;
}

int fit_run(struct fitter *f, const struct raster *r, enum fit fit, int width, int height,
            const uint8_t background[3], uint8_t *to, struct error *e)
{
    int on_side = r->orientation > 4;
    struct raster content = *r;
    /* The size of the image, and then of the content, as the picture lies. */
    int w = on_side ? height : width, h = on_side ? width : height;

    if (fit == FIT_PAD) {
        double s = fit_scale(fit, r->full_width, r->full_height, w, h);
        w = padded(r->full_width, s, w);
        h = padded(r->full_height, s, h);
        fill(to, (size_t)width * (size_t)height, r->channels, background);
    }
    if (w != r->width || h != r->height) {
        struct box b = choose_box(r, fit, w, h);
        if (scale(f, r, &b, w, h, e) < 0)
            return -1;
        content.width = w;
        content.height = h;
        content.pixels = f->content;
    }
    place(&content, r->orientation, to, width, (width - (on_side ? h : w)) / 2,
          (height - (on_side ? w : h)) / 2);
    return 0;
}
