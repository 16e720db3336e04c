/*
 * The set of the classes of a data set, by their names, which may be any bytes; sorted by byte they
 * are the labels.
 */
#ifndef ROTPIPE_IMPORT_CLASSES_H
#define ROTPIPE_IMPORT_CLASSES_H

#include "base/error.h"

#include <stdint.h>

struct classes;

/* An empty set; NULL on error. Freed by classes_free. */
struct classes *classes_new(struct error *e);

/* Adds a name unless it is there. All names together fit into a record `names`. 0 or -1. */
int classes_add(struct classes *c, const char *name, struct error *e);

/* After the last classes_add: gives the labels. The names, one a line as filename_line writes
 * them, are the set's; NULL on error. */
const char *classes_sort(struct classes *c, struct error *e);

/* After classes_sort: the label of a name; 0, or -1 if it is not in the set. */
int classes_find(const struct classes *c, const char *name, uint32_t *label);

uint32_t classes_count(const struct classes *c);

/* NULL is allowed. */
void classes_free(struct classes *c);

#endif
