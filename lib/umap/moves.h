/*
 * The inner loop of the descent, for several instruction sets: private to lib/umap.
 */
#ifndef ROTPIPE_UMAP_MOVES_H
#define ROTPIPE_UMAP_MOVES_H

#include "umap/graph.h"
#include "umap/umap.h"

struct moves {
    const struct umap_graph *g;
    int dims, negatives;
    uint64_t seed;
    float a, b;      /* of the curve */
    uint32_t *to;    /* [edges] as in g, but each row shuffled */
    float *wait;     /* of each edge: epochs from one draw to the next */
    float *due;      /* and the epoch of the next one */
    float *x;        /* [n][dims] where the points are */
    uint32_t *order; /* [n] the points, shuffled */
    int epoch;
    float alpha; /* the learning rate */
};

/*
 * Moves points order[begin] to order[end - 1] once for each of their edges that is due, all others
 * standing where x says; where they come to goes to `to` [end - begin][dims]. Each draw moves a
 * point by
 *
 *     alpha (2 clip(pull to the neighbour) + sum over the negatives of clip(push from each))
 *
 * the pull twice since an edge is drawn from both its ends and moves both each time.
 */
typedef void umap_move(const struct moves *m, uint32_t begin, uint32_t end, float *to);

/* What one instruction set has of it. */
struct umap_kernels {
    umap_move *move;
};

/* As kernels_pick and kernels_list of net/kernels.h. */
const struct umap_kernels *umap_kernels_pick(const char *name);
const struct umap_kernels *umap_kernels_list(int i);

#endif
