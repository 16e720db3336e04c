/*
 * Colours: read from text, and images from colour to grey and from grey to colour.
 */
#ifndef ROTPIPE_IMG_COLOUR_H
#define ROTPIPE_IMG_COLOUR_H

#include <stdint.h>

/*
 * Reads "#rrggbb", "R,G,B" of numbers from 0 to 255, one such number for a grey level, "black" or
 * "white": red, green, blue. 0 or -1.
 */
int colour_parse(const char *text, uint8_t colour[3]);
#define COLOUR_FORMS "#rrggbb, R,G,B, 0 to 255, black or white"

/*
 * The grey level of a colour, red, green, blue: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in 16
 * bits, to the nearest, which gives the same bytes as Pillow's convert("L").
 */
uint8_t grey_level(const uint8_t colour[3]);

/* Pixels of three channels to pixels of one, and the other way: three times the same. */
void grey_image(const uint8_t *from, uint8_t *to, uint64_t pixels);
void rgb_image(const uint8_t *from, uint8_t *to, uint64_t pixels);

#endif
