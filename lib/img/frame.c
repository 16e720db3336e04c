/* Rectangles: read from text, cut out, filled. */
#include "img/frame.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Reads a number up to the first of these characters or the end; returns what is there, or NULL. */
static const char *read_number(const char *text, const char *ends, int64_t lowest, int64_t highest,
                               int64_t *value)
{
    size_t n = strcspn(text, ends);
    char digits[16];

    if (n >= sizeof digits)
        return NULL;
    memcpy(digits, text, n);
    digits[n] = '\0';
    return parse_int(digits, lowest, highest, value) < 0 ? NULL : text + n;
}

int frame_parse(const char *text, int may_be_placed, struct frame *f)
{
    int64_t width = 0, height, x = 0, y = 0;
    const char *p = read_number(text, "x", 1, FRAME_SIDE_MAX, &width);
    int placed = 0;

    height = width;
    if (p && *p)
        p = read_number(p + 1, "+", 1, FRAME_SIDE_MAX, &height);
    if (p && *p && may_be_placed) {
        placed = 1;
        p = read_number(p + 1, "+", 0, FRAME_SIDE_MAX, &x);
        p = p && *p ? read_number(p + 1, "", 0, FRAME_SIDE_MAX, &y) : NULL;
    }
    if (!p || *p)
        return -1;
    *f = (struct frame){(uint64_t)width, (uint64_t)height, placed, (uint64_t)x, (uint64_t)y};
    return 0;
}

void frame_format(const struct frame *f, char text[FRAME_TEXT])
{
    int n = snprintf(text, FRAME_TEXT, "%" PRIu64 "x%" PRIu64, f->width, f->height);

    if (f->placed)
        snprintf(text + n, (size_t)(FRAME_TEXT - n), "+%" PRIu64 "+%" PRIu64, f->x, f->y);
}

int frame_lies_in(const struct frame *f, uint64_t height, uint64_t width)
{
    return f->width <= width && f->height <= height && f->x <= width - f->width &&
           f->y <= height - f->height;
}

void crop_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                uint64_t channels, const struct frame *f)
{
    uint64_t x = f->placed ? f->x : (width - f->width) / 2;
    uint64_t y = f->placed ? f->y : (height - f->height) / 2;
    size_t row = f->width * channels;

    for (uint64_t i = 0; i < f->height; i++)
        memcpy(to + i * row, from + ((y + i) * width + x) * channels, row);
}

/* Fills n pixels. */
static void fill(uint8_t *to, uint64_t n, uint64_t channels, const uint8_t *colour)
{
    for (uint64_t i = 0; i < n * channels; i++)
        to[i] = colour[i % channels];
}

void pad_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width, uint64_t channels,
               const struct frame *f, const uint8_t *colour)
{
    uint64_t left = (f->width - width) / 2, above = (f->height - height) / 2;

    fill(to, f->width * f->height, channels, colour);
    for (uint64_t i = 0; i < height; i++)
        memcpy(to + ((above + i) * f->width + left) * channels, from + i * width * channels,
               width * channels);
}
