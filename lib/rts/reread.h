/*
 * Operands that are read more than once, for filters whose output depends on the end of their
 * input.
 *
 * Where all operands are regular files, they are read again. Anything else is copied by the first
 * reading to a nameless temporary file in $TMPDIR, which takes the place of standard input and is
 * what later readings read.
 */
#ifndef ROTPIPE_RTS_REREAD_H
#define ROTPIPE_RTS_REREAD_H

#include "rts/examples.h"

struct reread {
    char **paths; /* the operands of the next reading, for source_open */
    int operands;
    const char *step; /* history lines to add, and what to drop, as source_pass takes them */
    unsigned drop;
    int in_place;  /* the operands themselves can be read again */
    int64_t start; /* where standard input stood; negative: it cannot be sought in */
};

/* Plans to read n operands, whose paths stay the caller's, as does the step. */
void reread_plan(struct reread *r, char **paths, int n, const char *step, unsigned drop);

/*
 * A reading before the last one. Calls pass(context, in, copy) once: it reads `in` to its end and,
 * unless copy is NULL, writes to it every chunk that later readings are to see; all other records
 * go there by themselves. The step is then in the history of the copy, and r->step is "". Returns
 * what pass returns, or -1.
 */
int reread_pass(struct reread *r,
                int (*pass)(void *context, struct source *in, struct rts_writer *copy,
                            struct error *e),
                void *context, struct error *e);

/* The last reading: opens the operands as a filter that writes to `out`. NULL on error. */
struct source *reread_last(const struct reread *r, struct rts_writer *out, struct error *e);

#endif
