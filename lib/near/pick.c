/* The sets of kernels of the search that this program holds, and the plainest ones. */
#include "base/cpu.h"
#include "base/variants.h"
#include "near/kernels.h"

#define DECLARE(set) extern const struct near_kernels near_kernels_##set;
#define ENTRY(set) {#set, &near_kernels_##set},

EACH_VARIANT(DECLARE)

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

static const struct variant table[] = {EACH_VARIANT(ENTRY){"reference", &near_kernels_reference},
                                       {NULL, NULL}};

const struct near_kernels *near_kernels_list(int i)
{
    return cpu_list(table, i);
}

const struct near_kernels *near_kernels_pick(const char *name)
{
    return cpu_pick(table, name);
}
