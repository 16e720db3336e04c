/* getopt_long, told of rows, and what it refuses. */
#include "cli/commandline.h"

#include <unistd.h>

#include "cli/cli.h"

int commandline_code(const struct setting *row, int i)
{
    return row[i].letter ? row[i].letter : OPT_FIRST + i;
}

void commandline_start(struct commandline *l, const struct setting *row, int n, int argc,
                       char **argv)
{
    char *letter = l->letters;

    *letter++ = ':'; /* getopt_long would print a word as it is, with all that a terminal obeys */
    for (int i = 0; i < n; i++) {
        const char *argument = row[i].argument;
        int has = !argument          ? no_argument
                  : *argument == '[' ? optional_argument
                                     : required_argument;
        l->options[i] = (struct option){row[i].name, has, NULL, commandline_code(row, i)};
        if (row[i].letter)
            letter += sprintf(letter, "%c%.*s", row[i].letter, has, "::");
    }
    *letter = '\0';
    l->options[n] = (struct option){0};
    l->words = argc;
    l->word = argv;
}

/* A long option that getopt_long does not know: none begins like this, or several do. */
_Noreturn static void refuse_long(const char *word, const struct option *options)
{
    char which[256] = "";
    size_t length = strcspn(word, "="), used;

    for (; options->name; options++)
        if (strncmp(options->name, word + 2, length - 2) == 0) {
            used = strlen(which);
            snprintf(which + used, sizeof which - used, " '--%s'", options->name);
        }
    if (*which)
        misused("option '%s' is ambiguous; possibilities:%s", word, which);
    misused("unrecognized option '%s'", word);
}

/* What getopt_long has refused, and left in optopt. */
_Noreturn static void refuse(const struct commandline *l, int missing)
{
    const char *word = l->word[optind - 1];
    const struct option *o = l->options;

    if (missing && word[0] == '-' && word[1] == '-')
        misused("option '%s' requires an argument", word);
    if (missing)
        misused("option requires an argument -- '%c'", optopt);
    if (optopt == 0)
        refuse_long(word, l->options);
    while (o->name && o->val != optopt)
        o++;
    if (o->name)
        misused("option '--%s' doesn't allow an argument", o->name);
    misused("invalid option -- '%c'", optopt);
}

/* `next` is the word behind an option whose argument may be left out, and was. */
static void check_optional(const char *next, int code)
{
    if (next && *next && *next != '-' && access(next, F_OK) < 0)
        misused("%s: '%s' is not a file; if it is the argument of %s, write %s=%s", as_typed(code),
                next, as_typed(code), as_typed(code), next);
}

int commandline_next(const struct commandline *l)
{
    int at = -1, i = 0, code;

    opterr = 0;
    code = getopt_long(l->words, l->word, l->letters, l->options, &at);
    if (code == ':' || code == '?')
        refuse(l, code == ':');
    if (code < 0)
        return -1;
    keep_typed(code, at >= 0 ? l->options[at].name : NULL);
    while (l->options[i].val != code)
        i++;
    if (l->options[i].has_arg == optional_argument && !optarg)
        check_optional(l->word[optind], code);
    return i;
}
