/* Lines of two fields, and the classes in them. */
#include "rts/pairs.h"

#include "base/crc.h"
#include "base/input.h"
#include "base/parse.h"
#include "rts/header.h"
#include "rts/names.h"

#include <stdlib.h>
#include <string.h>

/* The text of the file, ending in a newline. */
static int load_text(struct pairs *p, const char *kind, struct error *e)
{
    struct input *in = input_open(p->path, e);
    int64_t n = -1;

    if (!in)
        return -1;
    p->text = malloc(RTS_TEXT_MAX + 2);
    if (!p->text)
        error_memory(e, input_name(in));
    else
        n = input_read(in, p->text, RTS_TEXT_MAX + 1, e);
    if (n > RTS_TEXT_MAX)
        n = error_set(e, "%s: more than %d bytes, not %s", input_name(in), RTS_TEXT_MAX, kind);
    else if (n == 0 || (n > 0 && memchr(p->text, '\0', (size_t)n)))
        n = error_set(e, "%s: %s, not %s", input_name(in), n ? "holds NUL bytes" : "empty", kind);
    if (n > 0) {
        p->crc = crc_add(0, p->text, (size_t)n);
        if (p->text[n - 1] != '\n')
            p->text[n++] = '\n';
        p->text[n] = '\0';
    }
    input_close(in);
    return n < 0 ? -1 : 0;
}

/* Cuts a line of the text into its fields. 0 or -1. */
static int cut(struct pair *l, char *text, size_t n)
{
    char *tab;

    if (n && text[n - 1] == '\r') /* as other systems end lines */
        n--;
    text[n] = '\0';
    tab = strchr(text, '\t');
    if (!tab || strchr(tab + 1, '\t') || tab == text || !tab[1])
        return -1;
    *tab = '\0';
    l->old = text;
    l->new = tab + 1;
    return 0;
}

int pairs_load(struct pairs *p, const char *path, const char *kind, const char *form,
               struct error *e)
{
    char *at, *end;

    *p = (struct pairs){.path = strdup(path)};
    if (!p->path)
        return error_memory(e, path);
    if (load_text(p, kind, e) < 0)
        return -1;
    if (!(p->line = malloc((size_t)names_count(p->text) * sizeof *p->line)))
        return error_memory(e, p->path);
    for (at = p->text; *at; at = end + 1) {
        end = strchr(at, '\n');
        if (cut(&p->line[p->lines++], at, (size_t)(end - at)) < 0)
            return error_set(e, "%s: line %zu: is not of the form %s", p->path, p->lines, form);
    }
    return 0;
}

void pairs_free(struct pairs *p)
{
    free(p->path);
    free(p->text);
    free(p->line);
    *p = (struct pairs){0};
}

int pair_others(const struct pair *l)
{
    return strcmp(l->old, "*") == 0;
}

int pair_drops(const struct pair *l)
{
    return strcmp(l->new, "-") == 0;
}

int pairs_drop(const struct pairs *p)
{
    for (size_t i = 0; i < p->lines; i++)
        if (pair_drops(&p->line[i]))
            return 1;
    return 0;
}

int pairs_class(const struct pairs *p, size_t i, const char *field, const char *names,
                uint32_t *label, struct error *e)
{
    size_t length = strlen(field);
    uint64_t value = 0;
    int n;

    if (field[strspn(field, "0123456789")] == '\0') {
        if (parse_u64(field, &value) < 0 || value > UINT32_MAX)
            return error_set(e, "%s: line %zu: label %.100s is larger than %lu", p->path, i + 1,
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
    return error_set(e, "%s: line %zu: no class is called '%.100s'%s", p->path, i + 1, field,
                     names ? "" : " (there are no class names)");
}
