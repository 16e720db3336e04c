/*
 * Sets of kernels: the same functions compiled for several instruction sets (see the Makefile), of
 * which a program takes the best that the processor runs, or the one that the user has asked for.
 */
#ifndef ROTPIPE_BASE_CPU_H
#define ROTPIPE_BASE_CPU_H

#include "base/error.h"

/* True if this processor runs the set of that name: "plain", "avx2", "avx512". */
int cpu_runs(const char *set);

/* An error: what ROTPIPE_KERNELS asks for cannot run here; it says which sets can. Always -1. */
int cpu_complain(const char *set, struct error *e);

#endif
