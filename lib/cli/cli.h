/*
 * The manners that every program shares: how it starts, complains and ends.
 */
#ifndef ROTPIPE_CLI_CLI_H
#define ROTPIPE_CLI_CLI_H

#include "base/error.h"
#include "cli/options.h"
#include "cli/settings.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2 };

/* The only global: the program's name, for its messages; set by start. */
extern const char *program;

/*
 * The first call of every program: takes its name from argv[0], holds standard streams that the
 * caller has closed, sees to it that no input is written, and turns a write past `ulimit -f` into
 * an error.
 */
void start(char **argv);

/*
 * Messages: one line on standard error, "PROGRAM: TEXT", in which control characters and bytes that
 * are not UTF-8, of file names and arguments, are '?'. Where its reader has gone nothing else
 * changes.
 */

/* Says what is wrong, and goes on. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with the error; exit status 2 if e->misuse, otherwise 1. */
_Noreturn void die(const struct error *e);

/* Used wrongly: says how, and where to read on; exit status 2. */
_Noreturn void misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A remark, unless -q was given; goes on. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * For a result that is text: makes standard output the file of -o, if there is one, which appears
 * when finish_text has ended the program well, and not at all otherwise. To be called when the
 * options are read, before anything is printed.
 */
void start_text(void);

/* What to call the place where text goes in messages. */
const char *text_name(void);

/* Flushes and closes standard output; a write that failed makes the program fail. */
_Noreturn void finish_text(void);

#endif
