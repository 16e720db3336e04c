/* Tables of options, read from the command line and written to histories. */
#include "cli/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "cli/cli.h"

enum {
    ROWS_MAX = OPT_END - OPT_FIRST,
    HELP_BYTES = 1 << 14,
    COLUMN = 27,
    TEXT_MOST = 200,
    ROW_BYTES = 320
};

/* What getopt_long returns for a row. */
static int code_of(const struct settings_table *t, int i)
{
    return t->row[i].letter ? t->row[i].letter : OPT_FIRST + i;
}

/* ---- the command line ---- */

static int count_choices(const char *const *choices)
{
    int n = 0;

    while (choices[n])
        n++;
    return n;
}

static void take(const struct setting *s, void *into)
{
    void *to = (char *)into + s->at;

    switch (s->type) {
    case SETTING_FLAG:
        *(int *)to = 1;
        return;
    case SETTING_INT:
        *(int *)to = (int)int_argument(optarg, s->lowest, s->highest);
        return;
    case SETTING_LONG:
        *(int64_t *)to = int_argument(optarg, s->lowest, s->highest);
        return;
    case SETTING_REAL:
        *(double *)to = real_argument(optarg, (double)s->lowest, (double)s->highest);
        return;
    case SETTING_SEED:
        *(uint64_t *)to = seed_argument(optarg);
        return;
    case SETTING_THREADS:
        *(int *)to = threads_argument(optarg);
        return;
    case SETTING_CHOICE:
        *(int *)to = choice_argument(optarg, s->choices, count_choices(s->choices));
        return;
    case SETTING_TEXT:
        *(const char **)to = optarg;
    }
}

static void make_help(const struct settings_table *t, char *text)
{
    static const char common[] =
        "  -o, --output FILE        write the result to FILE, complete or not at all\n"
        "  -q, --quiet              no progress, no notes on standard error\n"
        "  -h, --help               print this help\n"
        "      --version            print the version\n";
    size_t n = (size_t)snprintf(text, HELP_BYTES, "%s\n", t->usage);

    for (int i = 0; i < t->rows; i++) {
        const struct setting *s = &t->row[i];
        char letter[] = {'-', s->letter, ',', '\0'};
        int used = snprintf(text + n, HELP_BYTES - n, "  %3s --%s%s%s", s->letter ? letter : "",
                            s->name, s->argument ? " " : "", s->argument ? s->argument : "");
        n += (size_t)used + (size_t)sprintf(text + n + used, "%*s", COLUMN - used, "");
        for (const char *line = s->help; *line;) {
            size_t length = strcspn(line, "\n");
            n += (size_t)snprintf(text + n, HELP_BYTES - n, "%*s%.*s\n",
                                  line == s->help ? 0 : COLUMN, "", (int)length, line);
            line += length + (line[length] == '\n');
        }
    }
    snprintf(text + n, HELP_BYTES - n, "%s", common);
}

int settings_read(const struct settings_table *t, int argc, char **argv, void *into)
{
    static const struct option common[] = {COMMON_OPTIONS};
    static char help[HELP_BYTES];
    struct option options[ROWS_MAX + sizeof common / sizeof *common];
    char letters[2 * ROWS_MAX + 1], *letter = letters;
    int option;

    for (int i = 0; i < t->rows; i++) {
        const struct setting *s = &t->row[i];
        int has = s->argument ? required_argument : no_argument;
        options[i] = (struct option){s->name, has, NULL, code_of(t, i)};
        if (s->letter)
            letter += sprintf(letter, "%c%s", s->letter, s->argument ? ":" : "");
    }
    *letter = '\0';
    memcpy(options + t->rows, common, sizeof common);
    make_help(t, help);
    while ((option = next_option(argc, argv, letters, options)) >= 0) {
        int i = 0;
        while (i < t->rows && code_of(t, i) != option)
            i++;
        if (i < t->rows)
            take(&t->row[i], into);
        else
            common_option(option, help);
    }
    return optind;
}

int settings_given(const struct settings_table *t, const char *name)
{
    for (int i = 0; i < t->rows; i++)
        if (strcmp(t->row[i].name, name) == 0)
            return was_given(code_of(t, i));
    abort(); /* no such row */
}

/* ---- the history ---- */

/* Whether a row's value is another than the default. */
static int is_changed(const struct setting *s, const void *from, const void *defaults)
{
    const char *a = (const char *)from + s->at, *b = (const char *)defaults + s->at;
    const char *text, *other;

    if (s->type == SETTING_TEXT) {
        memcpy(&text, a, sizeof text);
        memcpy(&other, b, sizeof other);
        return text && other ? strcmp(text, other) != 0 : text != other;
    }
    if (s->type == SETTING_LONG || s->type == SETTING_REAL || s->type == SETTING_SEED)
        return memcmp(a, b, sizeof(int64_t)) != 0;
    return memcmp(a, b, sizeof(int)) != 0;
}

/* A long text is cut, and has its checksum instead of the rest: two that differ stay different. */
static int put_text(const char *value, char *text, size_t size)
{
    size_t length = strlen(value);

    if (length <= TEXT_MOST)
        return snprintf(text, size, " '%s'", value);
    return snprintf(text, size, " '%.*s...' crc32 %08" PRIx32, TEXT_MOST, value,
                    crc_add(0, value, length));
}

static int put_value(const struct setting *s, const void *from, char *text, size_t size)
{
    const void *at = (const char *)from + s->at;

    switch (s->type) {
    case SETTING_FLAG:
        return 0;
    case SETTING_INT:
    case SETTING_THREADS:
        return snprintf(text, size, " %d", *(const int *)at);
    case SETTING_LONG:
        return snprintf(text, size, " %" PRId64, *(const int64_t *)at);
    case SETTING_REAL:
        return snprintf(text, size, " %.15g", *(const double *)at);
    case SETTING_SEED:
        return snprintf(text, size, " %" PRIu64, *(const uint64_t *)at);
    case SETTING_CHOICE:
        return snprintf(text, size, " %s", s->choices[*(const int *)at]);
    case SETTING_TEXT:
        return put_text(*(const char *const *)at, text, size);
    }
    return 0;
}

/* " --name value" of one row. */
static void put_row(const struct setting *s, const void *from, char text[ROW_BYTES])
{
    int n = s->letter ? snprintf(text, ROW_BYTES, " -%c", s->letter)
                      : snprintf(text, ROW_BYTES, " --%.32s", s->name);

    if (s->decides != SETTING_NAMED)
        put_value(s, from, text + n, (size_t)(ROW_BYTES - n));
}

void settings_line(const struct settings_table *t, const void *from, char *text, size_t size)
{
    size_t n = 0;

    *text = '\0';
    for (int i = 0; i < t->rows; i++) {
        const struct setting *s = &t->row[i];
        char row[ROW_BYTES];
        if (s->decides == SETTING_FREE ||
            (s->decides != SETTING_ALWAYS && !is_changed(s, from, t->defaults)))
            continue;
        put_row(s, from, row);
        if (n + strlen(row) >= size)
            abort(); /* the caller's room is too small for its table */
        n += (size_t)sprintf(text + n, "%s", row);
    }
}
