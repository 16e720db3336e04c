/*
 * damage - what a program makes of a damaged file
 *
 *     damage [-s STRIDE] [-b BYTES] [-f | -e] [-n] [-p] [-t] FILE PROGRAM [ARGUMENT ...]
 *
 * An argument @ stands for the damaged file; without one it is standard input (-p: a pipe). Every
 * truncation and every file with a single bit turned over is tried, one process each; each must be
 * refused: status 1, one clean line, no whole result, hardly more memory than the whole file takes.
 *
 *     -s STRIDE   only every STRIDE-th of them
 *     -b BYTES    bits of the first BYTES bytes only (formats without a checksum)
 *     -n          no truncations
 *     -e          a result that is that of the whole file counts, too (gzip: some bits mean
 * nothing) -f          forged: all checksums of the rts stream are put right again after each
 * change, and no truncation is tried; a result counts, too
 *     -t          the result is lines of text, written while the file is read: all of them may
 * stand there when the damage lies behind the last
 *
 * Prints how many were tried; status 0 if all was as it must be, 1 if not, 2 for trouble.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include "child.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { HEADER = 128, MORE_KIB = SANITIZED ? 1 << 18 : 4 << 10 };

struct job {
    struct child child;
    size_t stride, bytes;
    int forged, same_counts, uncut, text;
    unsigned char *whole, *damaged;
    size_t size;
    char path[4096];

    unsigned char *right; /* the result from the whole file */
    size_t right_size;
    long right_peak;
    uint64_t cuts, flips, refused, taken;
};

/* Makes every record's checksums right, as far as the headers still lead from one to the next. */
static void mend_checksums(unsigned char *bytes, size_t n)
{
    for (size_t at = 0; n - at >= HEADER;) {
        uint64_t size;
        uint32_t crc;
        memcpy(&size, bytes + at + 16, sizeof size);
        size = size > n ? n : (size + 63) / 64 * 64;
        if (size > n - at - HEADER)
            size = n - at - HEADER;
        crc = (uint32_t)crc32_z(0, bytes + at + HEADER, size);
        memcpy(bytes + at + 120, &crc, sizeof crc);
        crc = (uint32_t)crc32_z(0, bytes + at, 124);
        memcpy(bytes + at + 124, &crc, sizeof crc);
        at += HEADER + size;
    }
}

/* True if what came out may stand beside status 1. */
static int is_partial(const struct job *j)
{
    const struct child *c = &j->child;

    if (j->right_size >= 4 && memcmp(j->right, "rts1", 4) == 0)
        return !is_whole_stream(c->out, c->out_size);
    if (c->out_size < j->right_size + (size_t)j->text && memcmp(c->out, j->right, c->out_size) == 0)
        return 1;
    /* rtsinfo says so itself. */
    return memmem(c->out, c->out_size, "\ndamaged  ", 10) != NULL ||
           (c->out_size > 9 && memcmp(c->out, "damaged  ", 9) == 0);
}

static int is_same(const struct job *j)
{
    return j->child.out_size == j->right_size && memcmp(j->child.out, j->right, j->right_size) == 0;
}

/* One variant: the first n bytes of what is in j->damaged. */
static void try(struct job *j, size_t n, const char *kind, size_t where)
{
    struct child *c = &j->child;
    const char *wrong;

    store_file(j->path, j->damaged, n);
    child_run(c);
    if (c->peak_kib > j->right_peak + MORE_KIB)
        report(c, "%s %zu: takes %ld KiB, the whole file %ld", kind, where, c->peak_kib,
               j->right_peak);
    if (c->status == 0 && c->said_size == 0 && (j->forged || (j->same_counts && is_same(j)))) {
        j->taken++;
        return;
    }
    wrong = child_refusal(c);
    if (!wrong && !j->forged && !is_partial(j))
        wrong = "a whole result";
    if (wrong)
        report(c, "%s %zu: %s", kind, where, wrong);
    else
        j->refused++;
}

static void try_all(struct job *j)
{
    size_t step = 0;

    memcpy(j->damaged, j->whole, j->size);
    for (size_t n = 0; n < j->size && !j->uncut; n++)
        if (step++ % j->stride == 0) {
            try(j, n, "cut after byte", n);
            j->cuts++;
        }
    for (size_t bit = 0; bit < 8 * j->bytes; bit++)
        if (step++ % j->stride == 0) {
            memcpy(j->damaged, j->whole, j->size);
            j->damaged[bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (j->forged)
                mend_checksums(j->damaged, j->size);
            try(j, j->size, "bit", bit);
            j->flips++;
        }
}

/* The undamaged file: the program must take it, and it must not be empty. */
static void try_whole(struct job *j)
{
    struct child *c = &j->child;

    store_file(j->path, j->whole, j->size);
    child_run(c);
    if (c->status != 0 || c->said_size)
        give_up("%s does not take the whole file: status %d, %.*s", c->argv[0], c->status,
                (int)c->said_size, c->said);
    if (c->out_size == 0)
        give_up("%s has no result", c->argv[0]);
    j->right = c->out;
    j->right_size = c->out_size;
    j->right_peak = c->peak_kib;
    c->out = NULL;
}

static void take_options(struct job *j, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "+s:b:efnpt")) != -1)
        switch (option) {
        case 's':
            j->stride = strtoul(optarg, NULL, 10);
            break;
        case 'b':
            j->bytes = strtoul(optarg, NULL, 10);
            break;
        case 'e':
            j->same_counts = 1;
            break;
        case 'f':
            j->forged = j->uncut = 1;
            break;
        case 'n':
            j->uncut = 1;
            break;
        case 't':
            j->text = 1;
            break;
        case 'p':
            j->child.piped = 1;
            break;
        default:
            exit(2);
        }
    if (argc - optind < 2 || j->stride == 0)
        give_up("a file and a program are needed, and a stride of at least 1");
}

/* Puts the path in the place of @; or the file becomes standard input. */
static void take_command(struct job *j, char **argv)
{
    int named = 0;

    j->child.argv = argv;
    for (char **word = argv; *word; word++)
        if (strcmp(*word, "@") == 0) {
            *word = j->path;
            named = 1;
        }
    if (named)
        return;
    j->child.input = open_input(j->path);
}

int main(int argc, char **argv)
{
    static struct job j = {
        .child = {.input = -1, .file_size = -1, .extra_fd = -1}, .stride = 1, .bytes = SIZE_MAX};

    take_options(&j, argc, argv);
    j.whole = load_file(argv[optind], &j.size);
    if (j.bytes > j.size)
        j.bytes = j.size;
    j.damaged = malloc(j.size + 1);
    snprintf(j.path, sizeof j.path, "damaged.%ld", (long)getpid());
    store_file(j.path, j.whole, j.size);
    take_command(&j, argv + optind + 1);
    try_whole(&j);
    try_all(&j);
    unlink(j.path);
    printf("%llu cuts and %llu bits: %llu refused, %llu taken\n", (unsigned long long)j.cuts,
           (unsigned long long)j.flips, (unsigned long long)j.refused, (unsigned long long)j.taken);
    return reported ? 1 : 0;
}
