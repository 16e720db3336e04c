/*
 * Scores of spread labels as shares of the classes in each point.
 */
#ifndef ROTPIPE_NEAR_SHARE_H
#define ROTPIPE_NEAR_SHARE_H

#include "near/spread.h"

/*
 * Makes shares of the scores [n][classes]: each from 0 to 1, those of a point with the sum 1, or
 * all 0 where no label reaches the point. With SPREAD_SPREADING they are the scores divided by
 * their sum; with SPREAD_POISSON exp(score / t) divided by its sum, where t is the root mean square
 * of the scores of the points without labels.
 */
void share_scores(const struct spread *s, double *score);

/*
 * Multiplies the shares of each class by a factor, and divides those of each point by their sum
 * again, so that the mean share of class c over the points without labels that a label reaches is
 * prior[c]; all priors are above 0, with the sum 1. Within 1e-6, or, where parts of the graph lack
 * classes, as near as 1,000 rounds come to it. 0 or -1.
 */
int share_prior(const struct spread *s, double *share, const double *prior, struct error *e);

/* The class of the largest of a point's shares, of equal ones the first. */
uint32_t share_winner(const struct spread *s, const double *share);

#endif
