/* The sets of the descent's inner loop that this program holds. */
#include "base/cpu.h"
#include "base/variants.h"
#include "umap/moves.h"

#define DECLARE(set) extern const struct umap_kernels umap_kernels_##set;
#define ENTRY(set) {#set, &umap_kernels_##set},

EACH_VARIANT(DECLARE)

/* The plainest loops of other kernels, for tests: here these are the plain ones. */
static const struct variant table[] = {EACH_VARIANT(ENTRY){"reference", &umap_kernels_plain},
                                       {NULL, NULL}};

umap_move *umap_move_pick(const char *name)
{
    const struct umap_kernels *kernels = cpu_pick(table, name);

    return kernels ? kernels->move : NULL;
}
