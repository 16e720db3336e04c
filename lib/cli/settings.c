/* Tables of options, read from the command line and written to histories. */
#include "cli/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "cli/cli.h"
#include "cli/commandline.h"

enum { TEXT_MOST = 200, ROW_BYTES = 320, PLACE_FIRST = -1, PLACE_LAST = 2 };

/* What the common options have said: of one program, which reads them once. */
static struct {
    const struct settings_table *table;
    const char *output;
    int quiet;
} common;

const char *result_path(void)
{
    return common.output;
}

int is_quiet(void)
{
    return common.quiet;
}

/* ---- the rows of a table, those of groups and the common ones, too ---- */

static void take_output(void *at, const struct setting *s, char *path);
static void take_quiet(void *at, const struct setting *s, char *none);
static void print_help(void *at, const struct setting *s, char *none);
static void print_version(void *at, const struct setting *s, char *none);

/* clang-format off */
static const struct setting common_rows[] = {
    {"output", 'o', "FILE", "write the result to FILE, complete or not at all",
     SETTING_FREE, .type = SETTING_CALL, .take = take_output},
    {"quiet", 'q', NULL, "no progress, no notes on standard error",
     SETTING_FREE, .type = SETTING_CALL, .take = take_quiet},
    {"help", 'h', NULL, "print this help",
     SETTING_FREE, .type = SETTING_CALL, .take = print_help},
    {"version", 0, NULL, "print the version",
     SETTING_FREE, .type = SETTING_CALL, .take = print_version},
    {0}};
/* clang-format on */

/* Adds copies of rows to n, with what they set `at` bytes further on; returns their number. */
static int add_rows(struct setting *all, int n, const struct setting *row, size_t at)
{
    for (; row->name || row->group; row++) {
        if (row->group) {
            n = add_rows(all, n, row->group, at + row->at);
            continue;
        }
        /* Too many rows, or one that does not say whether it decides, or that no line reaches. */
        if (n == ROWS_MAX || !row->decides || row->place < PLACE_FIRST || row->place > PLACE_LAST)
            abort();
        all[n] = *row;
        all[n].at += at;
        all[n++].with += at;
    }
    return n;
}

static int all_rows(const struct settings_table *t, struct setting all[ROWS_MAX])
{
    int own = add_rows(all, 0, t->row, 0), n = add_rows(all, own, common_rows, 0);

    if (t->output)
        all[own].help = t->output;
    if (t->formats)
        all[n - 1].help = "print the version, and the formats that are read";
    return n;
}

/* ---- the common options ---- */

static void take_output(void *at, const struct setting *s, char *path)
{
    (void)at;
    if (!*path)
        misused("%s: the name of the file is empty", as_typed(s->letter));
    common.output = path;
}

static void take_quiet(void *at, const struct setting *s, char *none)
{
    (void)at;
    (void)s;
    (void)none;
    common.quiet = 1;
}

static void print_version(void *at, const struct setting *s, char *none)
{
    (void)at;
    (void)s;
    (void)none;
    printf("%s (rotpipe) %s\n", program, ROTPIPE_VERSION);
    if (common.table->formats)
        printf("reads %s\n", common.table->formats());
    finish_text();
}

/* "  -b, --batch N"; returns its length. */
static int name_row(const struct setting *s, char *text, size_t size)
{
    char letter[] = {'-', s->letter, ',', '\0'};
    const char *argument = s->argument ? s->argument : "";

    return snprintf(text, size, "  %3s --%s%s%s", s->letter ? letter : "", s->name,
                    *argument && *argument != '[' ? " " : "", argument);
}

static int widest_name(const struct setting *all, int n)
{
    char name[ROW_BYTES];
    int most = 0;

    for (int i = 0; i < n; i++) {
        int width = name_row(&all[i], name, sizeof name);
        most = width > most ? width : most;
    }
    return most;
}

/* A name that reaches into the column of the texts has its text behind it, or on the next line. */
static void print_row(const struct setting *s, int column)
{
    char name[ROW_BYTES];
    int used = name_row(s, name, sizeof name), gap = used < column ? column - used : 3;

    fputs(name, stdout);
    for (const char *line = s->help; *line;) {
        size_t length = strcspn(line, "\n");
        if (length)
            printf("%*s%.*s", line == s->help ? gap : column, "", (int)length, line);
        putchar('\n');
        line += length + (line[length] == '\n');
    }
}

