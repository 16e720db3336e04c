/*
 * Numbers as text that reads back as the same number.
 */
#ifndef ROTPIPE_BASE_DECIMAL_H
#define ROTPIPE_BASE_DECIMAL_H

#include <stddef.h>

enum { DECIMAL_BYTES = 24 };

/*
 * Writes x as printf's %.6g does, or %.7g, %.8g, %.9g: the first whose digits strtof turns into x
 * again. "nan" for every NaN. At most DECIMAL_BYTES bytes, no NUL. Returns how many.
 */
size_t decimal_float(float x, char *to);

/* Writes n in decimal digits. At most DECIMAL_BYTES bytes, no NUL. Returns how many. */
size_t decimal_unsigned(unsigned long long n, char *to);

#endif
