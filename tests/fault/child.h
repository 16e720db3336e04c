/*
 * For the drivers of this folder: a program is run with its streams in hand, bounded in time and
 * memory, and what it did is judged.
 */
#ifndef ROTPIPE_TESTS_CHILD_H
#define ROTPIPE_TESTS_CHILD_H

#include <stddef.h>

/* Where a sanitizer changes what memory and time mean: as the programs, so the drivers are built.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

struct child {
    char **argv;
    int input;      /* descriptor that becomes standard input, read from its start; -1: /dev/null */
    int piped;      /* what is in `input` comes through a pipe */
    long file_size; /* RLIMIT_FSIZE; -1: none */
    const char *closed; /* the standard descriptors that are closed: any of "012"; or NULL */
    int extra_fd;       /* one more that the program gets, under the same number; -1: none */

    /* What it did. */
    int status; /* of exit; -1: killed by `signal` */
    int signal;
    long peak_kib; /* resident memory at its highest */
    unsigned char *out;
    size_t out_size;
    char said[8192]; /* on standard error */
    size_t said_size;
};

enum { CHILD_SECONDS = SANITIZED ? 120 : 20 };

/* Runs it to its end. Ends the driver if the system cannot. */
void child_run(struct child *c);

/* NULL, or what is wrong with a refusal: status 1, one clean line `program: what: why`. */
const char *child_refusal(const struct child *c);

/*
 * Takes the warning "program: what: why; training continues" from the beginning of what was said;
 * true if it was there.
 */
int child_warned(struct child *c);

/* True if bytes are whole rts streams, as far as can be told from headers. */
int is_whole_stream(const unsigned char *bytes, size_t n);

/* ---- small things ---- */

/* The file's bytes, to be freed. */
unsigned char *load_file(const char *path, size_t *n);
void store_file(const char *path, const void *bytes, size_t n);

/* Opened for reading, not passed on to programs. */
int open_input(const char *path);

/* Prints "driver: MESSAGE" and exits with 2. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the command and what it said; after twenty times exits with 1. */
void report(const struct child *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern int reported;

#endif
