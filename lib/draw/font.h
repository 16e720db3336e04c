/*
 * A bitmap font for captions: 5 x 8 pixels a character, the last row for descenders.
 */
#ifndef ROTPIPE_DRAW_FONT_H
#define ROTPIPE_DRAW_FONT_H

#include <stdint.h>

enum { FONT_WIDTH = 5, FONT_HEIGHT = 8 };

/* A character that the font does not have. */
enum { FONT_UNKNOWN = 0x7f };

/*
 * Row y (0 to FONT_HEIGHT - 1) of a character: bit 4 is the leftmost pixel. What is not printable
 * ASCII shows as a question mark, white on black.
 */
unsigned font_row(unsigned char character, int y);

#endif
