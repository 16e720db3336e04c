/* The layout of a sheet of predictions: frames, captions and bars. */
#include "draw/cards.h"

#include "draw/grid.h"
#include "draw/text.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <stdio.h>
#include <string.h>

/*
 * A cell from top to bottom: the frame with the picture in it, then lines of text. A line of bars
 * is
 *
 *     > name  ######------ 98.7%        >: the true class
 *
 * and the last line may be the name of a file.
 */
enum {
    FRAME = 3,
    LINE_GAP = 2, /* above every line of text */
    LINE = LINE_GAP + FONT_HEIGHT,
    NAME_MOST = 11,  /* characters of a name beside its bar */
    BAR_LEAST = 48,  /* pixels */
    PERCENT_TEXT = 5 /* characters of "98.7%" */
};

static const uint8_t ink[3] = {0, 0, 0}, right[3] = {0, 158, 115}, wrong[3] = {213, 94, 0},
                     neutral[3] = {128, 128, 128}, track[3] = {232, 232, 232};

struct drawing {
    const struct cards *c;
    struct names_table names;
    uint64_t picture_width, picture_height, frame_width, frame_height;
    uint64_t width;      /* of the cell */
    uint64_t name_width; /* of the column of names beside the bars */
    uint64_t lines;      /* above the name of the file */
};

static void fill(uint8_t *to, uint64_t from, uint64_t n, const uint8_t *colour)
{
    for (uint64_t x = from; x < from + n; x++)
        memcpy(to + 3 * x, colour, 3);
}

static const char *class_text(const struct drawing *d, int label, char digits[16], int *length)
{
    const char *name = names_table_line(&d->names, (uint64_t)label, length);

    if (name)
        return name;
    *length = snprintf(digits, 16, "%d", label);
    return digits;
}

/* Row y of a text as wide as `width`, in black. */
static void put_text(uint8_t *to, uint64_t x, uint64_t width, int y, const char *text, int length)
{
    text_row(text, length, y, width, ink, 3, to + 3 * x);
}

/* "98.7%", with as many digits as asked for, "100%" for exactly that; right-aligned before `end`.
 */
static void put_percent(uint8_t *to, uint64_t end, int y, double p, int digits)
{
    char text[16];
    double most = digits ? 99.9 : 99; /* of what is less than all */
    int n = snprintf(text, sizeof text, "%.*f%%", p >= 1 ? 0 : digits,
                     p >= 1 || 100 * p < most ? 100 * p : most);
    uint64_t width = (uint64_t)n * TEXT_PITCH - 1;

    put_text(to, end - width, width, y, text, n);
}

/* ---- the parts of a cell, a row of pixels at a time ---- */

static void put_picture(const struct drawing *d, const struct card *k, uint64_t y, uint8_t *to)
{
    uint64_t scale = d->c->scale, channels = d->c->channels;
    const uint8_t *p = k->pixels + y / scale * d->c->width * channels;

    for (uint64_t x = 0; x < d->c->width; x++, p += channels)
        for (uint64_t i = 0; i < scale; i++, to += 3)
            for (uint64_t b = 0; b < 3; b++)
                to[b] = p[channels == 3 ? b : 0];
}

static void paint_frame(const struct drawing *d, const struct card *k, uint64_t y, uint8_t *to)
{
    int bad = k->truth >= 0 && k->truth != k->said;
    const uint8_t *colour = k->truth < 0 ? neutral : bad ? wrong : right;
    uint64_t thick = bad ? FRAME : 1, w = d->frame_width, h = d->frame_height;

    if (y < thick || y >= h - thick) {
        fill(to, 0, w, colour);
        return;
    }
    fill(to, 0, thick, colour);
    fill(to, w - thick, thick, colour);
    if (y >= FRAME && y < h - FRAME)
        put_picture(d, k, y - FRAME, to + 3 * FRAME);
}

/* The answer and how sure it is, if there is room for both; below, the true class if it differs. */
static void paint_caption(const struct drawing *d, const struct card *k, uint64_t line, int y,
                          uint8_t *to)
{
    uint64_t percent = 5 * TEXT_PITCH; /* a blank and "100%" */
    uint64_t room = d->width < 2 * percent ? d->width : d->width - percent;
    char digits[16];
    const char *text;
    int length;

    if (line == 0) {
        text = class_text(d, k->said, digits, &length);
        put_text(to, 0, room, y, text, length);
        if (room < d->width)
            put_percent(to, d->width, y, k->belief[k->said], 0);
    } else if (k->truth >= 0 && k->truth != k->said) {
        uint64_t is = 3 * TEXT_PITCH;
        text = class_text(d, k->truth, digits, &length);
        if (d->width <= is)
            return;
        put_text(to, 0, is, y, "is", 2);
        put_text(to, is, d->width - is, y, text, length);
    }
}

