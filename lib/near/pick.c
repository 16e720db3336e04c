/* Which kernels this processor runs, and the plainest ones. */
#include "base/cpu.h"
#include "near/kernels.h"

#include <string.h>

extern const struct near_kernels near_kernels_plain;
#if defined(__x86_64__) || defined(__i386__)
extern const struct near_kernels near_kernels_avx2, near_kernels_avx512;
#endif

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

const struct near_kernels *near_kernels_list(int i)
{
    static const struct near_kernels *const all[] = {
#if defined(__x86_64__) || defined(__i386__)
        &near_kernels_avx512,
        &near_kernels_avx2,
#endif
        &near_kernels_plain
    };

    for (size_t s = 0; s < sizeof all / sizeof *all; s++)
        if (cpu_runs(all[s]->name) && i-- == 0)
            return all[s];
    return i == 0 ? &near_kernels_reference : NULL;
}

const struct near_kernels *near_kernels_pick(const char *name)
{
    const struct near_kernels *k;

    if (!name || !*name)
        return near_kernels_list(0);
    for (int i = 0; (k = near_kernels_list(i)); i++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}
