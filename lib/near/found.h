/*
 * How much of the neighbourhoods NN-descent has found.
 */
#ifndef ROTPIPE_NEAR_FOUND_H
#define ROTPIPE_NEAR_FOUND_H

#include "near/search.h"

/*
 * Which part of the k nearest the distances [n][k] have that the descent has found, from a few
 * hundred points for which all others are looked at. Where points have no structure, as noise in
 * more than about 30 dimensions, that is little: a neighbour's neighbour is then as far as any
 * other. 0 or -1.
 */
int near_found(const struct near_search *s, const float *distance, double *part, struct error *e);

#endif
