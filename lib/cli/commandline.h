/*
 * The options of a command line, one after the other, and what is said of one that getopt_long does
 * not understand. For settings.c, which knows what they mean.
 */
#ifndef ROTPIPE_CLI_COMMANDLINE_H
#define ROTPIPE_CLI_COMMANDLINE_H

#include <getopt.h>

#include "cli/options.h"
#include "cli/settings.h"

enum { ROWS_MAX = OPT_END - OPT_FIRST };

struct commandline {
    struct option options[ROWS_MAX + 1];
    char letters[3 * ROWS_MAX + 2];
    int words;
    char **word;
};

/* The number by which the option of row i is known (options.h). */
int commandline_code(const struct setting *row, int i);

/* argc and argv, with the options of n rows, at most ROWS_MAX. */
void commandline_start(struct commandline *l, const struct setting *row, int n, int argc,
                       char **argv);

/* The row of the next option, whose argument is in optarg; -1: operands begin, at optind. */
int commandline_next(const struct commandline *l);

#endif
