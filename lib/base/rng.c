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
