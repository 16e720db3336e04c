/* The choice of examples: for each class the ones with the smallest random keys. */
#include "rts/sample.h"

#include "base/parse.h"
#include "base/rng.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pick {
    uint64_t key, position;
};

/* The examples of a class with the smallest keys, as a heap whose first element is the largest. */
struct class
{
    struct pick *heap;
    uint64_t used, room;
    uint64_t counted, seen; /* examples that were counted before, and offered */
};

struct sample {
    struct rng rng;
    struct sample_rule rule;
    enum { UNKNOWN, LABELLED, UNLABELLED } labels;
    struct class *class; /* by label; the only one if there are no labels */
    uint64_t classes, distinct;
    uint64_t most; /* what a class may still get, unless that is a share; never grows */
    uint64_t *chosen;
    uint64_t count, cursor;
};

int sample_parse_share(const char *text, uint64_t *share)
{
    uint64_t unit = SAMPLE_WHOLE, value = 0;
    const char *p = text;
    size_t digits = strspn(text, "0123456789"), decimals;

    if (text[strlen(text) - (*text != '\0')] == '%')
        unit /= 100;
    if (digits == 0 || digits > 9)
        return -1;
    for (; isdigit((unsigned char)*p); p++)
        value = 10 * value + (uint64_t)(*p - '0');
    value *= unit;
    decimals = *p == '.' ? strspn(p + 1, "0123456789") : 0;
    if (*p == '.' && decimals == 0)
        return -1;
    for (p += decimals ? 1 : 0; decimals--; p++) {
        if (unit % 10)
            return -1;
        unit /= 10;
        value += unit * (uint64_t)(*p - '0');
    }
    if (*p == '%')
        p++;
    if (*p || value > SAMPLE_WHOLE)
        return -1;
    *share = value;
    return 0;
}

int sample_parse_fold(const char *text, struct sample_rule *rule)
{
    const char *slash = strchr(text, '/');
    int64_t part, parts;
    char first[16];

    if (!slash || (size_t)(slash - text) >= sizeof first)
        return -1;
    memcpy(first, text, (size_t)(slash - text));
    first[slash - text] = '\0';
    if (parse_int(slash + 1, 2, SAMPLE_FOLDS_MAX, &parts) < 0 ||
        parse_int(first, 1, parts, &part) < 0)
        return -1;
    rule->n = (uint64_t)parts;
    rule->part = (uint64_t)(part - 1);
    return 0;
}

struct sample *sample_new(const struct sample_rule *rule, struct error *e)
{
    struct sample *s = calloc(1, sizeof *s);

    if (!s) {
        error_memory(e, "sample");
        return NULL;
    }
    rng_seed(&s->rng, rule->seed, RNG_SAMPLE);
    s->rule = *rule;
    s->most = rule->how == SAMPLE_FOLD ? UINT64_MAX : rule->n;
    return s;
}

void sample_free(struct sample *s)
{
    if (!s)
        return;
    for (uint64_t i = 0; i < s->classes; i++)
        free(s->class[i].heap);
    free(s->class);
    free(s->chosen);
    free(s);
}

static int is_less(struct pick a, struct pick b)
{
    return a.key < b.key || (a.key == b.key && a.position < b.position);
}

/* Puts p into the heap, downwards from its top. */
static void sink(struct class *c, struct pick p)
{
    uint64_t i = 0, child;

    while ((child = 2 * i + 1) < c->used) {
        if (child + 1 < c->used && is_less(c->heap[child], c->heap[child + 1]))
            child++;
        if (!is_less(p, c->heap[child]))
            break;
        c->heap[i] = c->heap[child];
        i = child;
    }
    c->heap[i] = p;
}

