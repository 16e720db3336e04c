/*
 * Affine maps of an image's plane, and images resampled by them. A map says for each place in the
 * new image which place in the old one is seen there. Places are in pixels, from the centre of the
 * upper left one, x to the right and y down.
 */
#ifndef ROTPIPE_AUGMENT_AFFINE_H
#define ROTPIPE_AUGMENT_AFFINE_H

#include "img/resize.h"

/* (x, y) to (xx x + xy y + x0, yx x + yy y + y0). */
struct affine {
    double xx, xy, x0;
    double yx, yy, y0;
};

/* The map that changes nothing; and the linear one that leaves the image's centre where it is. */
struct affine affine_identity(void);
struct affine affine_about_centre(struct pixels image, double xx, double xy, double yx, double yy);

/* First the map `inner`, then `outer`: of an image that was changed by `outer` and then by `inner`.
 */
struct affine affine_compose(struct affine outer, struct affine inner);

/*
 * Sine and cosine of an angle in degrees. Made of sums, products and quotients alone, which are the
 * same on every machine, where those of a C library differ in the last bit. Multiples of 90 degrees
 * are exact.
 */
void affine_turn(double degrees, double *sine, double *cosine);

enum { AFFINE_SIDE_MAX = 65535 };

/*
 * Makes `to`, of the same size, by bilinear interpolation in integers: within a grey level of the
 * exact value, and the value itself where the map takes pixels to pixels. What lies outside the
 * image is the nearest pixel of its edge. Sides are at most AFFINE_SIDE_MAX; of the map, numbers by
 * which places are multiplied are below 2^17, others below 2^37.
 */
void affine_resample(const struct affine *m, struct pixels from, uint8_t *to);

#endif
