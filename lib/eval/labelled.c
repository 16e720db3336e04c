/* Chosen labels put to the examples of a stream. */
#include "eval/labelled.h"

#include <stdlib.h>

/* Writes the names of the classes, once. */
static int put_names(struct labelled *l, struct error *e)
{
    if (l->named || !l->names)
        return 0;
    l->named = 1;
    return rts_put_text(l->gather.out, "names", l->names, e);
}

/* Gives the examples of a chunk their labels; returns how many stay, at its front. */
static uint64_t choose(struct labelled *l, struct chunk *c, const struct said *said)
{
    uint64_t kept = 0;

    c->label = l->label;
    c->soft = l->soft;
    c->classes = l->classes;
    for (uint64_t i = 0; i < c->n; i++) {
        if (!said[i].kept)
            continue;
        chunk_move(c, kept, i);
        c->label[kept++] = l->number ? l->number[said[i].class] : (uint32_t)said[i].class;
    }
    return kept;
}

int labelled_put(struct labelled *l, struct chunk *c, const struct said *said, struct error *e)
{
    uint64_t kept;

    if (c->n > l->room || !l->label) {
        free(l->label);
        l->room = c->n ? c->n : 1;
        l->label = malloc(l->room * sizeof *l->label);
        if (!l->label)
            return error_memory(e, "labels");
    }
    kept = choose(l, c, said);
    l->kept += kept;
    if (put_names(l, e) < 0)
        return -1;
    return l->drops ? gather_add(&l->gather, c, kept, e) : examples_put_chunk(l->gather.out, c, e);
}

int labelled_finish(struct labelled *l, struct error *e)
{
    return gather_finish(&l->gather, e);
}

void labelled_free(struct labelled *l)
{
    gather_free(&l->gather);
    free(l->label);
    l->label = NULL;
}
