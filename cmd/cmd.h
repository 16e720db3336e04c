/*
 * The manners that every program shares: how it complains, ends and reads its options.
 */
#ifndef ROTPIPE_CMD_H
#define ROTPIPE_CMD_H

#include "base/error.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2 };

/* Values of options that have no letter start here. */
enum { OPT_HELP = 256, OPT_VERSION, OPT_NO_HISTORY, OPT_FIRST };

#define COMMON_OPTIONS                                                                             \
    {"help", no_argument, NULL, OPT_HELP}, {"version", no_argument, NULL, OPT_VERSION},            \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* The only global: the program's name, for its messages. */
static const char *program = "rotpipe";

/*
 * A standard stream that the caller has closed would be the next file that is opened, and messages
 * or the result would go into that. Its place is taken by something that fails in every use.
 */
static inline void hold_standard_streams(void)
{
    static const int useless[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", useless[fd]) != fd)
            exit(EXIT_FAILED);
}

static inline void start(char **argv)
{
    const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

    if (argv[0])
        program = slash ? slash + 1 : argv[0];
    hold_standard_streams();
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* writing past `ulimit -f` is then an error like a full disk */
#endif
}

_Noreturn static inline void die(const struct error *e)
{
    fprintf(stderr, "%s: %s\n", program, e->text);
    exit(EXIT_FAILED);
}

/* Used wrongly: says how, and where to read on. */
_Noreturn static inline void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn static inline void misused(const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "%s: ", program);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, " (try '%s --help')\n", program);
    exit(EXIT_MISUSED);
}

/* Flushes and closes standard output; a write that failed makes the program fail. */
_Noreturn static inline void finish_text(void)
{
    int failed = ferror(stdout);

    errno = 0;
    if (fclose(stdout) != 0 || failed) {
        fprintf(stderr, "%s: standard output: cannot write%s%s\n", program, errno ? ": " : "",
                errno ? strerror(errno) : "");
        exit(EXIT_FAILED);
    }
    exit(EXIT_DONE);
}

/* --help, --version, and whatever getopt_long did not understand (it has said so itself). */
_Noreturn static inline void common_option(int option, const char *help)
{
    if (option == OPT_HELP) {
        fputs(help, stdout);
        finish_text();
    }
    if (option == OPT_VERSION) {
        printf("%s (rotpipe) %s\n", program, ROTPIPE_VERSION);
        finish_text();
    }
    fprintf(stderr, "%s: try '%s --help'\n", program, program);
    exit(EXIT_MISUSED);
}

/* How many of these are standard input; a program without operands reads it, too. */
static inline int standard_inputs(char **operands, int n)
{
    int count = n == 0;

    for (int i = 0; i < n; i++)
        count += strcmp(operands[i], "-") == 0;
    return count;
}

static inline int64_t int_argument(const char *option, const char *text, int64_t lowest,
                                   int64_t highest)
{
    int64_t v = 0;

    if (parse_int(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is no whole number from %" PRId64 " to %" PRId64, option, text, lowest,
                highest);
    return v;
}

static inline double real_argument(const char *option, const char *text, double lowest,
                                   double highest)
{
    double v = 0;

    if (parse_real(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is no number from %g to %g", option, text, lowest, highest);
    return v;
}

static inline uint64_t seed_argument(const char *text)
{
    uint64_t v = 0;

    if (parse_u64(text, &v) < 0)
        misused("-s: '%s' is no seed: a whole number from 0 to 2^64 - 1", text);
    return v;
}

#endif
