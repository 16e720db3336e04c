/* Each kind of change by what it must do: to places, to values, and how often. */
#include "augmented.h"

enum { TRIES = 2000 };

/* ---- how amounts are distributed ---- */

enum { BINS = 10 };

/* Numbers counted by tenths of their range. */
struct spread {
    double lowest, highest;
    int bin[BINS];
};

static void note_number(struct spread *s, double x)
{
    int i = (int)floor((x - s->lowest) / (s->highest - s->lowest) * BINS);

    if (CHECK(i >= 0 && i < BINS))
        s->bin[i]++;
}

/* Each tenth has its share of TRIES numbers, to five standard deviations. */
static void check_even(const struct spread *s)
{
    double share = (double)TRIES / BINS;

    for (int i = 0; i < BINS; i++)
        CHECK_NEAR(s->bin[i], share, 5 * sqrt(share));
}

/* The map that a change with this text draws for an image. */
static struct affine map_of(const char *text, struct pixels image, uint64_t number)
{
    struct augments a = changes(text);
    struct rng r = drawn(number);

    return a.of[0].kind->move(a.of[0].amount, image, &r);
}

/* The centre of an image is seen where it was. */
static void check_centre(struct affine m, struct pixels image)
{
    double x = (image.width - 1) / 2.0, y = (image.height - 1) / 2.0;

    CHECK_NEAR(m.xx * x + m.xy * y + m.x0, x, 1e-12);
    CHECK_NEAR(m.yx * x + m.yy * y + m.y0, y, 1e-12);
}

/* ---- moves ---- */

static void test_flip(void)
{
    struct augments a = changes("flip");
    struct picture from, to;
    struct pixels image = noise(&from, 6, 7, 3, 1);
    int mirrored = 0;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels got = changed(&a, image, k, &to);
        int is_mirrored = 1;
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 7; j++)
                is_mirrored &= memcmp(pixel(got, i, j), pixel(image, i, 6 - j), 3) == 0;
        CHECK(same_image(got, image) != is_mirrored);
        mirrored += is_mirrored;
    }
    CHECK_NEAR(mirrored, TRIES / 2, 5 * sqrt(TRIES / 4.0));
}

