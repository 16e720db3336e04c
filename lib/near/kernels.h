/*
 * What must be fast in the search, for several instruction sets.
 */
#ifndef ROTPIPE_NEAR_KERNELS_H
#define ROTPIPE_NEAR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct near_kernels {
    const char *name;
    int rows;  /* queries that are looked at together */
    int width; /* base points that lie side by side: a panel */

    /*
     * Base points in panels: panel [panels][d][width], norm [panels][width]; query [rows][d]. Notes
     * in hit every pair of query r and base point b (from the first of the first panel) of which
     * norm[b] + sum over i of query[r][i] base[b][i] is not above limit[r], as r * panels * width +
     * b; for each r in the order of b. Returns how many; there must be room for all.
     */
    size_t (*scan)(const float *query, const float *limit, size_t d, const float *panel,
                   const float *norm, int panels, uint32_t *hit);

    /*
     * Points from anywhere for the above: x [width] of [d], which become (x - shift) scale, with
     * shift [d] and scale [width], in the panel [d][width], and -2 times that in row [width][d].
     */
    void (*pack)(const float *const *x, const float *shift, const float *scale, size_t d,
                 float *row, float *panel);
};

enum { NEAR_ROWS_MAX = 16, NEAR_WIDTH_MAX = 32 };

/* As kernels_pick and kernels_list of net/kernels.h. */
const struct near_kernels *near_kernels_pick(const char *name);
const struct near_kernels *near_kernels_list(int i);

/* The plainest loops, which the others are tested against. */
extern const struct near_kernels near_kernels_reference;

#endif
