/*
 * Writing of streams, record by record.
 */
#ifndef ROTPIPE_RTS_WRITER_H
#define ROTPIPE_RTS_WRITER_H

#include "base/output.h"
#include "rts/reader.h"

struct rts_writer;

/* Opens an output (see output_open) for one stream; NULL on error. */
struct rts_writer *rts_create(const char *path, struct error *e);

/* The same on an output that is open already, and now the writer's, even on error. */
struct rts_writer *rts_create_on(struct output *out, struct error *e);

/* Writes a record whose payload lies in memory: rts_payload_size(h) bytes. */
int rts_put(struct rts_writer *w, const struct rts_header *h, const void *payload, struct error *e);

/* The same from parts: n[i] bytes at part[i], together the payload. */
struct rts_part {
    const void *bytes;
    uint64_t size;
};
int rts_put_parts(struct rts_writer *w, const struct rts_header *h, const struct rts_part *part,
                  int parts, struct error *e);

int rts_put_text(struct rts_writer *w, const char *name, const char *text, struct error *e);

/* Passes the record on whose header rts_next has just returned, in constant memory. */
int rts_copy(struct rts_reader *r, const struct rts_header *h, struct rts_writer *w,
             struct error *e);

/* Hands to the system what was written so far. */
int rts_flush(struct rts_writer *w, struct error *e);

/* Writes the end record, closes, frees. The result is whole only if this returns 0. */
int rts_finish(struct rts_writer *w, struct error *e);

/* Gives up without an end record, so that nobody takes the stream for whole. NULL is allowed. */
void rts_abandon(struct rts_writer *w);

#endif
