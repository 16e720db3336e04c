/* getopt_long with the options that all programs have, and arguments checked and converted. */
#include "cli/cli.h"

#include "base/parse.h"

#include <unistd.h>

enum { NAME_BYTES = 32, LETTERS_MAX = 64, THREADS_MAX = 1024 };

/* What the options have said so far: of one program, which reads them once. */
static struct {
    char typed[OPT_END][NAME_BYTES]; /* empty: not yet, or by its letter */
    int last;                        /* the option that was read last */
    const char *output;
    int quiet;
} given;

static const struct option *find_option(const struct option *options, int value)
{
    for (; options->name; options++)
        if (options->val == value)
            return options;
    return NULL;
}

/* `next` is the word behind an option whose argument may be left out, and was. */
static void check_optional(const char *next, int option)
{
    if (next && *next && *next != '-' && access(next, F_OK) < 0)
        misused("%s: '%s' is not a file; if it is the argument of %s, write %s=%s",
                as_typed(option), next, as_typed(option), as_typed(option), next);
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
_Noreturn static void refuse(const char *word, int missing, const struct option *options)
{
    const struct option *o = find_option(options, optopt);

    if (missing && word[0] == '-' && word[1] == '-')
        misused("option '%s' requires an argument", word);
    if (missing)
        misused("option requires an argument -- '%c'", optopt);
    if (optopt == 0)
        refuse_long(word, options);
    if (o)
        misused("option '--%s' doesn't allow an argument", o->name);
    misused("invalid option -- '%c'", optopt);
}

void keep_typed(int option, const char *name)
{
    given.last = option;
    if (name)
        snprintf(given.typed[option], NAME_BYTES, "--%s", name);
    else
        snprintf(given.typed[option], NAME_BYTES, "-%c", option);
}

int next_option(int argc, char **argv, const char *letters, const struct option *options)
{
    char all[LETTERS_MAX];
    const struct option *long_form;
    int at = -1, option;

    /* getopt_long would print the word as it is, with all that a terminal obeys. */
    snprintf(all, sizeof all, ":%s" COMMON_LETTERS, letters);
    opterr = 0;
    option = getopt_long(argc, argv, all, options, &at);
    if (option == ':' || option == '?')
        refuse(argv[optind - 1], option == ':', options);
    if (option <= 0 || option >= OPT_END)
        return option;
    keep_typed(option, at >= 0 ? options[at].name : NULL);
    long_form = find_option(options, option);
    if (long_form && long_form->has_arg == optional_argument && !optarg)
        check_optional(argv[optind], option);
    return option;
}

void common_option(int option, const char *help)
{
    switch (option) {
    case 'h':
        fputs(help, stdout);
        finish_text();
    case OPT_VERSION:
        printf("%s (rotpipe) %s\n", program, ROTPIPE_VERSION);
        finish_text();
    case 'o':
        if (!*optarg)
            misused("%s: the name of the file is empty", as_typed('o'));
        given.output = optarg;
        return;
    case 'q':
        given.quiet = 1;
        return;
    default:
        abort(); /* an option in the program's table that the program does not take */
    }
}

const char *result_path(void)
{
    return given.output;
}

int is_quiet(void)
{
    return given.quiet;
}

int was_given(int option)
{
    return *given.typed[option] != '\0';
}

const char *as_typed(int option)
{
    if (!*given.typed[option])
        snprintf(given.typed[option], NAME_BYTES, "-%c", option);
    return given.typed[option];
}

int64_t int_argument(const char *text, int64_t lowest, int64_t highest)
{
    int64_t v = 0;

    if (parse_int(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is not an integer between %" PRId64 " and %" PRId64, as_typed(given.last),
                text, lowest, highest);
    return v;
}

double real_argument(const char *text, double lowest, double highest)
{
    double v = 0;

    if (parse_real(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is not a number between %g and %g", as_typed(given.last), text, lowest,
                highest);
    return v;
}

int choice_argument(const char *text, const char *const *names, int n)
{
    char known[256] = "";

    for (int i = 0; i < n; i++) {
        size_t used = strlen(known);
        if (strcmp(text, names[i]) == 0)
            return i;
        snprintf(known + used, sizeof known - used, "%s%s",
                 i == 0       ? ""
                 : i == n - 1 ? " or "
                              : ", ",
                 names[i]);
    }
    misused("%s: '%s' is not known; it may be %s", as_typed(given.last), text, known);
}

uint64_t seed_argument(const char *text)
{
    uint64_t v = 0;

    if (parse_u64(text, &v) < 0)
        misused("%s: '%s' is not an integer between 0 and 2^64 - 1", as_typed(given.last), text);
    return v;
}

int threads_argument(const char *text)
{
    return (int)int_argument(text, 1, THREADS_MAX);
}

int standard_inputs(char **operands, int n)
{
    int count = n == 0;

    for (int i = 0; i < n; i++)
        count += strcmp(operands[i], "-") == 0;
    return count;
}
