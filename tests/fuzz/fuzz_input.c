/*
 * The reader of bytes, compressed or not, against zlib itself: it hands out what zlib inflates from
 * the members in a row, whatever the sizes of the reads, and accepts what zlib accepts.
 */
#include "fuzz.h"

#include <zlib.h>

enum { ROOM = 1 << 20 };

static struct file input;
static unsigned char want[ROOM + 1], got[ROOM + 1];

/*
 * All members inflated into want, and zeros behind them skipped; *n of them came out before what is
 * wrong, if anything is. Returns 1, 0 if it is damaged or cut, -1 if there is not enough room.
 */
static int inflate_all(const uint8_t *data, size_t size, size_t *n)
{
    z_stream z = {0};
    int status = Z_STREAM_END, zeros = 0;

    z.next_in = (uint8_t *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = want;
    z.avail_out = sizeof want;
    REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
    while (status == Z_STREAM_END && z.avail_in && !zeros) {
        inflateReset(&z);
        status = inflate(&z, Z_FINISH);
        while (status == Z_STREAM_END && z.avail_in && *z.next_in == 0) {
            z.next_in++;
            zeros = 1;
            z.avail_in--;
        }
    }
    *n = sizeof want - z.avail_out;
    inflateEnd(&z);
    if (z.avail_out == 0)
        return -1;
    return status == Z_STREAM_END && z.avail_in == 0;
}

/* Reads everything in pieces of a changing size. Returns whether the end was reached. */
static int read_all(unsigned step, size_t *n)
{
    struct error e;
    struct input *in = input_open(file_path(&input), &e);
    size_t piece = step;
    int64_t count = -1;

    REQUIRE(in != NULL);
    for (*n = 0; *n < sizeof got; *n += (size_t)count) {
        piece = piece * 5 % 1021 + 1;
        if (piece % 7 == 0)
            piece *= 1000;
        if (piece > sizeof got - *n)
            piece = sizeof got - *n;
        count = input_read(in, got + *n, piece, &e);
        REQUIRE(count <= (int64_t)piece);
        if (count < 0) {
            require_error(&e);
            break;
        }
        REQUIRE(input_offset(in) == *n + (size_t)count);
        if ((size_t)count < piece) {
            *n += (size_t)count;
            REQUIRE(input_read(in, got, 1, &e) == 0);
            count = 0;
            break;
        }
    }
    input_close(in);
    return count == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size, read;
    int compressed = size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
    int whole = compressed ? inflate_all(data, size, &n) : 1;

    if (whole < 0)
        return 0;
    if (!compressed && size)
        memcpy(want, data, size);
    file_fill(&input, data, size);
    for (unsigned step = 1; step < 3; step++) {
        REQUIRE(read_all(step, &read) == whole);
        REQUIRE(read <= n && memcmp(got, want, read) == 0);
        REQUIRE(!whole || read == n);
    }
    return 0;
}
