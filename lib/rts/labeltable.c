/* A table of labels read and looked up. */
#include "rts/labeltable.h"

#include "rts/pairs.h"

#include <stdlib.h>

struct mapping {
    uint32_t from, to;
    int drops;
    size_t number; /* of its line */
};

struct labeltable {
    struct pairs pairs;
    struct mapping *mapping; /* ascending by `from` */
    size_t mappings;
    struct mapping others; /* of `*`; without that line its number is 0 */
};

struct labeltable *labeltable_load(const char *path, struct error *e)
{
    struct labeltable *t = calloc(1, sizeof *t);

    if (!t) {
        error_memory(e, path);
        return NULL;
    }
    if (pairs_load(&t->pairs, path, "a table of labels", "OLD<tab>NEW", e) == 0) {
        t->mapping = malloc(t->pairs.lines * sizeof *t->mapping);
        if (t->mapping)
            return t;
        error_memory(e, path);
    }
    labeltable_free(t);
    return NULL;
}

uint32_t labeltable_crc(const struct labeltable *t)
{
    return t->pairs.crc;
}

int labeltable_drops(const struct labeltable *t)
{
    return pairs_drop(&t->pairs);
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
    for (size_t i = 0; i < t->pairs.lines; i++) {
        const struct pair *l = &t->pairs.line[i];
        struct mapping m = {.drops = pair_drops(l), .number = i + 1};
        int others = pair_others(l);
        if (!others && pairs_class(&t->pairs, i, l->old, old_names, &m.from, e) < 0)
            return -1;
        if (!m.drops && pairs_class(&t->pairs, i, l->new, new_names, &m.to, e) < 0)
            return -1;
        if (others && t->others.number)
            return error_set(e, "%s: lines %zu and %zu both map all other labels", t->pairs.path,
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
            return error_set(e, "%s: lines %zu and %zu both map label %lu", t->pairs.path,
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
    pairs_free(&t->pairs);
    free(t->mapping);
    free(t);
}
