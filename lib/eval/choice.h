/*
 * Which of the images that a classifier has labelled are kept: those that it is sure of, and of
 * these, where classes are to be balanced, as many of each class.
 */
#ifndef ROTPIPE_EVAL_CHOICE_H
#define ROTPIPE_EVAL_CHOICE_H

#include "base/error.h"

#include <stdint.h>

/* What was said of one image. */
struct said {
    double p; /* the probability of its class */
    int class;
    int kept;
};

struct choice {
    double least;      /* only where the probability is at least this */
    struct said *said; /* of each image, in the order of the stream */
    uint64_t n, room;
};

/* Adds what was said of the next image, which is kept if p is large enough. 0 or -1. */
int choice_add(struct choice *c, int class, double p, struct error *e);

/*
 * After the last: of each class that occurs among those kept as many stay as the rarest of them
 * has, the surest, of equals the first. *each is how many that are, *classes of how many classes.
 * 0 or -1.
 */
int choice_balance(struct choice *c, uint64_t *each, int *classes, struct error *e);

/* Frees what it holds. */
void choice_free(struct choice *c);

#endif
