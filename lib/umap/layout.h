/*
 * The descent from the start to the layout.
 */
#ifndef ROTPIPE_UMAP_LAYOUT_H
#define ROTPIPE_UMAP_LAYOUT_H

#include "base/threads.h"
#include "umap/graph.h"
#include "umap/umap.h"

/* Told now and then how many epochs are done. */
typedef void umap_tell(void *context, int epochs);

/*
 * The descent (algorithm 5) on x: [n][dims], from where the points are. The points of an epoch are
 * taken in UMAP_SLICES slices, one after the other; within a slice each is moved by itself, the
 * others standing where they were before the slice: so the result is the same for any number of
 * threads, whatever the order in which they take the points. 0 or -1.
 */
enum { UMAP_SLICES = 16 };
int umap_descend(const struct umap_graph *g, const struct umap_options *o, double a, double b,
                 struct team *team, float *x, umap_tell *tell, void *context, struct error *e);

#endif
