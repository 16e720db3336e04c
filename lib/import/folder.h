/*
 * What one folder holds of a data set: its pictures and its subfolders, by name, sorted by byte.
 */
#ifndef ROTPIPE_IMPORT_FOLDER_H
#define ROTPIPE_IMPORT_FOLDER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Names, sorted by byte. Zeroed: none. */
struct folder_names {
    const char **name;
    size_t n;
    char *text; /* the names, each ended by NUL */
    size_t used, text_room, name_room;
};

void folder_names_free(struct folder_names *names);

/* Which file this is, whatever its path. */
struct folder_identity {
    dev_t device;
    ino_t inode;
};

int folder_same(const struct folder_identity *a, const struct folder_identity *b);

enum { FOLDER_ENDINGS = 3, FOLDER_ENDING_BYTES = 16 };

/* What was passed over in folders, and counted. */
struct folder_skipped {
    uint64_t other;   /* files whose names do not end as those of pictures do */
    uint64_t hidden;  /* files and folders whose names begin with a dot */
    uint64_t special; /* FIFOs, sockets, devices */
    uint64_t loops;   /* folders that lead back to one that they are in */
    uint64_t outside; /* pictures that are in no class folder */
    char ending[FOLDER_ENDINGS][FOLDER_ENDING_BYTES]; /* the first of the others' */
    int endings;
    int more_endings; /* there are others than these */
};

/* The sum; and what was skipped as words ("12 files skipped: 10 of other types (.txt), 2 hidden").
 */
uint64_t folder_skipped_count(const struct folder_skipped *s);
void folder_skipped_say(const struct folder_skipped *s, char *text, size_t size);

/*
 * Reads the folder at path: `files` gets the pictures (files whose names end in .png, .jpg, .jpeg,
 * .jpe or .jfif, in capitals or not), `folders` the subfolders; either may be NULL. Links are
 * followed, hidden names are not taken. What is skipped is counted in *skipped unless that is NULL.
 * Returns 0; 1 if the folder cannot be read, *e being the reason alone, without its name; -1 if
 * memory ran out or the system has failed otherwise.
 */
int folder_read(const char *path, struct folder_names *files, struct folder_names *folders,
                struct folder_identity *identity, struct folder_skipped *skipped, struct error *e);

#endif
