/* Every other image is its mirror image, left and right exchanged. */
#include "augment/augment.h"

static const char flip_form[] = "flip";
static const char flip_about[] = "mirror image, left and right exchanged, of every second image";
#define flip_amount                                                                                \
    {                                                                                              \
        AMOUNT_NONE, 0                                                                             \
    }
#define flip_suits augment_suits_all

static struct affine flip_move(double amount, struct pixels image, struct rng *r)
{
    (void)amount;
    return affine_about_centre(image, rng_below(r, 2) == 0 ? 1 : -1, 0, 0, 1);
}

DEFINE_MOVE(flip);
