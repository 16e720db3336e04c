/*
 * Examples written with the labels that were chosen for them, but for those that are not kept.
 */
#ifndef ROTPIPE_EVAL_LABELLED_H
#define ROTPIPE_EVAL_LABELLED_H

#include "eval/choice.h"
#include "rts/gather.h"

/* What the caller sets, then zeros. */
struct labelled {
    struct gather gather;   /* .out: the stream */
    const char *names;      /* of the classes, written before the first examples; or NULL */
    const uint32_t *number; /* the label of each class; NULL: the class itself */
    int drops;              /* some may not be kept, or chunks come in parts: full ones are made of
                               them; if not, chunks stay as they are */
    float *soft; /* soft labels of the next chunk, [n][classes], which move with it; NULL: none */
    uint64_t classes;
    uint64_t kept; /* how many there have been */
    /* private to labelled.c */
    uint32_t *label;
    uint64_t room;
    int named;
};

/* The next chunk, with what was said of its examples; those that are kept move to its front. */
int labelled_put(struct labelled *l, struct chunk *c, const struct said *said, struct error *e);

/* The last call, as gather_finish; 0 or -1. labelled_free in any case. */
int labelled_finish(struct labelled *l, struct error *e);
void labelled_free(struct labelled *l);

#endif
