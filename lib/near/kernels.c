/* The sets of kernels of the search that this program holds, and the plainest ones. */
#include "near/kernels.h"

#include "base/cpu.h"

static size_t scan(const float *query, const float *limit, size_t d, const float *panel,
                   const float *norm, int panels, uint32_t *hit)
{
    size_t hits = 0;

    for (int p = 0; p < panels; p++) {
        float sum = norm[p];
        for (size_t i = 0; i < d; i++)
            sum += query[i] * panel[(size_t)p * d + i];
        if (!(sum > limit[0]))
            hit[hits++] = (uint32_t)p;
    }
    return hits;
}

static void pack(const float *const *x, const float *shift, const float *scale, size_t d,
                 float *row, float *panel)
{
    for (size_t i = 0; i < d; i++) {
        panel[i] = (x[0][i] - shift[i]) * scale[0];
        row[i] = -2 * panel[i];
    }
}

const struct near_kernels near_kernels_reference = {
    .name = "reference", .rows = 1, .width = 1, .scan = scan, .pack = pack};

CPU_SETS(near_kernels, near_kernels, &near_kernels_reference)
