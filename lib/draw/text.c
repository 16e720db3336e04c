/* Captions: UTF-8 to the glyphs of the font. */
#include "draw/text.h"

#include "base/utf8.h"

#include <string.h>

/* The letters U+00C0 to U+017F without what is above or below them. */
static const char latin[] = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
                            "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLl"
                            "NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

_Static_assert(sizeof latin - 1 == 0x180 - 0xc0, "a letter for each");

enum { JOINER = 0x200d };

/* True for what changes the character before it: marks, variants, skin tones, the letters of flags.
 */
static int is_mark(uint32_t c)
{
    return (c >= 0x300 && c < 0x370) || (c >= 0x200b && c < 0x2010) ||
           (c >= 0xfe00 && c < 0xfe10) || c == 0xfeff || (c >= 0x1f3fb && c < 0x1f400) ||
           (c >= 0xe0020 && c < 0xe0080);
}

/* The character of the font that stands for another one. */
static unsigned char nearest(uint32_t c)
{
    if (c < 0x80)
        return (unsigned char)c;
    if (c >= 0xc0 && c < 0x180)
        return (unsigned char)latin[c - 0xc0];
    if (c == 0xa0)
        return ' ';
    if (c >= 0x2010 && c < 0x2016)
        return '-';
    if (c >= 0x2018 && c < 0x201c)
        return '\'';
    if ((c >= 0x201c && c < 0x2020) || c == 0xab || c == 0xbb)
        return '"';
    return FONT_UNKNOWN;
}

/* What is drawn next of a text, and moves *at behind it; 0 at the end. */
static unsigned char next(const char *text, int length, int *at)
{
    uint32_t c, before = 0;
    size_t n;

    while (*at < length) {
        n = utf8_length(text + *at, (size_t)(length - *at), &c);
        if (n == 0) {
            ++*at;
            return FONT_UNKNOWN;
        }
        *at += (int)n;
        /* What a joiner joins to a character is part of its picture. */
        if (!is_mark(c) && before != JOINER)
            return c ? nearest(c) : FONT_UNKNOWN;
        before = c;
    }
    return 0;
}

uint64_t text_characters(const char *text, int length)
{
    uint64_t n = 0;
    int at = 0;

    while (next(text, length, &at))
        n++;
    return n;
}

void text_row(const char *text, int length, int y, uint64_t width, const uint8_t *ink, int channels,
              uint8_t *to)
{
    uint64_t x = 0;
    unsigned char c;
    int at = 0;

    while (x + FONT_WIDTH <= width && (c = next(text, length, &at))) {
        unsigned bits = font_row(c, y);
        for (uint64_t k = 0; k < FONT_WIDTH; k++)
            if (bits >> (FONT_WIDTH - 1 - k) & 1)
                memcpy(to + (x + k) * (uint64_t)channels, ink, (size_t)channels);
        x += TEXT_PITCH;
    }
}

const char *text_end(const char *text, int *length, uint64_t width)
{
    uint64_t n = text_characters(text, *length), room = (width + 1) / TEXT_PITCH;
    int at = 0;

    for (; n > room; n--)
        next(text, *length, &at);
    *length -= at;
    return text + at;
}
