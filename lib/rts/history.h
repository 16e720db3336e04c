/*
 * How a stream came to be: one line for every program it went through, oldest first, carried in
 * the record `history`. Bounded: past HISTORY_MAX bytes the oldest lines but the first make place
 * for a line "...".
 */
#ifndef ROTPIPE_RTS_HISTORY_H
#define ROTPIPE_RTS_HISTORY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { HISTORY_MAX = 8192 };

struct history {
    char *text; /* lines, each ending in a newline; NULL while empty */
};

/* Adds lines (one or more, with or without the last newline), each behind `indent`. */
int history_add(struct history *h, const char *indent, const char *lines, struct error *e);

/* Adds those of the lines that it does not hold yet. */
int history_merge(struct history *h, const char *lines, struct error *e);

/* True if these very lines, whole and one after the other, stand in the history. */
int history_holds(const struct history *h, const char *lines);

/*
 * What stands behind this mark in the line of the last training, up to the end of that line; NULL
 * if there is no such mark, or no training. lines: a history, or NULL. A training has a line that
 * begins with "rottrain "; these marks say how it ended:
 *
 *     " stopped="   SIGTERM at step 7 of 90
 *     " ended="     patience at epoch 7 of 30: complete, as --patience has it
 *     " dead="      7/16: of 16 features that the head reads 7 are zero on all images looked at
 *     " loss="      chance: the loss on the training data is that of guessing
 */
const char *history_mark(const char *lines, const char *mark);

void history_free(struct history *h);

/*
 * Texts that have come by already, such as the records `history` of streams that cat has joined: a
 * 64-bit hash of each (FNV-1a), so that the beginning of a longer text is not taken for it. Past
 * HISTORY_SEEN_MAX texts it forgets and begins anew, which bounds it to 128 KiB. Zeroed: empty.
 */
enum { HISTORY_SEEN_MAX = 8192 };

struct history_seen {
    uint64_t *slot; /* hashes, each at or after its place; 0: free */
    size_t slots, count;
};

/*
 * Adds the text, with or without its last newline. Returns 1 if it was there already, 0 if it is
 * new, -1.
 */
int history_seen(struct history_seen *s, const char *text, struct error *e);

void history_seen_free(struct history_seen *s);

#endif
