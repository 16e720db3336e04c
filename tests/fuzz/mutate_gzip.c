/*
 * The mutator for the reader of compressed bytes: what is inside changes and is compressed again,
 * in one member or several, with the optional fields of a gzip header or without; or the bytes
 * change as they are.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { ROOM = 1 << 18 };

static uint8_t inside[ROOM];

/* What comes out of the first members, as far as they are whole. */
static size_t expand(const uint8_t *data, size_t size)
{
    z_stream z = {0};
    int status = Z_STREAM_END;

    if (inflateInit2(&z, 15 + 16) != Z_OK)
        abort();
    z.next_in = (uint8_t *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = inside;
    z.avail_out = sizeof inside;
    while (status == Z_STREAM_END && z.avail_in) {
        inflateReset(&z);
        status = inflate(&z, Z_FINISH);
    }
    inflateEnd(&z);
    return sizeof inside - z.avail_out;
}

/* One member; how: bits that choose level, strategy and header. Returns its bytes. */
static size_t put_member(const uint8_t *from, size_t n, uint8_t *to, size_t room, unsigned how)
{
    static Bytef extra[300], name[] = "name", comment[] = "a comment";
    gz_header head = {.hcrc = how >> 8 & 1};
    z_stream z = {0};

    if (how & 0x10) {
        head.extra = extra;
        head.extra_len = how >> 9 & 0xff;
    }
    head.name = how & 0x20 ? name : NULL;
    head.comment = how & 0x40 ? comment : NULL;
    if (deflateInit2(&z, (int)(how % 10), Z_DEFLATED, 15 + 16, 8, (int)(how >> 17) % 5) != Z_OK)
        abort();
    if (how & 0x80)
        deflateSetHeader(&z, &head);
    z.next_in = (uint8_t *)(uintptr_t)from;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size_t n, done = 0, used = 0;
    unsigned how = seed * 2654435761u;

    if (seed % 3 == 0)
        return LLVMFuzzerMutate(data, size, most);
    n = expand(data, size);
    n = LLVMFuzzerMutate(inside, n, n < 1024 ? 4096 : ROOM);
    while (used < most) {
        size_t take = how >> 30 ? (n - done) / (how >> 28) : n - done;
        used += put_member(inside + done, take, data + used, most - used, how);
        done += take;
        if (done == n)
            break;
        how = how * 2654435761u + 1;
    }
    return used;
}
