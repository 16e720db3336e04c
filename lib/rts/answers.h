/*
 * Which class each example of a stream belongs to, as someone who has looked at them has written it
 * down: on each line EXAMPLE, a tab and CLASS (rts/pairs.h).
 *
 * EXAMPLE is the name of the example's file, as the record `file` has it; or its number in the
 * stream, from 0; or `*`, which stands for all examples that no other line names. A field of digits
 * alone is a number. CLASS is a label, a class name, or `-`, which drops the example. Where several
 * examples are of one file, a line is for all of them.
 */
#ifndef ROTPIPE_RTS_ANSWERS_H
#define ROTPIPE_RTS_ANSWERS_H

#include "base/error.h"

#include <stdint.h>

struct answers;

/* Reads the file at path ("-": standard input). NULL on error. */
struct answers *answers_load(const char *path, struct error *e);

/* CRC-32 of the uncompressed file, which identifies it. */
uint32_t answers_crc(const struct answers *a);

/* True if they may drop examples. */
int answers_drop(const struct answers *a);

/*
 * Looks up the classes, among names (one per line, or NULL). A name that is not there, or two lines
 * that give one example different classes, are an error. May be called again, with other names.
 */
int answers_resolve(struct answers *a, const char *names, struct error *e);

/*
 * After answers_resolve: the class of example `number`, from a file of that name (NULL or empty:
 * unknown). 1; 0: it is dropped; -1: there is no answer, or one by the number and another by the
 * name of the file.
 */
int answers_find(struct answers *a, uint64_t number, const char *file, uint32_t *label,
                 struct error *e);

/* After the last example: a line for an example that did not come is an error. 0 or -1. */
int answers_finish(const struct answers *a, struct error *e);

/* NULL is allowed. */
void answers_free(struct answers *a);

#endif
