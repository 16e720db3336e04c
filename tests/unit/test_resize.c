/* Images resampled: against Pillow's, by identities, and from reduced copies. */
#include "check.h"

#include "img/fit.h"

#include <stdlib.h>

/*
 * Noise that the maker of the numbers below has made as well; far enough from black and white that
 * nothing is cut off between the two directions, of which Pillow takes the other first.
 */
static void fill(uint8_t *to, int n, uint32_t seed)
{
    for (int i = 0; i < n; i++) {
        seed = (1103515245u * seed + 12345u) & 0x7fffffffu;
        to[i] = (uint8_t)(64 + (seed >> 16 & 127));
    }
}

/* ---- against numbers of Pillow 9.4: Image.resize with LANCZOS, with BICUBIC ---- */

static const struct known {
    const char *name;
    int width, height, channels;
    struct box box;
    int to_width, to_height;
    uint8_t want[128];
} knowns[] = {
    {"lanczos_12x9_to_5x4", 12, 9, 1, {0, 0, 12, 9}, 5, 4, {113, 130, 122, 127, 158, 116, 120,
                                                            114, 138, 122, 126, 127, 140, 142,
                                                            121, 129, 134, 119, 142, 140}},
    {"lanczos_rgb_17x11_to_4x3", 17, 11, 3, {0, 0, 17, 11}, 4, 3, {133, 128, 127, 147, 129, 130,
                                                                   129, 143, 127, 134, 134, 119,
                                                                   135, 129, 120, 130, 107, 120,
                                                                   127, 120, 118, 131, 123, 127,
                                                                   142, 121, 130, 113, 125, 129,
                                                                   123, 120, 105, 116, 130, 132}},
    {"lanczos_part_of_16x16_to_6x5",
     16,
     16,
     1,
     {2.5, 1.25, 14.5, 11.25},
     6,
     5,
     {132, 117, 137, 144, 121, 100, 142, 146, 139, 135, 107, 107, 153, 137, 165,
      112, 135, 108, 120, 125, 129, 101, 127, 89,  109, 127, 102, 111, 105, 119}},
    {"bicubic_4x3_to_9x7", 4, 3, 1, {0, 0, 4, 3}, 9, 7, {108, 115, 129, 147, 175, 189, 152, 100,
                                                         79,  102, 111, 134, 156, 170, 172, 145,
                                                         110, 95,  85,  104, 150, 180, 158, 129,
                                                         127, 134, 137, 69,  93,  153, 189, 145,
                                                         96,  115, 155, 171, 64,  78,  113, 139,
                                                         133, 122, 133, 150, 156, 64,  66,  68,
                                                         82,  123, 161, 156, 137, 130, 64,  60,
                                                         50,  59,  119, 175, 165, 133, 121}},
    {"bicubic_rgb_5x5_to_7x6",
     5,
     5,
     3,
     {0, 0, 5, 5},
     7,
     6,
     {110, 87,  74,  111, 123, 113, 128, 148, 131, 157, 140, 96,  150, 181, 92,  151, 153, 134,
      161, 97,  181, 157, 181, 78,  126, 141, 112, 125, 100, 142, 174, 93,  145, 110, 128, 162,
      101, 135, 141, 130, 123, 110, 187, 128, 132, 172, 94,  122, 148, 86,  109, 125, 134, 103,
      84,  133, 119, 75,  150, 118, 86,  173, 109, 128, 99,  153, 131, 86,  128, 136, 108, 102,
      135, 173, 96,  91,  127, 120, 92,  146, 119, 118, 197, 106, 86,  141, 127, 62,  137, 132,
      90,  137, 133, 184, 141, 130, 123, 109, 177, 135, 137, 155, 187, 186, 107, 202, 116, 123,
      119, 156, 148, 75,  154, 139, 137, 86,  83,  159, 150, 140, 171, 180, 178, 176, 174, 187}},
};

