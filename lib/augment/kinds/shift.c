/* Images moved by some pixels; what moves in repeats the edge. */
#include "augment/augment.h"

static const char shift_form[] = "shiftN";
static const char shift_about[] = "shift by up to N pixels in each direction; edges are repeated";
#define shift_amount                                                                               \
    {                                                                                              \
        AMOUNT_INTEGER, 999                                                                        \
    }

static const char *shift_suits(double amount, struct pixels image)
{
    return amount < image.height && amount < image.width ? NULL : "shifts the whole image away";
}

static struct affine shift_move(double amount, struct pixels image, struct rng *r)
{
    struct affine m = affine_identity();

    (void)image;
    m.y0 = -augment_draw_integer(r, (int)amount);
    m.x0 = -augment_draw_integer(r, (int)amount);
    return m;
}

DEFINE_MOVE(shift);
