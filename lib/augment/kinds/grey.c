/* Some colour images become grey, still of three channels. */
#include "augment/augment.h"

#include <string.h>

#include "img/colour.h"

static const char grey_form[] = "greyX";
static const char grey_about[] = "make grey a share X of all images";
#define grey_amount                                                                                \
    {                                                                                              \
        AMOUNT_REAL, 1                                                                             \
    }
#define grey_suits augment_suits_colour

static void grey_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    size_t bytes = augment_bytes(from);

    if (!(augment_draw(r, 0, 1) < amount)) {
        memcpy(to, from.at, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i += 3)
        memset(to + i, grey_level(from.at + i), 3);
}

DEFINE_CHANGE(grey);
