/* Images with more contrast or less: values move away from the mean grey level, or towards it. */
#include "augment/augment.h"

#include "img/colour.h"

static const char contrast_form[] = "contrastX";
static const char contrast_about[] =
    "multiply distances from the mean grey by a factor of 1-X to 1+X";
#define contrast_amount                                                                            \
    {                                                                                              \
        AMOUNT_REAL, 1                                                                             \
    }
#define contrast_suits augment_suits_all

/* The mean, in 256ths, of the grey levels of colours; of images with other channels that of all. */
static int32_t mean_grey(struct pixels image)
{
    size_t bytes = augment_bytes(image), step = image.channels == 3 ? 3 : 1;
    uint64_t sum = 0, n = bytes / step;

    if (step == 3)
        for (size_t i = 0; i < bytes; i += 3)
            sum += grey_level(image.at + i);
    else
        for (size_t i = 0; i < bytes; i++)
            sum += image.at[i];
    return (int32_t)((sum * 256 + n / 2) / n);
}

static void contrast_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    augment_blend(from.at, to, augment_bytes(from), augment_draw_factor(r, amount),
                  mean_grey(from));
}

DEFINE_CHANGE(contrast);
