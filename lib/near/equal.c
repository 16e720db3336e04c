/* A hash table of points by value. */
#include "near/equal.h"

#include <stdlib.h>
#include <string.h>

/* Of 0 and -0, which are equal, the same. */
static uint64_t hash(const float *x, size_t d)
{
    uint64_t h = 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < d; i++) {
        float v = x[i] + 0.0f;
        uint32_t bits;
        memcpy(&bits, &v, sizeof bits);
        h = (h ^ bits) * 0x94d049bb133111ebu;
        h ^= h >> 29;
    }
    return h;
}

static int same(const float *a, const float *b, size_t d)
{
    for (size_t i = 0; i < d; i++)
        if (a[i] != b[i])
            return 0;
    return 1;
}

/* A table with open addresses: values by their number in `first`, plus one; 0 is free. */
static void fill(struct equal *q, const struct near_set *points, size_t d, uint32_t *table,
                 uint64_t mask, uint32_t *last)
{
    for (uint64_t p = 0; p < points->n; p++) {
        const float *x = points->x + p * d;
        uint64_t at = hash(x, d) & mask;
        while (table[at] && !same(x, points->x + (uint64_t)q->first[table[at] - 1] * d, d))
            at = (at + 1) & mask;
        q->next[p] = EQUAL_END;
        if (table[at]) {
            q->next[last[table[at] - 1]] = (uint32_t)p;
        } else {
            q->first[q->n++] = (uint32_t)p;
            table[at] = (uint32_t)q->n;
        }
        last[table[at] - 1] = (uint32_t)p;
    }
}

int equal_find(struct equal *q, const struct near_set *points, size_t d, struct error *e)
{
    uint64_t size = 16, n = points->n;
    uint32_t *table, *last = malloc((n + 1) * sizeof *last);
    int status = 0;

    while (size < 2 * n)
        size *= 2;
    table = calloc(size, sizeof *table);
    *q = (struct equal){.first = malloc((n + 1) * sizeof *q->first),
                        .next = malloc((n + 1) * sizeof *q->next)};
    if (table && last && q->first && q->next)
        fill(q, points, d, table, size - 1, last);
    else
        status = error_memory(e, "neighbours");
    free(table);
    free(last);
    return status;
}

void equal_free(struct equal *q)
{
    free(q->first);
    free(q->next);
    *q = (struct equal){0};
}
