/* A list of the regular files that are open, and what each of them is for. */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum role { INPUT, OUTPUT };

struct entry {
    dev_t device;
    ino_t inode;
    enum role role;
    struct entry *next;
};

/* Few, so that a list does; what is written is at its beginning, as it comes and goes. */
static struct entry *entries;
static int keep;

static int is(const struct entry *n, const struct stat *st, enum role role)
{
    return n->role == role && n->device == st->st_dev && n->inode == st->st_ino;
}

static int holds(const struct stat *st, enum role role)
{
    for (const struct entry *n = entries; n; n = n->next)
        if (is(n, st, role))
            return 1;
    return 0;
}

/* The list lasts as long as the process; what looks for leaks is to find none. */
static void forget_all(void)
{
    for (struct entry *next; entries; entries = next) {
        next = entries->next;
        free(entries);
    }
}

static int add(const struct stat *st, enum role role, const char *name, struct error *e)
{
    static int registered;
    struct entry *n = malloc(sizeof *n);

    if (!n)
        return error_memory(e, name);
    if (!registered)
        registered = atexit(forget_all) == 0;
    *n = (struct entry){st->st_dev, st->st_ino, role, entries};
    entries = n;
    return 0;
}

static void take_out(const struct stat *st, enum role role)
{
    for (struct entry **at = &entries; *at; at = &(*at)->next)
        if (is(*at, st, role)) {
            struct entry *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
}

/* Programs that print text write to standard output without opening it. */
static int is_standard_output(const struct stat *st)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    struct stat out;

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(STDOUT_FILENO, &out) == 0 &&
           out.st_dev == st->st_dev && out.st_ino == st->st_ino;
}

static int refuse(const char *name, struct error *e)
{
    return error_set(e, "%s: is both input and output", name);
}

int files_read(const struct stat *st, const char *name, struct error *e)
{
    if (!S_ISREG(st->st_mode))
        return 0;
    if (is_standard_output(st) || holds(st, OUTPUT))
        return refuse(name, e);
    return keep && holds(st, INPUT) ? 0 : add(st, INPUT, name, e);
}

void files_closed(const struct stat *st)
{
    if (!keep)
        take_out(st, INPUT);
}

void files_keep(void)
{
    keep = 1;
}

int files_write(const struct stat *st, const char *name, struct error *e)
{
    if (!S_ISREG(st->st_mode))
        return 0;
    return holds(st, INPUT) ? refuse(name, e) : add(st, OUTPUT, name, e);
}

int files_is_written(const struct stat *st)
{
    return holds(st, OUTPUT);
}

int files_is_at_fault(int error)
{
    static const int faults[] = {EACCES, EISDIR,  ELOOP, ENAMETOOLONG, ENODEV,
                                 ENOENT, ENOTDIR, ENXIO, EOVERFLOW,    EPERM};

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (error == faults[i])
            return 1;
    return 0;
}

void files_written(const struct stat *st)
{
    take_out(st, OUTPUT);
}

void files_forget(const char *path)
{
    struct stat st;

    if ((strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0)
        take_out(&st, INPUT);
}
