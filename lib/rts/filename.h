/*
 * Names of files as lines of text, which the record `file` of a chunk holds: one per example, of
 * the file that the example came from.
 *
 * A line is UTF-8 without control characters. In it `\\` stands for a backslash, `\t`, `\n` and
 * `\r` for tab, newline and carriage return, and `\0` with three octal digits for the byte of any
 * other control character or of what is not UTF-8: `printf %b` (POSIX) makes the name of it again.
 * An empty line stands for no name.
 */
#ifndef ROTPIPE_RTS_FILENAME_H
#define ROTPIPE_RTS_FILENAME_H

#include "base/error.h"

#include <stddef.h>

/* Bytes of the longest line: 1024 of them, with their newlines, make 4 MiB. */
enum { FILENAME_LINE_MAX = 4095 };

/* Writes the line of a name, ended by NUL. Returns its length, or -1 if it would be too long. */
int filename_line(const char *name, char line[FILENAME_LINE_MAX + 1]);

/*
 * Cuts a text of n lines into its lines, in place: line[i] is the start of line i, which ends in
 * NUL. The text ends in NUL at text[size]. Another number of lines, a line that is too long, or
 * a last line without a newline is an error. 0 or -1.
 */
int filename_cut(char *text, size_t size, const char **line, size_t n, struct error *e);

#endif
