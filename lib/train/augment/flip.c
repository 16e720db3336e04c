/* Every other image is its mirror image, left and right exchanged. */
#include "train/augment.h"

#include <string.h>

static const char flip_form[] = "flip";
static const char flip_about[] = "mirror image, left and right exchanged, of every second image";
#define flip_parse augment_parse_nothing
#define flip_suits augment_suits_all

static void flip_apply(const struct augment *a, struct extent image, struct rng *r,
                       const uint8_t *from, uint8_t *to)
{
    size_t c = (size_t)image.c, w = (size_t)image.w, rows = (size_t)image.h;

    (void)a;
    if (rng_below(r, 2) == 0) {
        memcpy(to, from, rows * w * c);
        return;
    }
    for (size_t i = 0; i < rows * w; i++)
        memcpy(to + i * c, from + (i / w * w + (w - 1 - i % w)) * c, c);
}

DEFINE_AUGMENT(flip);
