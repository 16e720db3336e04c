/*
 * A file or standard input, read as bytes; gzip is recognized by its first two bytes (1f 8b) and
 * inflated on the way (RFC 1952, several members in a row included, and zeros behind the last one).
 */
#ifndef ROTPIPE_BASE_INPUT_H
#define ROTPIPE_BASE_INPUT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct input;

/*
 * Opens path, "-" being standard input. Refuses a folder, and a file that this process writes
 * (base/files.h). Returns NULL on error. The caller closes it with input_close; the path must stay
 * valid until then.
 */
struct input *input_open(const char *path, struct error *e);

/* From now on `call` is made when something is first read from a terminal, once. */
void input_on_terminal(void (*call)(void));

/*
 * Reads n bytes into buffer unless the input ends first. Returns how many were read (less than n
 * only at the end), or -1: the system's error, or a gzip stream that is cut or damaged.
 */
int64_t input_read(struct input *in, void *buffer, size_t n, struct error *e);

/* Bytes handed out so far (after inflating). */
uint64_t input_offset(const struct input *in);

/* What to call it in messages: the path, or "standard input". */
const char *input_name(const struct input *in);

/* Closes and frees it; NULL is allowed. */
void input_close(struct input *in);

#endif
