/* Buffered writing, and the rename that makes a complete file appear under its name. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* F_SETPIPE_SZ, O_TMPFILE */
#endif
#include "base/output.h"

#include "base/files.h"
#include "base/path.h"

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
    char *path;      /* where the file will stand, no link; NULL: written directly */
    char *temporary; /* the name that it has until then, in the same folder */
    int named;       /* it has that name */
    int settled;     /* all is written and named */
    int fd;
    int own_fd;
    unsigned how;      /* enum output_how */
    int noted;         /* files_write knows */
    struct stat place; /* the file that is written, or will be replaced */
    uint64_t offset;
    size_t used;
    unsigned char buffer[BUFFER_BYTES];
};

static void release(struct output *out)
{
    if (out->own_fd && out->fd >= 0)
        close(out->fd);
    if (out->noted)
        files_written(&out->place);
    free(out->path);
    free(out->temporary);
    free(out);
}

/* Opens the folder of path, which is changed and then is as it was. */
static int open_folder(char *path, int flags)
{
    char *slash = strrchr(path, '/'), *end = slash == path ? path + 1 : slash, kept = 0;
    int fd;

    if (slash) {
        kept = *end;
        *end = '\0';
    }
    fd = open(slash ? path : ".", flags | O_CLOEXEC, 0600);
    if (slash)
        *end = kept;
    return fd;
}

#ifdef O_TMPFILE
enum { LINK_BYTES = 32, NAMES_TRIED = 1000 };

/* By this link a file without a name gets one. */
static void link_of(int fd, char link[LINK_BYTES])
{
    snprintf(link, LINK_BYTES, "/proc/self/fd/%d", fd);
}

/*
 * A file without a name, so that nothing is left of it should the program die. -1 where the file
 * system has none, or no name could be given to it in the end.
 */
static int open_nameless(struct output *out)
{
    char link[LINK_BYTES];
    struct stat st;
    int fd = open_folder(out->path, O_TMPFILE | O_WRONLY);

    if (fd < 0)
        return -1;
    link_of(fd, link);
    if (stat(link, &st) == 0 && (lstat(out->temporary, &st) == 0 || errno == ENOENT))
        return fd;
    close(fd);
    return -1;
}

