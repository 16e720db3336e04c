/*
 * Matrix products whose second factor is stored in panels: [n / PANEL][k][PANEL], the last panel
 * narrower if need be. What a tile of the result reads then lies side by side, where rows of a
 * power of two floats would all fall into the same few sets of the cache.
 */
#ifndef ROTPIPE_NET_KERNELS_PANELS_H
#define ROTPIPE_NET_KERNELS_PANELS_H

#include "net/kernels/gemm.h"

/* Columns of a panel: as many as gemm's tiles are wide; multiples of NET_LANES. */
enum { PANEL = VL == 16 ? 32 : 16 };

/* Columns of the panel that has column j, of n. */
INLINE size_t panel_width(size_t n, size_t j)
{
    size_t rest = n - j / PANEL * PANEL;

    return rest < PANEL ? rest : PANEL;
}

/* Where row i, column j of a matrix [k][n] lies. */
INLINE size_t panel_place(size_t k, size_t n, size_t i, size_t j)
{
    return j / PANEL * PANEL * k + i * panel_width(n, j) + j % PANEL;
}

/* Row i of a matrix [k][n]; n is a multiple of VL. */
static inline __attribute__((unused)) void panel_set_row(size_t k, size_t n, size_t i,
                                                         const float *row, float *to)
{
    for (size_t j = 0; j < n; j += VL)
        store(to + panel_place(k, n, i, j), load(row + j));
}

/* As gemm, with B [k][n] in panels; g->b_k is not looked at. */
static inline __attribute__((unused)) void panel_gemm(int m, int n, int k, const float *a,
                                                      const float *b, float *c,
                                                      const struct gemm *g, const int add)
{
    for (size_t j = 0; j < (size_t)n; j += PANEL) {
        struct gemm h = *g;
        h.b_k = panel_width((size_t)n, j);
        gemm(m, (int)h.b_k, k, a, b + j * (size_t)k, c + j, &h, add);
    }
}

#endif
