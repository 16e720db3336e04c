#include "img/sheet.h"

#include "img/font.h"
#include "img/png.h"
#include "rts/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAPER = 255, INK = 0, CAPTION_GAP = 1, CAPTION_HEIGHT = FONT_HEIGHT + 2 * CAPTION_GAP };

/* Sizes beyond this are beyond PNG too; below it, none of the products here overflows. */
#define PIXELS_MAX ((uint64_t)1 << 31)

/* What readers of PNG take, by libpng's default; and a row of the sheet is held in memory. */
enum { SIDE_MAX = 1000000 };

int sheet_add(struct sheet *s, uint64_t height, uint64_t width, uint64_t channels, uint64_t n,
              const uint8_t *pixels, const uint32_t *label, struct error *e)
{
    uint64_t stride = height * width * channels;

    if (s->room && (height != s->height || width != s->width || channels != s->channels))
        return error_set(e, "images of differing sizes: %llux%llux%llu after %llux%llux%llu",
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

/* Where everything is, in pixels of the sheet. */
struct layout {
    uint64_t columns, rows;
    uint64_t picture_width, picture_height; /* one image, scaled */
    uint64_t cell_width, cell_height;       /* with its caption and the border after it */
    uint64_t width, height;
};

/* The smallest number of columns that makes the sheet at least as wide as high. */
static uint64_t square_columns(uint64_t n, uint64_t cell_width, uint64_t cell_height)
{
    uint64_t columns = 1;

    while (columns < n && columns * cell_width < (n + columns - 1) / columns * cell_height)
        columns++;
    return columns;
}

static int lay_out(struct layout *l, const struct sheet *s, const struct sheet_style *style,
                   struct error *e)
{
    if (s->n == 0)
        return error_set(e, "sheet: no images to draw");
    if (style->captions && s->unlabelled)
        return error_set(e, "sheet: images without labels have no captions");
    if (s->channels != 1 && s->channels != 3)
        return error_set(e, "sheet: images of %llu channels: 1 or 3 can be drawn",
                         (unsigned long long)s->channels);
    if (style->scale > PIXELS_MAX / s->width || style->scale > PIXELS_MAX / s->height ||
        style->border > PIXELS_MAX || s->n > PIXELS_MAX || style->columns > PIXELS_MAX)
        return error_set(e, "sheet: larger than a PNG can be");
    l->picture_width = s->width * style->scale;
    l->picture_height = s->height * style->scale;
    l->cell_width = l->picture_width + style->border;
    l->cell_height = l->picture_height + style->border + (style->captions ? CAPTION_HEIGHT : 0);
    l->columns =
        style->columns ? style->columns : square_columns(s->n, l->cell_width, l->cell_height);
    if (l->columns > s->n)
        l->columns = s->n;
    l->rows = (s->n + l->columns - 1) / l->columns;
    if (l->columns > PIXELS_MAX / l->cell_width || l->rows > PIXELS_MAX / l->cell_height)
        return error_set(e, "sheet: larger than a PNG can be");
    l->width = l->columns * l->cell_width + style->border;
    l->height = l->rows * l->cell_height + style->border;
    if (l->width > SIDE_MAX || l->height > SIDE_MAX)
        return error_set(e, "sheet: %llu x %llu pixels: at most %d a side are drawn",
                         (unsigned long long)l->width, (unsigned long long)l->height, SIDE_MAX);
    return 0;
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

/* Row y of a caption, cut after the last character that fits into `width` pixels. */
static void draw_caption(const char *text, int length, int y, uint64_t channels, uint64_t width,
                         uint8_t *to)
{
    uint64_t x = 0;

    for (int i = 0; i < length && x + FONT_WIDTH <= width; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80)
            continue; /* UTF-8: one box a character, drawn for its first byte */
        unsigned bits = font_row((unsigned char)text[i], y);
        for (int k = 0; k < FONT_WIDTH; k++)
            if (bits >> (FONT_WIDTH - 1 - k) & 1)
                memset(to + (x + (uint64_t)k) * channels, INK, channels);
        x += FONT_WIDTH + 1;
    }
}

static void draw_row(const struct sheet *s, const struct sheet_style *style, const struct layout *l,
                     const struct names_table *names, uint64_t y, uint8_t *row)
{
    uint64_t first, last;
    char digits[16];
    int length;

    memset(row, PAPER, l->width * s->channels);
    if (y < style->border)
        return;
    y -= style->border;
    first = y / l->cell_height * l->columns;
    last = first + l->columns < s->n ? first + l->columns : s->n;
    y %= l->cell_height;
    for (uint64_t i = first; i < last; i++) {
        uint8_t *to = row + (style->border + (i - first) * l->cell_width) * s->channels;
        if (y < l->picture_height) {
            draw_picture(s, style->scale, i, y, to);
        } else if (style->captions) {
            uint64_t line = y - l->picture_height - CAPTION_GAP; /* wraps above the text */
            const char *text = caption(names, s->label[i], digits, &length);
            if (line < FONT_HEIGHT)
                draw_caption(text, length, (int)line, s->channels, l->picture_width, to);
        }
    }
}

int sheet_write(const struct sheet *s, const struct sheet_style *style, const char *names,
                struct output *out, struct error *e)
{
    struct layout l = {0};
    struct names_table table = {0};
    struct pngout *png = NULL;
    uint8_t *row = NULL;
    int status = -1;

    if (lay_out(&l, s, style, e) < 0 || (style->captions && names_table_make(&table, names, e) < 0))
        return -1;
    if (!(row = malloc(l.width * s->channels)))
        error_memory(e, "sheet");
    else if ((png = pngout_begin(out, l.width, l.height, (int)s->channels, e)))
        status = 0;
    for (uint64_t y = 0; status == 0 && y < l.height; y++) {
        draw_row(s, style, &l, &table, y, row);
        status = pngout_row(png, row, e);
    }
    if (status == 0)
        status = pngout_end(png, e);
    pngout_free(png);
    names_table_free(&table);
    free(row);
    return status;
}