static void paint_bar(const struct drawing *d, const struct card *k, int label, int y, uint8_t *to)
{
    uint64_t from = TEXT_PITCH + d->name_width;
    uint64_t room = d->width - from - TEXT_PITCH * (PERCENT_TEXT + 1);
    double p = k->belief[label];
    uint64_t filled = (uint64_t)((double)room * p + 0.5);
    const uint8_t *colour = label == k->truth ? right : neutral;
    char digits[16];
    int length;
    const char *text = class_text(d, label, digits, &length);

    if (k->truth >= 0 && label == k->said && label != k->truth)
        colour = wrong;
    if (label == k->truth)
        put_text(to, 0, TEXT_PITCH, y, ">", 1);
    put_text(to, TEXT_PITCH, d->name_width - TEXT_PITCH, y, text, length);
    put_percent(to, d->width, y, p, 1);
    if (y == FONT_HEIGHT - 1)
        return; /* bars stand on the letters' base line */
    fill(to, from, room, track);
    fill(to, from, filled, colour);
}

/* What is shown of the file's name. */
static void paint_file(const struct drawing *d, const struct card *k, int y, uint8_t *to)
{
    const char *slash = strrchr(k->file, '/'), *name = slash && slash[1] ? slash + 1 : k->file;
    const char *dot = strrchr(name, '.');
    int length = (int)strlen(name);

    if (dot && dot > name && text_characters(name, length) > (d->width + 1) / TEXT_PITCH)
        length = (int)(dot - name);
    name = text_end(name, &length, d->width);
    put_text(to, 0, d->width, y, name, length);
}

static void paint(void *context, uint64_t i, uint64_t y, uint8_t *to)
{
    const struct drawing *d = context;
    const struct card *k = &d->c->card[i];
    uint64_t line;

    if (y < d->frame_height) {
        paint_frame(d, k, y, to + 3 * ((d->width - d->frame_width) / 2));
        return;
    }
    y -= d->frame_height;
    line = y / LINE;
    y %= LINE;
    if (y < LINE_GAP)
        return;
    if (line == d->lines)
        paint_file(d, k, (int)(y - LINE_GAP), to);
    else if (d->c->bars)
        paint_bar(d, k, (int)line, (int)(y - LINE_GAP), to);
    else
        paint_caption(d, k, line, (int)(y - LINE_GAP), to);
}

/* ---- the whole ---- */

/* What the widest name needs, up to a limit. */
static uint64_t name_width(const struct drawing *d)
{
    uint64_t most = 1;
    char digits[16];
    int length;

    for (int k = 0; k < d->c->classes && most < NAME_MOST; k++) {
        const char *text = class_text(d, k, digits, &length);
        uint64_t n = text_characters(text, length);
        if (n > most)
            most = n < NAME_MOST ? n : NAME_MOST;
    }
    return (most + 1) * TEXT_PITCH;
}

static uint64_t cell_width(struct drawing *d)
{
    uint64_t least;

    if (!d->c->bars)
        return d->frame_width;
    d->name_width = name_width(d);
    least = TEXT_PITCH + d->name_width + BAR_LEAST + TEXT_PITCH * (PERCENT_TEXT + 1);
    return least > d->frame_width ? least : d->frame_width;
}

int cards_write(const struct cards *c, struct output *out, struct error *e)
{
    struct drawing d = {.c = c};
    struct grid g = {.n = c->n,
                     .columns = c->columns,
                     .border = c->border,
                     .channels = 3,
                     .paint = paint,
                     .context = &d};
    int status;

    if (c->n == 0)
        return error_set(e, "sheet: no images to draw");
    if (c->channels != 1 && c->channels != 3)
        return error_set(e, "sheet: images of %llu channels, expected 1 or 3",
                         (unsigned long long)c->channels);
    if (c->scale > GRID_PIXELS_MAX / c->width || c->scale > GRID_PIXELS_MAX / c->height)
        return error_set(e, "sheet: more than %d pixels per side", GRID_SIDE_MAX);
    if (names_table_make(&d.names, c->names, e) < 0)
        return -1;
    d.picture_width = c->width * c->scale;
    d.picture_height = c->height * c->scale;
    d.frame_width = d.picture_width + 2 * FRAME;
    d.frame_height = d.picture_height + 2 * FRAME;
    d.width = g.width = cell_width(&d);
    d.lines = c->bars ? (uint64_t)c->classes : c->captions ? 2 : 0;
    g.height = d.frame_height + (d.lines + (c->files ? 1 : 0)) * LINE;
    status = grid_write(&g, out, e);
    names_table_free(&d.names);
    return status;
}
