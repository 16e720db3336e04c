#include "base/cpu.h"
#include "umap/moves.h"

#include <string.h>

extern umap_move umap_move_plain;
#if defined(__x86_64__) || defined(__i386__)
extern umap_move umap_move_avx2, umap_move_avx512;
#endif

umap_move *umap_move_pick(const char *name)
{
    static const struct {
        const char *name;
        umap_move *move;
    } all[] = {
#if defined(__x86_64__) || defined(__i386__)
        {"avx512", umap_move_avx512},
        {"avx2", umap_move_avx2},
#endif
        {"plain", umap_move_plain}
    };

    /* The plainest loops of other kernels, for tests: here these are the plain ones. */
    if (name && strcmp(name, "reference") == 0)
        name = "plain";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if ((!name || !*name || strcmp(name, all[i].name) == 0) && cpu_runs(all[i].name))
            return all[i].move;
    return NULL;
}
