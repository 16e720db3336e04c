/* What was typed, and arguments checked and converted. */
#include "cli/cli.h"

#include "base/parse.h"

enum { NAME_BYTES = 32, THREADS_MAX = 1024 };

/* What the options have said so far: of one program, which reads them once. */
static struct {
    char typed[OPT_END][NAME_BYTES]; /* empty: not yet, or by its letter */
    int last;                        /* the option that was read last */
} given;

void keep_typed(int option, const char *name)
{
    given.last = option;
    if (name)
        snprintf(given.typed[option], NAME_BYTES, "--%s", name);
    else
        snprintf(given.typed[option], NAME_BYTES, "-%c", option);
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

int choice_argument(const char *text, const char *const *names)
{
    char known[256] = "";

    for (int i = 0; names[i]; i++) {
        size_t used = strlen(known);
        if (strcmp(text, names[i]) == 0)
            return i;
        snprintf(known + used, sizeof known - used, "%s%s",
                 i == 0         ? ""
                 : names[i + 1] ? ", "
                                : " or ",
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
