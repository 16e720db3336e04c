/* A program run with its streams in hand, and its end judged. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORTS = 20, HEADER = 128, PIPE_ROOM = 1 << 20 };
static const rlim_t address_space = (rlim_t)1 << 30;

int reported;

void give_up(const char *format, ...)
{
    va_list ap;

    fputs("driver: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputs("\n", stderr);
    exit(2);
}

void report(const struct child *c, const char *format, ...)
{
    va_list ap;

    for (char **word = c->argv; *word; word++)
        fprintf(stderr, "%s ", *word);
    fputs("# ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n    status %d, signal %d, %zu bytes of output, said: %.*s\n", c->status,
            c->signal, c->out_size, (int)c->said_size, c->said);
    if (++reported == REPORTS)
        give_up("too many failures");
}

/* ---- running ---- */

/* A standard output that is a file without a name, the same for all runs. */
static int output_file(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("output", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        give_up("no file in memory: %s", strerror(errno));
    return fd;
}

/* A pipe with the bytes of a file in it. */
static int filled_pipe(int file)
{
    static char bytes[PIPE_ROOM];
    ssize_t n = pread(file, bytes, sizeof bytes, 0);
    int ends[2];

    if (n < 0 || pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_ROOM) < n ||
        write(ends[1], bytes, (size_t)n) != n)
        give_up("no pipe: %s", strerror(errno));
    close(ends[1]);
    return ends[0];
}

/* In the new process, up to the program itself. */
static void become(const struct child *c, int in, int out, int err)
{
    struct rlimit none = {0, 0}, space = {address_space, address_space};
    struct rlimit size = {(rlim_t)c->file_size, (rlim_t)c->file_size};

    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    for (const char *d = c->closed; d && *d; d++)
        close(*d - '0');
    if (c->extra_fd >= 0)
        fcntl(c->extra_fd, F_SETFD, 0);
    setrlimit(RLIMIT_CORE, &none);
    if (!SANITIZED)
        setrlimit(RLIMIT_AS, &space);
    if (c->file_size >= 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &size);
    }
    alarm(CHILD_SECONDS);
    execvp(c->argv[0], c->argv);
    _exit(127);
}

static void keep_output(struct child *c, int out, int err)
{
    off_t size = lseek(out, 0, SEEK_END);
    ssize_t n = read(err, c->said, sizeof c->said);

    c->said_size = n > 0 ? (size_t)n : 0;
    c->out_size = size > 0 ? (size_t)size : 0;
    free(c->out);
    c->out = malloc(c->out_size + 1);
    if (!c->out || pread(out, c->out, c->out_size, 0) != (ssize_t)c->out_size)
        give_up("the output cannot be read back");
}

void child_run(struct child *c)
{
    int out = output_file(), in, err[2], status;
    struct rusage usage;
    pid_t pid;

    if (c->input < 0)
        in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    else if (c->piped)
        in = filled_pipe(c->input);
    else if (lseek(in = c->input, 0, SEEK_SET) < 0)
        give_up("the input cannot be rewound");
    if (pipe2(err, O_CLOEXEC) < 0 || fcntl(err[0], F_SETFL, O_NONBLOCK) < 0 || (pid = fork()) < 0)
        give_up("no process: %s", strerror(errno));
    if (pid == 0)
        become(c, in, out, err[1]);
    close(err[1]);
    if (in != c->input)
        close(in);
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            give_up("wait: %s", strerror(errno));
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->peak_kib = usage.ru_maxrss;
    keep_output(c, out, err[0]);
    close(err[0]);
    if (c->status == 127)
        give_up("%s cannot be run", c->argv[0]);
}

/* ---- judging ---- */

const char *child_refusal(const struct child *c)
{
    const char *slash = strrchr(c->argv[0], '/'), *name = slash ? slash + 1 : c->argv[0];
    size_t n = strlen(name);

    if (c->signal == SIGALRM)
        return "hangs";
    if (c->status < 0)
        return "crashes";
    if (c->status != 1)
        return "status is not 1";
    if (c->said_size == 0 || c->said[c->said_size - 1] != '\n')
        return "no line on standard error";
    if (memchr(c->said, '\n', c->said_size - 1))
        return "more than one line";
    for (size_t i = 0; i + 1 < c->said_size; i++)
        if (iscntrl((unsigned char)c->said[i]))
            return "a control character in the message";
    if (c->said_size < n + 3 || memcmp(c->said, name, n) != 0 || memcmp(c->said + n, ": ", 2) != 0)
        return "the message does not begin with the program's name";
    if (!memmem(c->said + n + 2, c->said_size - n - 2, ": ", 2))
        return "the message is not 'program: what: why'";
    return NULL;
}

int child_warned(struct child *c)
{
    static const char mark[] = "; training continues\n";
    char *end = memchr(c->said, '\n', c->said_size);
    size_t n = end ? (size_t)(end + 1 - c->said) : 0;

    if (n < strlen(mark) || memcmp(c->said + n - strlen(mark), mark, strlen(mark)) != 0)
        return 0;
    c->said_size -= n;
    memmove(c->said, c->said + n, c->said_size);
    return 1;
}

int is_whole_stream(const unsigned char *bytes, size_t n)
{
    int ended = 0;

    for (size_t at = 0; at < n;) {
        uint64_t size;
        if (n - at < HEADER || memcmp(bytes + at, "rts1", 4) != 0)
            return 0;
        memcpy(&size, bytes + at + 16, sizeof size);
        ended = memcmp(bytes + at + 80, "end", 4) == 0;
        at += HEADER;
        if (size > n - at || (size + 63) / 64 * 64 > n - at)
            return 0;
        at += (size + 63) / 64 * 64;
    }
    return ended;
}

/* ---- small things ---- */

unsigned char *load_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    unsigned char *bytes = NULL;
    size_t room = 0, got;

    *n = 0;
    do {
        room += 1 << 16;
        bytes = realloc(bytes, room);
        if (!f || !bytes)
            give_up("%s: %s", path, strerror(errno));
        got = fread(bytes + *n, 1, room - *n, f);
        *n += got;
    } while (*n == room);
    fclose(f);
    return bytes;
}

void store_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) < 0)
        give_up("%s: %s", path, strerror(errno));
}

int open_input(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        give_up("%s: %s", path, strerror(errno));
    return fd;
}
