/*
 * Examples as points of a space, held in memory: features as they are, images as the values of
 * their pixels, 0 to 255.
 */
#ifndef ROTPIPE_NEAR_POINTS_H
#define ROTPIPE_NEAR_POINTS_H

#include "rts/examples.h"

/* Points that came one after the other, alike in whether they have labels, names of files and soft
 * labels. */
struct points_run {
    uint64_t n;
    int labelled, named, soft;
};

struct points {
    uint64_t n;
    size_t d;               /* numbers of a point; 0 until the first chunk has come */
    struct rts_header like; /* the first chunk's: their kind and shape */
    float *x;               /* [n][d] */
    uint32_t *label;        /* [n]; 0 where there is none */
    struct points_run *run;
    size_t runs;
    int keeps_all; /* set by the caller: what else belongs to the points is kept: */
    char *files; /* names of the files of points that have one, each ended by NUL, in their order */
    size_t files_used;
    float *soft;  /* [][classes]: soft labels of points that have one, in their order */
    size_t softs; /* how many these are */
    size_t classes;
    /* private to points.c */
    uint64_t capacity;
    size_t files_room, softs_room;
};

/* No more than these: indices are 32 bits wide. */
#define POINTS_MAX ((uint64_t)1 << 31)

/*
 * Reads all that is left of s into p, which begins as zeros but for keeps_all. All examples must
 * be of one kind and shape, all their values finite. 0 or -1; points_free in either case.
 */
int points_read(struct points *p, struct source *s, struct error *e);

/* The same of the chunk that s has given last. */
int points_add(struct points *p, const struct source *s, const struct chunk *c, struct error *e);
void points_free(struct points *p);

/*
 * Whether examples of b's kind and shape can be compared with some of a's. If not, says into why
 * what b's are beside a's, as "images of 4 x 9 x 1, expected features of 36".
 */
int points_alike(const struct rts_header *a, const struct rts_header *b, char *why, size_t size);

#endif
