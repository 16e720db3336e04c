/* Opened, looked at, read at once and closed. */
#include "base/wholefile.h"

#include "base/files.h"
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_FIRST = 1 << 16 };

static enum wholefile_result unreadable(struct error *e, const char *why)
{
    error_set(e, "%s", why);
    return WHOLEFILE_UNREADABLE;
}

/* A system call has failed. */
static enum wholefile_result failed(struct error *e, const char *path, int error)
{
    if (files_is_at_fault(error))
        return unreadable(e, strerror(error));
    error_set(e, "%.300s: %s", path, strerror(error));
    return WHOLEFILE_FAILED;
}

static enum wholefile_result too_large(struct error *e, size_t most)
{
    error_set(e, "has more than %zu MiB", most >> 20);
    return WHOLEFILE_UNREADABLE;
}

/* Room for n bytes, and one more, behind which the file must have ended. */
static int make_room(struct wholefile *f, size_t n, const char *path, struct error *e)
{
    unsigned char *bytes;

    if (n < f->room)
        return 0;
    if (n < ROOM_FIRST)
        n = ROOM_FIRST;
    /* What is in the buffer counts only if the file goes on. */
    bytes = realloc(f->bytes, n + 1);
    if (!bytes)
        return error_memory(e, path);
    f->bytes = bytes;
    f->room = n + 1;
    return 0;
}

/* Reads to the end; size: how long the file seems to be, 0 if nobody knows. */
static enum wholefile_result read_all(struct wholefile *f, int fd, const char *path, size_t size,
                                      size_t most, struct error *e)
{
    for (;;) {
        ssize_t got;
        if (f->n > most)
            return too_large(e, most);
        if (f->n + 1 >= f->room && make_room(f, 2 * f->n, path, e) < 0)
            return WHOLEFILE_FAILED;
        got = read(fd, f->bytes + f->n, f->room - f->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(e, path, errno);
        f->n += (size_t)got;
        /* A second read, which would find the end, is spared where the length is known. */
        if (got == 0 || (size && f->n == size))
            return WHOLEFILE_READ;
    }
}

static enum wholefile_result read_open(struct wholefile *f, int fd, const char *path, int any,
                                       size_t most, struct error *e)
{
    struct stat st;
    size_t size;

    if (fstat(fd, &st) < 0)
        return failed(e, path, errno);
    if (S_ISDIR(st.st_mode))
        return unreadable(e, strerror(EISDIR));
    if (!any && !S_ISREG(st.st_mode))
        return unreadable(e, "not a regular file");
    if (files_is_written(&st)) {
        error_set(e, "%.300s: is both input and output", path);
        return WHOLEFILE_FAILED;
    }
    if (st.st_size < 0 || (uintmax_t)st.st_size > most)
        return too_large(e, most);
    size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    if (make_room(f, size, path, e) < 0)
        return WHOLEFILE_FAILED;
    return read_all(f, fd, path, size, most, e);
}

enum wholefile_result wholefile_read(struct wholefile *f, const char *path, int any, size_t most,
                                     struct error *e)
{
    enum wholefile_result result;
    int fd;

    f->n = 0;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (any ? 0 : O_NONBLOCK));
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return failed(e, path, errno);
    result = read_open(f, fd, path, any, most, e);
    close(fd);
    return result;
}

static int read_input(struct wholefile *f, struct input *in, size_t most, struct error *e)
{
    for (;;) {
        int64_t got;
        if (make_room(f, f->n ? 2 * f->n : ROOM_FIRST, "standard input", e) < 0)
            return -1;
        got = input_read(in, f->bytes + f->n, f->room - f->n, e);
        if (got < 0)
            return -1;
        f->n += (size_t)got;
        if (f->n > most)
            return error_set(e, "standard input: has more than %zu MiB", most >> 20);
        if (f->n < f->room)
            return 0;
    }
}

int wholefile_read_standard_input(struct wholefile *f, size_t most, struct error *e)
{
    struct input *in = input_open("-", e);
    int status;

    f->n = 0;
    status = in ? read_input(f, in, most, e) : -1;
    input_close(in);
    return status;
}

void wholefile_free(struct wholefile *f)
{
    free(f->bytes);
    *f = (struct wholefile){0};
}
