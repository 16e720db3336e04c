/*
 * What the fuzz targets share. A target is fuzz_NAME.c: LLVMFuzzerTestOneInput takes bytes that
 * may be anything, hands them to one part of the library, and holds what comes out against what
 * must be true of it. It links with libFuzzer (make fuzz) or with replay.c (make check).
 */
#ifndef ROTPIPE_TESTS_FUZZ_H
#define ROTPIPE_TESTS_FUZZ_H

#include "rts/writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding unless the condition holds. */
#define REQUIRE(condition) require((condition) ? 1 : 0, __FILE__, __LINE__, #condition)

static inline void require(int holds, const char *file, int line, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* ---- bytes as a file ---- */

/* A nameless file that can be opened again by a path of its own. */
struct file {
    int fd;
    char path[24];
};

/* The readers want a path. */
static inline const char *file_path(struct file *f)
{
    /* Where opening this path is a dup, the new descriptor shares the offset. */
    REQUIRE(lseek(f->fd, 0, SEEK_SET) == 0);
    snprintf(f->path, sizeof f->path, "/dev/fd/%d", f->fd);
    return f->path;
}

/* An output into a new file. */
static inline struct output *file_output(struct file *f)
{
    struct error e;
    struct output *out = output_open_spool(&f->fd, &e);

    REQUIRE(out != NULL);
    return out;
}

static inline struct rts_writer *file_writer(struct file *f)
{
    struct error e;
    struct rts_writer *w = rts_create_on(file_output(f), &e);

    REQUIRE(w != NULL);
    return w;
}

/* Puts these bytes, and no others, into a file that is made when it is needed first (fd 0). */
static inline const char *file_fill(struct file *f, const void *bytes, size_t n)
{
    struct error e;

    if (f->fd == 0)
        REQUIRE(output_close(file_output(f), &e) == 0);
    REQUIRE(ftruncate(f->fd, 0) == 0);
    REQUIRE(n == 0 || pwrite(f->fd, bytes, n, 0) == (ssize_t)n);
    return file_path(f);
}

/* All bytes of a file, to be freed. */
static inline uint8_t *file_bytes(struct file *f, size_t *n)
{
    struct stat st;
    uint8_t *bytes;

    REQUIRE(fstat(f->fd, &st) == 0);
    *n = (size_t)st.st_size;
    bytes = malloc(*n + 1);
    REQUIRE(bytes && pread(f->fd, bytes, *n, 0) == (ssize_t)*n);
    return bytes;
}

static inline void file_close(struct file *f)
{
    close(f->fd);
    f->fd = 0;
}

static inline int files_equal(struct file *a, struct file *b)
{
    size_t n, m;
    uint8_t *x = file_bytes(a, &n), *y = file_bytes(b, &m);
    int same = n == m && memcmp(x, y, n) == 0;

    free(x);
    free(y);
    return same;
}

/* ---- bytes as choices ---- */

struct bytes {
    const uint8_t *at;
    size_t left;
};

/* The next one, 0 when there are no more. */
static inline unsigned next_byte(struct bytes *b)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->at++;
}

/* The next n of them, lowest first. */
static inline uint64_t next_number(struct bytes *b, int n)
{
    uint64_t v = 0;

    for (int i = 0; i < n; i++)
        v |= (uint64_t)next_byte(b) << 8 * i;
    return v;
}

/* All that is left, as a string to be freed. */
static inline char *rest_as_text(struct bytes *b)
{
    char *text = malloc(b->left + 1);

    REQUIRE(text != NULL);
    if (b->left)
        memcpy(text, b->at, b->left);
    text[b->left] = '\0';
    b->left = 0;
    return text;
}

/* An error is one line that says something. */
static inline void require_error(const struct error *e)
{
    size_t n = strnlen(e->text, sizeof e->text);

    REQUIRE(n > 0 && n < sizeof e->text);
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)e->text[i] >= 0x20 && e->text[i] != 0x7f);
}

#endif
