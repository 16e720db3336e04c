/*
 * Pictures brought to one size, and upright.
 */
#ifndef ROTPIPE_IMPORT_FIT_H
#define ROTPIPE_IMPORT_FIT_H

#include "import/raster.h"

/* How a picture of another shape gets it: cut at two sides, with borders, or distorted. */
enum fit { FIT_CROP, FIT_PAD, FIT_STRETCH };

/* The larger of the two shares to which width and height of a picture are scaled. */
double fit_scale(enum fit fit, int width, int height, int to_width, int to_height);

/* Memory that is used again. Zeroed: empty. Freed by fitter_free. */
struct fitter {
    uint8_t *content, *rows; /* the picture scaled; it scaled in width only */
    size_t content_room, rows_room;
    int32_t *weight[2]; /* of the two directions, see fit.c */
    int *first[2];
    size_t weight_room[2], first_room[2];
};
void fitter_free(struct fitter *f);

/*
 * Makes of a picture the image of this size, width * height * r->channels bytes at `to`: turned as
 * its orientation says, scaled with a triangular filter over all pixels that one pixel of the image
 * covers (bilinear interpolation where it is enlarged), in the middle. background: of the borders,
 * of which grey images take the brightness. 0, or -1 if memory ran out.
 */
int fit_run(struct fitter *f, const struct raster *r, enum fit fit, int width, int height,
            const uint8_t background[3], uint8_t *to, struct error *e);

#endif
