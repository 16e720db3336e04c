/* Answers sorted by what they are for, and found there. */
#include "rts/answers.h"

#include "base/parse.h"
#include "rts/pairs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    const char *file; /* NULL: for a number */
    uint64_t number;
    uint32_t label;
    int drops;
    size_t line; /* from 1 */
};

struct answers {
    struct pairs pairs;
    struct answer *answer; /* those for numbers, ascending, then those for files */
    size_t n;
    struct answer others; /* of `*`; without that line its line is 0 */
    uint8_t *used;        /* [pairs.lines]: an example has come for that line */
};

struct answers *answers_load(const char *path, struct error *e)
{
    struct answers *a = calloc(1, sizeof *a);

    if (!a) {
        error_memory(e, path);
        return NULL;
    }
    if (pairs_load(&a->pairs, path, "a table of answers", "EXAMPLE<tab>CLASS", e) == 0) {
        a->answer = calloc(a->pairs.lines, sizeof *a->answer);
        a->used = calloc(a->pairs.lines, sizeof *a->used);
        if (a->answer && a->used)
            return a;
        error_memory(e, path);
    }
    answers_free(a);
    return NULL;
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    pairs_free(&a->pairs);
    free(a->answer);
    free(a->used);
    free(a);
}

uint32_t answers_crc(const struct answers *a)
{
    return a->pairs.crc;
}

int answers_drop(const struct answers *a)
{
    return pairs_drop(&a->pairs);
}

/* By what they are for. */
static int order(const struct answer *x, const struct answer *y)
{
    if (!x->file != !y->file)
        return x->file ? 1 : -1;
    if (x->file)
        return strcmp(x->file, y->file);
    return (x->number > y->number) - (x->number < y->number);
}

static int compare(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;
    int what = order(x, y);

    return what ? what : (x->line > y->line) - (x->line < y->line);
}

static int differ(const struct answer *x, const struct answer *y)
{
    return x->drops != y->drops || (!x->drops && x->label != y->label);
}

/* What line i, from 0, says. */
static int read_line(const struct answers *a, size_t i, const char *names, struct answer *to,
                     struct error *e)
{
    const struct pair *l = &a->pairs.line[i];

    *to = (struct answer){.line = i + 1, .drops = pair_drops(l)};
    if (l->old[strspn(l->old, "0123456789")] != '\0')
        to->file = l->old;
    else if (parse_u64(l->old, &to->number) < 0)
        return error_set(e, "%s: line %zu: no example has the number %.100s", a->pairs.path,
                         to->line, l->old);
    return to->drops ? 0 : pairs_class(&a->pairs, i, l->new, names, &to->label, e);
}

int answers_resolve(struct answers *a, const char *names, struct error *e)
{
    a->n = 0;
    a->others.line = 0;
    for (size_t i = 0; i < a->pairs.lines; i++) {
        struct answer new;
        if (read_line(a, i, names, &new, e) < 0)
            return -1;
        if (!pair_others(&a->pairs.line[i]))
            a->answer[a->n++] = new;
        else if (a->others.line && differ(&a->others, &new))
            return error_set(e, "%s: lines %zu and %zu give all other examples different classes",
                             a->pairs.path, a->others.line, new.line);
        else if (!a->others.line)
            a->others = new;
    }
    if (a->n)
        qsort(a->answer, a->n, sizeof *a->answer, compare);
    for (size_t i = 1; i < a->n; i++) {
        const struct answer *x = &a->answer[i - 1], *y = &a->answer[i];
        if (order(x, y) == 0 && differ(x, y))
            return error_set(e, "%s: lines %zu and %zu give '%.100s' different classes",
                             a->pairs.path, x->line, y->line, a->pairs.line[y->line - 1].old);
    }
    return 0;
}

/* The answers for this example; NULL if there are none. All lines that say the same are used. */
static const struct answer *look_up(struct answers *a, const struct answer *what)
{
    size_t low = 0, high = a->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&a->answer[middle], what) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == a->n || order(&a->answer[low], what) != 0)
        return NULL;
    for (size_t i = low; i < a->n && order(&a->answer[i], what) == 0; i++)
        a->used[a->answer[i].line - 1] = 1;
    return &a->answer[low];
}

int answers_find(struct answers *a, uint64_t number, const char *file, uint32_t *label,
                 struct error *e)
{
    const struct answer *by_number = look_up(a, &(struct answer){.number = number});
    const struct answer *by_file =
        file && *file ? look_up(a, &(struct answer){.file = file}) : NULL;
    const struct answer *found = by_file ? by_file : by_number;

    if (by_file && by_number && differ(by_file, by_number))
        return error_set(e, "%s: lines %zu and %zu give example %" PRIu64 " different classes",
                         a->pairs.path, by_file->line, by_number->line, number);
    if (!found && a->others.line)
        found = &a->others;
    if (!found)
        return error_set(e, "%s: no answer for example %" PRIu64 "%s%.200s%s", a->pairs.path,
                         number, file && *file ? " (" : "", file ? file : "",
                         file && *file ? ")" : "");
    *label = found->label;
    return !found->drops;
}

int answers_finish(const struct answers *a, struct error *e)
{
    const struct answer *first = NULL;

    for (size_t i = 0; i < a->n; i++)
        if (!a->used[a->answer[i].line - 1] && (!first || a->answer[i].line < first->line))
            first = &a->answer[i];
    if (!first)
        return 0;
    return error_set(e, "%s: line %zu: no example %s %.200s", a->pairs.path, first->line,
                     first->file ? "is of the file" : "has the number",
                     a->pairs.line[first->line - 1].old);
}
