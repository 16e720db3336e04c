/*
 * A bitmap font for captions: 5 x 8 pixels a character, the last row for descenders.
 */
#ifndef ROTPIPE_IMG_FONT_H
#define ROTPIPE_IMG_FONT_H

#include <stdint.h>

enum { FONT_WIDTH = 5, FONT_HEIGHT = 8 };

/*
 * Row y (0 to FONT_HEIGHT - 1) of a character: bit 4 is the leftmost pixel. What is not printable
 * ASCII shows as a box.
 */
unsigned font_row(unsigned char character, int y);

#endif
