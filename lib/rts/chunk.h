/*
 * Chunks of examples, in memory and as records.
 *
 * A chunk is a record `image` (u1, [n,h,w,c], channels last) or `feature` (f4, [n,...]), of at
 * most EXAMPLES_CHUNK_MAX bytes, and after it, each where there are some, `label` (u4, [n]), `file`
 * (a text: the names of the files that the examples come from, see filename.h) and `soft` (f4,
 * [n,classes]: how probable each class is).
 */
#ifndef ROTPIPE_RTS_CHUNK_H
#define ROTPIPE_RTS_CHUNK_H

#include "rts/writer.h"

enum { EXAMPLES_CHUNK_MAX = 4 << 20 };

enum chunk_kind { CHUNK_IMAGES, CHUNK_FEATURES };

/* Examples in memory. In one that a source has filled, all belongs to the source and lasts until
 * its next call. */
struct chunk {
    enum chunk_kind kind;
    struct rts_header head; /* of the image or feature record */
    uint64_t n;             /* head.shape[0] */
    uint64_t stride;        /* bytes of one example */
    void *data;             /* uint8_t or float */
    uint32_t *label;        /* n of them, or NULL */
    const char **file;      /* n names as filename_line writes them, or NULL */
    float *soft;            /* [n][classes]: probabilities, or NULL */
    uint64_t classes;       /* of a soft label */
};

/* True if both have, or have not, labels, names of files and soft labels of as many classes. */
int chunk_same_companions(const struct chunk *a, const struct chunk *b);

/* True if examples of both records, `image` or `feature`, have one kind and one shape. */
int chunk_same_shape(const struct rts_header *a, const struct rts_header *b);

/* Moves example `from` of a chunk, with all that belongs to it, to place `to`, not behind it. */
void chunk_move(struct chunk *c, uint64_t to, uint64_t from);

/* Examples first to first + n - 1 of a chunk as a chunk; all belongs to c. */
struct chunk chunk_part(const struct chunk *c, uint64_t first, uint64_t n);

/* A chunk that is still without examples and what belongs to them: of this record, dtype and shape.
 */
struct chunk chunk_like(const char *name, enum rts_dtype dtype, uint32_t ndim,
                        const uint64_t *shape);

/*
 * Writes the examples of c as chunks of a bounded size. Of c->head its name, dtype and dimensions
 * after the first count; c->stride must be right. n = 0 writes one empty chunk.
 */
int examples_put(struct rts_writer *w, const struct chunk *c, struct error *e);

/* The same as one chunk, of whatever size: for chunks that are passed on as they came. */
int examples_put_chunk(struct rts_writer *w, const struct chunk *c, struct error *e);

/* How many examples of `stride` bytes a written chunk holds, at least 1; and how many like c's,
 * whose soft labels count, too. */
uint64_t examples_per_chunk(uint64_t stride);
uint64_t examples_per_chunk_like(const struct chunk *c);

#endif
