/* The segments of a JPEG file up to the one with EXIF (JEITA CP-3451), and the first directory. */
#include "import/exif.h"

#include <stdint.h>
#include <string.h>

/* TIFF data, of which every offset is checked. */
struct tiff {
    const unsigned char *bytes;
    size_t n;
    int little;
};

static uint32_t number(const struct tiff *t, size_t at, size_t size)
{
    uint32_t v = 0;

    for (size_t i = 0; i < size; i++)
        v = v << 8 | t->bytes[at + (t->little ? size - 1 - i : i)];
    return v;
}

static int orientation_of(const struct tiff *t)
{
    size_t at, entries;

    if (number(t, 2, 2) != 42)
        return 1;
    at = number(t, 4, 4);
    if (at > t->n - 2)
        return 1;
    entries = number(t, at, 2);
    at += 2;
    for (size_t i = 0; i < entries && t->n - at >= 12; i++, at += 12)
        if (number(t, at, 2) == 0x0112 && number(t, at + 2, 2) == 3) {
            uint32_t v = number(t, at + 8, 2);
            return v >= 1 && v <= 8 ? (int)v : 1;
        }
    return 1;
}

int exif_tiff_orientation(const unsigned char *bytes, size_t n)
{
    struct tiff t = {bytes, n, n > 0 && *bytes == 'I'};

    return n < 8 ? 1 : orientation_of(&t);
}

int exif_orientation(const unsigned char *bytes, size_t n)
{
    size_t at = 2;

    /* Every segment: ff, its kind, and its length in two bytes, which count. */
    while (n >= 4 && at <= n - 4 && bytes[at] == 0xff && bytes[at + 1] != 0xda) {
        size_t length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (bytes[at + 1] == 0xff) {
            at++;
            continue;
        }
        if (length < 2 || length > n - at - 2)
            return 1;
        if (bytes[at + 1] == 0xe1 && length >= 8 + 8 && memcmp(bytes + at + 4, "Exif\0\0", 6) == 0)
            return exif_tiff_orientation(bytes + at + 10, length - 8);
        at += 2 + length;
    }
    return 1;
}
