/*
 * A rectangle within the image replaced by noise: random erasing (Zhong et al., 2020), which works
 * best with random values and in half of the images.
 */
#include "augment/augment.h"

#include <string.h>

static const char erase_form[] = "eraseN";
static const char erase_about[] =
    "noise in a rectangle with sides of 1 to N pixels, in every second image";
#define erase_amount                                                                               \
    {                                                                                              \
        AMOUNT_INTEGER, 999                                                                        \
    }

static const char *erase_suits(double amount, struct pixels image)
{
    return amount <= image.height && amount <= image.width ? NULL : "is larger than the image";
}

static void erase_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    uint64_t half = rng_below(r, 2), most = (uint64_t)amount;
    size_t height, width, y, x, pixel = (size_t)from.channels;

    memcpy(to, from.at, augment_bytes(from));
    if (half == 0)
        return;
    height = 1 + (size_t)rng_below(r, most);
    width = 1 + (size_t)rng_below(r, most);
    y = (size_t)rng_below(r, (uint64_t)from.height - height + 1);
    x = (size_t)rng_below(r, (uint64_t)from.width - width + 1);
    for (size_t i = y; i < y + height; i++) {
        uint8_t *row = to + (i * (size_t)from.width + x) * pixel;
        uint32_t bits = 0;
        for (size_t k = 0; k < width * pixel; k++, bits >>= 8) {
            bits = k % 4 ? bits : rng_u32(r);
            row[k] = (uint8_t)bits;
        }
    }
}

DEFINE_CHANGE(erase);
