/*
 * Examples as points of a space, held in memory: features as they are, images as the values of
 * their pixels, 0 to 255.
 */
#ifndef ROTPIPE_NEAR_POINTS_H
#define ROTPIPE_NEAR_POINTS_H

#include "rts/examples.h"

/* Points that came one after the other, all of them with labels or all without. */
struct points_run {
    uint64_t n;
    int labelled;
};

struct points {
    uint64_t n;
    size_t d;        /* numbers of a point; 0 until the first chunk has come */
    float *x;        /* [n][d] */
    uint32_t *label; /* [n]; 0 where there is none */
    struct points_run *run;
    size_t runs;
    /* private to points.c */
    uint64_t capacity;
    enum chunk_kind kind;
};

/* No more than these: indices are 32 bits wide. */
#define POINTS_MAX ((uint64_t)1 << 31)

/*
 * Reads all that is left of s into p, which begins as zeros. All examples must be of one kind and
 * have the same number of values, every one of them finite. 0 or -1; points_free in either case.
 */
int points_read(struct points *p, struct source *s, struct error *e);
void points_free(struct points *p);

#endif
