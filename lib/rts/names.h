/*
 * Class names: text, one name per line, the name of class 0 first.
 */
#ifndef ROTPIPE_RTS_NAMES_H
#define ROTPIPE_RTS_NAMES_H

#include "base/error.h"

#include <stdint.h>

/* The name on line `index` of names (NULL allowed): its start and length, or NULL and 0. */
const char *names_line(const char *names, uint64_t index, int *length);

/* The number of lines. */
uint64_t names_count(const char *names);

/* The lines of names (NULL: none), for whoever looks up many. The text stays the caller's. */
struct names_table {
    const char *names;
    uint32_t *start; /* of each line; behind the last one the end of the text */
    uint64_t count;
};
int names_table_make(struct names_table *t, const char *names, struct error *e);

/* As names_line. */
const char *names_table_line(const struct names_table *t, uint64_t index, int *length);
void names_table_free(struct names_table *t);

/*
 * Reads a file of class names, one per line (UTF-8, with a byte order mark or
 * without; ended by \n or \r\n; no tabs or other control characters; empty lines at the end are
 * none); returns the text, with \n, to be freed; or NULL, with the line that cannot be a name.
 */
char *names_load(const char *path, struct error *e);

#endif
