/* The slots of layers that are not frozen, joined where they follow each other. */
#include "train/spans.h"

#include <string.h>

void spans_find(struct spans *s, const struct net *n)
{
    s->n = 0;
    s->count = slots_trained(n, s->to);
    for (int i = 0; i < n->slots; i++) {
        const struct slot *slot = &n->slot[i];
        struct span *last = s->n ? &s->span[s->n - 1] : NULL;
        if (s->to[i] == SLOT_FIXED)
            continue;
        /* Padding between two slots belongs to neither, and is zero in all vectors. */
        if (last && slot->at - last->at == s->to[i] - last->to)
            last->n = slot->at + slot->floats - last->at;
        else
            s->span[s->n++] = (struct span){slot->at, s->to[i], slot->floats};
    }
}

int spans_frozen_equal(const struct net *n, const float *a, const float *b)
{
    for (int i = 0; i < n->slots; i++) {
        const struct slot *slot = &n->slot[i];
        if (n->layer[slot->layer].frozen &&
            memcmp(a + slot->at, b + slot->at, slot->floats * sizeof *a) != 0)
            return 0;
    }
    return 1;
}
