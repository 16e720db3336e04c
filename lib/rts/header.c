/* The header of a record, packed and checked. */
#include "rts/header.h"

#include "base/crc.h"

#include <string.h>

enum {
    AT_FLAGS = 4,
    AT_INDEX = 8,
    AT_SIZE = 16,
    AT_DTYPE = 24,
    AT_NDIM = 28,
    AT_SHAPE = 32,
    AT_NAME = 80,
    AT_CRC = 120,
    AT_HEADER_CRC = 124
};

static const struct {
    char text[5];
    unsigned char size;
} dtypes[] = {
    [RTS_OTHER] = {"", 0}, [RTS_U1] = {"u1", 1}, [RTS_I1] = {"i1", 1}, [RTS_U2] = {"u2", 2},
    [RTS_I2] = {"i2", 2},  [RTS_U4] = {"u4", 4}, [RTS_I4] = {"i4", 4}, [RTS_U8] = {"u8", 8},
    [RTS_I8] = {"i8", 8},  [RTS_F4] = {"f4", 4}, [RTS_F8] = {"f8", 8}, [RTS_TEXT] = {"text", 1},
};

unsigned rts_dtype_size(enum rts_dtype dtype)
{
    return dtypes[dtype].size;
}

unsigned rts_padding(uint64_t size)
{
    return (unsigned)(-size % RTS_ALIGN);
}

int rts_payload_size(const struct rts_header *h, uint64_t *size)
{
    uint64_t n = rts_dtype_size(h->dtype);
    int zero = 0;

    for (uint32_t i = 0; i < h->ndim; i++)
        zero |= h->shape[i] == 0;
    if (zero) {
        *size = 0;
        return 0;
    }
    for (uint32_t i = 0; i < h->ndim; i++) {
        if (n > UINT64_MAX / h->shape[i])
            return -1;
        n *= h->shape[i];
    }
    *size = n;
    return 0;
}

int rts_name_valid(const char *text)
{
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return n > 0 && n < RTS_NAME_BYTES && text[n] == '\0';
}

void rts_describe(struct rts_header *h, const char *name, enum rts_dtype dtype, uint32_t ndim,
                  const uint64_t *shape)
{
    memset(h, 0, sizeof *h);
    strncpy(h->name, name, sizeof h->name - 1);
    strcpy(h->dtype_text, dtypes[dtype].text);
    h->dtype = dtype;
    h->ndim = ndim;
    for (uint32_t i = 0; i < ndim; i++)
        h->shape[i] = shape[i];
}

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

static void put_u64(unsigned char *p, uint64_t v)
{
    put_u32(p, (uint32_t)v);
    put_u32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t get_u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get_u64(const unsigned char *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

void rts_encode(const struct rts_header *h, unsigned char bytes[RTS_HEADER_BYTES])
{
    memset(bytes, 0, RTS_HEADER_BYTES);
    memcpy(bytes, "rts1", 4);
    put_u32(bytes + AT_FLAGS, h->flags);
    put_u64(bytes + AT_INDEX, h->index);
    put_u64(bytes + AT_SIZE, h->size);
    memcpy(bytes + AT_DTYPE, h->dtype_text, 4);
    put_u32(bytes + AT_NDIM, h->ndim);
    for (uint32_t i = 0; i < h->ndim; i++)
        put_u64(bytes + AT_SHAPE + 8 * i, h->shape[i]);
    memcpy(bytes + AT_NAME, h->name, RTS_NAME_BYTES);
    put_u32(bytes + AT_CRC, h->crc);
    put_u32(bytes + AT_HEADER_CRC, crc_add(0, bytes, AT_HEADER_CRC));
}

/* True if text[0..n) is characters and then NULs only. */
static int is_padded(const unsigned char *text, size_t n)
{
    size_t used = 0;

    while (used < n && text[used])
        used++;
    for (size_t i = used; i < n; i++)
        if (text[i])
            return 0;
    return 1;
}

const char *rts_decode(const unsigned char bytes[RTS_HEADER_BYTES], struct rts_header *h)
{
    uint64_t size;

    if (memcmp(bytes, "rts1", 4) != 0)
        return memcmp(bytes, "rts", 3) == 0 ? "unknown version of the format" : "not an rts stream";
    if (get_u32(bytes + AT_HEADER_CRC) != crc_add(0, bytes, AT_HEADER_CRC))
        return "header is damaged (checksum differs)";
    memset(h, 0, sizeof *h);
    h->flags = get_u32(bytes + AT_FLAGS);
    h->index = get_u64(bytes + AT_INDEX);
    h->size = get_u64(bytes + AT_SIZE);
    memcpy(h->dtype_text, bytes + AT_DTYPE, 4);
    h->ndim = get_u32(bytes + AT_NDIM);
    memcpy(h->name, bytes + AT_NAME, RTS_NAME_BYTES - 1);
    h->crc = get_u32(bytes + AT_CRC);
    if (h->flags & 0xffff)
        return "unknown flag";
    if (!is_padded(bytes + AT_NAME, RTS_NAME_BYTES) || !rts_name_valid(h->name))
        return "bad record name";
    if (!is_padded(bytes + AT_DTYPE, 4) || !rts_name_valid(h->dtype_text))
        return "bad dtype";
    _Static_assert(RTS_DIMS_MAX == 6, "as the error says");
    if (h->ndim > RTS_DIMS_MAX)
        return "more than 6 dimensions";
    for (uint32_t i = 0; i < RTS_DIMS_MAX; i++) {
        uint64_t d = get_u64(bytes + AT_SHAPE + 8 * i);
        if (i >= h->ndim && d)
            return "dimensions beyond their number";
        h->shape[i] = d;
    }
    for (int t = RTS_U1; t <= RTS_TEXT; t++)
        if (strcmp(h->dtype_text, dtypes[t].text) == 0)
            h->dtype = (enum rts_dtype)t;
    if (h->size >> 63)
        return "invalid size";
    if (h->dtype != RTS_OTHER && strcmp(h->name, "end") != 0 &&
        (rts_payload_size(h, &size) < 0 || size != h->size))
        return "size does not fit the shape";
    if (strcmp(h->name, "end") == 0 && (h->size || h->ndim))
        return "end record with a payload";
    return NULL;
}
