/*
 * Values as JSON (RFC 8259).
 */
#ifndef ROTPIPE_BASE_JSON_H
#define ROTPIPE_BASE_JSON_H

#include <stddef.h>
#include <stdio.h>

/* Prints n bytes of text that may be anything as a string; what is not UTF-8 becomes U+FFFD. */
void json_text(FILE *f, const char *text, size_t n);

/* Prints a number in nine significant digits; `null` where it is not finite, which JSON cannot say.
 */
void json_number(FILE *f, double x);

#endif
