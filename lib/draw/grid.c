/* Cells painted into rows of pixels, one row at a time. */
#include "draw/grid.h"

#include "draw/png.h"

#include <stdlib.h>
#include <string.h>

/* Where everything is, in pixels of the whole. */
struct arrangement {
    uint64_t columns, rows;
    uint64_t cell_width, cell_height; /* with the border behind it */
    uint64_t width, height;
};

/* The smallest number of columns that makes the whole at least as wide as high. */
static uint64_t square_columns(uint64_t n, uint64_t cell_width, uint64_t cell_height)
{
    uint64_t columns = 1;

    while (columns < n && columns * cell_width < (n + columns - 1) / columns * cell_height)
        columns++;
    return columns;
}

static int lay_out(struct arrangement *l, const struct grid *g, struct error *e)
{
    if (g->width > GRID_PIXELS_MAX || g->height > GRID_PIXELS_MAX || g->border > GRID_PIXELS_MAX ||
        g->n > GRID_PIXELS_MAX || g->columns > GRID_PIXELS_MAX)
        return error_set(e, "sheet: more than %d pixels per side", GRID_SIDE_MAX);
    l->cell_width = g->width + g->border;
    l->cell_height = g->height + g->border;
    l->columns = g->columns ? g->columns : square_columns(g->n, l->cell_width, l->cell_height);
    if (l->columns > g->n)
        l->columns = g->n;
    l->rows = (g->n + l->columns - 1) / l->columns;
    if (l->columns > GRID_PIXELS_MAX / l->cell_width || l->rows > GRID_PIXELS_MAX / l->cell_height)
        return error_set(e, "sheet: more than %d pixels per side", GRID_SIDE_MAX);
    l->width = l->columns * l->cell_width + g->border;
    l->height = l->rows * l->cell_height + g->border;
    if (l->width > GRID_SIDE_MAX || l->height > GRID_SIDE_MAX)
        return error_set(e, "sheet: %llu x %llu pixels, but at most %d per side are possible",
                         (unsigned long long)l->width, (unsigned long long)l->height,
                         GRID_SIDE_MAX);
    return 0;
}

static void paint_row(const struct grid *g, const struct arrangement *l, uint64_t y, uint8_t *row)
{
    uint64_t first, last, channels = (uint64_t)g->channels;

    memset(row, GRID_PAPER, l->width * channels);
    if (y < g->border)
        return;
    y -= g->border;
    first = y / l->cell_height * l->columns;
    last = first + l->columns < g->n ? first + l->columns : g->n;
    y %= l->cell_height;
    if (y >= g->height)
        return;
    for (uint64_t i = first; i < last; i++)
        g->paint(g->context, i, y, row + (g->border + (i - first) * l->cell_width) * channels);
}

int grid_write(const struct grid *g, struct output *out, struct error *e)
{
    struct arrangement l = {0};
    struct pngout *png;
    uint8_t *row;
    int status = 0;

    if (lay_out(&l, g, e) < 0)
        return -1;
    row = malloc(l.width * (uint64_t)g->channels);
    if (!row)
        return error_memory(e, "sheet");
    png = pngout_begin(out, l.width, l.height, g->channels, e);
    if (!png)
        status = -1;
    for (uint64_t y = 0; status == 0 && y < l.height; y++) {
        paint_row(g, &l, y, row);
        status = pngout_row(png, row, e);
    }
    if (status == 0)
        status = pngout_end(png, e);
    pngout_free(png);
    free(row);
    return status;
}
