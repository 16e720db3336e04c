/*
 * How a stream came to be: one line for every program it went through, oldest first, carried in
 * the record `history`. Bounded: past HISTORY_MAX bytes the oldest lines but the first make place
 * for a line "...".
 */
#ifndef ROTPIPE_RTS_HISTORY_H
#define ROTPIPE_RTS_HISTORY_H

#include "base/error.h"

enum { HISTORY_MAX = 8192 };

struct history {
    char *text; /* lines, each ending in a newline; NULL while empty */
};

/* Adds lines (one or more, with or without the last newline), each behind `indent`. */
int history_add(struct history *h, const char *indent, const char *lines, struct error *e);

/* Adds those of the lines that it does not hold yet. */
int history_merge(struct history *h, const char *lines, struct error *e);

/* True if these very lines, one after the other, stand in the history. */
int history_holds(const struct history *h, const char *lines);

void history_free(struct history *h);

#endif
