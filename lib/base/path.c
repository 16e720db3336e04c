/* Symbolic links, open descriptors and regular files behind a path. */
#undef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

enum { LINKS_MOST = 40 };

/* The bytes of the path before its last name. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

static char *folder_of(const char *path)
{
    size_t n = folder_length(path);

    return n ? strndup(path, n) : strdup(".");
}

/* Whether path is a link that the system makes for an open file; see path_follow. */
static int descriptor_of(const char *path)
{
    char *folder = folder_of(path), *real = folder ? realpath(folder, NULL) : NULL;
    char *own = realpath("/dev/fd", NULL);
    size_t n = real ? strlen(real) : 0;
    int found = PATH_NO_DESCRIPTOR;

    if (n && own && strcmp(real, own) == 0)
        found = atoi(path + folder_length(path));
    else if (n > 9 && strncmp(real, "/proc/", 6) == 0 && strcmp(real + n - 3, "/fd") == 0)
        found = PATH_FOREIGN_DESCRIPTOR;
    free(folder);
    free(real);
    free(own);
    return found;
}

/* Where the link at path leads, from where path starts. */
static char *follow_link(const char *path)
{
    char target[PATH_MAX], *to;
    ssize_t n = readlink(path, target, sizeof target - 1);
    size_t folder;

    if (n < 0)
        return NULL;
    target[n] = '\0';
    folder = *target == '/' ? 0 : folder_length(path);
    to = malloc(folder + (size_t)n + 1);
    if (to) {
        memcpy(to, path, folder);
        memcpy(to + folder, target, (size_t)n + 1);
    }
    return to;
}

char *path_follow(const char *path, int *descriptor)
{
    char *now = strdup(path);
    struct stat st;

    *descriptor = PATH_NO_DESCRIPTOR;
    for (int i = 0; now && i < LINKS_MOST; i++) {
        char *next;
        if (lstat(now, &st) < 0 || !S_ISLNK(st.st_mode))
            return now;
        *descriptor = descriptor_of(now);
        if (*descriptor != PATH_NO_DESCRIPTOR)
            return now;
        next = follow_link(now);
        free(now);
        now = next;
    }
    if (now)
        errno = ELOOP;
    free(now);
    return NULL;
}

int path_descriptor(const char *path)
{
    int descriptor;
    char *end = path_follow(path, &descriptor);

    if (!end)
        return PATH_NO_DESCRIPTOR;
    free(end);
    return descriptor;
}

/* Opened by its path, one of the program's own open files would begin anew. */
static int write_on(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int path_open_in_place(const char *path, int flags)
{
    int descriptor = path_descriptor(path);

    return descriptor >= 0 ? write_on(descriptor) : open(path, flags | O_CLOEXEC, 0666);
}

static int same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The folder in which the file of this path would be made, and its name there. */
static char *place(const char *path, struct stat *folder, const char **name)
{
    int descriptor;
    char *end = path_follow(path, &descriptor), *in = end ? folder_of(end) : NULL;

    if (!in || stat(in, folder) < 0) {
        free(end);
        end = NULL;
    }
    free(in);
    *name = end ? end + folder_length(end) : NULL;
    return end;
}

int path_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    const char *name_a, *name_b;
    char *place_a, *place_b;
    int there = stat(a, &of_a) == 0, result;

    if (there != (stat(b, &of_b) == 0))
        return 0;
    if (there)
        return S_ISREG(of_a.st_mode) && same(&of_a, &of_b);
    place_a = place(a, &of_a, &name_a);
    place_b = place(b, &of_b, &name_b);
    result = place_a && place_b && same(&of_a, &of_b) && strcmp(name_a, name_b) == 0;
    free(place_a);
    free(place_b);
    return result;
}

int path_is_open_as(const char *path, int fd)
{
    struct stat a, b;

    return stat(path, &a) == 0 && fstat(fd, &b) == 0 && S_ISREG(a.st_mode) && same(&a, &b);
}
