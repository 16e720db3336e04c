/* Which part of an image is taken, and where it goes. */
#include "img/fit.h"

#include "img/colour.h"
#include "img/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const fit_names[] = {"crop", "pad", "stretch", NULL};

double fit_scale(enum fit fit, int width, int height, int to_width, int to_height)
{
    double x = (double)to_width / width, y = (double)to_height / height;

    return fit == FIT_PAD ? fmin(x, y) : fmax(x, y);
}

void fitter_free(struct fitter *f)
{
    resizer_free(&f->resizer);
    free(f->content);
    *f = (struct fitter){0};
}

/* The part in the middle that has the shape of the image to be made, or all; in pixels of `from`.
 */
static struct box choose_box(struct fit_full full, enum fit fit, int width, int height)
{
    double s = fit_scale(FIT_CROP, full.width, full.height, width, height);
    double w = fit == FIT_CROP ? width / s : full.width;
    double h = fit == FIT_CROP ? height / s : full.height;
    double x = (full.width - w) / 2, y = (full.height - h) / 2, r = full.reduction;

    return (struct box){x / r, y / r, (x + w) / r, (y + h) / r};
}

/* Fills an image of this size with what is in the box. */
static int fill_with(struct fitter *f, struct pixels from, const struct box *b, int width,
                     int height, uint8_t *to, struct error *e)
{
    int whole = b->x0 == 0 && b->y0 == 0 && b->x1 == width && b->y1 == height;

    if (!whole || from.width != width || from.height != height)
        return resize_image(&f->resizer, from, b, width, height, to, e);
    memcpy(to, from.at, (size_t)width * (size_t)height * (size_t)from.channels);
    return 0;
}

/* One side of a content that has borders. */
static int padded(int side, double scale, int most)
{
    int n = (int)floor(side * scale + 0.5);

    return n < 1 ? 1 : n > most ? most : n;
}

static int pad(struct fitter *f, struct pixels from, struct fit_full full,
               const struct frame *frame, const uint8_t background[3], uint8_t *to, struct error *e)
{
    double s = fit_scale(FIT_PAD, full.width, full.height, (int)frame->width, (int)frame->height);
    int w = padded(full.width, s, (int)frame->width);
    int h = padded(full.height, s, (int)frame->height);
    size_t n = (size_t)w * (size_t)h * (size_t)from.channels;
    struct box all = choose_box(full, FIT_STRETCH, w, h);
    uint8_t grey = grey_level(background);

    if (n > f->room) {
        free(f->content);
        f->room = 0;
        if (!(f->content = malloc(n)))
            return error_memory(e, "a picture");
        f->room = n;
    }
    if (fill_with(f, from, &all, w, h, f->content, e) < 0)
        return -1;
    pad_image(f->content, to, (uint64_t)h, (uint64_t)w, (uint64_t)from.channels, frame,
              from.channels == 3 ? background : &grey);
    return 0;
}

int fit_image(struct fitter *f, struct pixels from, struct fit_full full, enum fit fit, int width,
              int height, const uint8_t background[3], uint8_t *to, struct error *e)
{
    struct frame frame = {.width = (uint64_t)width, .height = (uint64_t)height};
    struct box b;

    if (fit == FIT_PAD)
        return pad(f, from, full, &frame, background, to, e);
    b = choose_box(full, fit, width, height);
    return fill_with(f, from, &b, width, height, to, e);
}
