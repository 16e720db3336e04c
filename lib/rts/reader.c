/* Records read one by one, with every checksum verified. */
#include "rts/reader.h"

#include "base/crc.h"
#include "base/filekind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 16, FIRST_LOAD_BYTES = 1 << 20 };

struct rts_reader {
    struct input *in;
    struct rts_header head; /* the record in hand */
    uint64_t head_offset;
    uint64_t next_index;
    uint64_t left; /* payload bytes not yet taken, without the padding */
    uint64_t streams;
    uint32_t crc;
    int in_record; /* payload or padding is still to be verified */
    int unread;
    int started; /* at least one header has been read */
};

struct rts_reader *rts_open(const char *path, struct error *e)
{
    struct rts_reader *r = calloc(1, sizeof *r);

    if (!r) {
        error_memory(e, path);
        return NULL;
    }
    r->in = input_open(path, e);
    if (!r->in) {
        free(r);
        return NULL;
    }
    return r;
}

void rts_close(struct rts_reader *r)
{
    if (!r)
        return;
    input_close(r->in);
    free(r);
}

int rts_complain(const struct rts_reader *r, struct error *e, const char *format, ...)
{
    char what[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    return error_set(e, "%s: record %llu '%s' at offset %llu: %s", input_name(r->in),
                     (unsigned long long)r->head.index, r->head.name,
                     (unsigned long long)r->head_offset, what);
}

/* The last piece has been taken: the padding, then the checksum. */
static int finish_record(struct rts_reader *r, struct error *e)
{
    unsigned char padding[RTS_ALIGN];
    unsigned n = rts_padding(r->head.size);
    int64_t got = input_read(r->in, padding, n, e);

    if (got < 0)
        return -1;
    if (got < n)
        return rts_complain(r, e, "cut short");
    if (n)
        r->crc = crc_add(r->crc, padding, n);
    r->in_record = 0;
    if (r->crc != r->head.crc)
        return rts_complain(r, e, "payload is damaged (checksum differs)");
    for (unsigned i = 0; i < n; i++)
        if (padding[i])
            return rts_complain(r, e, "padding is not zero");
    return 0;
}

int rts_read(struct rts_reader *r, void *to, uint64_t n, struct error *e)
{
    int64_t got;

    if (n > r->left)
        return rts_complain(r, e, "has fewer bytes than expected");
    got = input_read(r->in, to, n, e);
    if (got < 0)
        return -1;
    if ((uint64_t)got < n)
        return rts_complain(r, e, "cut short");
    if (n)
        r->crc = crc_add(r->crc, to, n);
    r->left -= n;
    return r->left == 0 && r->in_record ? finish_record(r, e) : 0;
}

int rts_skip(struct rts_reader *r, struct error *e)
{
    unsigned char piece[PIECE_BYTES];

    while (r->in_record)
        if (rts_read(r, piece, r->left < sizeof piece ? r->left : sizeof piece, e) < 0)
            return -1;
    return 0;
}

/* These bytes are in the place of a header. */
static int complain_of_kind(struct rts_reader *r, const void *bytes, size_t n, struct error *e)
{
    uint64_t offset = input_offset(r->in) - n;
    const char *name = input_name(r->in), *kind;

    if (r->started)
        return error_set(e, "%s: damaged: no record at offset %llu", name,
                         (unsigned long long)offset);
    kind = filekind(r->in, bytes, n);
    if (!kind)
        return error_set(e, "%s: not an rts stream: no record at offset 0", name);
    return error_set(e, "%s: not an rts stream: it is %s%s", name, kind, filekind_hint(kind));
}

/* Reads and checks one header, end records included. 1, 0 at the end of the file, -1. */
static int read_header(struct rts_reader *r, struct error *e)
{
    unsigned char bytes[RTS_HEADER_BYTES];
    uint64_t offset = input_offset(r->in);
    int64_t got = input_read(r->in, bytes, sizeof bytes, e);
    struct rts_header h;
    const char *wrong;

    if (got < 0)
        return -1;
    if (got == 0 && !r->started)
        return error_set(e, "%s: empty, not an rts stream", input_name(r->in));
    if (got == 0 && r->next_index == 0)
        return 0;
    if (got == 0)
        return error_set(e, "%s: cut short at offset %llu: no end record after record %llu '%s'",
                         input_name(r->in), (unsigned long long)offset,
                         (unsigned long long)r->head.index, r->head.name);
    if (memcmp(bytes, "rts", got < 3 ? (size_t)got : 3) != 0)
        return complain_of_kind(r, bytes, (size_t)got, e);
    if (got < RTS_HEADER_BYTES)
        return error_set(e, "%s: cut short in the header at offset %llu", input_name(r->in),
                         (unsigned long long)offset);
    wrong = rts_decode(bytes, &h);
    if (wrong)
        return error_set(e, "%s: record at offset %llu: %s", input_name(r->in),
                         (unsigned long long)offset, wrong);
    if (h.index != r->next_index)
        return error_set(e, "%s: record at offset %llu: has index %llu, expected %llu",
                         input_name(r->in), (unsigned long long)offset, (unsigned long long)h.index,
                         (unsigned long long)r->next_index);
    r->head = h;
    r->head_offset = offset;
    r->left = h.size;
    r->crc = 0;
    r->in_record = 1;
    r->started = 1;
    return 1;
}

int rts_next(struct rts_reader *r, struct rts_header *h, struct error *e)
{
    if (r->unread) {
        r->unread = 0;
        *h = r->head;
        return 1;
    }
    if (rts_skip(r, e) < 0)
        return -1;
    for (;;) {
        int got = read_header(r, e);
        if (got <= 0)
            return got;
        if (r->left == 0 && finish_record(r, e) < 0)
            return -1;
        r->next_index++;
        if (strcmp(r->head.name, "end") != 0)
            break;
        r->next_index = 0;
        r->streams++;
    }
    *h = r->head;
    return 1;
}

void rts_unread(struct rts_reader *r)
{
    r->unread = 1;
}

int rts_load(struct rts_reader *r, uint64_t most, void **buffer, size_t *capacity, struct error *e)
{
    uint64_t size = r->left, have = 0;

    if (size > most || size > SIZE_MAX - 1)
        return rts_complain(r, e, "%llu bytes, but at most %llu are allowed",
                            (unsigned long long)size, (unsigned long long)most);
    do {
        /* Doubles what has arrived: a header alone never makes this program allocate much. */
        uint64_t want = have ? 2 * have : FIRST_LOAD_BYTES;
        if (want < *capacity)
            want = *capacity;
        if (want > size)
            want = size;
        if (want > *capacity || !*buffer) {
            void *larger = realloc(*buffer, want ? want : 1);
            if (!larger)
                return rts_complain(r, e, "out of memory");
            *buffer = larger;
            *capacity = want;
        }
        if (rts_read(r, (char *)*buffer + have, want - have, e) < 0)
            return -1;
        have = want;
    } while (have < size);
    return 0;
}

char *rts_load_text(struct rts_reader *r, uint64_t most, struct error *e)
{
    uint64_t size = r->left;
    void *text = NULL;
    size_t capacity = 0;
    char *longer;

    if (r->head.dtype != RTS_TEXT) {
        rts_complain(r, e, "dtype is %s, not text", r->head.dtype_text);
        return NULL;
    }
    if (rts_load(r, most, &text, &capacity, e) < 0)
        goto fail;
    if (memchr(text, '\0', size)) {
        rts_complain(r, e, "a NUL byte in text");
        goto fail;
    }
    longer = realloc(text, size + 1);
    if (!longer) {
        rts_complain(r, e, "out of memory");
        goto fail;
    }
    longer[size] = '\0';
    return longer;
fail:
    free(text);
    return NULL;
}

uint64_t rts_streams(const struct rts_reader *r)
{
    return r->streams;
}

uint64_t rts_offset(const struct rts_reader *r)
{
    return input_offset(r->in);
}

uint64_t rts_record_offset(const struct rts_reader *r)
{
    return r->head_offset;
}

const char *rts_file_name(const struct rts_reader *r)
{
    return input_name(r->in);
}
