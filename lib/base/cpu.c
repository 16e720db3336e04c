/* Sets of kernels: which of them this processor runs, and the one that was asked for by name. */
#include "base/cpu.h"

#include "base/variants.h"

#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#define AARCH64_ADVANCED_SIMD (1ul << 1) /* HWCAP_ASIMD of the kernel's interface */
#endif

int cpu_runs(const char *set)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(set, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (strcmp(set, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#elif defined(__aarch64__) && defined(__linux__)
    if (strcmp(set, "neon") == 0)
        return (getauxval(AT_HWCAP) & AARCH64_ADVANCED_SIMD) != 0;
#elif defined(__aarch64__)
    if (strcmp(set, "neon") == 0)
        return 1;
#endif
    return strcmp(set, "plain") == 0 || strcmp(set, "reference") == 0;
}

const void *cpu_list(const struct variant *table, int i)
{
    for (; table->name; table++)
        if (cpu_runs(table->name) && i-- == 0)
            return table->kernels;
    return NULL;
}

const void *cpu_pick(const struct variant *table, const char *name)
{
    for (; table->name; table++)
        if ((!name || !*name || strcmp(name, table->name) == 0) && cpu_runs(table->name))
            return table->kernels;
    return NULL;
}

/* The sets that this processor runs but for plain and reference, each with a comma behind it. */
#define COMMA_FORMAT(set, ...) "%s"
#define OTHERS_FORMAT EACH_VARIANT(COMMA_FORMAT, )
#define OTHER(set, ...) , strcmp(#set, "plain") != 0 && cpu_runs(#set) ? #set ", " : ""
#define OTHERS EACH_VARIANT(OTHER, )

int cpu_complain(const char *set, struct error *e)
{
    return error_set(
        e, "ROTPIPE_KERNELS: '%s' cannot run here; available: " OTHERS_FORMAT "plain, reference",
        set OTHERS);
}
