/* The default settings of UMAP. */
#include "umap/umap.h"

struct umap_options umap_defaults(void)
{
    return (struct umap_options){
        .neighbors = 15, .dims = 2, .min_dist = 0.1, .spread = 1, .negatives = 5, .lr = 1};
}

int umap_epochs(const struct umap_options *o, uint64_t n)
{
    return o->epochs ? o->epochs : n <= 10000 ? 500 : 200;
}
