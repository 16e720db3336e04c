/*
 * The records of a small stream, a model or a training state, held in memory as a list from which
 * a reader takes what it knows; what is left there it does not know.
 */
#ifndef ROTPIPE_RTS_RECORDS_H
#define ROTPIPE_RTS_RECORDS_H

#include "rts/writer.h"

struct record {
    struct rts_header head;
    void *payload;
    struct record *next;
};

/*
 * Appends every record of r, which must hold one stream, no data set and no name twice, to *list,
 * in order. At most 1024 records, 4 MiB of text and 16 MiB of what is neither text nor named as a
 * tensor of a net are taken, and `most` bytes of one record of numbers. The list is the caller's,
 * on error too. 0 or -1.
 */
int records_load(struct record **list, struct rts_reader *r, uint64_t most, struct error *e);

/* Writes them as they came. 0 or -1. */
int records_put(const struct record *list, struct rts_writer *w, struct error *e);

void record_free(struct record *r);
void records_free(struct record **list);

/* The record called name, still in the list; NULL if there is none. */
const struct record *records_find(const struct record *list, const char *name);

/* Takes a text record out as a string, the caller's; *text stays NULL if there is none. 0 or -1. */
int records_take_text(struct record **list, const char *name, const char *file, char **text,
                      struct error *e);

/* 0 if there is a record of numbers with this dtype and shape; -1. */
int records_check(const struct record *list, const char *name, const char *file,
                  enum rts_dtype dtype, uint32_t ndim, const uint64_t *shape, struct error *e);

/*
 * Takes out a record of numbers, which must be there and have this dtype and shape; the caller's,
 * for record_free. NULL on error.
 */
struct record *records_take(struct record **list, const char *name, const char *file,
                            enum rts_dtype dtype, uint32_t ndim, const uint64_t *shape,
                            struct error *e);

/* The same, its payload copied to `to`. 0 or -1. */
int records_copy(struct record **list, const char *name, const char *file, enum rts_dtype dtype,
                 uint32_t ndim, const uint64_t *shape, void *to, struct error *e);

#endif
