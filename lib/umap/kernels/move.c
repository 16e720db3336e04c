/* One draw of an edge, its two ends' pull and the pushes of the negatives in the lanes of a vector.
 */
#include "base/simd.h"
#include "umap/moves.h"

#include <string.h>

/* Two registers where vectors have four lanes. */
enum { LANES = 8 };
typedef float floats __attribute__((vector_size(4 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));

/* As multiply_add of simd.h. */
INLINE floats fused(floats a, floats b, floats c)
{
#if KERNEL_IS(avx512) || KERNEL_IS(avx2)
    return (floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif KERNEL_IS(neon)
    struct pair {
        vf half[2];
    } p, q, r;
    memcpy(&p, &a, sizeof p);
    memcpy(&q, &b, sizeof q);
    memcpy(&r, &c, sizeof r);
    for (int i = 0; i < 2; i++)
        r.half[i] = multiply_add(p.half[i], q.half[i], r.half[i]);
    memcpy(&c, &r, sizeof c);
    return c;
#else
    return a * b + c;
#endif
}

INLINE floats choose(ints mask, floats yes, floats no)
{
    return (floats)((mask & (ints)yes) | (~mask & (ints)no));
}

/*
 * x^b for x > 0: 2^(b log2 x), both by polynomials. The relative error is below 1e-4 for b up to 2
 * and x from 1e-12 to 1e12, which is far below what one random draw moves.
 */
INLINE floats power(floats x, float b)
{
    const floats most = (floats){0} + 126, zero = {0};
    ints bits = (ints)x, whole = (bits >> 23) - 127;
    floats m = (floats)((bits & 0x7fffff) | 0x3f800000), t, f, p;

    m = (m - 1.41421356f) / (m + 1.41421356f); /* log2 m = 1/2 + 2 atanh(m) / ln 2 */
    t = m * m;
    p = fused(t, fused(t, zero + 0.60f, zero + 0.96179669f), zero + 2.88539008f);
    t = b * fused(m, p, __builtin_convertvector(whole, floats) + 0.5f);
    t = choose(t < most, t, most);
    t = choose(t > -most, t, -most);
    whole = __builtin_convertvector(t + 127, ints) - 127; /* rounds down, t + 127 being positive */
    f = t - __builtin_convertvector(whole, floats);
    p = fused(f, zero + 0.00133336f, zero + 0.00961813f);
    p = fused(f, fused(f, p, zero + 0.05550411f), zero + 0.24022651f);
    p = fused(f, fused(f, p, zero + 0.69314718f), zero + 1);
    return (floats)((whole + 127) << 23) * p;
}

/* SplitMix64 (Steele, Lea and Flood, 2014), from a state that the seed, epoch and point make. */
INLINE uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The points in the lanes: used lanes from `from` on are negatives, drawn two at a time. */
INLINE void draw_others(const struct moves *m, uint32_t other[LANES], int from, int used,
                        uint64_t *state)
{
    for (int i = from; i < used; i += 2) {
        uint64_t z = draw(state);
        other[i] = (uint32_t)(((z >> 32) * m->g->n) >> 32);
        if (i + 1 < used)
            other[i + 1] = (uint32_t)(((z & 0xffffffff) * m->g->n) >> 32);
    }
}

/*
 * The forces of other[0] to other[used - 1] on the point `self` that is at `at`; lane 0 pulls if
 * `pulls`. (n0 + n1 y) / ((d + c) (1 + a y)) with d the squared distance and y = d^b is the pull
 * with n0 = 0, n1 = -2ab, c = 0, and the push with n0 = 2b, n1 = 0, c = 0.001.
 */
INLINE void apply(const struct moves *m, const int dims, float *at, uint32_t self,
                  const uint32_t other[LANES], int used, int pulls)
{
    const floats zero = {0}, four = zero + 4;
    floats n0 = zero + 2 * m->b, n1 = zero, c = zero + 0.001f, weight = zero, square = zero;
    floats delta[UMAP_DIMS_MAX], y, force;

    for (int i = 0; i < LANES; i++)
        weight[i] = i < used && (other[i] != self) ? 1 : 0;
    if (pulls) {
        n0[0] = c[0] = 0;
        n1[0] = -2 * m->a * m->b;
        weight[0] *= 2;
    }
    for (int k = 0; k < dims; k++) {
        floats there = zero;
        for (int i = 0; i < LANES; i++)
            there[i] = m->x[(size_t)other[i] * (size_t)dims + (size_t)k];
        delta[k] = at[k] - there;
        square = fused(delta[k], delta[k], square);
    }
    /* Points on the same spot do not move each other. */
    weight = choose(square > zero, weight, zero);
    square = choose(square > zero, square, zero + 1);
    y = power(square, m->b);
    force = fused(n1, y, n0) / ((square + c) * fused(zero + m->a, y, zero + 1));
    for (int k = 0; k < dims; k++) {
        floats step = force * delta[k];
        float sum = 0;
        step = choose(step < four, step, four);
        step = choose(step > -four, step, -four) * weight;
        for (int i = 0; i < LANES; i++)
            sum += step[i];
        at[k] = multiply_add_one(sum, m->alpha, at[k]);
    }
}

INLINE void move_point(const struct moves *m, const int dims, uint32_t self, float *at)
{
    const struct umap_graph *g = m->g;
    uint64_t seed = m->seed, state = draw(&seed) + ((uint64_t)m->epoch << 32) + self;

    uint64_t degree = g->first[self + 1] - g->first[self], start;

    state = draw(&state);
    start = (uint64_t)(((unsigned __int128)state * degree) >> 64);
    memcpy(at, m->x + (size_t)self * (size_t)dims, (size_t)dims * sizeof *at);
    for (uint64_t i = 0; i < degree; i++) {
        uint64_t k = g->first[self] + (start + i < degree ? start + i : start + i - degree);
        uint32_t other[LANES] = {0};
        int left = m->negatives, used = left < LANES - 1 ? left + 1 : LANES;
        if (m->due[k] > (float)m->epoch)
            continue;
        m->due[k] += m->wait[k];
        other[0] = m->to[k];
        draw_others(m, other, 1, used, &state);
        apply(m, dims, at, self, other, used, 1);
        for (left -= used - 1; left > 0; left -= LANES) {
            used = left < LANES ? left : LANES;
            draw_others(m, other, 0, used, &state);
            apply(m, dims, at, self, other, used, 0);
        }
    }
}

static void move(const struct moves *m, uint32_t begin, uint32_t end, float *to)
{
    if (m->dims == 2)
        for (uint32_t i = begin; i < end; i++)
            move_point(m, 2, m->order[i], to + (size_t)(i - begin) * 2);
    else
        for (uint32_t i = begin; i < end; i++)
            move_point(m, m->dims, m->order[i], to + (size_t)(i - begin) * (size_t)m->dims);
}

const struct umap_kernels VARIANT(umap_kernels) = {move};
