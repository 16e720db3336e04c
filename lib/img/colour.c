/* Text to colours, and colours to grey levels. */
#include "img/colour.h"

#include "base/parse.h"

#include <string.h>

/* The value of a digit; 16: it is none. */
static unsigned digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (unsigned)(at - digits) % 16 : 16;
}

/* "rrggbb" */
static int parse_digits(const char *text, uint8_t colour[3])
{
    if (strlen(text) != 6)
        return -1;
    for (int i = 0; i < 3; i++, text += 2) {
        unsigned high = digit(text[0]), low = digit(text[1]);
        if (high > 15 || low > 15)
            return -1;
        colour[i] = (uint8_t)(16 * high + low);
    }
    return 0;
}

/* "R,G,B" or "N" */
static int parse_levels(const char *text, uint8_t colour[3])
{
    for (int i = 0; i < 3; i++) {
        size_t n = strcspn(text, ",");
        char number[8] = "";
        int64_t level;
        if (n >= sizeof number)
            return -1;
        memcpy(number, text, n);
        if (parse_int(number, 0, 255, &level) < 0)
            return -1;
        colour[i] = (uint8_t)level;
        if (i == 0 && !text[n])
            colour[1] = colour[2] = colour[0];
        if (!text[n])
            return i == 1 ? -1 : 0;
        text += n + 1;
    }
    return -1;
}

int colour_parse(const char *text, uint8_t colour[3])
{
    if (strcmp(text, "black") == 0 || strcmp(text, "white") == 0) {
        memset(colour, *text == 'w' ? 255 : 0, 3);
        return 0;
    }
    return *text == '#' ? parse_digits(text + 1, colour) : parse_levels(text, colour);
}

uint8_t grey_level(const uint8_t colour[3])
{
    uint32_t sum = 19595u * colour[0] + 38470u * colour[1] + 7471u * colour[2];

    return (uint8_t)((sum + 0x8000) >> 16);
}

void grey_image(const uint8_t *from, uint8_t *to, uint64_t pixels)
{
    for (uint64_t i = 0; i < pixels; i++)
        to[i] = grey_level(from + 3 * i);
}

void rgb_image(const uint8_t *from, uint8_t *to, uint64_t pixels)
{
    for (uint64_t i = 0; i < pixels; i++)
        to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
}