static int within(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

/* What an image shows that was moved, where its edges are repeated, or where all around is black.
 */
static const uint8_t *moved_pixel(struct pixels from, int i, int j, int black)
{
    static const uint8_t nothing[4];
    int y = within(i, from.height), x = within(j, from.width);

    return black && (y != i || x != j) ? nothing : pixel(from, y, x);
}

static int is_moved(struct pixels from, struct pixels to, int down, int right, int black)
{
    for (int i = 0; i < to.height; i++)
        for (int j = 0; j < to.width; j++)
            if (memcmp(pixel(to, i, j), moved_pixel(from, i - down, j - right, black),
                       (size_t)to.channels) != 0)
                return 0;
    return 1;
}

/* Each of the 25 places occurs as often, and no other. */
static void check_places(const char *text, int black)
{
    struct augments a = changes(text);
    struct picture from, to;
    int seen[25] = {0};

    for (int channels = 1; channels <= 4; channels++) {
        struct pixels image = noise(&from, 6, 7, channels, 1);
        for (uint64_t k = 0; k < TRIES / 4; k++) {
            struct pixels got = changed(&a, image, (uint64_t)channels * TRIES + k, &to);
            int found = 0;
            for (int s = 0; s < 25; s++)
                if (is_moved(image, got, s / 5 - 2, s % 5 - 2, black)) {
                    seen[s]++;
                    found++;
                }
            CHECK_NEAR(found, 1, 0);
        }
    }
    for (int s = 0; s < 25; s++)
        CHECK_NEAR(seen[s], TRIES / 25.0, 5 * sqrt(TRIES / 25.0));
}

static void test_shift(void)
{
    check_places("shift2", 0);
}

static void test_crop(void)
{
    check_places("crop2", 1);
}

/* A turn keeps lengths; its angle is even over the range. */
static void test_rotate(void)
{
    struct spread angles = {.lowest = -25, .highest = 25};
    struct picture p;
    struct pixels image = noise(&p, 9, 12, 1, 1);

    for (uint64_t k = 0; k < TRIES; k++) {
        struct affine m = map_of("rotate25", image, k);
        CHECK_NEAR(m.xx * m.xx + m.yx * m.yx, 1, 1e-12);
        CHECK(m.xx == m.yy && m.xy == -m.yx);
        check_centre(m, image);
        note_number(&angles, atan2(m.xy, m.xx) * 180 / 3.14159265358979323846);
    }
    check_even(&angles);
}

static void test_scale(void)
{
    struct spread factors = {.lowest = 0.8, .highest = 1.2};
    struct picture p;
    struct pixels image = noise(&p, 9, 12, 1, 1);

    for (uint64_t k = 0; k < TRIES; k++) {
        struct affine m = map_of("scale0.2", image, k);
        CHECK(m.xx == m.yy && m.xy == 0 && m.yx == 0);
        check_centre(m, image);
        note_number(&factors, 1 / m.xx); /* what is seen of a part is larger by this */
    }
    check_even(&factors);
}

static void test_shear(void)
{
    struct spread angles = {.lowest = -30, .highest = 30};
    struct picture p;
    struct pixels image = noise(&p, 9, 12, 1, 1);

    for (uint64_t k = 0; k < TRIES; k++) {
        struct affine m = map_of("shear30", image, k);
        CHECK(m.xx == 1 && m.yy == 1 && m.yx == 0);
        check_centre(m, image);
        note_number(&angles, atan(m.xy) * 180 / 3.14159265358979323846);
    }
    check_even(&angles);
}

/* The crop lies in the image; area and ratio are even over theirs, where no side is too long. */
static void test_resizedcrop(void)
{
    struct spread areas = {.lowest = 0.2, .highest = 0.6}, ratios = {.lowest = -1, .highest = 1};
    struct spread places = {.lowest = 0, .highest = 1};
    struct picture p;
    struct pixels image = noise(&p, 20, 20, 1, 1);
    int whole = 0;

    for (uint64_t k = 0; k < 2 * TRIES; k++) {
        struct affine m = map_of("resizedcrop0.2", image, k);
        double left = m.x0 + 0.5 - m.xx / 2, top = m.y0 + 0.5 - m.yy / 2;
        double width = 20 * m.xx, height = 20 * m.yy, area = m.xx * m.yy;
        CHECK(m.xy == 0 && m.yx == 0);
        CHECK(left >= -1e-9 && top >= -1e-9);
        CHECK(left + width <= 20 + 1e-9 && top + height <= 20 + 1e-9);
        whole += area > 0.95;
        if (area >= 0.6) /* where a side may have been cut */
            continue;
        note_number(&areas, area);
        note_number(&ratios, log(width / height) / log(4.0 / 3));
        note_number(&places, left / (20 - width));
    }
    CHECK(whole > 0);
    check_even(&areas);
    check_even(&ratios);
    check_even(&places);
}

/* ---- what is hidden ---- */

/* The smallest rectangle with all pixels that differ. */
struct bounds {
    int top, left, height, width, pixels;
};

static struct bounds difference(struct pixels a, struct pixels b)
{
    int top = a.height, left = a.width, low = -1, right = -1, n = 0;

    for (int i = 0; i < a.height; i++)
        for (int j = 0; j < a.width; j++)
            if (memcmp(pixel(a, i, j), pixel(b, i, j), (size_t)a.channels) != 0) {
                top = i < top ? i : top;
                left = j < left ? j : left;
                low = i;
                right = j > right ? j : right;
                n++;
            }
    return n ? (struct bounds){top, left, low - top + 1, right - left + 1, n}
             : (struct bounds){.top = 0};
}

/* Of four channels noise is hardly ever what was there. */
static void test_erase(void)
{
    struct augments a = changes("erase5");
    struct picture from, to;
    struct pixels image = plain(&from, 9, 8, 4, 100);
    int sides[6][6] = {{0}}, none = 0, left = 0, low = 0;
    double sum = 0, n = 0;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels got = changed(&a, image, k, &to);
        struct bounds b = difference(image, got);
        none += b.pixels == 0;
        if (b.pixels == 0 || !CHECK(b.height <= 5 && b.width <= 5))
            continue;
        CHECK(b.pixels == b.height * b.width);
        sides[b.height][b.width]++;
        left += b.left == 0;
        low += b.top + b.height == 9;
        for (int i = 0; i < b.height; i++)
            for (int j = 0; j < 4 * b.width; j++, n++)
                sum += pixel(got, b.top + i, b.left)[j];
    }
    CHECK_NEAR(none, TRIES / 2, 5 * sqrt(TRIES / 4.0));
    for (int i = 1; i <= 5; i++)
        for (int j = 1; j <= 5; j++)
            CHECK_NEAR(sides[i][j], TRIES / 50.0, 5 * sqrt(TRIES / 50.0));
    CHECK_NEAR(sum / n, 127.5, 5 * 74 / sqrt(n));
    CHECK(left > 0 && low > 0);
}

