/*
 * A file of lines of two fields, with a tab between them: what becomes of the examples that the
 * first field stands for. The second is a class, or `-`, which drops the examples; `*` as the first
 * stands for all that no other line names.
 */
#ifndef ROTPIPE_RTS_PAIRS_H
#define ROTPIPE_RTS_PAIRS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct pair {
    const char *old, *new; /* the fields, neither of them empty */
};

struct pairs {
    char *path, *text; /* text: the fields, each ending in NUL */
    uint32_t crc;      /* CRC-32 of the uncompressed file */
    struct pair *line; /* [lines], at least one */
    size_t lines;
};

/*
 * Reads the file at path ("-": standard input), of at most RTS_TEXT_MAX bytes; kind: what it is to
 * be, "a table of labels"; form: of its lines, "OLD<tab>NEW". 0 or -1; pairs_free in either case.
 */
int pairs_load(struct pairs *p, const char *path, const char *kind, const char *form,
               struct error *e);
void pairs_free(struct pairs *p);

int pair_others(const struct pair *l); /* its first field is `*` */
int pair_drops(const struct pair *l);  /* its second field is `-` */

/* True if any line drops examples. */
int pairs_drop(const struct pairs *p);

/*
 * A field of line i, from 0, as a class: its label, or its name among names (one per line, or
 * NULL). A field of digits alone is a label, also where a class is called so. 0 or -1.
 */
int pairs_class(const struct pairs *p, size_t i, const char *field, const char *names,
                uint32_t *label, struct error *e);

#endif
