/* A table of labels read and looked up. */
#include "rts/labeltable.h"

#include "base/crc.h"
#include "base/input.h"
#include "base/parse.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <stdlib.h>
#include <string.h>

struct line {
    const char *old, *new; /* its fields */
    size_t number;         /* from 1 */
};

struct mapping {
    uint32_t from, to;
    int drops;
    size_t number; /* of its line */
};

struct labeltable {
    char *path, *text; /* text: the fields, each ending in NUL */
    uint32_t crc;
    struct line *line;
    size_t lines;
    struct mapping *mapping; /* ascending by `from` */
    size_t mappings;
    struct mapping others; /* of `*`; without that line its number is 0 */
};

/* The text of the file, of at most RTS_TEXT_MAX bytes, ending in a newline. */
static int load_text(struct labeltable *t, struct error *e)
{
    struct input *in = input_open(t->path, e);
    int64_t n = -1;

    if (!in)
        return -1;
    t->text = malloc(RTS_TEXT_MAX + 2);
    if (!t->text)
        error_memory(e, input_name(in));
    else
        n = input_read(in, t->text, RTS_TEXT_MAX + 1, e);
    if (n > RTS_TEXT_MAX)
        n = error_set(e, "%s: more than %d bytes, not a table of labels", input_name(in),
                      RTS_TEXT_MAX);
    else if (n == 0 || (n > 0 && memchr(t->text, '\0', (size_t)n)))
        n = error_set(e, "%s: %s, not a table of labels", input_name(in),
                      n ? "holds NUL bytes" : "empty");
    if (n > 0) {
        t->crc = crc_add(0, t->text, (size_t)n);
        if (t->text[n - 1] != '\n')
            t->text[n++] = '\n';
        t->text[n] = '\0';
    }
    input_close(in);
    return n < 0 ? -1 : 0;
}

/* Cuts a line of the text into its fields. NULL, or what is wrong with it. */
static const char *cut(struct line *l, char *text, size_t n)
{
    char *tab;

    if (n && text[n - 1] == '\r') /* as other systems end lines */
        n--;
    text[n] = '\0';
    tab = strchr(text, '\t');
    if (!tab || strchr(tab + 1, '\t') || tab == text || !tab[1])
        return "is not of the form OLD<tab>NEW";
    *tab = '\0';
    l->old = text;
    l->new = tab + 1;
    return NULL;
}

static int cut_lines(struct labeltable *t, struct error *e)
{
    size_t room = (size_t)names_count(t->text), n;
    char *at = t->text, *end;

    t->line = malloc(room * sizeof *t->line);
    t->mapping = malloc(room * sizeof *t->mapping);
    if (!t->line || !t->mapping)
        return error_memory(e, t->path);
    for (; *at; at = end + 1) {
        struct line *l = &t->line[t->lines++];
        const char *wrong;
        end = strchr(at, '\n');
        n = (size_t)(end - at);
        l->number = t->lines;
        if ((wrong = cut(l, at, n)))
            return error_set(e, "%s: line %zu: %s", t->path, l->number, wrong);
    }
    return 0;
}

struct labeltable *labeltable_load(const char *path, struct error *e)
{
    struct labeltable *t = calloc(1, sizeof *t);

    if (!t || !(t->path = strdup(path))) {
        error_memory(e, path);
        labeltable_free(t);
        return NULL;
    }
    if (load_text(t, e) < 0 || cut_lines(t, e) < 0) {
        labeltable_free(t);
        return NULL;
    }
    return t;
}

uint32_t labeltable_crc(const struct labeltable *t)
{
    return t->crc;
}

int labeltable_drops(const struct labeltable *t)
{
    for (size_t i = 0; i < t->lines; i++)
        if (strcmp(t->line[i].new, "-") == 0)
            return 1;
    return 0;
}

/* A field as a label: a number, or the place of a name. */
static int resolve(const struct labeltable *t, const struct line *l, const char *field,
                   const char *names, uint32_t *label, struct error *e)
{
    size_t length = strlen(field);
    uint64_t value = 0;
    int n;

    if (field[strspn(field, "0123456789")] == '\0') {
        if (parse_u64(field, &value) < 0 || value > UINT32_MAX)
            return error_set(e, "%s: line %zu: label %.100s is larger than %lu", t->path, l->number,
                             field, (unsigned long)UINT32_MAX);
        *label = (uint32_t)value;
        return 0;
    }
    for (const char *at = names; at && *at; at += n + (at[n] == '\n'), value++) {
        n = (int)strcspn(at, "\n");
        if ((size_t)n == length && memcmp(at, field, length) == 0) {
            *label = (uint32_t)value;
            return 0;
        }
    }
    return error_set(e, "%s: line %zu: no class is called '%.100s'%s", t->path, l->number, field,
                     names ? "" : " (there are no class names)");
}

static int compare(const void *a, const void *b)
{
    const struct mapping *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

int labeltable_resolve(struct labeltable *t, const char *old_names, const char *new_names,
                       struct error *e)
{
    t->mappings = 0;
    t->others.number = 0;
    for (size_t i = 0; i < t->lines; i++) {
        const struct line *l = &t->line[i];
        struct mapping m = {.drops = strcmp(l->new, "-") == 0, .number = l->number};
        int others = strcmp(l->old, "*") == 0;
        if (!others && resolve(t, l, l->old, old_names, &m.from, e) < 0)
            return -1;
        if (!m.drops && resolve(t, l, l->new, new_names, &m.to, e) < 0)
            return -1;
        if (others && t->others.number)
            return error_set(e, "%s: lines %zu and %zu both map all other labels", t->path,
                             t->others.number, m.number);
        if (others)
            t->others = m;
        else
            t->mapping[t->mappings++] = m;
    }
    if (t->mappings)
        qsort(t->mapping, t->mappings, sizeof *t->mapping, compare);
    for (size_t i = 1; i < t->mappings; i++)
        if (t->mapping[i].from == t->mapping[i - 1].from)
            return error_set(e, "%s: lines %zu and %zu both map label %lu", t->path,
                             t->mapping[i - 1].number, t->mapping[i].number,
                             (unsigned long)t->mapping[i].from);
    return 0;
}

int labeltable_map(const struct labeltable *t, uint32_t old, uint32_t *new)
{
    size_t low = 0, high = t->mappings;
    const struct mapping *m = t->others.number ? &t->others : NULL;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->mapping[middle].from < old)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->mappings && t->mapping[low].from == old)
        m = &t->mapping[low];
    *new = m ? m->to : old;
    return !m || !m->drops;
}

void labeltable_free(struct labeltable *t)
{
    if (!t)
        return;
    free(t->path);
    free(t->text);
    free(t->line);
    free(t->mapping);
    free(t);
}
