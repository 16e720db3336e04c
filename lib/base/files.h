/*
 * The regular files that this process reads and those that it writes, known by device and inode, so
 * that no file becomes both: `cat f >> f` would never end, and `-o f f` would destroy its input.
 */
#ifndef ROTPIPE_BASE_FILES_H
#define ROTPIPE_BASE_FILES_H

#include "base/error.h"

#include <sys/stat.h>

/*
 * From here on an input counts as one until the process ends, also when it is closed: a program
 * writes nothing that it has read.
 */
void files_keep(void);

/*
 * Notes an input, of which *st is the status. An error if standard output is the same file, or a
 * file that files_write has noted. What is not a regular file may be anything. name: for the
 * message. 0 or -1.
 */
int files_read(const struct stat *st, const char *name, struct error *e);

/* An input that files_read has noted is closed. */
void files_closed(const struct stat *st);

/* Notes a file that is written, or will be replaced. An error if it is an input. 0 or -1. */
int files_write(const struct stat *st, const char *name, struct error *e);

/*
 * True if this is a file that files_write has noted. For whoever reads many files, in several
 * threads, without noting them: nothing may be noted meanwhile.
 */
int files_is_written(const struct stat *st);

/*
 * True if the error (an errno) of opening or reading a file is a fault of this file, as that it is
 * missing or may not be read; false if the system has failed, and other files would fare no better.
 */
int files_is_at_fault(int error);

/* Ends what files_write has begun. */
void files_written(const struct stat *st);

/*
 * The file at this path ("-": standard input), once noted as an input, may be written: all that
 * mattered in it has been read. What is not there is ignored.
 */
void files_forget(const char *path);

#endif
