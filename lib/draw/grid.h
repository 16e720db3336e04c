/*
 * Cells of one size in rows and columns, as one PNG, in the memory of one row of pixels.
 */
#ifndef ROTPIPE_DRAW_GRID_H
#define ROTPIPE_DRAW_GRID_H

#include "base/error.h"
#include "base/output.h"

#include <stdint.h>

enum { GRID_PAPER = 255 };

/* Sizes beyond this are beyond PNG too; below it, no product of two of them overflows. */
/* A side of the picture: what readers of PNG take, by libpng's default; a row of it is held in
 * memory. */
enum { GRID_SIDE_MAX = 1000000 };

#define GRID_PIXELS_MAX ((uint64_t)1 << 31)

struct grid {
    uint64_t n;
    uint64_t columns;       /* 0: as many as make the whole about square */
    uint64_t border;        /* pixels of paper around and between the cells */
    uint64_t height, width; /* of a cell */
    int channels;           /* 1 or 3 */
    /* Paints row y of cell i over paper: width * channels bytes. */
    void (*paint)(void *context, uint64_t i, uint64_t y, uint8_t *to);
    void *context;
};

/* Writes it to out, which stays the caller's. 0 or -1. */
int grid_write(const struct grid *g, struct output *out, struct error *e);

#endif
