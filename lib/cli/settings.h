/*
 * The options of a program as rows of a table: each is one row, from which the command line, --help
 * and the line of the history are made; and whatever compares two such lines, as --resume does,
 * sees every option that decides the result. The options that all programs have, -o, -q, --help and
 * --version, are added to every table.
 */
#ifndef ROTPIPE_CLI_SETTINGS_H
#define ROTPIPE_CLI_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

/* What an option sets, in the program's struct. */
enum setting_type {
    SETTING_FLAG,    /* int or an enum: `lowest`, which is 1 of FLAG */
    SETTING_INT,     /* int, within the range */
    SETTING_LONG,    /* int64_t or uint64_t, within the range */
    SETTING_REAL,    /* double, within the range */
    SETTING_SEED,    /* uint64_t */
    SETTING_THREADS, /* int */
    SETTING_CHOICE,  /* an enum: one of `choices` */
    SETTING_TEXT,    /* const char *, valid to the end */
    SETTING_WORD,    /* the same of a name, which needs no quotes in the history */
    SETTING_CALL,    /* anything: `take` sets it, and `put` tells it */
    SETTING_GROUP    /* no option, but rows that programs share: `group`, which sets a struct */
};

/* Whether it decides the result: then it stands in the line of the history, */
enum setting_decides {
    SETTING_FREE = 1, /* no */
    SETTING_NAMED,   /* by its name alone, where given: what is in the file is compared elsewhere */
    SETTING_GIVEN,   /* where given */
    SETTING_CHANGED, /* where it is not the default */
    SETTING_WITH,    /* where the int at `with` is not 0 */
    SETTING_ALWAYS
};

struct setting {
    const char *name; /* "batch": --batch; NULL behind the last row */
    char letter;      /* 'b', or 0 */
    /* NULL: none; "[=N]": it may be left out, and a number is then `lowest`. */
    const char *argument;
    const char *help; /* what --help says; a line feed in it begins another line */
    enum setting_decides decides;
    enum setting_type type;
    size_t at; /* of what it sets */
    union {
        int64_t lowest;
        double least; /* of SETTING_REAL */
    };
    union {
        int64_t highest;
        double most;
    };
    const char *const *choices; /* ends with NULL */
    /* at: what the row sets; argument: NULL where it was left out. What is wrong is misuse. */
    void (*take)(void *at, const struct setting *s, char *argument);
    /* Writes what stands behind the name, as " 5", as snprintf does; NULL: nothing. */
    int (*put)(const void *at, char *text, size_t size);
    const struct setting *group;
    size_t with;
    int place; /* in the line, where that is not the place in the table: -1, before others, to 2 */
};

/*
 * The end of a row: what it sets, a member of SETTINGS, and from what. A member of another type
 * does not compile.
 *
 *     {"batch", 'b', "N", "images per step", SETTING_ALWAYS, INT(batch, 1, 65536)},
 */
#define SETTINGS struct settings
#define SETTING_AT(MEMBER, ...)                                                                    \
    offsetof(SETTINGS, MEMBER) + _Generic(((SETTINGS *)0)->MEMBER, __VA_ARGS__)

#define VALUE(MEMBER, X)                                                                           \
    .type = SETTING_FLAG, .at = SETTING_AT(MEMBER, int : 0, unsigned : 0), .lowest = (X)
#define FLAG(MEMBER) VALUE(MEMBER, 1)
#define INT(MEMBER, LOWEST, HIGHEST)                                                               \
    .type = SETTING_INT, .at = SETTING_AT(MEMBER, int : 0), .lowest = (LOWEST), .highest = (HIGHEST)
#define LONG(MEMBER, LOWEST, HIGHEST)                                                              \
    .type = SETTING_LONG, .at = SETTING_AT(MEMBER, int64_t : 0, uint64_t : 0), .lowest = (LOWEST), \
    .highest = (HIGHEST)
#define REAL(MEMBER, LEAST, MOST)                                                                  \
    .type = SETTING_REAL, .at = SETTING_AT(MEMBER, double : 0), .least = (LEAST), .most = (MOST)
#define SEED(MEMBER) .type = SETTING_SEED, .at = SETTING_AT(MEMBER, uint64_t : 0)
#define THREADS(MEMBER) .type = SETTING_THREADS, .at = SETTING_AT(MEMBER, int : 0)
#define CHOICE(MEMBER, CHOICES)                                                                    \
    .type = SETTING_CHOICE, .at = SETTING_AT(MEMBER, int : 0, unsigned : 0), .choices = (CHOICES)
#define TEXT(MEMBER) .type = SETTING_TEXT, .at = SETTING_AT(MEMBER, const char * : 0)
#define WORD(MEMBER) .type = SETTING_WORD, .at = SETTING_AT(MEMBER, const char * : 0)
#define CALL(MEMBER, TAKE, PUT)                                                                    \
    .type = SETTING_CALL, .at = offsetof(SETTINGS, MEMBER), .take = (TAKE), .put = (PUT)

/* In place of SETTING_WITH, which needs the int. */
#define WITH(MEMBER) SETTING_WITH, .with = SETTING_AT(MEMBER, int : 0)

/* A whole row, of rows that set this member. */
#define GROUP(MEMBER, ROWS)                                                                        \
    {                                                                                              \
        .type = SETTING_GROUP, .at = offsetof(SETTINGS, MEMBER), .group = (ROWS)                   \
    }

struct settings_table {
    const char *usage;         /* before the options in --help */
    const struct setting *row; /* the last is empty */
    const void *defaults; /* a struct in which the options have set nothing; NULL: of zeros only */
    int column;           /* of the help's texts; 0: as the options need it */
    const char *output;   /* what --help says of -o, where that is not the usual */
    const char *(*formats)(void); /* what --version says that the program reads; or NULL */
};

/*
 * Reads the options of a command line into `into`, which holds the defaults. What is wrong is
 * misuse; so is an option with an optional argument in front of a word that is neither an option
 * nor a file, which was meant to be the argument. Returns where the operands begin.
 */
int settings_read(const struct settings_table *t, int argc, char **argv, void *into);

/* Whether the option of that name was on the command line. */
int settings_given(const struct settings_table *t, const char *name);

/* Adds " --name value" to what is in text for each option that decides the result. */
void settings_line(const struct settings_table *t, const void *from, char *text, size_t size);

/* The file of -o, or NULL; and whether -q was given. */
const char *result_path(void);
int is_quiet(void);

#endif
