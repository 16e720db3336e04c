/*
 * The 128 bytes of a record's header to and from struct rts_header; for reader.c and writer.c.
 */
#ifndef ROTPIPE_RTS_HEADER_H
#define ROTPIPE_RTS_HEADER_H

#include "rts/rts.h"

/* Encodes h, which holds size, index and crc already. */
void rts_encode(const struct rts_header *h, unsigned char bytes[RTS_HEADER_BYTES]);

/* Decodes and checks. Returns NULL, or what is wrong. */
const char *rts_decode(const unsigned char bytes[RTS_HEADER_BYTES], struct rts_header *h);

/* Zeros between the end of a payload of `size` bytes and the next multiple of RTS_ALIGN. */
unsigned rts_padding(uint64_t size);

#endif
