#ifdef __linux__
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#endif
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16, PIPE_BYTES = 1 << 20 };

struct output {
    const char *name;
    char *path; /* where the file will stand; NULL: written directly */
    char *temporary;
    int fd;
    int own_fd;
    uint64_t offset;
    size_t used;
    unsigned char buffer[BUFFER_BYTES];
};

static void release(struct output *out)
{
    if (out->own_fd && out->fd >= 0)
        close(out->fd);
    free(out->path);
    free(out->temporary);
    free(out);
}

/* A file of its own beside path, with the permissions that a plain open would have given. */
static int open_temporary(struct output *out, const char *path)
{
    size_t n = strlen(path) + sizeof ".XXXXXX";
    struct stat st;
    mode_t mask;

    out->path = strdup(path);
    out->temporary = malloc(n);
    if (!out->path || !out->temporary)
        return -1;
    snprintf(out->temporary, n, "%s.XXXXXX", path);
    out->fd = mkstemp(out->temporary);
    if (out->fd < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return -1;
    }
    mask = umask(0);
    umask(mask);
    return fchmod(out->fd, stat(path, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask);
}

static int open_path(struct output *out, const char *path)
{
    struct stat st;

    out->own_fd = 1;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
        return out->fd < 0 ? -1 : 0;
    }
    return open_temporary(out, path);
}

/* A pipe of Linux's default 64 KiB makes both its ends wait: a larger one is several times faster.
 */
static void widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
    (void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* refused for what is no pipe: no matter */
#else
    (void)fd;
#endif
}

struct output *output_open(const char *path, struct error *e)
{
    struct output *out = malloc(sizeof *out);

    if (!out) {
        error_memory(e, path ? path : "standard output");
        return NULL;
    }
    memset(out, 0, offsetof(struct output, buffer));
    out->fd = -1;
    if (!path || strcmp(path, "-") == 0) {
        out->name = "standard output";
        out->fd = STDOUT_FILENO;
        if (isatty(STDOUT_FILENO)) {
            error_set(e,
                      "standard output: is a terminal; send the binary result to a file or pipe");
            release(out);
            return NULL;
        }
        widen_pipe(out->fd);
        return out;
    }
    out->name = path;
    if (open_path(out, path) < 0) {
        error_set(e, "%s: %s", path, strerror(errno));
        output_abandon(out);
        return NULL;
    }
    return out;
}

static int write_all(struct output *out, const unsigned char *p, size_t n, struct error *e)
{
    while (n) {
        ssize_t put = write(out->fd, p, n);
        if (put < 0) {
            if (errno == EINTR)
                continue;
            return error_set(e, "%s: %s", out->name, strerror(errno));
        }
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

int output_flush(struct output *out, struct error *e)
{
    size_t n = out->used;

    out->used = 0;
    return write_all(out, out->buffer, n, e);
}

int output_write(struct output *out, const void *bytes, size_t n, struct error *e)
{
    out->offset += n;
    if (n > sizeof out->buffer - out->used && output_flush(out, e) < 0)
        return -1;
    if (n >= sizeof out->buffer)
        return write_all(out, bytes, n, e);
    memcpy(out->buffer + out->used, bytes, n);
    out->used += n;
    return 0;
}

uint64_t output_offset(const struct output *out)
{
    return out->offset;
}

/* A rename is safe from a power cut only when its folder is on disk too. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strdup(path) : strdup(".");
    int fd, status = 0;

    if (!folder)
        return -1;
    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems refuse to sync a folder; the rename itself has succeeded there. */
    if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL)
        status = -1;
    if (fd >= 0)
        close(fd);
    free(folder);
    return status;
}

int output_close(struct output *out, struct error *e)
{
    int fd = out->fd;

    if (output_flush(out, e) < 0)
        goto fail;
    if (out->temporary && fsync(fd) < 0)
        goto system_fail;
    out->fd = -1;
    /* close reports what NFS and quotas refuse late; for standard output it is the last chance. */
    if (close(fd) < 0 && errno != EINTR)
        goto system_fail;
    if (out->temporary) {
        if (rename(out->temporary, out->path) < 0)
            goto system_fail;
        free(out->temporary);
        out->temporary = NULL;
        if (sync_folder(out->path) < 0)
            goto system_fail;
    }
    release(out);
    return 0;
system_fail:
    error_set(e, "%s: %s", out->name, strerror(errno));
fail:
    output_abandon(out);
    return -1;
}

void output_abandon(struct output *out)
{
    if (!out)
        return;
    if (out->temporary)
        unlink(out->temporary);
    release(out);
}
