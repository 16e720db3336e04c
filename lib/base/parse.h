/*
 * Numbers from option arguments: the whole text must be the number.
 */
#ifndef ROTPIPE_BASE_PARSE_H
#define ROTPIPE_BASE_PARSE_H

#include <stdint.h>

/* A decimal integer in [lowest, highest]. Returns 0, or -1 and leaves *value alone. */
int parse_int(const char *text, int64_t lowest, int64_t highest, int64_t *value);

/* A decimal integer from 0 to 2^64 - 1. */
int parse_u64(const char *text, uint64_t *value);

/* A number of bytes in [lowest, highest], such as 500, 64K, 64M, 2G or 1T: K is 1024 bytes. 0 or
 * -1.
 */
int parse_bytes(const char *text, uint64_t lowest, uint64_t highest, uint64_t *bytes);

/* A finite decimal number in [lowest, highest]. */
int parse_real(const char *text, double lowest, double highest, double *value);

#endif
