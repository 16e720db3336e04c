#include "img/rotate.h"

#include <string.h>

/* Writes `to` row by row; a step through `from` moves by `right` for a column, `down` for a row. */
static void walk(const uint8_t *from, int64_t right, int64_t down, uint8_t *to, uint64_t size)
{
    for (uint64_t y = 0; y < size; y++, from += down) {
        const uint8_t *p = from;
        for (uint64_t x = 0; x < size; x++, p += right)
            *to++ = *p;
    }
}

static void walk_pixels(const uint8_t *from, int64_t right, int64_t down, uint8_t *to,
                        uint64_t size, uint64_t channels)
{
    for (uint64_t y = 0; y < size; y++, from += down) {
        const uint8_t *p = from;
        for (uint64_t x = 0; x < size; x++, p += right, to += channels)
            memcpy(to, p, channels);
    }
}

void rotate_image(const uint8_t *from, uint8_t *to, uint64_t size, uint64_t channels, int quarters)
{
    int64_t pixel = (int64_t)channels, row = (int64_t)size * pixel;
    int64_t last = (int64_t)size - 1, right, down;

    switch (quarters & 3) {
    case 0:
        memcpy(to, from, size * size * channels);
        return;
    case 1: /* the top row is what was the rightmost column, from its top down */
        from += last * pixel;
        right = row;
        down = -pixel;
        break;
    case 2:
        from += last * row + last * pixel;
        right = -pixel;
        down = -row;
        break;
    default: /* the top row is what was the leftmost column, from its bottom up */
        from += last * row;
        right = -row;
        down = pixel;
        break;
    }
    if (channels == 1)
        walk(from, right, down, to, size);
    else
        walk_pixels(from, right, down, to, size, channels);
}
