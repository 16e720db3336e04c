/* The settings of a saved training against those of the one that is to go on from it. */
#include "train/samesettings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of a text that differs from another at byte `at`, the option that does: from the last start of an
 * option before that byte, so that it is not empty, to the next start from there on.
 */
static int option_around(const char *text, size_t at, const char **from)
{
    size_t start = at > 0 ? at - 1 : 0, end = at;

    while (start > 0 && strncmp(text + start, " -", 2) != 0)
        start--;
    start += text[start] == ' ';
    while (text[end] && strncmp(text + end, " -", 2) != 0)
        end++;
    *from = text + start;
    return (int)(end - start);
}

/* Behind the number of epochs in such a text; *epochs: it, *from: its place. NULL: there is none.
 */
static const char *behind_epochs(const char *text, int *epochs, size_t *from)
{
    static const char option[] = " -e ";
    const char *at = strstr(text, option);
    char *end = NULL;
    long n = at ? strtol(at + strlen(option), &end, 10) : -1;

    if (n < 0 || n > INT_MAX)
        return NULL;
    *epochs = (int)n;
    *from = (size_t)(at - text);
    return end;
}

/* True if the texts differ in nothing but that more epochs are planned now than were then. */
static int only_more_epochs(const char *saved, const char *now, int *then)
{
    size_t i = 0, k = 0;
    int epochs = 0;
    const char *a = behind_epochs(saved, then, &i), *b = behind_epochs(now, &epochs, &k);

    return a && b && i == k && memcmp(saved, now, i) == 0 && strcmp(a, b) == 0 && epochs > *then;
}

/* The length of "rottrain 0.2.0" at the begin of such a text. */
static int program_length(const char *settings)
{
    size_t name = strcspn(settings, " ");

    return (int)(settings[name] ? name + 1 + strcspn(settings + name + 1, " ") : name);
}

/* Versions may differ in the order of their sums, so that one cannot go on where another was. */
static int check_version(const char *saved, const char *now, const char *file, struct error *e)
{
    int a = program_length(saved), b = program_length(now);

    if (a == b && memcmp(saved, now, (size_t)a) == 0)
        return 0;
    return error_set(
        e,
        "%s: was saved by %.*s, and this is %.*s, whose results may differ; resume it with"
        " the same version, or delete it to start over",
        file, a < 60 ? a : 60, saved, b < 60 ? b : 60, now);
}

int samesettings_check(const char *saved, const char *now, const char *file, int *then,
                       struct error *e)
{
    const char *a, *b;
    int a_length, b_length;
    size_t i = 0;

    if (check_version(saved, now, file, e) < 0)
        return -1;
    if (strcmp(saved, now) == 0 || only_more_epochs(saved, now, then))
        return 0;
    while (saved[i] && saved[i] == now[i])
        i++;
    a_length = option_around(saved, i, &a);
    b_length = option_around(now, i, &b);
    return error_set(e,
                     "%s: was saved with different settings: '%.*s' in the file, '%.*s' now; "
                     "delete it to start over",
                     file, a_length < 120 ? a_length : 120, a, b_length < 120 ? b_length : 120, b);
}
