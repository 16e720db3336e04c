/* Preloaded: system calls, and the start of threads, that fail when the plan says so. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include "plan.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The function that would have been called: `next` has the type of `name`. */
#define FIND_NEXT(name)                                                                            \
    static __typeof__(&name) next;                                                                 \
    if (!next)                                                                                     \
        *(void **)&next = dlsym(RTLD_NEXT, #name);

/* int NAME(...) that fails with -1. */
#define WRAP(call, name, parameters, arguments)                                                    \
    int name parameters                                                                            \
    {                                                                                              \
        FIND_NEXT(name)                                                                            \
        return plan_fails(call) ? -1 : next arguments;                                             \
    }

WRAP(CALL_CLOSE, close, (int fd), (fd))
WRAP(CALL_STAT, fstat, (int fd, struct stat *st), (fd, st))
WRAP(CALL_STAT, stat, (const char *path, struct stat *st), (path, st))
WRAP(CALL_STAT, lstat, (const char *path, struct stat *st), (path, st))
WRAP(CALL_SYNC, fsync, (int fd), (fd))
WRAP(CALL_NAME, rename, (const char *from, const char *to), (from, to))
WRAP(CALL_NAME, link, (const char *from, const char *to), (from, to))
WRAP(CALL_NAME, linkat,
     (int from_folder, const char *from, int to_folder, const char *to, int flags),
     (from_folder, from, to_folder, to, flags))
WRAP(CALL_MODE, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(CALL_DUP, dup, (int fd), (fd))
WRAP(CALL_DUP, dup2, (int from, int to), (from, to))
WRAP(CALL_FOLDER, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(CALL_OPEN, mkstemp, (char *path), (path))

int open(const char *path, int flags, ...)
{
    FIND_NEXT(open)
    va_list ap;
    int mode;

    va_start(ap, flags);
    mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, int) : 0;
    va_end(ap);
    return plan_fails(CALL_OPEN) ? -1 : next(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    FIND_NEXT(fopen)
    return plan_fails(CALL_OPEN) ? NULL : next(path, mode);
}

off_t lseek(int fd, off_t offset, int from)
{
    FIND_NEXT(lseek)
    return plan_fails(CALL_SEEK) ? -1 : next(fd, offset, from);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    FIND_NEXT(pthread_create)
    return plan_fails(CALL_THREAD) ? errno : next(thread, attributes, start, argument);
}

/* What reading and writing share: -1, or how many of n bytes are to be moved. */
static ssize_t allowance(enum call call, size_t n)
{
    struct plan *p = plan_in_hand();

    if (plan_fails(call))
        return -1;
    if (!p || p->call != (int)call)
        return (ssize_t)n;
    if (p->every && atomic_load(&p->count) % p->every == 0) {
        atomic_fetch_add(&p->hits, 1);
        errno = EINTR;
        return -1;
    }
    if (p->piece && n > (size_t)p->piece) {
        atomic_fetch_add(&p->hits, 1);
        return p->piece;
    }
    return (ssize_t)n;
}

ssize_t read(int fd, void *to, size_t n)
{
    FIND_NEXT(read)
    ssize_t most = allowance(CALL_READ, n);

    return most < 0 ? -1 : next(fd, to, (size_t)most);
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    FIND_NEXT(pread)
    ssize_t most = allowance(CALL_READ, n);

    return most < 0 ? -1 : next(fd, to, (size_t)most, at);
}

ssize_t write(int fd, const void *from, size_t n)
{
    FIND_NEXT(write)
    ssize_t most = allowance(CALL_WRITE, n);

    return most < 0 ? -1 : next(fd, from, (size_t)most);
}
