/* A product of matrices, of which only the places of small elements are kept; and what it takes. */
#include "base/simd.h"
#include "near/kernels.h"

/* Queries and vectors of a tile: 12 sums of 16 registers, or 24 of 32. */
#define WIDE 2
#if REGISTERS == 32
#define ROWS 12
#else
#define ROWS 6
#endif

INLINE void tile(const float *query, size_t d, const float *panel, const float *norm,
                 vf sum[ROWS][WIDE])
{
    UNROLL
    for (int r = 0; r < ROWS; r++) {
        UNROLL
        for (int v = 0; v < WIDE; v++)
            sum[r][v] = load(norm + (size_t)v * VL);
    }
    for (size_t i = 0; i < d; i++, panel += WIDE * VL) {
        vf base[WIDE];
        UNROLL
        for (int v = 0; v < WIDE; v++)
            base[v] = load(panel + (size_t)v * VL);
        UNROLL
        for (int r = 0; r < ROWS; r++) {
            vf one = splat(query[(size_t)r * d + i]);
            UNROLL
            for (int v = 0; v < WIDE; v++)
                sum[r][v] = multiply_add(one, base[v], sum[r][v]);
        }
    }
}

/* Notes the lanes whose bits are set. */
INLINE uint32_t *note(unsigned bits, uint32_t at, uint32_t *hit)
{
    for (; bits; bits &= bits - 1)
        *hit++ = at + (uint32_t)__builtin_ctz(bits);
    return hit;
}

static size_t scan(const float *query, const float *limit, size_t d, const float *panel,
                   const float *norm, int panels, uint32_t *hit)
{
    const uint32_t points = (uint32_t)panels * WIDE * VL;
    uint32_t *start = hit;
    vf most[ROWS];

    for (int r = 0; r < ROWS; r++)
        most[r] = splat(limit[r]);
    for (int p = 0; p < panels; p++, panel += d * WIDE * VL, norm += WIDE * VL) {
        unsigned bits[ROWS], any = 0;
        vf sum[ROWS][WIDE];
        tile(query, d, panel, norm, sum);
        UNROLL
        for (int r = 0; r < ROWS; r++) {
            bits[r] = lanes_within(sum[r][0], most[r]) | lanes_within(sum[r][1], most[r]) << VL;
            any |= bits[r];
        }
        for (int r = 0; any && r < ROWS; r++)
            hit = note(bits[r], (uint32_t)r * points + (uint32_t)p * WIDE * VL, hit);
    }
    return (size_t)(hit - start);
}

/* VL points at a time, VL numbers of each: a square that is transposed in registers. */
static void pack(const float *const *x, const float *shift, const float *scale, size_t d,
                 float *row, float *panel)
{
    for (size_t w = 0; w < WIDE * VL; w += VL) {
        size_t i = 0;
        for (; i + VL <= d; i += VL) {
            vi square[VL];
            vf away = load(shift + i);
            for (size_t l = 0; l < VL; l++) {
                vf y = (load(x[w + l] + i) - away) * scale[w + l];
                store(row + (w + l) * d + i, -2 * y);
                square[l] = (vi)y;
            }
            transpose(square);
            for (size_t l = 0; l < VL; l++)
                store(panel + (i + l) * WIDE * VL + w, (vf)square[l]);
        }
        for (; i < d; i++)
            for (size_t l = w; l < w + VL; l++) {
                float y = (x[l][i] - shift[i]) * scale[l];
                row[l * d + i] = -2 * y;
                panel[i * WIDE * VL + l] = y;
            }
    }
}

#define TEXT_EXPAND(x) TEXT(x)
#define TEXT(x) #x

const struct near_kernels VARIANT(near_kernels) = {.name = TEXT_EXPAND(KERNEL_VARIANT),
                                                   .rows = ROWS,
                                                   .width = WIDE * VL,
                                                   .scan = scan,
                                                   .pack = pack};
