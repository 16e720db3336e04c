/*
 * Equal points: each value once, and which points have it.
 */
#ifndef ROTPIPE_NEAR_EQUAL_H
#define ROTPIPE_NEAR_EQUAL_H

#include "near/search.h"

#define EQUAL_END UINT32_MAX

struct equal {
    uint64_t n;      /* different points */
    uint32_t *first; /* [n], rising: the first point of each value */
    uint32_t *next;  /* of each point the next one that is equal to it, or EQUAL_END */
};

/* Finds the equal ones among the n points, of d finite numbers each. 0 or -1. */
int equal_find(struct equal *q, const struct near_set *points, size_t d, struct error *e);
void equal_free(struct equal *q);

#endif
