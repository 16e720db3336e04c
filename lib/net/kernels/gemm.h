/*
 * A small matrix product that the kernels are built of: C [rows][n] (+)= A [rows][k] B [k][n].
 * The tile of C stays in registers while k runs; an element of A meets a vector of B.
 */
#ifndef ROTPIPE_NET_KERNELS_GEMM_H
#define ROTPIPE_NET_KERNELS_GEMM_H

#include "net/kernels/simd.h"

/* Where the matrices lie: floats from a row, and from a step of k, to the next. */
struct gemm {
    size_t a_row, a_k, b_k, c_row;
};

/*
 * One tile of `rows` (at most 16) x `wide` (at most 4) vectors; both are constants where this is
 * called, so that all of `sum` becomes registers.
 */
INLINE void gemm_tile(const int rows, const int wide, int k, const float *a, const float *b,
                      float *c, const struct gemm *g, const int add)
{
    const size_t a_row = g->a_row, a_k = g->a_k, b_k = g->b_k, c_row = g->c_row;
    vf sum[16][4];

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < wide; v++)
            sum[r][v] = add ? load(c + (size_t)r * c_row + (size_t)v * VL) : (vf){0};
    for (int i = 0; i < k; i++, a += a_k, b += b_k) {
        vf in[4];
#pragma GCC unroll 4
        for (int v = 0; v < wide; v++)
            in[v] = load(b + (size_t)v * VL);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            vf one = splat(a[(size_t)r * a_row]);
#pragma GCC unroll 4
            for (int v = 0; v < wide; v++)
                sum[r][v] += one * in[v];
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < wide; v++)
            store(c + (size_t)r * c_row + (size_t)v * VL, sum[r][v]);
}

/* All rows of a panel of columns, in tiles of `rows` and what is left over in smaller ones. */
INLINE void gemm_panel(const int rows, const int wide, int m, int k, const float *a, const float *b,
                       float *c, const struct gemm *g, const int add)
{
    int r = 0;

    for (; r + rows <= m; r += rows)
        gemm_tile(rows, wide, k, a + (size_t)r * g->a_row, b, c + (size_t)r * g->c_row, g, add);
    for (; r + 4 <= m; r += 4)
        gemm_tile(4, wide, k, a + (size_t)r * g->a_row, b, c + (size_t)r * g->c_row, g, add);
    for (; r < m; r++)
        gemm_tile(1, wide, k, a + (size_t)r * g->a_row, b, c + (size_t)r * g->c_row, g, add);
}

/* C (+)= A B with m rows, n columns (a multiple of 16) and k products an element. Tiles have 24 of
 * 32 or 12 of 16 registers: enough independent sums to hide the latency of an addition. */
static inline __attribute__((unused)) void gemm(int m, int n, int k, const float *a, const float *b,
                                                float *c, const struct gemm *g, const int add)
{
    int j = 0;

#if VL == 16
    for (; j + 4 * VL <= n; j += 4 * VL)
        gemm_panel(6, 4, m, k, a, b + j, c + j, g, add);
    for (; j + 2 * VL <= n; j += 2 * VL)
        gemm_panel(12, 2, m, k, a, b + j, c + j, g, add);
    for (; j < n; j += VL)
        gemm_panel(16, 1, m, k, a, b + j, c + j, g, add);
#else
    for (; j < n; j += 2 * VL)
        gemm_panel(6, 2, m, k, a, b + j, c + j, g, add);
#endif
}

#endif
