/* Buffered reading of bytes, through zlib where the input is compressed. */
#include "base/input.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { RAW_BYTES = 1 << 16 };

struct input {
    const char *name;
    int fd;
    int own_fd;
    int noted; /* files_read knows */
    struct stat status;
    int gzip;      /* the file is compressed */
    int in_member; /* between the first and the last byte of a gzip member */
    int sniffed;
    int at_end; /* read(2) has returned 0 */
    uint64_t offset;
    z_stream z;
    unsigned char *next; /* bytes of raw not yet used */
    size_t left;
    unsigned char raw[RAW_BYTES];
};

/* What a terminal brings about; NULL: nothing, or no longer. */
static void (*on_terminal)(void);

void input_on_terminal(void (*call)(void))
{
    on_terminal = call;
}

static int64_t read_fd(struct input *in, void *buffer, size_t n, struct error *e)
{
    for (;;) {
        ssize_t got = read(in->fd, buffer, n);
        if (got > 0)
            return got;
        if (got == 0) {
            in->at_end = 1;
            return 0;
        }
        if (errno != EINTR)
            return error_set(e, "%s: %s", in->name, strerror(errno));
    }
}

/* Adds bytes to raw until there are `want` or the file ends. */
static int fill(struct input *in, size_t want, struct error *e)
{
    if (in->left)
        memmove(in->raw, in->next, in->left);
    in->next = in->raw;
    while (in->left < want && !in->at_end) {
        int64_t got = read_fd(in, in->raw + in->left, sizeof in->raw - in->left, e);
        if (got < 0)
            return -1;
        in->left += (size_t)got;
    }
    return 0;
}

static int is_gzip(const struct input *in)
{
    return in->left >= 2 && in->next[0] == 0x1f && in->next[1] == 0x8b;
}

struct input *input_open(const char *path, struct error *e)
{
    struct input *in = malloc(sizeof *in);

    if (!in) {
        error_memory(e, path);
        return NULL;
    }
    memset(in, 0, offsetof(struct input, raw));
    in->own_fd = strcmp(path, "-") != 0;
    in->name = in->own_fd ? path : "standard input";
    in->fd = in->own_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (in->fd < 0 || fstat(in->fd, &in->status) < 0) {
        error_set(e, "%s: %s", in->name, strerror(errno));
        input_close(in);
        return NULL;
    }
    if (S_ISDIR(in->status.st_mode)) {
        error_set(e, "%s: is a directory", in->name);
        input_close(in);
        return NULL;
    }
    if (files_read(&in->status, in->name, e) < 0) {
        input_close(in);
        return NULL;
    }
    in->noted = 1;
    return in;
}

/* Looks at the first bytes, once. */
static int sniff(struct input *in, struct error *e)
{
    if (in->sniffed)
        return 0;
    in->sniffed = 1;
    if (on_terminal && isatty(in->fd)) {
        void (*call)(void) = on_terminal;
        on_terminal = NULL;
        call();
    }
    if (fill(in, 2, e) < 0)
        return -1;
    if (!is_gzip(in))
        return 0;
    if (inflateInit2(&in->z, 15 + 16) != Z_OK)
        return error_memory(e, in->name);
    in->gzip = in->in_member = 1;
    return 0;
}

/* Skips zeros, which tapes and block devices put behind a file. Returns whether there were any, or
 * -1. */
static int skip_zeros(struct input *in, struct error *e)
{
    int any = 0;

    while (in->left && *in->next == 0) {
        any = 1;
        in->next++;
        if (--in->left == 0 && fill(in, 1, e) < 0)
            return -1;
    }
    return any;
}

/* After a member: another one may follow, or zeros to the end; nothing else belongs there. */
static int next_member(struct input *in, struct error *e)
{
    int zeros;

    if (fill(in, 2, e) < 0 || (zeros = skip_zeros(in, e)) < 0)
        return -1;
    if (in->left == 0)
        return 0;
    if (zeros || !is_gzip(in))
        return error_set(e, "%s: gzip: bytes after the compressed data", in->name);
    inflateReset(&in->z);
    in->in_member = 1;
    return 1;
}

static int64_t inflate_some(struct input *in, unsigned char *to, size_t n, struct error *e)
{
    size_t done = 0;

    while (done < n) {
        if (!in->in_member) {
            int more = next_member(in, e);
            if (more < 0)
                return -1;
            if (!more)
                break;
        }
        if (in->left == 0) {
            if (fill(in, 1, e) < 0)
                return -1;
            if (in->left == 0)
                return error_set(e, "%s: gzip: cut short", in->name);
        }
        size_t room = n - done < (1u << 30) ? n - done : (1u << 30);
        in->z.next_in = in->next;
        in->z.avail_in = (uInt)in->left;
        in->z.next_out = to + done;
        in->z.avail_out = (uInt)room;
        int status = inflate(&in->z, Z_NO_FLUSH);
        done += room - in->z.avail_out;
        in->next = in->z.next_in;
        in->left = in->z.avail_in;
        if (status == Z_STREAM_END)
            in->in_member = 0;
        else if (status == Z_MEM_ERROR)
            return error_memory(e, in->name);
        else if (status != Z_OK && status != Z_BUF_ERROR)
            return error_set(e, "%s: gzip: %s", in->name, in->z.msg ? in->z.msg : "damaged");
    }
    return (int64_t)done;
}

static int64_t copy_some(struct input *in, unsigned char *to, size_t n, struct error *e)
{
    size_t done = in->left < n ? in->left : n;

    memcpy(to, in->next, done);
    in->next += done;
    in->left -= done;
    while (done < n && !in->at_end) {
        /* Small reads go through raw, large ones straight to the caller. */
        if (n - done < sizeof in->raw) {
            if (fill(in, 1, e) < 0)
                return -1;
            size_t take = in->left < n - done ? in->left : n - done;
            memcpy(to + done, in->next, take);
            in->next += take;
            in->left -= take;
            done += take;
        } else {
            int64_t got = read_fd(in, to + done, n - done, e);
            if (got < 0)
                return -1;
            done += (size_t)got;
        }
    }
    return (int64_t)done;
}

int64_t input_read(struct input *in, void *buffer, size_t n, struct error *e)
{
    int64_t got;

    if (n == 0)
        return 0;
    if (sniff(in, e) < 0)
        return -1;
    got = in->gzip ? inflate_some(in, buffer, n, e) : copy_some(in, buffer, n, e);
    if (got > 0)
        in->offset += (uint64_t)got;
    return got;
}

uint64_t input_offset(const struct input *in)
{
    return in->offset;
}

const char *input_name(const struct input *in)
{
    return in->name;
}

void input_close(struct input *in)
{
    if (!in)
        return;
    if (in->gzip)
        inflateEnd(&in->z);
    if (in->noted)
        files_closed(&in->status);
    if (in->own_fd && in->fd >= 0)
        close(in->fd);
    free(in);
}
