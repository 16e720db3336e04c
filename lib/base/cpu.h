/*
 * Sets of kernels: the same functions compiled for several instruction sets (see variants.h), of
 * which a program takes the best that the processor runs, or the one that the user has asked for.
 */
#ifndef ROTPIPE_BASE_CPU_H
#define ROTPIPE_BASE_CPU_H

#include <stddef.h>

#include "base/error.h"
#include "base/variants.h"

/* A set by its name, and its functions; a table of sets, the fastest first, ends with {NULL}. */
struct variant {
    const char *name;
    const void *kernels;
};

/* True if this processor runs the set of that name: "plain", "avx2", "avx512", "neon", "reference".
 */
int cpu_runs(const char *set);

/* The functions of set i of those in the table that this processor runs, NULL past the last. */
const void *cpu_list(const struct variant *table, int i);

/*
 * The functions of the first set in the table that this processor runs, or of the one called name
 * (NULL or "": the first). NULL if there is no such set here.
 */
const void *cpu_pick(const struct variant *table, const char *name);

/*
 * Defines the two functions that find the sets of a library, which are `const struct TYPE NAME_SET`
 * for each set of variants.h, and at REFERENCE, for the slow one that tests hold them against:
 * NAME_list as cpu_list, and NAME_pick as cpu_pick.
 */
#define CPU_SETS(TYPE, NAME, REFERENCE)                                                            \
    EACH_VARIANT(CPU_DECLARE_SET, TYPE, NAME)                                                      \
    static const struct variant NAME##_sets[] = {                                                  \
        EACH_VARIANT(CPU_SET_ENTRY, NAME){"reference", REFERENCE}, {NULL, NULL}};                  \
    const struct TYPE *NAME##_list(int i)                                                          \
    {                                                                                              \
        return cpu_list(NAME##_sets, i);                                                           \
    }                                                                                              \
    const struct TYPE *NAME##_pick(const char *name)                                               \
    {                                                                                              \
        return cpu_pick(NAME##_sets, name);                                                        \
    }
#define CPU_DECLARE_SET(SET, TYPE, NAME) extern const struct TYPE NAME##_##SET;
#define CPU_SET_ENTRY(SET, NAME) {#SET, &NAME##_##SET},

/* An error: what ROTPIPE_KERNELS asks for cannot run here; it says which sets can. Always -1. */
int cpu_complain(const char *set, struct error *e);

#endif
