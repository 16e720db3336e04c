/*
 * Reading of streams, record by record; see header.h for what they are.
 */
#ifndef ROTPIPE_RTS_READER_H
#define ROTPIPE_RTS_READER_H

#include "base/input.h"
#include "rts/header.h"

struct rts_reader;

/* Opens path ("-": standard input); NULL on error. Freed by rts_close. */
struct rts_reader *rts_open(const char *path, struct error *e);
void rts_close(struct rts_reader *r);

/*
 * The next record's header. Returns 1; 0 at the end of the file after an end record; -1 on damage
 * (message with file, record and offset). End records are checked and passed over. The payload
 * must then be taken by one of the calls below; what is left of it is skipped by the next
 * rts_next.
 */
int rts_next(struct rts_reader *r, struct rts_header *h, struct error *e);

/* Takes the header back: the next rts_next returns it again. Its payload must be untouched. */
void rts_unread(struct rts_reader *r);

/* Takes n more bytes of the payload; with the last one the checksum is verified. */
int rts_read(struct rts_reader *r, void *to, uint64_t n, struct error *e);

/*
 * Takes the whole payload into *buffer (realloc'ed; *capacity is its size), which grows only as
 * bytes arrive. A payload over `most` bytes is refused.
 */
int rts_load(struct rts_reader *r, uint64_t most, void **buffer, size_t *capacity, struct error *e);

/* The payload of a text record as a NUL-terminated string to be freed; refuses NUL bytes. */
char *rts_load_text(struct rts_reader *r, uint64_t most, struct error *e);

/* Passes what is left of the payload over, verifying it. */
int rts_skip(struct rts_reader *r, struct error *e);

/* "file: record 3 'image' at offset 802944: " and the message, for a caller's own complaint. */
int rts_complain(const struct rts_reader *r, struct error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The number of whole streams (end records) read so far, and of bytes. */
uint64_t rts_streams(const struct rts_reader *r);
uint64_t rts_offset(const struct rts_reader *r);

/* Where the header in hand begins. */
uint64_t rts_record_offset(const struct rts_reader *r);
const char *rts_file_name(const struct rts_reader *r);

#endif
