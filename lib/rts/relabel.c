/* Shift, table, names and renumbering applied to labels. */
#include "rts/relabel.h"

#include "rts/examples.h"
#include "rts/names.h"

#include <stdlib.h>
#include <string.h>

/* The names from line n on; NULL if there are none. */
static const char *names_from(const char *names, uint64_t n)
{
    while (n-- && *names) {
        names += strcspn(names, "\n");
        names += *names == '\n';
    }
    return *names ? names : NULL;
}

int relabel_begin(struct relabel *r, const char *names, struct error *e)
{
    const char *shifted = names;

    if (names && r->shift < 0)
        shifted = names_from(names, (uint64_t)-r->shift);
    else if (names && r->shift > 0)
        shifted = NULL;
    if (names && r->shift > 0 && !r->names)
        return error_set(e,
                         "--shift %lld: the first classes would have no name (use --names"
                         " to name them)",
                         (long long)r->shift);
    r->labels = r->names ? r->names : shifted;
    r->named = names_count(r->labels);
    return r->table ? labeltable_resolve(r->table, shifted, r->labels, e) : 0;
}

int relabel_map(const struct relabel *r, uint32_t old, uint32_t *new, struct error *e)
{
    int64_t label = (int64_t)old + r->shift;

    if (label < 0 || label > UINT32_MAX)
        return error_set(e, "label %lu cannot be shifted by %lld", (unsigned long)old,
                         (long long)r->shift);
    *new = (uint32_t)label;
    if (r->table && !labeltable_map(r->table, *new, new))
        return 0;
    if (r->named && *new >= r->named)
        return error_set(e, "label %lu has no name: labels 0 to %llu have names",
                         (unsigned long)*new, (unsigned long long)(r->named - 1));
    return 1;
}

/* Where the label is among those that occur, or belongs. */
static uint64_t find(const struct relabel *r, uint32_t label)
{
    uint64_t low = 0, high = r->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (r->present[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int relabel_see(struct relabel *r, uint32_t label, struct error *e)
{
    uint64_t at = find(r, label);

    if (at < r->count && r->present[at] == label)
        return 0;
    if (r->count == RELABEL_CLASSES_MAX)
        return error_set(e, "label %lu: at most %d classes can be renumbered", (unsigned long)label,
                         RELABEL_CLASSES_MAX);
    if (r->count == r->room) {
        uint64_t room = r->room ? 2 * r->room : 64;
        uint32_t *present = realloc(r->present, room * sizeof *present);
        if (!present)
            return error_memory(e, "classes");
        r->present = present;
        r->room = room;
    }
    memmove(r->present + at + 1, r->present + at, (r->count++ - at) * sizeof *r->present);
    r->present[at] = label;
    return 0;
}

int relabel_settle(struct relabel *r, struct error *e)
{
    struct names_table t;
    char *to;

    if (!r->labels || r->count == 0)
        return 0;
    to = r->kept = malloc(strlen(r->labels) + 2);
    if (!to)
        return error_memory(e, "class names");
    if (names_table_make(&t, r->labels, e) < 0)
        return -1;
    for (uint64_t i = 0; i < r->count; i++) {
        int length;
        const char *name = names_table_line(&t, r->present[i], &length);
        memcpy(to, name, (size_t)length);
        to += length;
        *to++ = '\n';
    }
    *to = '\0';
    names_table_free(&t);
    return 0;
}

int relabel_compact(const struct relabel *r, uint32_t *label, struct error *e)
{
    uint64_t at = find(r, *label);

    if (at == r->count || r->present[at] != *label)
        return error_set(e, "input: changed while it was read");
    *label = (uint32_t)at;
    return 0;
}

const char *relabel_names(const struct relabel *r)
{
    return r->compact ? r->kept : r->labels;
}

void relabel_free(struct relabel *r)
{
    free(r->present);
    free(r->kept);
    r->present = NULL;
    r->kept = NULL;
}
