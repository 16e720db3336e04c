/* Images lighter or darker. */
#include "augment/augment.h"

static const char bright_form[] = "brightX";
static const char bright_about[] = "multiply the values by a factor of 1-X to 1+X";
#define bright_amount                                                                              \
    {                                                                                              \
        AMOUNT_REAL, 1                                                                             \
    }
#define bright_suits augment_suits_all

static void bright_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    augment_blend(from.at, to, augment_bytes(from), augment_draw_factor(r, amount), 0);
}

DEFINE_CHANGE(bright);
