/*
 * Images cut at a random place out of a black border around them, as in the recipe for CIFAR-10 of
 * He et al. (2016) and PyTorch's RandomCrop with padding.
 */
#include "augment/augment.h"

#include <string.h>

static const char crop_form[] = "cropN";
static const char crop_about[] =
    "put a black border of N pixels around, and cut the size out again";
#define crop_amount                                                                                \
    {                                                                                              \
        AMOUNT_INTEGER, 999                                                                        \
    }

static const char *crop_suits(double amount, struct pixels image)
{
    return amount < image.height && amount < image.width ? NULL : "cuts the whole image away";
}

static void crop_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    int down = augment_draw_integer(r, (int)amount), right = augment_draw_integer(r, (int)amount);
    size_t pixel = (size_t)from.channels, row = (size_t)from.width * pixel;
    size_t left_black = right > 0 ? (size_t)right * pixel : 0;
    size_t left_cut = right < 0 ? (size_t)-right * pixel : 0;

    memset(to, 0, augment_bytes(from));
    for (int i = down < 0 ? -down : 0; i < from.height && i + down < from.height; i++)
        memcpy(to + (size_t)(i + down) * row + left_black, from.at + (size_t)i * row + left_cut,
               row - left_black - left_cut);
}

DEFINE_CHANGE(crop);
