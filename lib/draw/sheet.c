/* A contact sheet from images as they come. */
#include "draw/sheet.h"

#include "draw/grid.h"
#include "draw/text.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPTION_GAP = 1, CAPTION_HEIGHT = FONT_HEIGHT + 2 * CAPTION_GAP };

int sheet_add(struct sheet *s, uint64_t height, uint64_t width, uint64_t channels, uint64_t n,
              const uint8_t *pixels, const uint32_t *label, struct error *e)
{
    uint64_t stride = height * width * channels;

    if (s->room && (height != s->height || width != s->width || channels != s->channels))
        return error_set(e,
                         "images of different sizes: %llu x %llu x %llu after %llu x %llu x %llu",
                         (unsigned long long)height, (unsigned long long)width,
                         (unsigned long long)channels, (unsigned long long)s->height,
                         (unsigned long long)s->width, (unsigned long long)s->channels);
    if (s->n + n > s->room) {
        uint64_t room = s->n + n > 2 * s->room ? s->n + n : 2 * s->room;
        uint8_t *more = realloc(s->pixels, room * stride);
        if (more)
            s->pixels = more;
        uint32_t *labels = more ? realloc(s->label, room * sizeof *labels) : NULL;
        if (!labels)
            return error_memory(e, "sheet");
        s->label = labels;
        s->room = room;
    }
    s->height = height;
    s->width = width;
    s->channels = channels;
    if (n && !label)
        s->unlabelled = 1;
    if (n)
        memcpy(s->pixels + s->n * stride, pixels, n * stride);
    if (n && label)
        memcpy(s->label + s->n, label, n * sizeof *label);
    s->n += n;
    return 0;
}

void sheet_free(struct sheet *s)
{
    free(s->pixels);
    free(s->label);
    memset(s, 0, sizeof *s);
}

/* Row y of image i, scaled, to `to`. */
static void draw_picture(const struct sheet *s, uint64_t scale, uint64_t i, uint64_t y, uint8_t *to)
{
    const uint8_t *p = s->pixels + (i * s->height + y / scale) * s->width * s->channels;

    for (uint64_t x = 0; x < s->width; x++, p += s->channels)
        for (uint64_t k = 0; k < scale; k++, to += s->channels)
            memcpy(to, p, s->channels);
}

/* The caption of a label: its name, or the number in `digits`. */
static const char *caption(const struct names_table *names, uint32_t label, char digits[16],
                           int *length)
{
    const char *text = names_table_line(names, label, length);

    if (text)
        return text;
    *length = snprintf(digits, 16, "%lu", (unsigned long)label);
    return digits;
}

/* A sheet on its way to the grid. */
struct drawing {
    const struct sheet *sheet;
    uint64_t scale;
    struct names_table names;
};

/* Row y of a cell: the picture, and the caption with a gap above and below. */
static void paint(void *context, uint64_t i, uint64_t y, uint8_t *to)
{
    static const uint8_t ink[3] = {0, 0, 0};
    const struct drawing *d = context;
    const struct sheet *s = d->sheet;
    uint64_t height = s->height * d->scale;
    uint64_t line = y - height - CAPTION_GAP; /* wraps above the text */
    char digits[16];
    const char *text;
    int length;

    if (y < height) {
        draw_picture(s, d->scale, i, y, to);
    } else if (line < FONT_HEIGHT) {
        text = caption(&d->names, s->label[i], digits, &length);
        text_row(text, length, (int)line, s->width * d->scale, ink, (int)s->channels, to);
    }
}

int sheet_write(const struct sheet *s, const struct sheet_style *style, const char *names,
                struct output *out, struct error *e)
{
    struct drawing d = {s, style->scale, {0}};
    struct grid g = {.n = s->n,
                     .columns = style->columns,
                     .border = style->border,
                     .channels = (int)s->channels,
                     .paint = paint,
                     .context = &d};
    int status;

    if (s->n == 0)
        return error_set(e, "sheet: no images to draw");
    if (style->captions && s->unlabelled)
        return error_set(e, "sheet: images without labels cannot have captions");
    if (s->channels != 1 && s->channels != 3)
        return error_set(e, "sheet: images of %llu channels, expected 1 or 3",
                         (unsigned long long)s->channels);
    if (style->scale > GRID_PIXELS_MAX / s->width || style->scale > GRID_PIXELS_MAX / s->height)
        return error_set(e, "sheet: more than %d pixels per side", GRID_SIDE_MAX);
    g.width = s->width * style->scale;
    g.height = s->height * style->scale + (style->captions ? CAPTION_HEIGHT : 0);
    if (style->captions && names_table_make(&d.names, names, e) < 0)
        return -1;
    status = grid_write(&g, out, e);
    names_table_free(&d.names);
    return status;
}
