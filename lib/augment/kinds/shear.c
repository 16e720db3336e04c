/* Images slanted: rows slide along each other, the middle one stays. */
#include "augment/augment.h"

static const char shear_form[] = "shearX";
static const char shear_about[] = "slant by up to X degrees to either side; edges are repeated";
#define shear_amount                                                                               \
    {                                                                                              \
        AMOUNT_REAL, 45                                                                            \
    }
#define shear_suits augment_suits_all

static struct affine shear_move(double amount, struct pixels image, struct rng *r)
{
    double sine, cosine;

    affine_turn(augment_draw(r, -amount, amount), &sine, &cosine);
    return affine_about_centre(image, 1, sine / cosine, 0, 1);
}

DEFINE_MOVE(shear);
