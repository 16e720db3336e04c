/*
 * Examples that come in small lots, written as full chunks: for filters that keep some of what
 * they read.
 */
#ifndef ROTPIPE_RTS_GATHER_H
#define ROTPIPE_RTS_GATHER_H

#include "rts/examples.h"

struct gather {
    struct rts_writer *out;
    struct chunk
        held;      /* the examples held; its memory is the gather's, but for the names of files */
    uint64_t most; /* examples of a full chunk */
    char *names;   /* of the files of those that are held, each ended by NUL */
    size_t names_used, names_room;
    struct rts_header first; /* of the first chunk that came */
    int first_labelled, begun, written;
    uint64_t first_classes; /* of its soft labels; 0: it had none */
};

/* Adds the first n examples of c; writes a chunk whenever one is full, or of another shape. */
int gather_add(struct gather *g, const struct chunk *c, uint64_t n, struct error *e);

/* Writes what is held. */
int gather_flush(struct gather *g, struct error *e);

/*
 * The last call: writes what is held, or, if nothing has been written at all, an empty chunk of
 * the shape that came first, since a data set has at least one chunk.
 */
int gather_finish(struct gather *g, struct error *e);

/* gather_flush for source_before: context is the gather. */
int gather_before(void *context, struct error *e);

/* Frees what it holds, written or not. */
void gather_free(struct gather *g);

#endif