static void test_pillow(void)
{
    struct resizer r = {0};
    struct error e;
    uint8_t from[1024], to[128];

    for (size_t i = 0; i < sizeof knowns / sizeof *knowns; i++) {
        const struct known *k = &knowns[i];
        int n = k->to_width * k->to_height * k->channels, far = 0;
        fill(from, k->width * k->height * k->channels, (uint32_t)(k->width * 100 + k->height));
        CHECK(resize_image(&r, (struct pixels){from, k->width, k->height, k->channels}, &k->box,
                           k->to_width, k->to_height, to, &e) == 0);
        for (int j = 0; j < n; j++)
            far += abs(to[j] - k->want[j]) > 1;
        if (!CHECK(far == 0))
            printf("# %s: %d of %d\n", k->name, far, n);
    }
    resizer_free(&r);
}

/* ---- identities ---- */

static void test_same_size_at_whole_pixels(void)
{
    struct resizer r = {0};
    struct error e;
    uint8_t from[9 * 7 * 3], to[5 * 4 * 3];
    int same = 1;

    fill(from, (int)sizeof from, 3);
    CHECK(resize_image(&r, (struct pixels){from, 9, 7, 3}, &(struct box){3, 2, 8, 6}, 5, 4, to,
                       &e) == 0);
    for (int y = 0; y < 4; y++)
        same &= memcmp(to + (size_t)y * 15, from + (size_t)((y + 2) * 9 + 3) * 3, 15) == 0;
    CHECK(same);
    resizer_free(&r);
}

/* One level stays that level, at every size; black and white do, though the filters overshoot. */
static void test_constant(void)
{
    static uint8_t from[40 * 40], to[60 * 60];
    struct resizer r = {0};
    struct error e;
    int same = 1;

    for (int n = 1; n <= 60; n += n < 12 ? 1 : 7) {
        for (int level = 0; level <= 255; level += 51) {
            memset(from, level, sizeof from);
            CHECK(resize_image(&r, (struct pixels){from, 40, 33, 1},
                               &(struct box){0.3, 0.2, 39.9, 32.7}, n, 61 - n, to, &e) == 0);
            for (int i = 0; i < n * (61 - n); i++)
                same &= to[i] == level;
        }
    }
    CHECK(same);
    resizer_free(&r);
}

/* An image of two levels gets no other that is beyond them by being taken for a byte. */
static void test_overshoot_is_cut(void)
{
    static uint8_t from[8 * 8], to[33 * 33];
    struct resizer r = {0};
    struct error e;
    int black = 0, white = 0;

    for (int i = 0; i < 64; i++)
        from[i] = i % 8 < 4 ? 0 : 255;
    CHECK(resize_image(&r, (struct pixels){from, 8, 8, 1}, &(struct box){0, 0, 8, 8}, 33, 33, to,
                       &e) == 0);
    for (int i = 0; i < 33 * 33; i++) {
        black += i % 33 < 14 && to[i] > 0;
        white += i % 33 > 18 && to[i] < 255;
    }
    CHECK(black == 0 && white == 0);
    resizer_free(&r);
}

/* ---- reduced copies ---- */

/* The level of a ramp along both axes in the middle of a square. */
static double ramp(double x, double y)
{
    return 20 + 1.5 * x + 0.8 * y;
}

/* The squares of a reduced copy of 66 x 66 pixels are of 8 x 8, and the last ones reach beyond. */
static void test_reduced_copy(void)
{
    uint8_t from[9 * 9], to[6 * 6], white[3] = {255, 255, 255};
    struct fitter f = {0};
    struct error e;

    for (int i = 0; i < 81; i++)
        from[i] = (uint8_t)lround(ramp(8 * (i % 9) + 4, 8 * (i / 9) + 4));
    for (int fit = FIT_CROP; fit <= FIT_STRETCH; fit++) {
        CHECK(fit_image(&f, (struct pixels){from, 9, 9, 1}, (struct fit_full){66, 66, 8},
                        (enum fit)fit, 6, 6, white, to, &e) == 0);
        /* Not at the edges, where the filter sees no more than there is. */
        for (int y = 2; y < 4; y++)
            for (int x = 2; x < 4; x++)
                CHECK_NEAR(to[y * 6 + x], ramp(11 * x + 5.5, 11 * y + 5.5), 1.5);
    }
    fitter_free(&f);
}

int main(void)
{
    RUN(test_pillow);
    RUN(test_same_size_at_whole_pixels);
    RUN(test_constant);
    RUN(test_overshoot_is_cut);
    RUN(test_reduced_copy);
    return check_status();
}
