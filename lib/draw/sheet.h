/*
 * Contact sheets: many small images side by side in one PNG.
 */
#ifndef ROTPIPE_DRAW_SHEET_H
#define ROTPIPE_DRAW_SHEET_H

#include "base/error.h"
#include "base/output.h"

#include <stdint.h>

/* The look, as the options set it. */
struct sheet_style {
    uint64_t columns; /* 0: as many as make the sheet about square */
    uint64_t border;  /* pixels around and between the images */
    uint64_t scale;   /* every pixel is drawn as scale x scale, at least 1 */
    int captions;     /* the class under every image */
};

/* What is to be drawn. Zero it, then only use the functions. */
struct sheet {
    uint64_t n, room;
    uint64_t height, width, channels; /* of one image */
    uint8_t *pixels;                  /* [n, height, width, channels] */
    uint32_t *label;                  /* [n] */
    int unlabelled;                   /* some have no label */
};

/* Adds (copies) n images; label may be NULL. Images of another size are an error. 0 or -1. */
int sheet_add(struct sheet *s, uint64_t height, uint64_t width, uint64_t channels, uint64_t n,
              const uint8_t *pixels, const uint32_t *label, struct error *e);

/*
 * Writes the sheet to out, in the memory of one row of pixels. names: class names, one per line, or
 * NULL: captions are then the numbers. Without an image, or with captions but without labels, it
 * is an error. Returns 0 or -1; out stays the caller's.
 */
int sheet_write(const struct sheet *s, const struct sheet_style *style, const char *names,
                struct output *out, struct error *e);

/* Frees what it holds; it is empty afterwards. */
void sheet_free(struct sheet *s);

#endif
