/*
 * A square hidden, which may lie partly outside the image: cutout (DeVries and Taylor, 2017). They
 * fill it with the mean of the data, which nobody knows here; it is the mean of the image.
 */
#include "augment/augment.h"

#include <string.h>

static const char cutout_form[] = "cutoutN";
static const char cutout_about[] =
    "hide a square of N x N pixels, centred anywhere, in the mean colour";
#define cutout_amount                                                                              \
    {                                                                                              \
        AMOUNT_INTEGER, 999                                                                        \
    }

static const char *cutout_suits(double amount, struct pixels image)
{
    return amount < image.height || amount < image.width ? NULL : "hides the whole image";
}

/* The mean of a channel, to the nearest. */
static uint8_t mean(struct pixels image, int channel)
{
    uint64_t n = (uint64_t)image.height * (uint64_t)image.width, sum = n / 2;
    const uint8_t *at = image.at + channel;

    for (uint64_t i = 0; i < n; i++, at += image.channels)
        sum += *at;
    return (uint8_t)(sum / n);
}

static void cutout_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    int side = (int)amount;
    int top = (int)rng_below(r, (uint64_t)from.height) - side / 2;
    int left = (int)rng_below(r, (uint64_t)from.width) - side / 2;

    memcpy(to, from.at, augment_bytes(from));
    for (int k = 0; k < from.channels; k++) {
        uint8_t fill = mean(from, k);
        for (int i = top < 0 ? 0 : top; i < top + side && i < from.height; i++)
            for (int j = left < 0 ? 0 : left; j < left + side && j < from.width; j++)
                to[((size_t)i * (size_t)from.width + (size_t)j) * (size_t)from.channels +
                   (size_t)k] = fill;
    }
}

DEFINE_CHANGE(cutout);
