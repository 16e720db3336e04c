/*
 * Data sets as streams: chunks of examples, read from and written to rts streams.
 *
 * A chunk is a record `image` (u1, [n,h,w,c], channels last) or `feature` (f4, [n,...]), of at
 * most EXAMPLES_CHUNK_MAX bytes, and after it, where there are labels, a record `label` (u4, [n]),
 * and, where the examples come from files, a text `file` (the names of the files, see filename.h).
 * Text records beside them: `names` (class names, one a line), `history` (what made the stream, one
 * program a line) and `digest` (the checksums of the files that it was made from, one a line).
 */
#ifndef ROTPIPE_RTS_EXAMPLES_H
#define ROTPIPE_RTS_EXAMPLES_H

#include "rts/history.h"
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
};

/* True if examples of both records, `image` or `feature`, have one kind and one shape. */
int chunk_same_shape(const struct rts_header *a, const struct rts_header *b);

/* Moves example `from` of a chunk, with its label and file, to place `to`, not behind it. */
void chunk_move(struct chunk *c, uint64_t to, uint64_t from);

/* Examples first to first + n - 1 of a chunk as a chunk; all belongs to c. */
struct chunk chunk_part(const struct chunk *c, uint64_t first, uint64_t n);

/* A chunk that is still without examples, data and labels: of this record, dtype and shape. */
struct chunk chunk_like(const char *name, enum rts_dtype dtype, uint32_t ndim,
                        const uint64_t *shape);

/* ---- reading ---- */

/* What a program reads: one stream after the other from all its operands. */
struct source;

/* paths: n operands ("-": standard input); with n = 0 standard input. NULL on error. */
struct source *source_open(char **paths, int n, struct error *e);
void source_close(struct source *s);

/* What a filter does with the records that it does not work on: a sum of these. */
enum source_drop {
    SOURCE_KEEP_ALL = 0,
    SOURCE_DROP_NAMES = 1,
    SOURCE_DROP_HISTORY = 2 /* provenance: history and digest, and no step is added */
};

/*
 * Makes the program a filter: from now on every record that is no example is passed on to w where
 * it stands, but for those to be dropped, and `step` (history lines of what this program did) is
 * added to the history, or starts one. To be called before the first source_next. w must outlive
 * the source's use; step is copied.
 */
int source_pass(struct source *s, struct rts_writer *w, const char *step, unsigned drop,
                struct error *e);

/*
 * call(context) before a record is passed on: for a filter that holds examples back, so that they
 * stay before what came after them.
 */
void source_before(struct source *s, int (*call)(void *context, struct error *e), void *context);

/*
 * The next chunk. Returns 1, 0 after the last, -1 on error. A model is refused, as is a source
 * that held no chunk at all.
 */
int source_next(struct source *s, struct chunk *c, struct error *e);

/* source_next for programs that need images: anything else is an error. */
int source_next_images(struct source *s, struct chunk *c, struct error *e);

/* A complaint about the record in hand: file, record, offset, then the message. Returns -1. */
int source_complain(const struct source *s, struct error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * What the streams have said so far: the class names, one a line, or NULL; how they were made; the
 * checksums of the files that they were made from. Owned by the source; once there, the names stay
 * where and what they are.
 */
const char *source_names(const struct source *s);
const struct history *source_history(const struct source *s);
const struct history *source_digest(const struct source *s);

/* ---- writing ---- */

/*
 * Writes the examples of c as chunks of a bounded size. Of c->head its name, dtype and dimensions
 * after the first count; c->stride must be right. n = 0 writes one empty chunk.
 */
int examples_put(struct rts_writer *w, const struct chunk *c, struct error *e);

/* The same as one chunk, of whatever size: for chunks that are passed on as they came. */
int examples_put_chunk(struct rts_writer *w, const struct chunk *c, struct error *e);

/* How many examples of `stride` bytes a written chunk holds, at least 1. */
uint64_t examples_per_chunk(uint64_t stride);

#endif
