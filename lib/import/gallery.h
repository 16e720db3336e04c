/*
 * The pictures of a data set, in order: those of folders, of files, or of a list; and their
 * classes.
 */
#ifndef ROTPIPE_IMPORT_GALLERY_H
#define ROTPIPE_IMPORT_GALLERY_H

#include "import/folder.h"

/* Where they come from. All that it points to stays the caller's, and must last. */
struct gallery_plan {
    char **operands; /* folders and files; "-" is standard input */
    int count;
    int flat;         /* the subfolders of a folder are not classes */
    const char *list; /* in place of operands: the list at this path, see filelist.h; or NULL */
    int nul;          /* its entries end in NUL */
};

struct gallery;

/* Looks at all operands, or at the list's first entry. NULL on error. Freed by gallery_close. */
struct gallery *gallery_open(const struct gallery_plan *plan, struct error *e);

/* The class names, one a line; NULL if there are no classes. The gallery's. */
const char *gallery_names(const struct gallery *g);

/* Whether one of the operands is standard input. */
int gallery_reads_standard_input(const struct gallery *g);

struct gallery_picture {
    const char *path;    /* as the user would type it */
    const char *trouble; /* why it cannot be a picture (a folder that cannot be read), or NULL */
    uint32_t label;      /* 0 if there are no classes */
    int given;           /* the user has named it, in an operand or a list */
    int standard_input;  /* and by "-" */
};

/* The next picture, valid until the next call. 1, 0 after the last, -1. */
int gallery_next(struct gallery *g, struct gallery_picture *p, struct error *e);

/* What was passed over so far. */
const struct folder_skipped *gallery_skipped(const struct gallery *g);

/* NULL is allowed. */
void gallery_close(struct gallery *g);

#endif
