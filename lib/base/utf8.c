/* Decoding of UTF-8, and text made safe to print. */
#include "base/utf8.h"

size_t utf8_length(const char *p, size_t n, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *c = (const unsigned char *)p;
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    uint32_t v = length == 1 ? c[0] : c[0] & (0x7fu >> length);

    if (length == 0 || length > n || c[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (c[i] & 0x3fu);
    }
    if (v < smallest[length] || (v >= 0xd800 && v < 0xe000) || v > 0x10ffff)
        return 0;
    if (point)
        *point = v;
    return length;
}

int utf8_is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

void utf8_make_printable(char *text, size_t n)
{
    uint32_t point;
    size_t length, to = 0;

    for (size_t i = 0; i < n; i += length ? length : 1) {
        length = utf8_length(text + i, n - i, &point);
        if (length == 0 || utf8_is_control(point)) {
            text[to++] = '?';
            continue;
        }
        for (size_t k = 0; k < length; k++)
            text[to++] = text[i + k];
    }
    text[to] = '\0';
}
