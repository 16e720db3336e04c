/* Which kernels this processor runs. */
#include "net/kernels.h"

#include <string.h>

extern const struct kernels kernels_plain;
#if defined(__x86_64__) || defined(__i386__)
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

const struct kernels *kernels_list(int i)
{
    const struct kernels *found[4];
    int n = 0;

#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        found[n++] = &kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        found[n++] = &kernels_avx2;
#endif
    found[n++] = &kernels_plain;
    found[n++] = &kernels_reference;
    return i < n ? found[i] : NULL;
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
