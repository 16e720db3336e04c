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
#ifndef ROTPIPE_RTS_HEADER_H
#define ROTPIPE_RTS_HEADER_H

#include "base/error.h"

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "payloads are used in place: a big-endian machine needs a byte swap in rts_read and rts_put"
#endif

enum {
    RTS_HEADER_BYTES = 128,
    RTS_ALIGN = 64,
    RTS_DIMS_MAX = 6,
    RTS_NAME_BYTES = 40,
    RTS_TEXT_MAX = 1 << 20 /* bytes of a text record that programs read */
};

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

/* ---- for reader.c and writer.c ---- */

/* Encodes h, which holds size, index and crc already. */
void rts_encode(const struct rts_header *h, unsigned char bytes[RTS_HEADER_BYTES]);

/* Decodes and checks. Returns NULL, or what is wrong. */
const char *rts_decode(const unsigned char bytes[RTS_HEADER_BYTES], struct rts_header *h);

/* Zeros between the end of a payload of `size` bytes and the next multiple of RTS_ALIGN. */
unsigned rts_padding(uint64_t size);

#endif
