/* Colours stronger or paler: they move away from the pixel's grey level, or towards it. */
#include "augment/augment.h"

#include "img/colour.h"

static const char saturation_form[] = "saturationX";
static const char saturation_about[] =
    "multiply distances from the pixel's grey by a factor of 1-X to 1+X";
#define saturation_amount                                                                          \
    {                                                                                              \
        AMOUNT_REAL, 1                                                                             \
    }
#define saturation_suits augment_suits_colour

static void saturation_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    int32_t factor = augment_draw_factor(r, amount);
    size_t bytes = augment_bytes(from);

    for (size_t i = 0; i < bytes; i += 3)
        augment_blend(from.at + i, to + i, 3, factor, 256 * grey_level(from.at + i));
}

DEFINE_CHANGE(saturation);
