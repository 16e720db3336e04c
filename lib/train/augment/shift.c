/* Images moved by some pixels; what moves in repeats the edge. */
#include "train/augment.h"

#include <string.h>

static const char shift_form[] = "shiftN";
static const char shift_about[] = "shift by up to N pixels in each direction; edges are repeated";
#define shift_parse augment_parse_amount

static const char *shift_suits(const struct augment *a, struct extent image)
{
    return a->amount < image.h && a->amount < image.w ? NULL : "shifts the whole image away";
}

static int within(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static void shift_apply(const struct augment *a, struct extent image, struct rng *r,
                        const uint8_t *from, uint8_t *to)
{
    uint64_t places = 2 * (uint64_t)a->amount + 1;
    int down = (int)rng_below(r, places) - a->amount, right = (int)rng_below(r, places) - a->amount;
    size_t c = (size_t)image.c;

    for (int i = 0; i < image.h; i++) {
        const uint8_t *row = from + (size_t)within(i - down, image.h) * (size_t)image.w * c;
        for (int j = 0; j < image.w; j++, to += c)
            memcpy(to, row + (size_t)within(j - right, image.w) * c, c);
    }
}

DEFINE_AUGMENT(shift);
