/*
 * A temporary file that is written once and then read once, from its beginning: for what does not
 * fit into memory. It has no name, and is gone when the program ends.
 */
#ifndef ROTPIPE_BASE_SPOOL_H
#define ROTPIPE_BASE_SPOOL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct spool;

/* A new one, in $TMPDIR (or /tmp). NULL on error. */
struct spool *spool_open(struct error *e);

/* Writes n bytes (buffered). 0 or -1. */
int spool_write(struct spool *s, const void *bytes, size_t n, struct error *e);

/* Ends the writing, after which it can be read. 0 or -1. */
int spool_end(struct spool *s, struct error *e);

/* Reads the next n bytes, which must have been written. 0 or -1. */
int spool_read(struct spool *s, void *bytes, size_t n, struct error *e);

/* NULL is allowed. */
void spool_close(struct spool *s);

#endif