static int push(struct class *c, struct pick p, struct error *e)
{
    uint64_t i = c->used;

    if (c->used == c->room) {
        uint64_t room = c->room ? 2 * c->room : 16;
        struct pick *heap = realloc(c->heap, room * sizeof *heap);
        if (!heap)
            return error_memory(e, "sample");
        c->heap = heap;
        c->room = room;
    }
    c->used++;
    while (i && is_less(c->heap[(i - 1) / 2], p)) {
        c->heap[i] = c->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    c->heap[i] = p;
    return 0;
}

/* Lets the largest keys go until `most` are left. */
static void shrink(struct class *c, uint64_t most)
{
    while (c->used > most) {
        struct pick last = c->heap[--c->used];
        if (c->used)
            sink(c, last);
    }
}

/* Makes the table reach to `label`. */
static int grow(struct sample *s, uint32_t label, struct error *e)
{
    uint64_t room = s->classes ? s->classes : 16;
    struct class *table;

    if (label >= SAMPLE_CLASSES_MAX)
        return error_set(e, "label %lu, but at most %d classes are possible", (unsigned long)label,
                         SAMPLE_CLASSES_MAX);
    while (room <= label)
        room *= 2;
    if (room == s->classes)
        return 0;
    table = realloc(s->class, room * sizeof *table);
    if (!table)
        return error_memory(e, "sample");
    s->class = table;
    for (; s->classes < room; s->classes++)
        table[s->classes] = (struct class){0};
    return 0;
}

/*
 * One class more: where n is for all, each may get less than it could before. The heaps learn of
 * that when their class comes next, and all of them when the classes have doubled: then all heaps
 * together hold at most 2 n, and nobody goes through all classes for each.
 */
static void count_class(struct sample *s)
{
    uint64_t most;

    s->distinct++;
    if (s->rule.how != SAMPLE_COUNT)
        return;
    most = s->rule.n / s->distinct + (s->rule.n % s->distinct != 0);
    if ((s->distinct & (s->distinct - 1)) == 0)
        for (uint64_t i = 0; i < s->classes; i++)
            shrink(&s->class[i], most);
    s->most = most;
}

/* A share of n examples to the nearest, halves upwards; of some, with any share, one at least. */
static uint64_t share_of(uint64_t share, uint64_t n)
{
    uint64_t rest = n % SAMPLE_WHOLE * share + SAMPLE_WHOLE / 2;
    uint64_t part = n / SAMPLE_WHOLE * share + rest / SAMPLE_WHOLE;

    return part == 0 && n && share ? 1 : part;
}

/* The class of an example with this label; NULL on error. */
static struct class *class_of(struct sample *s, const uint32_t *label, struct error *e)
{
    if (s->labels == (label ? UNLABELLED : LABELLED)) {
        error_set(e, "some examples have labels, others do not");
        return NULL;
    }
    s->labels = label ? LABELLED : UNLABELLED;
    if (!label && (s->rule.how == SAMPLE_PER_CLASS || s->rule.how == SAMPLE_AT_MOST)) {
        error_set(e, "no labels; sampling by class needs labels");
        return NULL;
    }
    if (grow(s, label ? *label : 0, e) < 0)
        return NULL;
    return &s->class[label ? *label : 0];
}

int sample_count(struct sample *s, const uint32_t *label, struct error *e)
{
    struct class *c = class_of(s, label, e);

    if (!c)
        return -1;
    c->counted++;
    return 0;
}

int sample_offer(struct sample *s, uint64_t position, const uint32_t *label, struct error *e)
{
    struct pick p = {(uint64_t)rng_u32(&s->rng) << 32, position};
    struct class *c = class_of(s, label, e);
    uint64_t most;

    p.key |= rng_u32(&s->rng);
    if (!c)
        return -1;
    if (c->seen++ == 0)
        count_class(s);
    most = s->rule.how == SAMPLE_SHARE ? share_of(s->rule.n, c->counted) : s->most;
    shrink(c, most);
    if (c->used < most)
        return push(c, p, e) < 0 ? -1 : 1;
    if (c->used == 0 || !is_less(p, c->heap[0]))
        return 0;
    sink(c, p);
    return 1;
}

static int too_few(const struct sample *s, uint64_t label, uint64_t wanted, const char *names,
                   struct error *e)
{
    int length;
    const char *name = names_line(names, label, &length);
    unsigned long long has = s->classes ? s->class[label].seen : 0;

    if (s->labels != LABELLED)
        return error_set(e, "too few examples: %llu, but %llu are needed", has,
                         (unsigned long long)wanted);
    return error_set(e, "class %llu%s%.*s%s: %llu examples, but %llu are needed",
                     (unsigned long long)label, name ? " (" : "", length, name ? name : "",
                     name ? ")" : "", has, (unsigned long long)wanted);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int compare_picks(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;

    return is_less(*y, *x) - is_less(*x, *y);
}

/*
 * Leaves of a class, in the order of the keys, those that are dealt to the part. As at a game of
 * cards, each class goes on where the one before it has ended: so all parts are equally large.
 */
static void deal(const struct sample_rule *r, struct class *c, uint64_t *dealt)
{
    uint64_t kept = 0;

    if (c->used)
        qsort(c->heap, c->used, sizeof *c->heap, compare_picks);
    for (uint64_t i = 0; i < c->used; i++)
        if ((*dealt)++ % r->n == r->part)
            c->heap[kept++] = c->heap[i];
    c->used = kept;
}

/* Lists the positions of all that is left in the heaps. */
static int list_chosen(struct sample *s, struct error *e)
{
    for (uint64_t i = 0; i < s->classes; i++)
        s->count += s->class[i].used;
    s->chosen = malloc(s->count ? s->count * sizeof *s->chosen : 1);
    if (!s->chosen)
        return error_memory(e, "sample");
    s->count = 0;
    for (uint64_t i = 0; i < s->classes; i++) {
        struct class *c = &s->class[i];
        for (uint64_t k = 0; k < c->used; k++)
            s->chosen[s->count++] = c->heap[k].position;
        free(c->heap);
        c->heap = NULL;
        c->used = c->room = 0;
    }
    qsort(s->chosen, s->count, sizeof *s->chosen, compare);
    return 0;
}

static int settle_fold(struct sample *s, struct error *e)
{
    uint64_t dealt = 0;

    for (uint64_t i = 0; i < s->classes; i++)
        deal(&s->rule, &s->class[i], &dealt);
    if (dealt < s->rule.n)
        return error_set(e, "too few examples: %llu, but %llu are needed",
                         (unsigned long long)dealt, (unsigned long long)s->rule.n);
    return list_chosen(s, e);
}

/* How many examples a class is to have, which is the nth of those that have any. */
static uint64_t wanted_of(const struct sample *s, const struct class *c, uint64_t nth)
{
    switch (s->rule.how) {
    case SAMPLE_COUNT:
        return s->rule.n / s->distinct + (nth < s->rule.n % s->distinct);
    case SAMPLE_PER_CLASS:
        return s->rule.n;
    case SAMPLE_AT_MOST:
        return c->seen < s->rule.n ? c->seen : s->rule.n;
    default:
        return share_of(s->rule.n, c->counted);
    }
}

int sample_settle(struct sample *s, const char *names, struct error *e)
{
    uint64_t nth = 0;

    if (s->rule.how == SAMPLE_FOLD)
        return settle_fold(s, e);
    if (s->distinct == 0 && s->rule.n &&
        (s->rule.how == SAMPLE_COUNT || s->rule.how == SAMPLE_PER_CLASS))
        return too_few(s, 0, s->rule.n, names, e);
    for (uint64_t i = 0; i < s->classes; i++) {
        struct class *c = &s->class[i];
        if (s->rule.how == SAMPLE_SHARE && c->seen != c->counted)
            return error_set(e, "input: changed while it was read");
        if (!c->seen)
            continue;
        uint64_t wanted = wanted_of(s, c, nth++);
        if (c->seen < wanted)
            return too_few(s, i, wanted, names, e);
        shrink(c, wanted);
    }
    return list_chosen(s, e);
}

int64_t sample_passed_over(const struct sample *s, const char *names, char *list, size_t size,
                           struct error *e)
{
    struct names_table t;
    int64_t found = 0;
    size_t at = 0;

    *list = '\0';
    if (s->labels != LABELLED)
        return 0;
    if (names_table_make(&t, names, e) < 0)
        return -1;
    for (uint64_t i = 0; i < t.count; i++) {
        int length;
        const char *name = names_table_line(&t, i, &length);
        if (i < s->classes && s->class[i].seen)
            continue;
        /* Only the first few are listed. */
        if (found++ < 5 && at < size)
            at += (size_t)snprintf(list + at, size - at, "%s%.*s", found > 1 ? ", " : "",
                                   length < 60 ? length : 60, name);
        else if (found == 6 && at < size)
            snprintf(list + at, size - at, ", ...");
    }
    names_table_free(&t);
    return found;
}

int sample_has(struct sample *s, uint64_t position)
{
    if (s->rule.how == SAMPLE_FIRST)
        return position < s->rule.n;
    while (s->cursor < s->count && s->chosen[s->cursor] < position)
        s->cursor++;
    return s->cursor < s->count && s->chosen[s->cursor] == position;
}
