/*
 * Streams and their parts as text for people: for rtsinfo.
 */
#ifndef ROTPIPE_RTS_DESCRIBE_H
#define ROTPIPE_RTS_DESCRIBE_H

#include "rts/header.h"
#include "rts/summary.h"

#include <stdio.h>

/* Six numbers of at most 20 digits, commas, brackets, NUL. */
enum { DESCRIBE_SHAPE_BYTES = RTS_DIMS_MAX * 21 + 3 };

/* Prints n bytes of text that came from outside: control characters, and what is not UTF-8, as '?'.
 */
void describe_text(FILE *to, const char *text, size_t n);

/* "[1024,28,28,1]", written to text. */
const char *describe_shape(const struct rts_header *h, char text[DESCRIBE_SHAPE_BYTES]);

/* Prints what a stream holds, a line for every fact, a key at its head. */
void describe_summary(FILE *to, const struct summary *s);

/* Prints how it was made: the checksums of what it was made from first. */
void describe_history(FILE *to, const struct summary *s);

#endif
