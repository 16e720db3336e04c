/* PCG32, and the uniform numbers made from it. */
#include "base/rng.h"

uint32_t rng_u32(struct rng *r)
{
    uint64_t old = r->state;
    uint32_t xorshifted = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t rot = (uint32_t)(old >> 59);

    r->state = old * 6364136223846793005u + r->increment;
    return xorshifted >> rot | xorshifted << (-rot & 31);
}

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream)
{
    r->state = 0;
    r->increment = stream << 1 | 1;
    rng_u32(r);
    r->state += seed;
    rng_u32(r);
}

uint64_t rng_below(struct rng *r, uint64_t bound)
{
    /* The lowest 2^64 mod bound values are thrown away: what is left divides evenly. */
    uint64_t threshold = -bound % bound;

    for (;;) {
        uint64_t x = (uint64_t)rng_u32(r) << 32;
        x |= rng_u32(r);
        if (x >= threshold)
            return x % bound;
    }
}

float rng_float(struct rng *r)
{
    return (float)(rng_u32(r) >> 8) * 0x1p-24f;
}

/* A permutation of 64 bits in which every bit depends on all: the finalizer of SplitMix64 (Steele,
 * Lea and Flood, 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

void rng_counter(struct rng *r, uint64_t seed, uint64_t stream, uint64_t a, uint64_t b)
{
    const uint64_t golden = 0x9e3779b97f4a7c15;

    rng_seed(r, mix(mix(mix(seed + golden) + a + golden) + b + golden), stream);
}
