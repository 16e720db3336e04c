/* Labelled images chosen by how sure their labels are. */
#include "eval/choice.h"

#include <stdlib.h>

int choice_add(struct choice *c, int class, double p, struct error *e)
{
    if (c->n == c->room) {
        uint64_t room = c->room ? 2 * c->room : 1024;
        struct said *more = realloc(c->said, room * sizeof *more);
        if (!more)
            return error_memory(e, "labels");
        c->said = more;
        c->room = room;
    }
    c->said[c->n++] = (struct said){p, class, p >= c->least};
    return 0;
}

/* Those that are kept by class, in a class the surest first, then in the order of the stream. */
static int by_class(const void *a, const void *b)
{
    const struct said *x = *(struct said *const *)a, *y = *(struct said *const *)b;

    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->p != y->p)
        return x->p > y->p ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* How many the rarest of the classes in this order has, and how many classes there are. */
static uint64_t rarest(struct said **order, uint64_t n, int *classes)
{
    uint64_t least = n, first = 0;

    *classes = 0;
    for (uint64_t i = 1; i <= n; i++)
        if (i == n || order[i]->class != order[first]->class) {
            least = i - first < least ? i - first : least;
            first = i;
            ++*classes;
        }
    return least;
}

int choice_balance(struct choice *c, uint64_t *each, int *classes, struct error *e)
{
    uint64_t n = 0, place = 0;
    struct said **order = malloc((c->n ? c->n : 1) * sizeof *order);

    if (!order)
        return error_memory(e, "labels");
    for (uint64_t i = 0; i < c->n; i++)
        if (c->said[i].kept)
            order[n++] = &c->said[i];
    qsort(order, n, sizeof *order, by_class);
    *each = rarest(order, n, classes);
    for (uint64_t i = 0; i < n; i++) {
        place = i && order[i]->class == order[i - 1]->class ? place + 1 : 0;
        order[i]->kept = place < *each;
    }
    free(order);
    return 0;
}

void choice_free(struct choice *c)
{
    free(c->said);
    c->said = NULL;
    c->n = c->room = 0;
}
