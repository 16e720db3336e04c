/*
 * The stream: a sequence of named tensors, rts(5).
 *
 * Every record is a header of 128 bytes and a payload that is padded with zeros to a multiple of
 * 64 bytes; all numbers are little-endian.
 *
 *     offset size
 *          0    4  magic "rts1"
 *          4    4  flags: 0; a reader refuses bits 0-15 that it does not know, ignores bits 16-31
 *          8    8  index of the record in its stream, from 0
 *         16    8  payload bytes, without the padding; less than 2^63
 *         24    4  dtype: "u1" "i1" "u2" "i2" "u4" "i4" "u8" "i8" "f4" "f8" "text", NUL-padded
 *         28    4  number of dimensions, 0 to 6
 *         32   48  dimensions, outermost first; those not used are 0
 *         80   40  name: 1 to 39 of A-Z a-z 0-9 . _ -, NUL-padded
 *        120    4  CRC-32 of the payload and its padding
 *        124    4  CRC-32 of the 124 bytes before
 *
 * A stream ends with a record named "end" without dimensions or payload (dtype "u1", size 0);
 * another stream may follow it.
 */
#ifndef ROTPIPE_RTS_RTS_H
#define ROTPIPE_RTS_RTS_H

#include "base/error.h"
#include "base/input.h"
#include "base/output.h"

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "payloads are used in place: a big-endian machine needs a byte swap in rts_read and rts_put"
#endif

enum { RTS_HEADER_BYTES = 128, RTS_ALIGN = 64, RTS_DIMS_MAX = 6, RTS_NAME_BYTES = 40 };

enum rts_dtype {
    RTS_OTHER, /* one that this program does not know; to be skipped or passed through */
    RTS_U1,
    RTS_I1,
    RTS_U2,
    RTS_I2,
    RTS_U4,
    RTS_I4,
    RTS_U8,
    RTS_I8,
    RTS_F4,
    RTS_F8,
    RTS_TEXT /* UTF-8, shape [bytes] */
};

struct rts_header {
    char name[RTS_NAME_BYTES];
    char dtype_text[5];
    enum rts_dtype dtype;
    uint32_t flags;
    uint32_t ndim;
    uint64_t shape[RTS_DIMS_MAX];
    uint64_t index;
    uint64_t size;
    uint32_t crc;
};

/* Bytes of one element, 0 for RTS_OTHER. */
unsigned rts_dtype_size(enum rts_dtype dtype);

/* Product of a header's dimensions and its element size; -1 if that passes 2^64. */
int rts_payload_size(const struct rts_header *h, uint64_t *size);

/* True if text may be a record's name. */
int rts_name_valid(const char *text);

/* Fills the header of a record that is to be written: shape of ndim entries. */
void rts_describe(struct rts_header *h, const char *name, enum rts_dtype dtype, uint32_t ndim,
                  const uint64_t *shape);

/* ---- reading ---- */

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

/* ---- writing ---- */

struct rts_writer;

/* Opens an output (see output_open) for one stream; NULL on error. */
struct rts_writer *rts_create(const char *path, struct error *e);

/* The same on an output that is open already, and now the writer's, even on error. */
struct rts_writer *rts_create_on(struct output *out, struct error *e);

/* Writes a record whose payload lies in memory: rts_payload_size(h) bytes. */
int rts_put(struct rts_writer *w, const struct rts_header *h, const void *payload, struct error *e);

/* The same from parts: n[i] bytes at part[i], together the payload. */
struct rts_part {
    const void *bytes;
    uint64_t size;
};
int rts_put_parts(struct rts_writer *w, const struct rts_header *h, const struct rts_part *part,
                  int parts, struct error *e);

int rts_put_text(struct rts_writer *w, const char *name, const char *text, struct error *e);

/* Passes the record on whose header rts_next has just returned, in constant memory. */
int rts_copy(struct rts_reader *r, const struct rts_header *h, struct rts_writer *w,
             struct error *e);

/* Hands to the system what was written so far. */
int rts_flush(struct rts_writer *w, struct error *e);

/* Writes the end record, closes, frees. The result is whole only if this returns 0. */
int rts_finish(struct rts_writer *w, struct error *e);

/* Gives up without an end record, so that nobody takes the stream for whole. NULL is allowed. */
void rts_abandon(struct rts_writer *w);

#endif
