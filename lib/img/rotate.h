/*
 * Quarter turns of square images.
 */
#ifndef ROTPIPE_IMG_ROTATE_H
#define ROTPIPE_IMG_ROTATE_H

#include <stdint.h>

/*
 * Turns a square image counter-clockwise by quarters (0 to 3) times 90 degrees.
 * from, to: [size, size, channels], not overlapping.
 */
void rotate_image(const uint8_t *from, uint8_t *to, uint64_t size, uint64_t channels, int quarters);

#endif
