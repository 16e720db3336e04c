/* Images by content: rotations of any shape, distinct images, what two streams share. */
#include "check.h"

/* The source itself, so that images can be given whatever hash. */
#include "../../lib/img/distinct.c"

#include "base/rng.h"
#include "img/overlap.h"

/* ---- rotations, against their definition ---- */

/* Where pixel (y, x) of an image turned counter-clockwise once was before. */
static const uint8_t *pixel_before(const uint8_t *from, uint64_t width, uint64_t channels,
                                   uint64_t y, uint64_t x)
{
    return from + (x * width + width - 1 - y) * channels;
}

static int is_turned(const uint8_t *from, const uint8_t *to, uint64_t height, uint64_t width,
                     uint64_t channels)
{
    for (uint64_t y = 0; y < width; y++)
        for (uint64_t x = 0; x < height; x++)
            if (memcmp(to + (y * height + x) * channels, pixel_before(from, width, channels, y, x),
                       channels) != 0)
                return 0;
    return 1;
}

static void check_turns(uint64_t height, uint64_t width, uint64_t channels)
{
    static uint8_t image[5][20 * 20 * 4];
    uint64_t n = height * width * channels;
    struct rng r;
    int right = 1;

    rng_seed(&r, height * 100 + width, channels);
    for (uint64_t i = 0; i < n; i++)
        image[0][i] = (uint8_t)rng_u32(&r);
    for (int q = 0; q < 4; q++)
        rotate_image(image[0], image[q + 1], height, width, channels, q);
    right &= memcmp(image[0], image[1], n) == 0;
    right &= is_turned(image[1], image[2], height, width, channels);
    right &= is_turned(image[2], image[3], width, height, channels);
    right &= is_turned(image[3], image[4], height, width, channels);
    right &= is_turned(image[4], image[1], width, height, channels);
    if (!CHECK(right))
        printf("# %d x %d x %d\n", (int)height, (int)width, (int)channels);
}

static void test_rotate_any_shape(void)
{
    for (uint64_t height = 1; height <= 20; height++)
        for (uint64_t width = 1; width <= 20; width++)
            for (uint64_t channels = 1; channels <= 4; channels++)
                check_turns(height, width, channels);
}

/* ---- distinct images ---- */

static void test_distinct_numbers_in_order(void)
{
    struct image_shape s = {2, 3, 1};
    struct error e;
    struct distinct *d = distinct_new(0, &e);
    uint64_t number = 99;

    CHECK(distinct_find(d, s, (uint8_t *)"abcdef", &number, &e) == 0);
    CHECK(distinct_add(d, s, (uint8_t *)"abcdef", &number, &e) == 0 && number == 0);
    CHECK(distinct_add(d, s, (uint8_t *)"abcdeg", &number, &e) == 0 && number == 1);
    CHECK(distinct_add(d, s, (uint8_t *)"abcdef", &number, &e) == 1 && number == 0);
    CHECK(distinct_find(d, s, (uint8_t *)"abcdeg", &number, &e) == 1 && number == 1);
    /* The shape is a part of it, in every dimension. */
    s = (struct image_shape){3, 2, 1};
    CHECK(distinct_add(d, s, (uint8_t *)"abcdef", &number, &e) == 0 && number == 2);
    s = (struct image_shape){1, 6, 1};
    CHECK(distinct_add(d, s, (uint8_t *)"abcdef", &number, &e) == 0 && number == 3);
    s = (struct image_shape){2, 1, 3};
    CHECK(distinct_add(d, s, (uint8_t *)"abcdef", &number, &e) == 0 && number == 4);
    CHECK(distinct_count(d) == 5);
    distinct_free(d);
    distinct_free(NULL);
}

static void test_distinct_many(void)
{
    struct image_shape s = {1, 4, 1};
    struct error e;
    struct distinct *d = distinct_new(0, &e);
    uint64_t number;
    int right = 1;

    for (uint32_t i = 0; i < 100000; i++)
        right &= distinct_add(d, s, (uint8_t *)&i, &number, &e) == 0 && number == i;
    for (uint32_t i = 0; i < 100000; i++)
        right &= distinct_find(d, s, (uint8_t *)&i, &number, &e) == 1 && number == i;
    for (uint32_t i = 100000; i < 200000; i++)
        right &= distinct_find(d, s, (uint8_t *)&i, &number, &e) == 0;
    CHECK(right && distinct_count(d) == 100000);
    distinct_free(d);
}

