/*
 * The options of a program as rows of a table: each is one row, from which the command line, --help
 * and the line of the history are made; and whatever compares two such lines, as --resume does,
 * sees every option that decides the result.
 */
#ifndef ROTPIPE_CLI_SETTINGS_H
#define ROTPIPE_CLI_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

/* What an option sets, in the program's struct. */
enum setting_type {
    SETTING_FLAG,    /* int: 1 */
    SETTING_INT,     /* int, within the range */
    SETTING_LONG,    /* int64_t or uint64_t, within the range */
    SETTING_REAL,    /* double, within the range */
    SETTING_SEED,    /* uint64_t */
    SETTING_THREADS, /* int */
    SETTING_CHOICE,  /* an enum: one of `choices` */
    SETTING_TEXT     /* const char *, valid to the end */
};

/* Whether it decides the result: then it stands in the line of the history, */
enum setting_decides {
    SETTING_FREE,    /* no */
    SETTING_NAMED,   /* by its name alone, where given: what is in the file is compared elsewhere */
    SETTING_CHANGED, /* where it is not the default */
    SETTING_ALWAYS
};

struct setting {
    const char *name; /* "batch": --batch */
    char letter;      /* 'b', or 0 */
    const char *argument;
    const char *help; /* what --help says; a line feed in it begins another line */
    enum setting_type type;
    enum setting_decides decides;
    size_t at; /* of what it sets */
    int64_t lowest, highest;
    const char *const *choices; /* ends with NULL */
};

struct settings_table {
    const char *usage; /* before the options in --help */
    const struct setting *row;
    int rows;
    const void *defaults; /* a struct as the options set it, in which they have set nothing */
};

/*
 * Reads the options of a command line into `into`, which holds the defaults, and the common ones
 * (options.h). What is wrong is misuse. Returns where the operands begin.
 */
int settings_read(const struct settings_table *t, int argc, char **argv, void *into);

/* Whether the option of that name was on the command line. */
int settings_given(const struct settings_table *t, const char *name);

/* Writes " --name value" to text for each option that decides the result. */
void settings_line(const struct settings_table *t, const void *from, char *text, size_t size);

#endif