/* Every pixel is the centre as often; what is left of the square is in the mean colour. */
static void test_cutout(void)
{
    struct augments a = changes("cutout4"), odd = changes("cutout5");
    struct picture from, to;
    struct pixels image = noise(&from, 9, 8, 3, 1);
    struct spread tops = {.lowest = -0.1, .highest = 8.9};
    int whole = 0, corner = 0;
    double mean[3] = {0};

    for (int i = 0; i < 9 * 8 * 3; i++)
        mean[i % 3] += image.at[i] / 72.0;
    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels got = changed(&a, image, k, &to);
        struct bounds b = difference(image, got);
        CHECK(b.pixels == b.height * b.width && b.pixels > 0);
        CHECK(b.height == 4 || (b.height >= 2 && (b.top == 0 || b.top + b.height == 9)));
        CHECK(b.width == 4 || (b.width >= 2 && (b.left == 0 || b.left + b.width == 8)));
        whole += b.height == 4 && b.width == 4;
        corner += b.height == 2 && b.width == 2 && b.top == 0 && b.left == 0;
        for (int c = 0; c < 3; c++)
            CHECK_NEAR(pixel(got, b.top, b.left)[c], mean[c], 0.5);
        note_number(&tops, b.top == 0 ? b.height - 2 : b.top + 2);
        b = difference(image, changed(&odd, image, k, &to));
        CHECK(b.height <= 5 && b.height >= 3 && b.width <= 5 && b.width >= 3);
    }
    CHECK_NEAR(whole, TRIES * (6 * 5) / 72.0, 5 * sqrt(TRIES / 4.0));
    CHECK_NEAR(corner, TRIES / 72.0, 5 * sqrt(TRIES / 72.0));
    for (int i = 0; i < 9; i++) /* nine rows in bins of 0.9 */
        CHECK_NEAR(tops.bin[i] + (i == 8 ? tops.bin[9] : 0), TRIES / 9.0, 5 * sqrt(TRIES / 9.0));
}

/* ---- values ---- */

/* The factor that is drawn first. */
static double factor_of(uint64_t number, double amount)
{
    struct rng r = drawn(number);

    return 1 + amount * (2 * (double)rng_float(&r) - 1);
}

static double limited(double x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

static void test_bright(void)
{
    struct augments a = changes("bright0.6");
    struct spread factors = {.lowest = 0.4, .highest = 1.6};
    struct picture from, to;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 6, 7, (int)(k % 4) + 1, k);
        struct pixels got = changed(&a, image, k, &to);
        double factor = factor_of(k, 0.6);
        note_number(&factors, factor);
        for (size_t i = 0; i < augment_bytes(image); i++)
            CHECK_NEAR(got.at[i], limited(factor * image.at[i]), 0.51);
    }
    check_even(&factors);
}

/* ITU-R BT.601; as a byte it is within 0.51 of this. */
static double grey_of(const uint8_t *p)
{
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}

static double mean_grey(struct pixels image)
{
    size_t bytes = augment_bytes(image), n = 0;
    double sum = 0;

    if (image.channels == 3)
        for (size_t i = 0; i < bytes; i += 3, n++)
            sum += grey_of(image.at + i);
    else
        for (size_t i = 0; i < bytes; i++, n++)
            sum += image.at[i];
    return sum / (double)n;
}

