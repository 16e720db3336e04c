/* The sets of the descent's inner loop that this program holds. */
#include "umap/moves.h"

#include "base/cpu.h"

/* The plainest loops of other kernels, for tests: here these are the plain ones. */
CPU_SETS(umap_kernels, umap_kernels, &umap_kernels_plain)
