/*
 * The curve that says how near neighbours should be.
 */
#ifndef ROTPIPE_UMAP_CURVE_H
#define ROTPIPE_UMAP_CURVE_H

#include "umap/umap.h"

/*
 * The curve 1 / (1 + a x^(2b)) by least squares on 300 points of [0, 3 spread], where 1 is wanted
 * up to min_dist and exp(-(x - min_dist) / spread) beyond (section 3.2, definition 11).
 */
void umap_curve(double min_dist, double spread, double *a, double *b);

#endif
