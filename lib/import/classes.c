/* Class names in a hash table, and their order. */
#include "import/classes.h"

#include "rts/examples.h"
#include "rts/filename.h"

#include <stdlib.h>
#include <string.h>

struct class
{
    char *name;
    uint32_t label;
};

struct classes {
    struct class **slot; /* each at or after its place; NULL: free */
    size_t slots, count; /* slots: a power of two, more than twice the count */
    struct class **sorted;
    size_t text_size; /* of the names as lines */
    char *text;
};

enum { SLOTS_FIRST = 64 };

struct classes *classes_new(struct error *e)
{
    struct classes *c = calloc(1, sizeof *c);

    if (c && (c->slot = calloc(SLOTS_FIRST, sizeof *c->slot))) {
        c->slots = SLOTS_FIRST;
        return c;
    }
    free(c);
    error_memory(e, "class names");
    return NULL;
}

/* The place of a name: where it is, or where it would go. (The hash is FNV-1a.) */
static size_t place(struct class *const *slot, size_t slots, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325;
    size_t at;

    for (const char *p = name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3;
    for (at = (size_t)hash & (slots - 1); slot[at] && strcmp(slot[at]->name, name) != 0;)
        at = (at + 1) & (slots - 1);
    return at;
}

static int grow(struct classes *c, struct error *e)
{
    size_t slots = 2 * c->slots;
    struct class **slot = calloc(slots, sizeof *slot);

    if (!slot)
        return error_memory(e, "class names");
    for (size_t i = 0; i < c->slots; i++)
        if (c->slot[i])
            slot[place(slot, slots, c->slot[i]->name)] = c->slot[i];
    free(c->slot);
    c->slot = slot;
    c->slots = slots;
    return 0;
}

static struct class *new_class(const char *name)
{
    struct class *new = malloc(sizeof *new);

    if (new && (new->name = strdup(name)))
        return new;
    free(new);
    return NULL;
}

int classes_add(struct classes *c, const char *name, struct error *e)
{
    char line[FILENAME_LINE_MAX + 1];
    size_t at = place(c->slot, c->slots, name);
    int length;

    if (c->slot[at])
        return 0;
    length = filename_line(name, line);
    if (length < 0)
        return error_set(e, "a class name of more than %d bytes", FILENAME_LINE_MAX);
    if (c->text_size + (size_t)length + 1 > RTS_TEXT_MAX)
        return error_set(e, "the class names take more than %d bytes", RTS_TEXT_MAX);
    if (!(c->slot[at] = new_class(name)))
        return error_memory(e, "class names");
    c->text_size += (size_t)length + 1;
    c->count++;
    return 2 * c->count < c->slots ? 0 : grow(c, e);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct class *const *)a)->name, (*(struct class *const *)b)->name);
}

const char *classes_sort(struct classes *c, struct error *e)
{
    char line[FILENAME_LINE_MAX + 1], *to;
    size_t n = 0;

    c->sorted = malloc((c->count + 1) * sizeof *c->sorted);
    c->text = to = malloc(c->text_size + 1);
    if (!c->sorted || !c->text) {
        error_memory(e, "class names");
        return NULL;
    }
    for (size_t i = 0; i < c->slots; i++)
        if (c->slot[i])
            c->sorted[n++] = c->slot[i];
    if (n)
        qsort(c->sorted, n, sizeof *c->sorted, by_name);
    for (size_t i = 0; i < n; i++) {
        int length = filename_line(c->sorted[i]->name, line);
        c->sorted[i]->label = (uint32_t)i;
        line[length] = '\n';
        memcpy(to, line, (size_t)length + 1);
        to += length + 1;
    }
    *to = '\0';
    return c->text;
}

int classes_find(const struct classes *c, const char *name, uint32_t *label)
{
    const struct class *found = c->slot[place(c->slot, c->slots, name)];

    if (!found)
        return -1;
    *label = found->label;
    return 0;
}

uint32_t classes_count(const struct classes *c)
{
    return (uint32_t)c->count;
}

void classes_free(struct classes *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->slots; i++)
        if (c->slot[i]) {
            free(c->slot[i]->name);
            free(c->slot[i]);
        }
    free(c->slot);
    free(c->sorted);
    free(c->text);
    free(c);
}
