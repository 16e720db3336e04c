/* The steps by which images are changed: what each makes of a shape, and of an image. */
#include "img/imagemap.h"

#include "img/colour.h"
#include "img/rotate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_A_TIME = 1 << 20 }; /* bytes of images */

/* Shapes are [height, width, channels]. */

/* ---- colour ---- */

/* Refuses images of two channels, or four: nobody knows what they are. */
static int check_channels(const uint64_t *shape, struct error *e)
{
    return shape[2] == 1 || shape[2] == 3
               ? 0
               : error_set(e, "images of %" PRIu64 " channels, neither grey nor colour", shape[2]);
}

static int colour_shape(const struct imagemap *m, uint64_t *shape, struct error *e)
{
    uint64_t channels = m->colour == COLOUR_GREY ? 1 : 3;

    if (m->colour == COLOUR_KEPT || shape[2] == channels)
        return 0;
    if (check_channels(shape, e) < 0)
        return -1;
    shape[2] = channels;
    return 1;
}

static int colour(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
                  struct error *e)
{
    (void)e;
    if (m->colour == COLOUR_GREY)
        grey_image(from, to, shape[0] * shape[1]);
    else
        rgb_image(from, to, shape[0] * shape[1]);
    return 0;
}

/* ---- rows and columns ---- */

static int transpose_shape(const struct imagemap *m, uint64_t *shape, struct error *e)
{
    uint64_t height = shape[0];

    (void)e;
    shape[0] = m->transpose ? shape[1] : height;
    shape[1] = m->transpose ? height : shape[1];
    return m->transpose;
}

static int transpose(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
                     struct error *e)
{
    (void)m, (void)e;
    transpose_image(from, to, shape[0], shape[1], shape[2]);
    return 0;
}

static int crop_shape(const struct imagemap *m, uint64_t *shape, struct error *e)
{
    char text[FRAME_TEXT];

    if (!m->crop.width)
        return 0;
    if (!frame_lies_in(&m->crop, shape[0], shape[1])) {
        frame_format(&m->crop, text);
        return error_set(e,
                         "images of %" PRIu64 " x %" PRIu64
                         " pixels (width, height) do not contain the %s of --crop",
                         shape[1], shape[0], text);
    }
    shape[0] = m->crop.height;
    shape[1] = m->crop.width;
    return 1;
}

static int crop(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
                struct error *e)
{
    (void)e;
    crop_image(from, to, shape[0], shape[1], shape[2], &m->crop);
    return 0;
}

static int size_shape(const struct imagemap *m, uint64_t *shape, struct error *e)
{
    if (!m->size.width)
        return 0;
    if (check_channels(shape, e) < 0)
        return -1;
    if (m->size.height == shape[0] && m->size.width == shape[1])
        return 0;
    shape[0] = m->size.height;
    shape[1] = m->size.width;
    return 1;
}

static int size(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
                struct error *e)
{
    struct fit_full full = {(int)shape[1], (int)shape[0], 1};
    struct pixels pixels = {from, full.width, full.height, (int)shape[2]};

    return fit_image(&m->fitter, pixels, full, m->fit, (int)m->size.width, (int)m->size.height,
                     m->background, to, e);
}

static int pad_shape(const struct imagemap *m, uint64_t *shape, struct error *e)
{
    char text[FRAME_TEXT];

    if (!m->pad.width)
        return 0;
    if (check_channels(shape, e) < 0)
        return -1;
    if (m->pad.height < shape[0] || m->pad.width < shape[1]) {
        frame_format(&m->pad, text);
        return error_set(e,
                         "images of %" PRIu64 " x %" PRIu64
                         " pixels (width, height) are larger than the %s of --pad",
                         shape[1], shape[0], text);
    }
    shape[0] = m->pad.height;
    shape[1] = m->pad.width;
    return 1;
}

static int pad(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
               struct error *e)
{
    uint8_t grey = grey_level(m->background);

    (void)e;
    pad_image(from, to, shape[0], shape[1], shape[2], &m->pad,
              shape[2] == 3 ? m->background : &grey);
    return 0;
}

/* ---- all of them ---- */

static const struct step {
    /* Makes the shape what the step makes of it. 1; 0: the step changes nothing; -1. */
    int (*shape)(const struct imagemap *m, uint64_t *shape, struct error *e);
    /* Changes an image, of the shape before. 0 or -1. */
    int (*run)(struct imagemap *m, const uint8_t *from, uint8_t *to, const uint64_t *shape,
               struct error *e);
} steps[] = {{colour_shape, colour},
             {transpose_shape, transpose},
             {crop_shape, crop},
             {size_shape, size},
             {pad_shape, pad}};

enum { STEPS = sizeof steps / sizeof *steps };

int imagemap_resizes(const struct imagemap *m)
{
    return m->colour != COLOUR_KEPT || m->crop.width || m->size.width || m->pad.width;
}

int imagemap_borders(const struct imagemap *m)
{
    return m->pad.width || (m->size.width && m->fit == FIT_PAD);
}

int imagemap_changes(const struct imagemap *m)
{
    return m->transpose || imagemap_resizes(m);
}

uint64_t imagemap_most(const struct imagemap *m, const struct chunk *c, struct error *e)
{
    uint64_t shape[3], largest = c->stride;

    memcpy(shape, c->head.shape + 1, sizeof shape);
    for (int i = 0; i < STEPS; i++) {
        if (steps[i].shape(m, shape, e) < 0)
            return 0;
        /* Each is at most 2^22; their product may pass 2^64. */
        if (shape[0] > EXAMPLES_CHUNK_MAX / shape[1] ||
            shape[2] > EXAMPLES_CHUNK_MAX / (shape[0] * shape[1])) {
            error_set(e,
                      "one image would be of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                      " bytes, more than %d",
                      shape[0], shape[1], shape[2], EXAMPLES_CHUNK_MAX);
            return 0;
        }
        if (shape[0] * shape[1] * shape[2] > largest)
            largest = shape[0] * shape[1] * shape[2];
    }
    return largest < AT_A_TIME ? AT_A_TIME / largest : 1;
}

/* Room for what a step makes: n bytes. */
static uint8_t *make_room(struct imagemap *m, int which, size_t n, struct error *e)
{
    if (n > m->room_size[which] || !m->room[which]) {
        free(m->room[which]);
        m->room_size[which] = n;
        m->room[which] = malloc(n ? n : 1);
        if (!m->room[which])
            error_memory(e, "images");
    }
    return m->room[which];
}

int imagemap_apply(struct imagemap *m, struct chunk *c, struct error *e)
{
    uint64_t shape[3], before[3];
    int which = 0;

    memcpy(shape, c->head.shape + 1, sizeof shape);
    for (int i = 0; i < STEPS; i++) {
        const uint8_t *from = c->data;
        uint64_t stride;
        uint8_t *to;
        memcpy(before, shape, sizeof shape);
        if (steps[i].shape(m, shape, e) == 0)
            continue;
        stride = shape[0] * shape[1] * shape[2];
        if (!(to = make_room(m, which, c->n * stride, e)))
            return -1;
        for (uint64_t k = 0; k < c->n; k++)
            if (steps[i].run(m, from + k * c->stride, to + k * stride, before, e) < 0)
                return -1;
        c->data = to;
        c->stride = stride;
        which = !which;
    }
    memcpy(c->head.shape + 1, shape, sizeof shape);
    return 0;
}

void imagemap_free(struct imagemap *m)
{
    fitter_free(&m->fitter);
    for (int i = 0; i < 2; i++) {
        free(m->room[i]);
        m->room[i] = NULL;
        m->room_size[i] = 0;
    }
}
