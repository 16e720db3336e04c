/*
 * CRC-32 as in gzip, PNG and rts(5): zlib's function, several times as fast where the processor can
 * multiply without carries. It is most of what a filter does with a stream.
 */
#ifndef ROTPIPE_BASE_CRC_H
#define ROTPIPE_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of bytes of which crc is the CRC-32 (of none: 0), and of n bytes behind them. */
uint32_t crc_add(uint32_t crc, const void *bytes, size_t n);

#endif
