/*
 * Lines of text in pictures, in the font of font.h, painted a row of pixels at a time.
 */
#ifndef ROTPIPE_DRAW_TEXT_H
#define ROTPIPE_DRAW_TEXT_H

#include "draw/font.h"

#include <stdint.h>

enum { TEXT_PITCH = FONT_WIDTH + 1 }; /* from a character to the next */

/*
 * Characters that are drawn of a text of so many bytes, UTF-8. Latin letters with accents are drawn
 * without, quotation marks and dashes as those of ASCII. A character that the font has nothing for
 * is a question mark, white on black: one, with all that changes it, as the parts of an emoji do.
 */
uint64_t text_characters(const char *text, int length);

/*
 * Paints row y (0 to FONT_HEIGHT - 1) of a text, cut after the last character that fits into
 * `width` pixels. ink: the colour, `channels` bytes.
 */
void text_row(const char *text, int length, int y, uint64_t width, const uint8_t *ink, int channels,
              uint8_t *to);

/* The last characters of a text that fit into `width` pixels: where they start; their bytes go to
 * *length. */
const char *text_end(const char *text, int *length, uint64_t width);

#endif
