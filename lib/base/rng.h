/*
 * Random numbers, the same on every machine: PCG32 (XSH RR 64/32), M. E. O'Neill, "PCG: A Family
 * of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation",
 * 2014. A seed has 2^63 independent streams, so that what one purpose draws never shifts what
 * another does.
 */
#ifndef ROTPIPE_BASE_RNG_H
#define ROTPIPE_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
    uint64_t increment; /* odd */
};

/* What the streams of a seed are used for. */
enum rng_stream {
    RNG_INIT = 1,        /* weights; the head has a stream of its own */
    RNG_HEAD = 2,        /* weights of the head */
    RNG_SHUFFLE = 3,     /* order of the examples */
    RNG_SAMPLE = 4,      /* rtsample */
    RNG_ROTATE = 5,      /* rotgen -r */
    RNG_UMAP = 6,        /* where umap's points start */
    RNG_TREES = 7,       /* how trees part points that are searched for neighbours */
    RNG_LAYOUT = 8,      /* in which order umap moves points */
    RNG_REORDER = 9,     /* rtshuf */
    RNG_AUGMENT = 10,    /* how images are augmented */
    RNG_DROPOUT = 11,    /* what a layer draws for an image that is trained on */
    RNG_TURN = 12,       /* rottrain --rotate one */
    RNG_MIXUP = 13,      /* shares and partners of rottrain --mixup */
    RNG_KMEANS = 14,     /* where the centres of k-means start */
    RNG_UNLABELLED = 15, /* which images of rottrain --unlabelled a step takes */
    RNG_TURNED = 16,     /* by how much rottrain --lambda-rotation turns some of them */
    RNG_SIDE = 17        /* weights of the head's outputs for these */
};

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);

/* The generator of a pair of counters, such as an epoch and an image: where numbers must not depend
 * on how many have been drawn for others. */
void rng_counter(struct rng *r, uint64_t seed, uint64_t stream, uint64_t a, uint64_t b);
uint32_t rng_u32(struct rng *r);

/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t rng_below(struct rng *r, uint64_t bound);

/* Uniform in [0, 1), a multiple of 2^-24. */
float rng_float(struct rng *r);

#endif