/* Gives it the temporary name, or one like it that is free. */
static int give_name(struct output *out)
{
    char link[LINK_BYTES], *end = out->temporary + strlen(out->temporary) - strlen("XXXXXX");

    link_of(out->fd, link);
    for (unsigned i = 0; i < NAMES_TRIED; i++) {
        snprintf(end, sizeof "XXXXXX", "%06x", ((unsigned)getpid() * 16 + i) & 0xffffff);
        if (linkat(AT_FDCWD, link, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) == 0) {
            out->named = 1;
            return 0;
        }
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}
#else
static int open_nameless(struct output *out)
{
    (void)out;
    return -1;
}

static int give_name(struct output *out)
{
    (void)out;
    return -1;
}
#endif

/*
 * A file of its own beside path, which it takes over, with the permissions that a plain open would
 * have given. Its name is short, as path's may be the longest there can be.
 */
static int open_temporary(struct output *out, char *path)
{
    static const char name[] = "rotpipe.XXXXXX";
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
    struct stat st;
    mode_t mask;

    out->path = path;
    out->temporary = malloc(folder + sizeof name);
    if (!out->temporary)
        return -1;
    memcpy(out->temporary, path, folder);
    memcpy(out->temporary + folder, name, sizeof name);
    out->fd = open_nameless(out);
    if (out->fd < 0) {
        out->fd = mkstemp(out->temporary);
        if (out->fd < 0)
            return -1;
        out->named = 1;
    }
    mask = umask(0);
    umask(mask);
    return fchmod(out->fd, stat(path, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask);
}

static int open_path(struct output *out, const char *path)
{
    struct stat st;
    int descriptor;
    char *end;

    out->own_fd = 1;
    if (out->how & OUTPUT_NEW && lstat(path, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    errno = ENOENT;
    end = *path ? path_follow(path, &descriptor) : NULL;
    if (!end)
        return -1;
    if (descriptor == PATH_NO_DESCRIPTOR && (stat(end, &st) < 0 || S_ISREG(st.st_mode)))
        return open_temporary(out, end);
    out->fd = path_open_in_place(end, O_WRONLY);
    free(end);
    return out->fd < 0 ? -1 : 0;
}

/* What is an input must not become an output: neither be replaced nor written to. */
static int note(struct output *out, struct error *e)
{
    if ((out->path ? stat(out->path, &out->place) : fstat(out->fd, &out->place)) < 0)
        return out->path && errno == ENOENT ? 0
                                            : error_set(e, "%s: %s", out->name, strerror(errno));
    if (files_write(&out->place, out->name, e) < 0)
        return -1;
    out->noted = S_ISREG(out->place.st_mode);
    return 0;
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

/* An output that writes nowhere yet. */
static struct output *new_output(const char *name, struct error *e)
{
    struct output *out = malloc(sizeof *out);

    if (!out) {
        error_memory(e, name);
        return NULL;
    }
    memset(out, 0, offsetof(struct output, buffer));
    out->name = name;
    out->fd = -1;
    return out;
}

struct output *output_open(const char *path, struct error *e)
{
    return output_open_how(path, OUTPUT_SAFE, e);
}

struct output *output_open_how(const char *path, unsigned how, struct error *e)
{
    int standard = !path || strcmp(path, "-") == 0;
    struct output *out = new_output(standard ? "standard output" : path, e);

    if (!out)
        return NULL;
    out->how = how;
    if (standard)
        out->fd = STDOUT_FILENO;
    else if (open_path(out, path) < 0) {
        error_set(e, "%s: %s", *path ? path : "''", strerror(errno));
        output_abandon(out);
        return NULL;
    }
    if (!(how & OUTPUT_TEXT) && isatty(out->fd)) {
        error_set(e, "%s: is a terminal; send the binary result to a file or pipe", out->name);
        output_abandon(out);
        return NULL;
    }
    if (note(out, e) < 0) {
        output_abandon(out);
        return NULL;
    }
    if (standard)
        widen_pipe(out->fd);
    return out;
}

int output_redirect(struct output *out, int fd, struct error *e)
{
    return dup2(out->fd, fd) < 0 ? error_set(e, "%s: %s", out->name, strerror(errno)) : 0;
}

struct output *output_open_spool(int *fd, struct error *e)
{
    const char *folder = getenv("TMPDIR");
    struct output *out = new_output("temporary file", e);
    char path[4096];
    int n;

    if (!out)
        return NULL;
    out->own_fd = 1;
    *fd = -1;
    n = snprintf(path, sizeof path, "%s/rotpipe.XXXXXX", folder && *folder ? folder : "/tmp");
    if (n < (int)sizeof path)
        out->fd = mkstemp(path);
    else
        errno = ENAMETOOLONG;
    if (out->fd >= 0) {
        unlink(path);
        *fd = dup(out->fd);
    }
    if (*fd < 0) {
        error_set(e, "temporary file: %s: %s", path, strerror(errno));
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
    if (n == 0)
        return 0; /* bytes may be NULL: the payload of an empty record */
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

/*
 * A rename is safe from a power cut only when its folder is on disk too. It has the file already,
 * so that nothing is left to do here that can fail for lack of memory.
 */
static int sync_folder(char *path)
{
    int fd = open_folder(path, O_RDONLY | O_DIRECTORY), status = 0;

    /* Some file systems refuse to sync a folder; the rename itself has succeeded there. */
    if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL)
        status = -1;
    if (fd >= 0)
        close(fd);
    return status;
}

/* Gives the finished file its name. */
static int publish(struct output *out)
{
    if (!(out->how & OUTPUT_NEW))
        return rename(out->temporary, out->path);
    /* Unlike rename, link never replaces what somebody else has put there meanwhile. */
    if (link(out->temporary, out->path) == 0)
        return unlink(out->temporary);
    /* Not every file system has links: there, the look that open_path took has to do. */
    return errno == EPERM || errno == EOPNOTSUPP ? rename(out->temporary, out->path) : -1;
}

/* True if it is to be safe from a power cut. */
static int is_synced(const struct output *out)
{
    return out->temporary && !(out->how & OUTPUT_UNSYNCED);
}

int output_settle(struct output *out, struct error *e)
{
    if (out->settled)
        return 0;
    if (output_flush(out, e) < 0)
        return -1;
    if ((is_synced(out) && fsync(out->fd) < 0) ||
        (out->temporary && !out->named && give_name(out) < 0))
        return error_set(e, "%s: %s", out->name, strerror(errno));
    out->settled = 1;
    return 0;
}

int output_close(struct output *out, struct error *e)
{
    int fd = out->fd;

    if (output_settle(out, e) < 0)
        goto fail;
    out->fd = -1;
    /* close reports what NFS and quotas refuse late; for standard output it is the last chance. */
    if (close(fd) < 0 && errno != EINTR)
        goto system_fail;
    if (out->temporary) {
        if (publish(out) < 0)
            goto system_fail;
        out->named = 0;
        if (is_synced(out) && sync_folder(out->path) < 0)
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
    if (out->named)
        unlink(out->temporary);
    release(out);
}
