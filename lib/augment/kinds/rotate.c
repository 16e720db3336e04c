/* Images turned about their centre. */
#include "augment/augment.h"

static const char rotate_form[] = "rotateX";
static const char rotate_about[] =
    "turn by up to X degrees in either direction; edges are repeated";
#define rotate_amount                                                                              \
    {                                                                                              \
        AMOUNT_REAL, 180                                                                           \
    }
#define rotate_suits augment_suits_all

static struct affine rotate_move(double amount, struct pixels image, struct rng *r)
{
    double sine, cosine;

    affine_turn(augment_draw(r, -amount, amount), &sine, &cosine);
    return affine_about_centre(image, cosine, sine, -sine, cosine);
}

DEFINE_MOVE(rotate);
