/*
 * Colours turned along the circle of hues. The largest and the smallest of red, green and blue keep
 * their values, and with them the pixel its value and saturation (HSV); the third one says where in
 * a sixth of the circle it is.
 */
#include "augment/augment.h"

static const char hue_form[] = "hueX";
static const char hue_about[] = "turn hues by up to X of a circle in either direction";
#define hue_amount                                                                                 \
    {                                                                                              \
        AMOUNT_REAL, 0.5                                                                           \
    }
#define hue_suits augment_suits_colour

enum { SIXTH = 1 << 16, CIRCLE = 6 * SIXTH };

static int largest(const uint8_t *p)
{
    int k = p[1] > p[0];

    return p[2] > p[k] ? 2 : k;
}

static int smallest(const uint8_t *p)
{
    int k = p[1] < p[0];

    return p[2] < p[k] ? 2 : k;
}

/* Sets a pixel to the hue, in SIXTHs from red by green and blue, between two values. */
static void put_hue(int hue, int low, int high, uint8_t *to)
{
    static const uint8_t largest_of[] = {0, 1, 1, 2, 2, 0}, third_of[] = {1, 0, 2, 1, 0, 2};
    int sixth = hue / SIXTH, rest = hue % SIXTH;
    int rise = sixth % 2 ? SIXTH - rest : rest; /* in odd sixths the third one falls */
    int max = largest_of[sixth], third = third_of[sixth];

    to[max] = (uint8_t)high;
    to[3 - max - third] = (uint8_t)low;
    to[third] = (uint8_t)(low + (((high - low) * rise + SIXTH / 2) >> 16));
}

static void hue_change(double amount, struct pixels from, struct rng *r, uint8_t *to)
{
    int turn = (int)((augment_draw(r, -amount, amount) + 1) * CIRCLE + 0.5);
    size_t bytes = augment_bytes(from);

    for (size_t i = 0; i < bytes; i += 3) {
        const uint8_t *p = from.at + i;
        int max = largest(p), high = p[max], low = p[smallest(p)], hue;
        if (high == low) {
            to[i] = to[i + 1] = to[i + 2] = (uint8_t)high;
            continue;
        }
        /* From the third of a circle that is pure red, green or blue, to either side. */
        hue = 2 * max * SIXTH + (p[(max + 1) % 3] - p[(max + 2) % 3]) * SIXTH / (high - low);
        put_hue((hue + turn + CIRCLE) % CIRCLE, low, high, to + i);
    }
}

DEFINE_CHANGE(hue);
