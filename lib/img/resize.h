/*
 * Pixels resampled to another size.
 */
#ifndef ROTPIPE_IMG_RESIZE_H
#define ROTPIPE_IMG_RESIZE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* The pixels of an image: rows without gaps, from the top, of width * channels bytes. */
struct pixels {
    const uint8_t *at;
    int width, height, channels;
};

/* What of an image is taken, in pixels from its upper left corner; edges may lie within pixels. */
struct box {
    double x0, y0, x1, y1;
};

/* Memory that is used again. Zeroed: empty. Freed by resizer_free. */
struct resizer {
    struct weights {
        int16_t *weight; /* see resize.c */
        int *first;
        size_t weight_room, first_room;
        int from, to; /* what they are for: */
        double begin, end;
    } x, y;
    uint8_t *row; /* scaled in height only */
    size_t room;
};
void resizer_free(struct resizer *r);

/*
 * Makes width * height * from.channels bytes of what is in the box. Each axis
 * has a filter of its own: Lanczos with three lobes, as wide as the pixels that become one, where
 * it shrinks; where it grows, cubic convolution with a = -1/2 (Keys, 1981: Cubic convolution
 * interpolation for digital image processing). Both are what Pillow's resize does by LANCZOS and
 * BICUBIC, to a grey level. An axis that keeps its size and begins at a whole pixel keeps its
 * values. 0, or -1 if memory ran out.
 */
int resize_image(struct resizer *r, struct pixels from, const struct box *box, int width,
                 int height, uint8_t *to, struct error *e);

#endif
