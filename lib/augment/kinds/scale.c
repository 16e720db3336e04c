/* Images enlarged or reduced about their centre. */
#include "augment/augment.h"

static const char scale_form[] = "scaleX";
static const char scale_about[] = "enlarge or reduce by a factor of 1-X to 1+X; edges are repeated";
/* Half the size at the least: interpolation between neighbours passes over pixels beyond that. */
#define scale_amount                                                                               \
    {                                                                                              \
        AMOUNT_REAL, 0.5                                                                           \
    }
#define scale_suits augment_suits_all

static struct affine scale_move(double amount, struct pixels image, struct rng *r)
{
    double inverse = 1 / augment_draw(r, 1 - amount, 1 + amount);

    return affine_about_centre(image, inverse, 0, 0, inverse);
}

DEFINE_MOVE(scale);
