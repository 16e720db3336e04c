/*
 * A table of labels and what becomes of them, read from a file: on each line OLD, a tab and NEW.
 *
 * OLD is a label, a class name, or `*`, which stands for all labels that no other line names. NEW
 * is a label, a class name, or `-`, which drops the examples of OLD. A field of digits alone is a
 * label, also where a class is called so. Labels that the table does not have stay as they are.
 */
#ifndef ROTPIPE_RTS_LABELTABLE_H
#define ROTPIPE_RTS_LABELTABLE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct labeltable;

/* Reads the file at path ("-": standard input); freed by labeltable_free. NULL on error. */
struct labeltable *labeltable_load(const char *path, struct error *e);

/* CRC-32 of the uncompressed file, which identifies the table. */
uint32_t labeltable_crc(const struct labeltable *t);

/* True if it may drop examples. */
int labeltable_drops(const struct labeltable *t);

/*
 * Looks up the names that it has: OLD among `old_names`, NEW among `new_names` (one per line, or
 * NULL). A name that is not there, or a label that two lines map, is an error. May be called again,
 * with other names.
 */
int labeltable_resolve(struct labeltable *t, const char *old_names, const char *new_names,
                       struct error *e);

/* After labeltable_resolve: the new label of an example; 1, or 0 if the example is dropped. */
int labeltable_map(const struct labeltable *t, uint32_t old, uint32_t *new);

/* NULL is allowed. */
void labeltable_free(struct labeltable *t);

#endif