/* With one hash for all, the bytes decide: no two of them are ever the same. */
static void test_distinct_whatever_the_hash(void)
{
    struct error e;
    struct distinct *d = distinct_new(0, &e);
    uint8_t pixels[2] = {0, 0};
    struct entry x = {{7, 7}, {1, 2, 1}, pixels};
    int right = 1;

    for (int i = 0; i < 1500; i++) {
        pixels[0] = (uint8_t)i;
        pixels[1] = (uint8_t)(i >> 8);
        uint64_t *slot = find_slot(d, &x);
        right &= *slot == 0 && insert(d, slot, &x, &e) == 0;
    }
    for (int i = 0; i < 1500; i++) {
        pixels[0] = (uint8_t)i;
        pixels[1] = (uint8_t)(i >> 8);
        right &= *find_slot(d, &x) == (uint64_t)i + 1;
    }
    /* Bytes that are there under another shape are another image, whichever dimension differs. */
    for (int k = 0; k < 4; k++) {
        static const struct image_shape others[] = {{2, 2, 1}, {1, 1, 1}, {1, 2, 2}, {2, 1, 1}};
        x.shape = others[k];
        right &= *find_slot(d, &x) == 0;
    }
    x.shape = (struct image_shape){1, 2, 1};
    right &= *find_slot(d, &x) == 1500;
    /* Nor does half a hash decide. */
    x.hash.b = 8;
    right &= *find_slot(d, &x) == 0;
    CHECK(right && distinct_count(d) == 1500);
    distinct_free(d);
}

