/*
 * Images become others, one step after the other: grey or colour ones, transposed, cut, scaled,
 * padded.
 */
#ifndef ROTPIPE_IMG_IMAGEMAP_H
#define ROTPIPE_IMG_IMAGEMAP_H

#include "img/fit.h"
#include "img/frame.h"
#include "rts/examples.h"

struct imagemap {
    /* What is to be done, in this order. */
    enum { COLOUR_KEPT, COLOUR_GREY, COLOUR_RGB } colour;
    int transpose;
    struct frame crop, size, pad; /* of width 0: not */
    enum fit fit;                 /* how an image of another shape gets the size */
    uint8_t background[3];        /* around what is padded: red, green, blue */
    /* Private. */
    struct fitter fitter;
    uint8_t *room[2];
    size_t room_size[2];
};

/* True if anything is to be done; if the images may get another size; and if they may get borders.
 */
int imagemap_changes(const struct imagemap *m);
int imagemap_resizes(const struct imagemap *m);
int imagemap_borders(const struct imagemap *m);

/*
 * How many images of this chunk imagemap_apply should be given at a time, at least 1, so that
 * neither the result nor what is on the way takes much memory. 0: the images cannot be changed so,
 * and why.
 */
uint64_t imagemap_most(const struct imagemap *m, const struct chunk *c, struct error *e);

/*
 * Changes the images of a chunk for which imagemap_most was not 0; its data is then the map's,
 * until the next call. 0 or -1.
 */
int imagemap_apply(struct imagemap *m, struct chunk *c, struct error *e);

/* Frees what is private. */
void imagemap_free(struct imagemap *m);

#endif