static void print_help(void *at, const struct setting *s, char *none)
{
    struct setting all[ROWS_MAX];
    int n = all_rows(common.table, all), column = common.table->column;

    (void)at;
    (void)s;
    (void)none;
    printf("%s\n", common.table->usage);
    for (int i = 0; i < n; i++)
        print_row(&all[i], column ? column : widest_name(all, n) + 2);
    finish_text();
}

/* ---- the command line ---- */

static void take(const struct setting *s, void *into)
{
    void *to = (char *)into + s->at;

    switch (s->type) {
    case SETTING_FLAG:
        *(int *)to = (int)s->lowest;
        return;
    case SETTING_INT:
        *(int *)to = (int)(optarg ? int_argument(optarg, s->lowest, s->highest) : s->lowest);
        return;
    case SETTING_LONG:
        *(int64_t *)to = optarg ? int_argument(optarg, s->lowest, s->highest) : s->lowest;
        return;
    case SETTING_REAL:
        *(double *)to = real_argument(optarg, s->least, s->most);
        return;
    case SETTING_SEED:
        *(uint64_t *)to = seed_argument(optarg);
        return;
    case SETTING_THREADS:
        *(int *)to = threads_argument(optarg);
        return;
    case SETTING_CHOICE:
        *(int *)to = choice_argument(optarg, s->choices);
        return;
    case SETTING_TEXT:
    case SETTING_WORD:
        *(const char **)to = optarg;
        return;
    case SETTING_CALL:
        s->take(to, s, optarg);
        return;
    case SETTING_GROUP:
        abort(); /* all_rows leaves none */
    }
}

int settings_read(const struct settings_table *t, int argc, char **argv, void *into)
{
    struct setting all[ROWS_MAX];
    struct commandline line;

    common.table = t;
    commandline_start(&line, all, all_rows(t, all), argc, argv);
    for (int i; (i = commandline_next(&line)) >= 0;)
        take(&all[i], into);
    return optind;
}

int settings_given(const struct settings_table *t, const char *name)
{
    struct setting all[ROWS_MAX];
    int n = all_rows(t, all);

    for (int i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return was_given(commandline_code(all, i));
    abort(); /* no such row */
}

/* ---- the history ---- */

/* Whether a row's value is another than the default, and for a flag, its own. */
static int is_changed(const struct setting *s, const void *from, const void *defaults)
{
    static const int64_t zero;
    const char *a = (const char *)from + s->at;
    const char *b = defaults ? (const char *)defaults + s->at : (const char *)&zero;
    const char *text, *other;

    if (s->type == SETTING_FLAG && *(const int *)a != (int)s->lowest)
        return 0;
    if (s->type == SETTING_TEXT || s->type == SETTING_WORD) {
        memcpy(&text, a, sizeof text);
        memcpy(&other, b, sizeof other);
        return text && other ? strcmp(text, other) != 0 : text != other;
    }
    if (s->type == SETTING_LONG || s->type == SETTING_REAL || s->type == SETTING_SEED)
        return memcmp(a, b, sizeof(int64_t)) != 0;
    return memcmp(a, b, sizeof(int)) != 0;
}

static int is_told(const struct setting *s, int given, const void *from, const void *defaults)
{
    switch (s->decides) {
    case SETTING_FREE:
        return 0;
    case SETTING_NAMED:
    case SETTING_GIVEN:
        return given;
    case SETTING_CHANGED:
        return is_changed(s, from, defaults);
    case SETTING_WITH:
        return *(const int *)((const char *)from + s->with) != 0;
    case SETTING_ALWAYS:
        return 1;
    }
    return 1;
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
    case SETTING_WORD:
        return snprintf(text, size, " %.*s", TEXT_MOST, *(const char *const *)at);
    case SETTING_CALL:
        return s->put ? s->put(at, text, size) : 0;
    case SETTING_GROUP:
        abort(); /* all_rows leaves none */
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
    struct setting all[ROWS_MAX];
    int rows = all_rows(t, all);
    size_t n = strlen(text);

    for (int place = PLACE_FIRST; place <= PLACE_LAST; place++)
        for (int i = 0; i < rows; i++) {
            char row[ROW_BYTES];
            if (all[i].place != place ||
                !is_told(&all[i], was_given(commandline_code(all, i)), from, t->defaults))
                continue;
            put_row(&all[i], from, row);
            if (n + strlen(row) >= size)
                abort(); /* the caller's room is too small for its table */
            n += (size_t)sprintf(text + n, "%s", row);
        }
}
