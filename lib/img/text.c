#include "img/text.h"

#include <string.h>

/* UTF-8: a character counts, and is drawn as a box, for its first byte. */
static int continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

uint64_t text_characters(const char *text, int length)
{
    uint64_t n = 0;

    for (int i = 0; i < length; i++)
        n += !continues(text[i]);
    return n;
}

void text_row(const char *text, int length, int y, uint64_t width, const uint8_t *ink, int channels,
              uint8_t *to)
{
    uint64_t x = 0;

    for (int i = 0; i < length && x + FONT_WIDTH <= width; i++) {
        if (continues(text[i]))
            continue;
        unsigned bits = font_row((unsigned char)text[i], y);
        for (uint64_t k = 0; k < FONT_WIDTH; k++)
            if (bits >> (FONT_WIDTH - 1 - k) & 1)
                memcpy(to + (x + k) * (uint64_t)channels, ink, (size_t)channels);
        x += TEXT_PITCH;
    }
}
