#include "base/cpu.h"

#include <string.h>

int cpu_runs(const char *set)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_cpu_init();
    if (strcmp(set, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (strcmp(set, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return strcmp(set, "plain") == 0;
}

int cpu_complain(const char *set, struct error *e)
{
    return error_set(e, "ROTPIPE_KERNELS: '%s' cannot run here, but %s%splain and reference can",
                     set, cpu_runs("avx512") ? "avx512, " : "", cpu_runs("avx2") ? "avx2, " : "");
}
