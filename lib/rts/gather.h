/*
 * Examples that come in small lots, written as full chunks: for filters that keep some of what
 * they read.
 */
#ifndef ROTPIPE_RTS_GATHER_H
#define ROTPIPE_RTS_GATHER_H

#include "rts/examples.h"

struct gather {
    struct rts_writer *out;
    struct rts_header like; /* of the examples held */
    uint64_t n, most;       /* held, and in a full chunk */
    uint64_t stride;
    int labelled;
    void *data;
    uint32_t *label;
};

/* Adds the first n examples of c; writes a chunk whenever one is full, or of another shape. */
int gather_add(struct gather *g, const struct chunk *c, uint64_t n, struct error *e);

/* Writes what is held. */
int gather_flush(struct gather *g, struct error *e);

/* gather_flush for source_before: context is the gather. */
int gather_before(void *context, struct error *e);

/* Frees what it holds, written or not. */
void gather_free(struct gather *g);

#endif
