/*
 * The pictures of a gallery become the examples of a stream: read, decoded and made alike by all
 * threads, and written in order.
 */
#ifndef ROTPIPE_IMPORT_PHOTOS_H
#define ROTPIPE_IMPORT_PHOTOS_H

#include "import/gallery.h"
#include "import/import.h"
#include "import/photo.h"

struct photos_plan {
    struct photo_form form;
    int threads;
    int strict;       /* a file that is broken is an error */
    const char *name; /* what to call all of it, where there is no picture in it */
    /* Called, in order, for each file that is broken, unless that is an error; text: "PATH: WHY" */
    void (*broken)(void *context, const char *text);
    /* Called every now and then; done: files so far. */
    void (*progress)(void *context, uint64_t done);
    void *context;
};

struct photos;

/*
 * Takes the first picture that is not broken, whose size counts where the plan's form has none. It
 * is an error if there is no picture; of one that is the only one, and broken, the error is its.
 * The gallery stays the caller's and must last. NULL on error; freed by photos_close.
 */
struct photos *photos_open(struct gallery *g, const struct photos_plan *plan, struct error *e);

/* The form, with its size, of all images. */
const struct photo_form *photos_form(const struct photos *p);

/* Fills in what import_write needs but for the step: the importer reads from p, which must last. */
void photos_importer(struct photos *p, struct importer *i);

/* Files so far, and how many of them were broken. */
uint64_t photos_files(const struct photos *p);
uint64_t photos_broken(const struct photos *p);

/* NULL is allowed. */
void photos_close(struct photos *p);

#endif
