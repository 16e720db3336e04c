/*
 * Labels become others, and class names with them. In this order: labels are shifted, looked up in
 * a table, called by new names, and renumbered so that every class has examples.
 */
#ifndef ROTPIPE_RTS_RELABEL_H
#define ROTPIPE_RTS_RELABEL_H

#include "rts/labeltable.h"

enum { RELABEL_CLASSES_MAX = 1 << 16 }; /* classes that can be renumbered */

struct relabel {
    /* What is to be done; the caller's. */
    int64_t shift;            /* 0: none */
    struct labeltable *table; /* or NULL */
    const char *names;        /* new ones, one per line, or NULL */
    int compact;
    /* Private. */
    const char *labels; /* names of the labels after the table, or NULL */
    uint64_t named;     /* how many these are */
    uint32_t *present;  /* with compact: the labels that occur, ascending */
    uint64_t count, room;
    char *kept; /* their names */
};

/*
 * Takes the names that the stream has (or NULL), which must stay where they are until relabel_names
 * has been called the last time, with compact until relabel_settle; to be called before the first
 * label and again when names have come that were not there. 0, or -1: names that the table
 * wants are not there, or a shift leaves the first classes without.
 */
int relabel_begin(struct relabel *r, const char *names, struct error *e);

/*
 * The new label of an example but for `compact`. 1; 0: the example is dropped; -1: the label is
 * negative or too large after the shift, or has no name where others have.
 */
int relabel_map(const struct relabel *r, uint32_t old, uint32_t *new, struct error *e);

/* With compact: counts the class of a label that relabel_map has returned in. 0 or -1. */
int relabel_see(struct relabel *r, uint32_t label, struct error *e);

/* With compact, when all labels have been seen: fixes the numbers and names. 0 or -1. */
int relabel_settle(struct relabel *r, struct error *e);

/* After relabel_settle: the number of a class. 0; -1 if it has not been seen. */
int relabel_compact(const struct relabel *r, uint32_t *label, struct error *e);

/* The names of the new labels, one per line, or NULL; with compact only after relabel_settle. */
const char *relabel_names(const struct relabel *r);

/* Frees what is private. */
void relabel_free(struct relabel *r);

#endif
