/*
 * What the tests of augmentation share: images of noise, changes read from a text.
 */
#ifndef ROTPIPE_TESTS_AUGMENTED_H
#define ROTPIPE_TESTS_AUGMENTED_H

#include "check.h"

#include "augment/augment.h"

#include <stdlib.h>

enum { IMAGE_BYTES_MAX = 40 * 40 * 4 };

/* An image in memory of its own. */
struct picture {
    uint8_t at[IMAGE_BYTES_MAX];
};

static inline struct pixels pixels_of(const struct picture *p, int height, int width, int channels)
{
    if (height * width * channels > IMAGE_BYTES_MAX)
        abort();
    return (struct pixels){p->at, width, height, channels};
}

/* Fills an image with noise. */
static inline struct pixels noise(struct picture *p, int height, int width, int channels,
                                  uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, 1);
    for (int i = 0; i < IMAGE_BYTES_MAX; i++)
        p->at[i] = (uint8_t)rng_u32(&r);
    return pixels_of(p, height, width, channels);
}

/* Fills an image with one colour, of which a channel k is value + k. */
static inline struct pixels plain(struct picture *p, int height, int width, int channels, int value)
{
    for (int i = 0; i < IMAGE_BYTES_MAX; i++)
        p->at[i] = (uint8_t)(value + i % channels);
    return pixels_of(p, height, width, channels);
}

static inline struct augments changes(const char *text)
{
    struct augments a;
    struct error e;

    if (!CHECK(augments_parse(&a, text, &e) == 0))
        printf("# %s\n", e.text);
    return a;
}

/* Image number `number` of the first epoch with seed 1, as it is changed. */
static inline struct pixels changed(const struct augments *a, struct pixels from, uint64_t number,
                                    struct picture *to)
{
    struct picture spare;

    augments_apply(a, from, 1, 1, number, to->at, spare.at);
    from.at = to->at;
    return from;
}

/* The random numbers that it is changed by. */
static inline struct rng drawn(uint64_t number)
{
    struct rng r;

    rng_counter(&r, 1, RNG_AUGMENT, 1, number);
    return r;
}

static inline int same_image(struct pixels a, struct pixels b)
{
    return memcmp(a.at, b.at, augment_bytes(a)) == 0;
}

static inline const uint8_t *pixel(struct pixels p, int i, int j)
{
    return p.at + (i * p.width + j) * p.channels;
}

#endif
