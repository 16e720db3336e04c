/* Writing to a nameless file, and reading it back through a buffer. */
#include "base/spool.h"

#include "base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16 };

struct spool {
    struct output *out; /* until it is complete */
    int fd;
    uint64_t at;           /* in the file, of what is read next from it */
    unsigned char *buffer; /* once it is read: bytes from `begin` to `end` are still to be taken */
    size_t begin, end;
};

struct spool *spool_open(struct error *e)
{
    struct spool *s = calloc(1, sizeof *s);

    if (!s) {
        error_memory(e, "temporary file");
        return NULL;
    }
    s->fd = -1;
    s->out = output_open_spool(&s->fd, e);
    if (!s->out) {
        spool_close(s);
        return NULL;
    }
    return s;
}

int spool_write(struct spool *s, const void *bytes, size_t n, struct error *e)
{
    return output_write(s->out, bytes, n, e);
}

int spool_end(struct spool *s, struct error *e)
{
    int status = output_close(s->out, e);

    s->out = NULL;
    return status;
}

/* Reads up to n bytes of the file. Returns how many, at least one; -1. */
static ssize_t read_some(struct spool *s, void *to, size_t n, struct error *e)
{
    ssize_t got;

    do
        got = pread(s->fd, to, n, (off_t)s->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set(e, "temporary file: %s", strerror(errno));
    if (got == 0)
        return error_set(e, "temporary file: cut short");
    s->at += (uint64_t)got;
    return got;
}

int spool_read(struct spool *s, void *bytes, size_t n, struct error *e)
{
    unsigned char *to = bytes;
    ssize_t got;

    if (!s->buffer && !(s->buffer = malloc(BUFFER_BYTES)))
        return error_memory(e, "temporary file");
    while (n) {
        size_t here = s->end - s->begin < n ? s->end - s->begin : n;
        memcpy(to, s->buffer + s->begin, here);
        s->begin += here;
        to += here;
        n -= here;
        if (n == 0)
            break;
        /* Much goes straight to its place. */
        got =
            read_some(s, n < BUFFER_BYTES ? s->buffer : to, n < BUFFER_BYTES ? BUFFER_BYTES : n, e);
        if (got < 0)
            return -1;
        if (n < BUFFER_BYTES) {
            s->begin = 0;
            s->end = (size_t)got;
        } else {
            to += got;
            n -= (size_t)got;
        }
    }
    return 0;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    output_abandon(s->out);
    if (s->fd >= 0)
        close(s->fd);
    free(s->buffer);
    free(s);
}
