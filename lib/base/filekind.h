/*
 * What a file is that was given in place of another, by its first bytes: for error messages.
 */
#ifndef ROTPIPE_BASE_FILEKIND_H
#define ROTPIPE_BASE_FILEKIND_H

#include "base/input.h"

/*
 * The kind of a file whose first n bytes are head, with an article, as "a PNG image"; NULL if it is
 * not known. More bytes may be read from `in`, which is of no use afterwards but to be closed.
 */
const char *filekind(struct input *in, const void *head, size_t n);

/* The same of a file whose first n bytes are all that there is to look at. */
const char *filekind_of(const void *head, size_t n);

/*
 * What to add to a message that a file is of this kind and not a stream: " (idx2rts makes a stream
 * from it)", or "" if no program does.
 */
const char *filekind_hint(const char *kind);

#endif