static void test_contrast(void)
{
    struct augments a = changes("contrast0.9");
    struct picture from, to;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 6, 7, (int)(k % 4) + 1, k);
        struct pixels got = changed(&a, image, k, &to);
        double factor = factor_of(k, 0.9), mean = mean_grey(image);
        for (size_t i = 0; i < augment_bytes(image); i++)
            CHECK_NEAR(got.at[i], limited(mean + factor * (image.at[i] - mean)),
                       0.51 + 0.3 * fabs(1 - factor));
        /* An image of one grey has none. */
        image = plain(&from, 6, 7, 1, 77);
        CHECK(same_image(changed(&a, image, k, &to), image));
    }
}

static void test_saturation(void)
{
    struct augments a = changes("saturation0.9");
    struct picture from, to;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 6, 7, 3, k);
        struct pixels got = changed(&a, image, k, &to);
        double factor = factor_of(k, 0.9);
        for (size_t i = 0; i < augment_bytes(image); i++) {
            double grey = grey_of(image.at + i / 3 * 3);
            CHECK_NEAR(got.at[i], limited(grey + factor * (image.at[i] - grey)),
                       0.51 + 0.51 * fabs(1 - factor));
        }
    }
}

/* A channel of a colour in HSV, hue from 0 to 6: V - V S max(0, min(k, 4 - k, 1)), where k is the
 * hue plus 5, 3 or 1, modulo 6. */
static double channel_of(double hue, double value, double chroma, int channel)
{
    double k = fmod(hue + 5 - 2 * channel, 6);

    return value - chroma * fmax(0, fmin(fmin(k, 4 - k), 1));
}

static double hue_of(const uint8_t *p, double value, double chroma)
{
    if (p[0] == value)
        return fmod(6 + (p[1] - p[2]) / chroma, 6);
    return p[1] == value ? 2 + (p[2] - p[0]) / chroma : 4 + (p[0] - p[1]) / chroma;
}

static void test_hue(void)
{
    struct augments a = changes("hue0.4");
    struct picture from, to;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 6, 7, 3, k);
        struct pixels got = changed(&a, image, k, &to);
        double turn = 6 * (factor_of(k, 0.4) - 1);
        for (size_t i = 0; i < augment_bytes(image); i += 3) {
            const uint8_t *p = image.at + i;
            double value = fmax(fmax(p[0], p[1]), p[2]);
            double chroma = value - fmin(fmin(p[0], p[1]), p[2]), hue;
            if (chroma == 0)
                continue;
            hue = fmod(hue_of(p, value, chroma) + turn + 12, 6);
            for (int c = 0; c < 3; c++)
                CHECK_NEAR(got.at[i + (size_t)c], channel_of(hue, value, chroma, c), 0.52);
        }
    }
}

/* A colour without hue stays, whichever its brightness is. */
static void test_hue_of_grey(void)
{
    struct augments a = changes("hue0.5");
    struct picture from, to;
    struct pixels image = pixels_of(&from, 16, 16, 3);

    for (int i = 0; i < 16 * 16 * 3; i++)
        from.at[i] = (uint8_t)(i / 3);
    for (uint64_t k = 0; k < 50; k++)
        CHECK(same_image(changed(&a, image, k, &to), image));
}

static void test_grey(void)
{
    struct augments a = changes("grey0.2");
    struct picture from, to;
    int greys = 0;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 6, 7, 3, k);
        struct pixels got = changed(&a, image, k, &to);
        int is_grey = 1;
        for (size_t i = 0; i < augment_bytes(image); i++)
            is_grey &= fabs(got.at[i] - grey_of(image.at + i / 3 * 3)) <= 0.51;
        CHECK(is_grey != same_image(got, image));
        greys += is_grey;
    }
    CHECK_NEAR(greys, TRIES / 5.0, 5 * sqrt(TRIES * 0.16));
}

int main(void)
{
    RUN(test_flip);
    RUN(test_shift);
    RUN(test_crop);
    RUN(test_rotate);
    RUN(test_scale);
    RUN(test_shear);
    RUN(test_resizedcrop);
    RUN(test_erase);
    RUN(test_cutout);
    RUN(test_bright);
    RUN(test_contrast);
    RUN(test_saturation);
    RUN(test_hue);
    RUN(test_hue_of_grey);
    RUN(test_grey);
    return check_status();
}
