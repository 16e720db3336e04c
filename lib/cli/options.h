/*
 * Options: how every program reads them, and what it says of one that is wrong.
 */
#ifndef ROTPIPE_CLI_OPTIONS_H
#define ROTPIPE_CLI_OPTIONS_H

#include <getopt.h>
#include <stdint.h>

/* Values of options that have no letter start here, and stay below OPT_END. */
enum { OPT_VERSION = 256, OPT_NO_HISTORY, OPT_FIRST, OPT_END = 384 };

/* The options that every program has, with their letters; the end of its table of options. */
#define COMMON_LETTERS "ho:q"
#define COMMON_OPTIONS                                                                             \
    {"output", required_argument, NULL, 'o'}, {"quiet", no_argument, NULL, 'q'},                   \
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, OPT_VERSION},             \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

/* The option that all programs share which write a stream: to say nothing of how it was made. */
/* clang-format off */
#define STREAM_OPTIONS {"no-history", no_argument, NULL, OPT_NO_HISTORY}
/* clang-format on */

/* Keeps how an option was typed, by its name, or by its letter where that is NULL. */
void keep_typed(int option, const char *name);

/*
 * getopt_long, with the common letters added to those of the program. It keeps how each option was
 * typed, for the messages, and refuses an option with an optional argument in front of a word that
 * is neither an option nor a file: that word was meant to be the argument. What getopt_long does
 * not understand is misuse.
 */
int next_option(int argc, char **argv, const char *letters, const struct option *options);

/* Takes a common option: --help and --version, which end the program, -o and -q. */
void common_option(int option, const char *help);

/* The file of -o, or NULL; and whether -q was given. */
const char *result_path(void);
int is_quiet(void);

/* Whether an option was read, by its value. */
int was_given(int option);

/* An option by its value, as the user has typed it, "-j" or "--threads"; valid to the end. */
const char *as_typed(int option);

/*
 * The argument of the option that next_option has just returned as a number, as one of n names, or
 * as a seed. Anything else, or a number out of range, is misuse; what is possible is said.
 */
int64_t int_argument(const char *text, int64_t lowest, int64_t highest);
double real_argument(const char *text, double lowest, double highest);
int choice_argument(const char *text, const char *const *names, int n);
uint64_t seed_argument(const char *text);

/* The argument of -j. */
int threads_argument(const char *text);

/* How many of the n operands are standard input; a program without operands reads it, too. */
int standard_inputs(char **operands, int n);

#endif
