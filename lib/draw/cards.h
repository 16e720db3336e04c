/*
 * Images with the predictions of a model, as one PNG: each in a frame that tells right from wrong,
 * beneath it the answer, or the belief in every class as bars and numbers.
 *
 * Right: a thin line of green around. Wrong: a thick frame of orange red. Nothing is told by hue
 * alone, and these two hues are told apart by the colour-blind, too (M. Okabe and K. Ito, "Color
 * Universal Design", 2008).
 */
#ifndef ROTPIPE_DRAW_CARDS_H
#define ROTPIPE_DRAW_CARDS_H

#include "base/error.h"
#include "base/output.h"

#include <stdint.h>

/* One image and the verdict on it. */
struct card {
    const uint8_t *pixels;
    const float *belief; /* of every class, 0 to 1 */
    int said;            /* the class believed in most */
    int truth;           /* the true one; -1: not known */
    const char *file;    /* with `files`: the path that is written beneath */
};

struct cards {
    uint64_t n;
    const struct card *card;
    uint64_t height, width, channels; /* of an image: 1 or 3 channels */
    int classes;
    const char *names;      /* one per line, or NULL: numbers */
    uint64_t columns;       /* 0: about square */
    uint64_t border, scale; /* as in struct sheet_style */
    int captions, bars;     /* what is beneath; both: bars */
    int files;              /* beneath that the last component of each card's file: if it does not
                               fit, without its ending; if that does not fit either, its end */
};

/* Writes them to out, which stays the caller's. Without an image it is an error. 0 or -1. */
int cards_write(const struct cards *c, struct output *out, struct error *e);

#endif
