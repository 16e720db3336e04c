/*
 * A small matrix product that the kernels are built of: C [rows][n] (+)= A [rows][k] B [k][n].
 * The tile of C stays in registers while k runs; an element of A meets a vector of B.
 */
#ifndef ROTPIPE_NET_KERNELS_GEMM_H
#define ROTPIPE_NET_KERNELS_GEMM_H

#include "base/simd.h"

/* Where the matrices lie: floats from a row, and from a step of k, to the next. */
struct gemm {
    size_t a_row, a_k, b_k, c_row;
};

/*
 * One tile of `rows` (at most 16) x `wide` (at most 8) vectors; both are constants where this is
 * called, so that all of `sum` becomes registers.
 */
INLINE void gemm_tile(const int rows, const int wide, int k, const float *a, const float *b,
                      float *c, const struct gemm *g, const int add)
{
    const size_t a_row = g->a_row, a_k = g->a_k, b_k = g->b_k, c_row = g->c_row;
    vf sum[16][8];

    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int v = 0; v < wide; v++)
            sum[r][v] = add ? load(c + (size_t)r * c_row + (size_t)v * VL) : (vf){0};
    }
    for (int i = 0; i < k; i++, a += a_k, b += b_k) {
        vf in[8];
        UNROLL
        for (int v = 0; v < wide; v++)
            in[v] = load(b + (size_t)v * VL);
        UNROLL
        for (int r = 0; r < rows; r++) {
            vf one = splat(a[(size_t)r * a_row]);
            UNROLL
            for (int v = 0; v < wide; v++)
                sum[r][v] = multiply_add(one, in[v], sum[r][v]);
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int v = 0; v < wide; v++)
            store(c + (size_t)r * c_row + (size_t)v * VL, sum[r][v]);
    }
}

/* Rows `from` to m - 1, as far as whole tiles of `rows` go, of a panel of columns. Returns the
 * first row that is left over. */
INLINE int gemm_panel(const int rows, const int wide, int from, int m, int k, const float *a,
                      const float *b, float *c, const struct gemm *g, const int add)
{
    int r = from;

    for (; r + rows <= m; r += rows)
        gemm_tile(rows, wide, k, a + (size_t)r * g->a_row, b, c + (size_t)r * g->c_row, g, add);
    return r;
}

/* The rows from `from` on, of which there are at most five, as one tile. */
INLINE void gemm_rest(const int wide, int from, int m, int k, const float *a, const float *b,
                      float *c, const struct gemm *g, const int add)
{
    a += (size_t)from * g->a_row;
    c += (size_t)from * g->c_row;
    switch (m - from) {
    case 5:
        gemm_tile(5, wide, k, a, b, c, g, add);
        break;
    case 4:
        gemm_tile(4, wide, k, a, b, c, g, add);
        break;
    case 3:
        gemm_tile(3, wide, k, a, b, c, g, add);
        break;
    case 2:
        gemm_tile(2, wide, k, a, b, c, g, add);
        break;
    case 1:
        gemm_tile(1, wide, k, a, b, c, g, add);
        break;
    }
}

/* All rows of a panel: in tiles of six; instead of six and one or two, which would wait for each
 * other's sums, four and three or four. */
INLINE void gemm_sixes(const int wide, int m, int k, const float *a, const float *b, float *c,
                       const struct gemm *g, const int add)
{
    int few = m > 6 && (m % 6 == 1 || m % 6 == 2);
    int r = gemm_panel(6, wide, 0, few ? m - 6 - m % 6 : m, k, a, b, c, g, add);

    if (few) {
        gemm_tile(4, wide, k, a + (size_t)r * g->a_row, b, c + (size_t)r * g->c_row, g, add);
        r += 4;
    }
    gemm_rest(wide, r, m, k, a, b, c, g, add);
}

/* The same for what tiles of more rows have left over: in tiles of four, and then at most three. */
INLINE void gemm_few(const int wide, int from, int m, int k, const float *a, const float *b,
                     float *c, const struct gemm *g, const int add)
{
    gemm_rest(wide, gemm_panel(4, wide, from, m, k, a, b, c, g, add), m, k, a, b, c, g, add);
}

/* C (+)= A B with m rows, n columns (a multiple of 16) and k products an element. Tiles have 24 of
 * 32 or 12 of 16 registers: enough independent sums to hide the latency of an addition. */
static inline __attribute__((unused)) void gemm(int m, int n, int k, const float *a, const float *b,
                                                float *c, const struct gemm *g, const int add)
{
    int j = 0;

#if REGISTERS == 32
    for (; j + 4 * VL <= n; j += 4 * VL)
        gemm_sixes(4, m, k, a, b + j, c + j, g, add);
    for (; j + 2 * VL <= n; j += 2 * VL) {
        int rest = gemm_panel(12, 2, 0, m, k, a, b + j, c + j, g, add);
        gemm_few(2, rest, m, k, a, b + j, c + j, g, add);
    }
    for (; j < n; j += VL) {
        int rest = gemm_panel(16, 1, 0, m, k, a, b + j, c + j, g, add);
        gemm_few(1, rest, m, k, a, b + j, c + j, g, add);
    }
#else
    /* A single row's few sums would wait for each other: it takes more columns at once. */
    for (; m == 1 && j + 8 * VL <= n; j += 8 * VL)
        gemm_tile(1, 8, k, a, b + j, c + j, g, add);
    for (; j < n; j += 2 * VL)
        gemm_sixes(2, m, k, a, b + j, c + j, g, add);
#endif
}

#endif
