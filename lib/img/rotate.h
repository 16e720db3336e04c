/*
 * Quarter turns and transposition of images.
 */
#ifndef ROTPIPE_IMG_ROTATE_H
#define ROTPIPE_IMG_ROTATE_H

#include <stdint.h>

/* The rotations that are labels, and what these mean: degrees counter-clockwise. */
enum { ROTATIONS = 4 };
#define ROTATION_NAMES "0\n90\n180\n270\n"

/*
 * Turns an image counter-clockwise by quarters (0 to 3) times 90 degrees. from: [height, width,
 * channels]; to, not overlapping: the same, or [width, height, channels] by 1 or 3 quarters.
 */
void rotate_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                  uint64_t channels, int quarters);

/*
 * Swaps rows and columns: pixel (x, y) becomes pixel (y, x). from: [height, width, channels]; to,
 * not overlapping: [width, height, channels].
 */
void transpose_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                     uint64_t channels);

#endif
