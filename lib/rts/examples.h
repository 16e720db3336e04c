/*
 * Data sets as streams: chunks of examples read from rts streams, and what filters pass on.
 *
 * Text records beside the chunks: `names` (class names, one a line), `history` (what made the
 * stream, one program a line) and `digest` (the checksums of the files that it was made from, one a
 * line).
 */
#ifndef ROTPIPE_RTS_EXAMPLES_H
#define ROTPIPE_RTS_EXAMPLES_H

#include "rts/chunk.h"
#include "rts/history.h"

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
 * that held no chunk at all. Soft labels are probabilities of as many classes in every chunk that
 * has some.
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

/* Adds to a step's lines where a second input comes from: its digest and its history, each line
 * behind `indent`. 0 or -1. */
int source_tell_origin(const struct source *s, struct history *step, const char *indent,
                       struct error *e);

#endif
