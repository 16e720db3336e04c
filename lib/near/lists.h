/*
 * For every point the k nearest others found so far. Points are offered by any thread, in any
 * order: what a list holds in the end is the k least of all that it was offered, by distance and
 * then by index, so it does not depend on that order, nor do the states of its entries.
 */
#ifndef ROTPIPE_NEAR_LISTS_H
#define ROTPIPE_NEAR_LISTS_H

#include <pthread.h>
#include <stdint.h>

#include "base/error.h"

enum { LISTS_LOCKS = 1024 };

enum list_state {
    LIST_OLD, /* its point has been compared with the others of the list */
    LIST_NEW  /* not yet */
};

struct lists {
    uint64_t n;
    int k;
    double *distance; /* [n][k], rising; INFINITY where nothing has been found */
    uint32_t *index;  /* [n][k] */
    uint8_t *state;   /* [n][k] */
    _Atomic float
        *radius; /* [n]: the k-th distance or a little more; INFINITY until there is one */
    pthread_mutex_t lock[LISTS_LOCKS];
};

/* 0 or -1; lists_free in either case. */
int lists_make(struct lists *l, uint64_t n, int k, struct error *e);
void lists_free(struct lists *l);

/* True if the list of `point` holds `other`. */
int lists_hold(struct lists *l, uint32_t point, uint32_t other);

/* Into the list of `point`, unless k points come before it or it is there. */
void lists_offer(struct lists *l, uint32_t point, uint32_t other, double distance);

#endif
