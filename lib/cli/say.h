/*
 * Messages on standard error that are worth less than the work in hand: where their reader has gone
 * (`program 2> >(head)`), the work goes on.
 */
#ifndef ROTPIPE_CLI_SAY_H
#define ROTPIPE_CLI_SAY_H

/* Prints to standard error as fprintf does; a broken pipe ends nothing. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Says, unless -q was given, that the model of this file ("-": standard input) comes from a
 * training that was stopped, if its history (or NULL) does; every program that loads a model calls
 * it once.
 */
void say_stopped(const char *file, const char *history);

/* The same of what else the history has to say of the last training: dead features, a loss that is
 * still that of guessing. */
void say_findings(const char *file, const char *history);

#endif
