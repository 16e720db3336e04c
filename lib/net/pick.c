/* Which kernels this processor runs. */
#include "base/cpu.h"
#include "net/kernels.h"

#include <string.h>

extern const struct kernels kernels_plain;
#if defined(__x86_64__) || defined(__i386__)
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

const struct kernels *kernels_list(int i)
{
    static const struct kernels *const all[] = {
#if defined(__x86_64__) || defined(__i386__)
        &kernels_avx512,
        &kernels_avx2,
#endif
        &kernels_plain
    };

    for (size_t s = 0; s < sizeof all / sizeof *all; s++)
        if (cpu_runs(all[s]->name) && i-- == 0)
            return all[s];
    return i == 0 ? &kernels_reference : NULL;
}

const struct kernels *kernels_pick(const char *name)
{
    const struct kernels *k;

    if (!name || !*name)
        return kernels_list(0);
    for (int i = 0; (k = kernels_list(i)); i++)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}
