/*
 * Where a result goes: standard output, or a file that appears under its name whole or not at all.
 */
#ifndef ROTPIPE_BASE_OUTPUT_H
#define ROTPIPE_BASE_OUTPUT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct output;

/*
 * path NULL or "-": standard output. Otherwise a temporary file in path's folder, which
 * output_close puts in path's place (fsync, rename, fsync of the folder); where the system can, it
 * has no name until then, so that nothing is left if the program dies. Where path is a symbolic
 * link, that stays, and "path" is what it leads to. A path that is there already and no regular
 * file (a device, a FIFO), or that stands for an open file (/dev/stdout), is written to directly.
 * A terminal is refused, and a file that this process reads (base/files.h). Returns NULL on error.
 */
struct output *output_open(const char *path, struct error *e);

/*
 * How a file is put in its place. UNSYNCED: without the fsyncs, so that it is whole for whoever
 * looks, but perhaps not after a power cut. NEW: a path that is there already is an error. TEXT: a
 * terminal is as good a place as any.
 */
enum output_how { OUTPUT_SAFE = 0, OUTPUT_UNSYNCED = 1, OUTPUT_NEW = 2, OUTPUT_TEXT = 4 };

/* output_open for files of which many are written: how is a sum of the above. */
struct output *output_open_how(const char *path, unsigned how, struct error *e);

/*
 * A nameless file in $TMPDIR (or /tmp) for what does not fit into memory; it is gone when the
 * program ends. *fd is another descriptor of it, to read from after output_close; the caller's.
 * Returns NULL on error.
 */
struct output *output_open_spool(int *fd, struct error *e);

/*
 * Makes the descriptor fd, which is open, another one of this output's file, for what is written by
 * other means than output_write. Closing it stays the caller's task, before output_close. 0 or -1.
 */
int output_redirect(struct output *out, int fd, struct error *e);

/* Writes n bytes (buffered). Returns 0 or -1. */
int output_write(struct output *out, const void *bytes, size_t n, struct error *e);

/* Hands what is buffered to the system. Returns 0 or -1. */
int output_flush(struct output *out, struct error *e);

/* Bytes written so far. */
uint64_t output_offset(const struct output *out);

/*
 * The part of output_close that fails for want of space or names: after it all is written and on
 * disk, but not in its place. For results of several files, which appear together. 0 or -1.
 */
int output_settle(struct output *out, struct error *e);

/* Flushes, closes and frees. Only after it has returned 0 is the result safe; -1 on error. */
int output_close(struct output *out, struct error *e);

/* Gives up: removes the temporary file, frees. NULL is allowed. */
void output_abandon(struct output *out);

#endif
