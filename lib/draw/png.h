/*
 * PNG, written row by row through libpng: 8 bits a channel, grey or RGB, no time stamp or other
 * metadata, so that the same pixels give the same bytes.
 */
#ifndef ROTPIPE_DRAW_PNG_H
#define ROTPIPE_DRAW_PNG_H

#include "base/error.h"
#include "base/output.h"

#include <stdint.h>

struct pngout;

/*
 * Begins a PNG of width x height pixels and 1 or 3 channels on out, which the caller keeps and
 * closes. Returns NULL on error.
 */
struct pngout *pngout_begin(struct output *out, uint64_t width, uint64_t height, int channels,
                            struct error *e);

/* Writes the next row, width * channels bytes. Returns 0 or -1. */
int pngout_row(struct pngout *w, const uint8_t *row, struct error *e);

/* After the last row. Returns 0 or -1; w must still be given to pngout_free. */
int pngout_end(struct pngout *w, struct error *e);

/* NULL is allowed. */
void pngout_free(struct pngout *w);

#endif
