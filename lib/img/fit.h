/*
 * Images brought to one size, whatever their shape is.
 */
#ifndef ROTPIPE_IMG_FIT_H
#define ROTPIPE_IMG_FIT_H

#include "img/resize.h"

/* How an image of another shape gets it: cut at two sides, with borders, or distorted. */
enum fit { FIT_CROP, FIT_PAD, FIT_STRETCH };
extern const char *const fit_names[]; /* ends with NULL */

/* The larger of the two shares to which width and height of an image are scaled. */
double fit_scale(enum fit fit, int width, int height, int to_width, int to_height);

/* Memory that is used again. Zeroed: empty. Freed by fitter_free. */
struct fitter {
    struct resizer resizer;
    uint8_t *content; /* between borders */
    size_t room;
};
void fitter_free(struct fitter *f);

/* The image of which pixels are a reduced copy, each the mean of a square with this side. */
struct fit_full {
    int width, height;
    double reduction;
};

/*
 * Makes of an image one of width * height * from.channels bytes, scaled as resize_image does, in
 * the middle. full: what is scaled, from which `from` was made. background: red, green and blue of
 * the borders, of which images with one channel take the brightness. 0, or -1 if memory ran out.
 */
int fit_image(struct fitter *f, struct pixels from, struct fit_full full, enum fit fit, int width,
              int height, const uint8_t background[3], uint8_t *to, struct error *e);

#endif
