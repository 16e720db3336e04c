/* Quarter turns and transposition, by copying pixels. */
#include "img/rotate.h"

#include <string.h>

enum { BLOCK = 8 };

/*
 * Writes `to` row by row, a number of rows of so many columns; a step through `from` moves by
 * `right` for a column, `down` for a row.
 */
static void walk(const uint8_t *from, int64_t right, int64_t down, uint8_t *to, uint64_t rows,
                 uint64_t columns)
{
    for (uint64_t y = 0; y < rows; y++, from += down) {
        const uint8_t *p = from;
        for (uint64_t x = 0; x < columns; x++, p += right)
            *to++ = *p;
    }
}

static void walk_pixels(const uint8_t *from, int64_t right, int64_t down, uint8_t *to,
                        uint64_t rows, uint64_t columns, uint64_t channels)
{
    for (uint64_t y = 0; y < rows; y++, from += down) {
        const uint8_t *p = from;
        for (uint64_t x = 0; x < columns; x++, p += right, to += channels)
            memcpy(to, p, channels);
    }
}

/* The same for colour: three bytes of a size that the compiler knows are one or two moves. */
static void walk_rgb(const uint8_t *from, int64_t right, int64_t down, uint8_t *to, uint64_t rows,
                     uint64_t columns)
{
    for (uint64_t y = 0; y < rows; y++, from += down) {
        const uint8_t *p = from;
        for (uint64_t x = 0; x < columns; x++, p += right, to += 3)
            memcpy(to, p, 3);
    }
}

/* Swaps the bits of *b that mask shows with those of *a that lie `shift` higher. */
static inline void swap_parts(uint64_t *a, uint64_t *b, int shift, uint64_t mask)
{
    uint64_t differ = (*a >> shift ^ *b) & mask;

    *b ^= differ;
    *a ^= differ << shift;
}

static inline uint64_t load(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

/*
 * Transposes a block of 8 x 8 bytes, byte x of row y being bits 8x to 8x + 7: swaps halves, then
 * quarters, then bytes. Rows of `from` lie `down` apart, those of `to` lie `row` apart. Written
 * out, since a loop would keep the rows in memory where they belong in registers.
 */
static inline void turn_block(const uint8_t *from, int64_t down, uint8_t *to, int64_t row)
{
    const uint64_t half = 0x00000000ffffffff, quarter = 0x0000ffff0000ffff;
    const uint64_t byte = 0x00ff00ff00ff00ff;
    uint64_t a = load(from), b = load(from + down), c = load(from + 2 * down);
    uint64_t d = load(from + 3 * down), e = load(from + 4 * down), f = load(from + 5 * down);
    uint64_t g = load(from + 6 * down), h = load(from + 7 * down);

    swap_parts(&a, &e, 32, half);
    swap_parts(&b, &f, 32, half);
    swap_parts(&c, &g, 32, half);
    swap_parts(&d, &h, 32, half);
    swap_parts(&a, &c, 16, quarter);
    swap_parts(&b, &d, 16, quarter);
    swap_parts(&e, &g, 16, quarter);
    swap_parts(&f, &h, 16, quarter);
    swap_parts(&a, &b, 8, byte);
    swap_parts(&c, &d, 8, byte);
    swap_parts(&e, &f, 8, byte);
    swap_parts(&g, &h, 8, byte);
    store(to, a);
    store(to + row, b);
    store(to + 2 * row, c);
    store(to + 3 * row, d);
    store(to + 4 * row, e);
    store(to + 5 * row, f);
    store(to + 6 * row, g);
    store(to + 7 * row, h);
}

/*
 * A quarter turn of a grey image of at least 8 x 8. Where a side is no multiple of 8, the last
 * blocks overlap those before them.
 */
static void turn_grey(const uint8_t *from, uint8_t *to, int64_t height, int64_t width,
                      int clockwise)
{
    for (int64_t v = 0; v < width; v += BLOCK) {
        int64_t y = v < width - BLOCK ? v : width - BLOCK;
        for (int64_t u = 0; u < height; u += BLOCK) {
            int64_t x = u < height - BLOCK ? u : height - BLOCK;
            if (clockwise) /* to(y, x) = from(height - 1 - x, y) */
                turn_block(from + (height - 1 - x) * width + y, -width, to + y * height + x,
                           height);
            else /* to(y, x) = from(x, width - 1 - y) */
                turn_block(from + x * width + width - BLOCK - y, width, to + (y + 7) * height + x,
                           -height);
        }
    }
}

/* Half a turn of a grey image of n >= 8 pixels is its bytes backwards. */
static void reverse(const uint8_t *from, uint8_t *to, uint64_t n)
{
    for (uint64_t v = 0; v < n; v += BLOCK) {
        uint64_t i = v < n - BLOCK ? v : n - BLOCK, eight;
        memcpy(&eight, from + i, BLOCK);
        eight = __builtin_bswap64(eight);
        memcpy(to + n - BLOCK - i, &eight, BLOCK);
    }
}

void rotate_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                  uint64_t channels, int quarters)
{
    int64_t pixel = (int64_t)channels, row = (int64_t)width * pixel;
    int64_t below = ((int64_t)height - 1) * row, beside = ((int64_t)width - 1) * pixel;
    uint64_t rows = quarters & 1 ? width : height, columns = quarters & 1 ? height : width;
    int64_t right, down;

    quarters &= 3;
    if (quarters == 0) {
        memcpy(to, from, height * width * channels);
        return;
    }
    if (channels == 1 && height >= BLOCK && width >= BLOCK) {
        if (quarters == 2)
            reverse(from, to, height * width);
        else
            turn_grey(from, to, (int64_t)height, (int64_t)width, quarters == 3);
        return;
    }
    if (quarters == 1) { /* the top row is what was the rightmost column, from its top down */
        from += beside;
        right = row;
        down = -pixel;
    } else if (quarters == 2) {
        from += below + beside;
        right = -pixel;
        down = -row;
    } else { /* the top row is what was the leftmost column, from its bottom up */
        from += below;
        right = -row;
        down = pixel;
    }
    if (channels == 1)
        walk(from, right, down, to, rows, columns);
    else if (channels == 3)
        walk_rgb(from, right, down, to, rows, columns);
    else
        walk_pixels(from, right, down, to, rows, columns, channels);
}

void transpose_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                     uint64_t channels)
{
    int64_t pixel = (int64_t)channels, row = (int64_t)width * pixel;

    if (channels == 1)
        walk(from, row, pixel, to, width, height);
    else
        walk_pixels(from, row, pixel, to, width, height, channels);
}
