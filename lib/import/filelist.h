/*
 * A list of files: a path on each line, or ended by NUL as `find -print0` does, and perhaps behind
 * the last tab of it the class. Lines may end in CRLF; empty ones do not count.
 */
#ifndef ROTPIPE_IMPORT_FILELIST_H
#define ROTPIPE_IMPORT_FILELIST_H

#include "import/classes.h"

struct filelist;

/* Opens the list at path ("-": standard input); nul: entries end in NUL, not in newline. NULL on
 * error. The path must stay valid. Freed by filelist_close. */
struct filelist *filelist_open(const char *path, int nul, struct error *e);

/*
 * To be called once, before the first filelist_next. If the first entry has a class, the list is
 * read to its end, all classes are added to c, and filelist_next begins anew: what cannot be read
 * again is copied to a nameless temporary file, which becomes standard input. Returns whether the
 * entries have classes, or -1: an entry with a class among others without one, or the other way.
 */
int filelist_classes(struct filelist *l, struct classes *c, struct error *e);

/* The next entry; class: NULL if there are none. Valid until the next call. 1, 0 after the last,
 * -1. */
int filelist_next(struct filelist *l, const char **path, const char **class, struct error *e);

/* A complaint about the entry in hand: the list, the line, then the message. Returns -1. */
int filelist_complain(const struct filelist *l, struct error *e, const char *what);

/* NULL is allowed. */
void filelist_close(struct filelist *l);

#endif