/* Every bit of an image and every dimension changes both halves of its hash. */
static void test_distinct_hash_spreads(void)
{
    uint8_t pixels[61];
    struct image_shape s = {1, sizeof pixels, 1};
    struct hash first;
    int right = 1;

    memset(pixels, 0, sizeof pixels);
    first = hash_image(s, pixels);
    for (size_t i = 0; i < 8 * sizeof pixels; i++) {
        pixels[i / 8] ^= (uint8_t)(1 << i % 8);
        struct hash h = hash_image(s, pixels);
        right &= h.a != first.a && h.b != first.b;
        /* About half of the bits differ. */
        int differ = __builtin_popcountll(h.a ^ first.a) + __builtin_popcountll(h.b ^ first.b);
        right &= differ > 32 && differ < 96;
        pixels[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    CHECK(right);
    s = (struct image_shape){sizeof pixels, 1, 1};
    CHECK(hash_image(s, pixels).a != first.a);
    s = (struct image_shape){1, 1, sizeof pixels};
    CHECK(hash_image(s, pixels).a != first.a);
}

static void test_distinct_turned(void)
{
    static const struct image_shape shapes[] = {{3, 3, 1}, {3, 5, 1}, {9, 12, 1}, {5, 2, 3},
                                                {1, 7, 1}, {4, 4, 3}, {1, 1, 1}};
    uint8_t image[200], turned[200];
    struct error e;
    struct rng r;
    uint64_t number;

    rng_seed(&r, 1, 1);
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct image_shape s = shapes[k], t;
        struct distinct *d = distinct_new(1, &e), *plain = distinct_new(0, &e);
        for (size_t i = 0; i < size_of(s); i++)
            image[i] = (uint8_t)rng_u32(&r);
        CHECK(distinct_add(d, s, image, &number, &e) == 0);
        CHECK(distinct_add(plain, s, image, &number, &e) == 0);
        for (int q = 0; q < 4; q++) {
            t = q & 1 ? (struct image_shape){s.width, s.height, s.channels} : s;
            rotate_image(image, turned, s.height, s.width, s.channels, q);
            CHECK(distinct_find(d, t, turned, &number, &e) == 1 && number == 0);
            CHECK(distinct_find(plain, t, turned, &number, &e) == (q == 0 || size_of(s) == 1));
        }
        distinct_free(d);
        distinct_free(plain);
    }
}

/* ---- what two streams share, against counting pair by pair ---- */

enum { N = 60, SIDE_BYTES = 6 };

struct example {
    struct image_shape shape;
    uint8_t pixels[SIDE_BYTES];
    uint32_t label;
    int labelled;
};

/* Few shapes, pixels and labels, so that all of them come again. */
static struct example draw(struct rng *r)
{
    static const struct image_shape shapes[] = {{2, 3, 1}, {3, 2, 1}, {2, 2, 1}, {1, 2, 3}};
    struct example x = {.shape = shapes[rng_below(r, 4)]};

    for (size_t i = 0; i < size_of(x.shape); i++)
        x.pixels[i] = (uint8_t)(rng_below(r, 3) == 0);
    x.labelled = rng_below(r, 4) > 0;
    x.label = (uint32_t)rng_below(r, 3);
    return x;
}

static int are_equal(const struct example *x, const struct example *y, int turned)
{
    for (int q = 0; q < (turned ? 4 : 1); q++) {
        struct image_shape s = x->shape;
        uint8_t to[SIDE_BYTES];
        if (q & 1)
            s = (struct image_shape){x->shape.width, x->shape.height, x->shape.channels};
        rotate_image(x->pixels, to, x->shape.height, x->shape.width, x->shape.channels, q);
        if (s.height == y->shape.height && s.width == y->shape.width &&
            s.channels == y->shape.channels && memcmp(to, y->pixels, size_of(s)) == 0)
            return 1;
    }
    return 0;
}

/* The counts of x against y, straight from what the header says; *common: distinct ones shared. */
static struct overlap_counts count_pairs(const struct example *x, const struct example *y,
                                         int turned, uint64_t *common)
{
    struct overlap_counts c = {.images = N};

    *common = 0;
    for (int i = 0; i < N; i++) {
        int shared = 0, relabelled = 0, seen = 0;
        for (int k = 0; k < N; k++)
            if (are_equal(&x[i], &y[k], turned)) {
                shared = 1;
                relabelled |= x[i].labelled && y[k].labelled && x[i].label != y[k].label;
            }
        for (int k = 0; k < i; k++)
            seen |= are_equal(&x[i], &x[k], turned);
        c.labelled += (uint64_t)x[i].labelled;
        c.shared += (uint64_t)shared;
        c.relabelled += (uint64_t)relabelled;
        c.distinct += (uint64_t)!seen;
        *common += (uint64_t)(shared && !seen);
    }
    return c;
}

static int same_counts(struct overlap_counts x, struct overlap_counts y, int with_distinct)
{
    return x.images == y.images && x.labelled == y.labelled && x.shared == y.shared &&
           x.relabelled == y.relabelled && (!with_distinct || x.distinct == y.distinct);
}

static void check_overlap(uint64_t seed, int turned, int keep)
{
    struct example a[N], b[N];
    struct overlap_counts held, met;
    uint64_t common, same;
    struct error e;
    struct rng r;
    struct overlap *o = overlap_new(turned, keep, &e);
    int right = 1;

    rng_seed(&r, seed, 1);
    for (int i = 0; i < N; i++) {
        a[i] = draw(&r);
        b[i] = draw(&r);
    }
    held = count_pairs(a, b, turned, &common);
    met = count_pairs(b, a, turned, &same);
    right &= common == same;
    for (int i = 0; i < N; i++)
        right &=
            overlap_hold(o, a[i].shape, a[i].pixels, a[i].labelled ? &a[i].label : NULL, &e) == 0;
    for (int i = 0; i < N; i++) {
        int want = 0;
        for (int k = 0; k < N; k++)
            want |= are_equal(&b[i], &a[k], turned);
        right &= overlap_meet(o, b[i].shape, b[i].pixels, b[i].labelled ? &b[i].label : NULL, &e) ==
                 want;
    }
    right &= same_counts(overlap_count(o, OVERLAP_HELD), held, 1);
    right &= same_counts(overlap_count(o, OVERLAP_MET), met, keep);
    right &= overlap_common(o) == common;
    if (!CHECK(right))
        printf("# seed %d, turned %d, keep %d\n", (int)seed, turned, keep);
    overlap_free(o);
}

static void test_overlap_counts(void)
{
    for (uint64_t seed = 0; seed < 50; seed++)
        for (int turned = 0; turned < 2; turned++)
            for (int keep = 0; keep < 2; keep++)
                check_overlap(seed, turned, keep);
}

static void test_overlap_of_nothing(void)
{
    struct error e;
    struct overlap *o = overlap_new(1, 1, &e);
    uint8_t pixel = 3;

    CHECK(overlap_common(o) == 0 && overlap_count(o, OVERLAP_HELD).images == 0);
    CHECK(overlap_meet(o, (struct image_shape){1, 1, 1}, &pixel, NULL, &e) == 0);
    /* What only the side met has, twice, is no overlap. */
    CHECK(overlap_meet(o, (struct image_shape){1, 1, 1}, &pixel, NULL, &e) == 0);
    CHECK(overlap_common(o) == 0 && overlap_count(o, OVERLAP_MET).shared == 0);
    CHECK(overlap_count(o, OVERLAP_MET).images == 2 && overlap_count(o, OVERLAP_MET).distinct == 1);
    overlap_free(o);
    overlap_free(NULL);
}

int main(void)
{
    RUN(test_rotate_any_shape);
    RUN(test_distinct_numbers_in_order);
    RUN(test_distinct_many);
    RUN(test_distinct_whatever_the_hash);
    RUN(test_distinct_hash_spreads);
    RUN(test_distinct_turned);
    RUN(test_overlap_counts);
    RUN(test_overlap_of_nothing);
    return check_status();
}
