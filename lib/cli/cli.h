/*
 * The manners that every program shares: how it complains, ends and reads its options.
 */
#ifndef ROTPIPE_CLI_CLI_H
#define ROTPIPE_CLI_CLI_H

#include "base/error.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2 };

/* Values of options that have no letter start here. */
enum { OPT_HELP = 256, OPT_VERSION, OPT_NO_HISTORY, OPT_FIRST };

/* The end of every program's table of options. */
#define COMMON_OPTIONS                                                                             \
    {"help", no_argument, NULL, OPT_HELP}, {"version", no_argument, NULL, OPT_VERSION},            \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* The option that all programs share which write a stream: to say nothing of how it was made. */
/* clang-format off */
#define STREAM_OPTIONS {"no-history", no_argument, NULL, OPT_NO_HISTORY}
/* clang-format on */

/* The only global: the program's name, for its messages; set by start. */
extern const char *program;

/*
 * The first call of every program: takes its name from argv[0], holds standard streams that the
 * caller has closed, and turns a write past `ulimit -f` into an error.
 */
void start(char **argv);

/* Prints "PROGRAM: TEXT" on standard error; exit status 1. */
_Noreturn void die(const struct error *e);

/* Used wrongly: says how on standard error, and where to read on; exit status 2. */
_Noreturn void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes and closes standard output; a write that failed makes the program fail. */
_Noreturn void finish_text(void);

/* --help, --version, and whatever getopt_long did not understand (it has said so itself). */
_Noreturn void common_option(int option, const char *help);

/* How many of the n operands are standard input; a program without operands reads it, too. */
int standard_inputs(char **operands, int n);

/* The argument of an option as a number; anything else, or one out of range, is misuse. */
int64_t int_argument(const char *option, const char *text, int64_t lowest, int64_t highest);
double real_argument(const char *option, const char *text, double lowest, double highest);

/* The argument of -s. */
uint64_t seed_argument(const char *text);

#endif
