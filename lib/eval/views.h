/*
 * Views of an image, over which a classifier's answers are averaged: the image, its mirror image,
 * and both shifted.
 */
#ifndef ROTPIPE_EVAL_VIEWS_H
#define ROTPIPE_EVAL_VIEWS_H

#include <stdint.h>

#include "net/net.h"

/* Zeroed: the image alone. */
struct views {
    int flip;  /* each view as its mirror image (left and right exchanged), too */
    int shift; /* pixels, less than an image's sides; the image and it shifted so far in four
                  directions. 0: no shifts */
};

/* 1; 2 with flip, 5 with shift, 10 with both. */
int views_count(const struct views *v);

/*
 * Writes view number k of n images, from and to [n][h][w][c]; view 0 is the image itself. Shifts
 * are, in this order, by none, up, down, left, right; the pixels that move in repeat those of the
 * edge. With flip each shifted image is followed by its mirror image.
 */
void views_make(const struct views *v, int k, struct extent image, const uint8_t *from, uint64_t n,
                uint8_t *to);

#endif
