/*
 * Small streams for the unit tests of the stream library, written by it or forged byte by byte.
 */
#ifndef ROTPIPE_TESTS_STREAMS_H
#define ROTPIPE_TESTS_STREAMS_H

#include "rts/header.h"
#include "rts/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Two files that every test may write. */
static char folder[] = "/tmp/rotpipe-test-XXXXXX";
static char path[64], other[64];

static inline void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(name, "wb");

    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) {
        perror(name);
        exit(1);
    }
}

static inline size_t read_file(const char *name, unsigned char *bytes, size_t room)
{
    FILE *f = fopen(name, "rb");
    size_t n = f ? fread(bytes, 1, room, f) : 0;

    if (f)
        fclose(f);
    return n;
}

/* A text, a number without dimensions, an empty array, 33 floats, and the end. */
static inline void write_small(const char *name)
{
    float value[33];
    uint8_t one = 200;
    struct rts_header h;
    struct error e;
    struct rts_writer *w = rts_create(name, &e);

    for (int i = 0; i < 33; i++)
        value[i] = (float)i / 7;
    rts_put_text(w, "history", "first\nsecond\n", &e);
    rts_describe(&h, "one", RTS_U1, 0, NULL);
    rts_put(w, &h, &one, &e);
    rts_describe(&h, "none", RTS_I8, 2, (uint64_t[]){0, UINT64_MAX});
    rts_put(w, &h, NULL, &e);
    rts_describe(&h, "values", RTS_F4, 2, (uint64_t[]){3, 11});
    rts_put(w, &h, value, &e);
    if (rts_finish(w, &e) < 0) {
        puts(e.text);
        exit(1);
    }
}

/* Reads a file to its end. Returns the number of records, or -1 and e says why. */
static inline int count_records(const char *name, struct error *e)
{
    struct rts_reader *r = rts_open(name, e);
    struct rts_header h;
    int n = 0, got = -1;

    while (r && (got = rts_next(r, &h, e)) > 0)
        n++;
    rts_close(r);
    return got < 0 ? -1 : n;
}

/* The bytes of a record, header and payload, as anybody may make them; returns how many. */
static inline size_t forge(unsigned char *to, const struct rts_header *like, const void *payload)
{
    struct rts_header h = *like;
    unsigned padding = rts_padding(h.size);

    memset(to + RTS_HEADER_BYTES, 0, h.size + padding);
    if (h.size)
        memcpy(to + RTS_HEADER_BYTES, payload, h.size);
    h.crc = (uint32_t)crc32_z(0, to + RTS_HEADER_BYTES, h.size + padding);
    rts_encode(&h, to);
    return RTS_HEADER_BYTES + h.size + padding;
}

static inline size_t forge_end(unsigned char *to, uint64_t index)
{
    struct rts_header end;

    rts_describe(&end, "end", RTS_U1, 0, NULL);
    end.index = index;
    return forge(to, &end, "");
}

static inline void make_folder(void)
{
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(1);
    }
    snprintf(path, sizeof path, "%s/a.rts", folder);
    snprintf(other, sizeof other, "%s/b.rts", folder);
}

static inline void remove_folder(void)
{
    unlink(path);
    unlink(other);
    rmdir(folder);
}

#endif
