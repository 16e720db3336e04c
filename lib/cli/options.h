/*
 * Options as the user has typed them, and their arguments: what they may be, and what is said of
 * one that is wrong.
 */
#ifndef ROTPIPE_CLI_OPTIONS_H
#define ROTPIPE_CLI_OPTIONS_H

#include <stdint.h>

/* An option is known by its letter; one that has none, by a number from OPT_FIRST to OPT_END. */
enum { OPT_FIRST = 256, OPT_END = 384 };

/* Keeps how an option was typed, by its name, or by its letter where that is NULL. */
void keep_typed(int option, const char *name);

/* Whether an option was read. */
int was_given(int option);

/* An option by its letter, as the user has typed it, "-j" or "--threads"; valid to the end. */
const char *as_typed(int option);

/*
 * The argument of the option that was read last as a number, as one of the names, which end with
 * NULL, or as a seed. Anything else, or a number out of range, is misuse; what is possible is said.
 */
int64_t int_argument(const char *text, int64_t lowest, int64_t highest);
double real_argument(const char *text, double lowest, double highest);
int choice_argument(const char *text, const char *const *names);
uint64_t seed_argument(const char *text);

/* The argument of -j. */
int threads_argument(const char *text);

/* How many of the n operands are standard input; a program without operands reads it, too. */
int standard_inputs(char **operands, int n);

#endif
