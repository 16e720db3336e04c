/*
 * Parts of images, enlarged to the size of the whole: the crop of Inception (Szegedy et al., 2015)
 * and SimCLR (Chen et al., 2020), PyTorch's RandomResizedCrop.
 */
#include "augment/augment.h"

#include <math.h>

static const char resizedcrop_form[] = "resizedcropX";
static const char resizedcrop_about[] =
    "cut out X to 1 of the area, of ratio 3:4 to 4:3, and enlarge it";
#define resizedcrop_amount                                                                         \
    {                                                                                              \
        AMOUNT_REAL, 1                                                                             \
    }
#define resizedcrop_suits augment_suits_all

/* e^x near 0 by its series, which is the same on every machine. */
static double power_of_e(double x)
{
    double sum = 1;

    for (int k = 12; k > 0; k--)
        sum = 1 + sum * x / k;
    return sum;
}

static struct affine resizedcrop_move(double amount, struct pixels image, struct rng *r)
{
    const double log_4_3 = 0.28768207245178093;
    double area = augment_draw(r, amount, 1) * image.height * image.width;
    double ratio = power_of_e(augment_draw(r, -log_4_3, log_4_3));
    double width = fmin(sqrt(area * ratio), image.width);
    double height = fmin(sqrt(area / ratio), image.height);
    double x = augment_draw(r, 0, image.width - width);
    double y = augment_draw(r, 0, image.height - height);
    double xx = width / image.width, yy = height / image.height;

    /* Edges go to edges, which are half a pixel beside centres. */
    return (struct affine){xx, 0, x + xx / 2 - 0.5, 0, yy, y + yy / 2 - 0.5};
}

DEFINE_MOVE(resizedcrop);
