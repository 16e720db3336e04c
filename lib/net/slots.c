/* The tensors of a net: their shapes, and their places in vectors. */
#include "net/slots.h"

#include <string.h>

#include "net/net.h"

size_t slot_floats(size_t floats)
{
    return (floats + NET_LANES - 1) / NET_LANES * NET_LANES;
}

static void add(struct net *n, struct slot *s, int layer)
{
    s->layer = layer;
    s->count = 1;
    for (uint32_t i = 0; i < s->ndim; i++)
        s->count *= s->shape[i];
    s->at = n->parameters;
    n->parameters += slot_floats(s->floats);
}

void slots_add(struct net *n, int layer)
{
    struct layer *l = &n->layer[layer];

    l->slot = n->slots;
    l->slots = l->kind->slots(l, n->slot + n->slots);
    for (int k = 0; k < l->slots; k++)
        add(n, &n->slot[n->slots++], layer);
}

const struct slot *slot_find(const struct net *n, int layer, const char *name)
{
    const struct layer *l = &n->layer[layer];

    for (int k = l->slot; k < l->slot + l->slots; k++)
        if (strcmp(n->slot[k].name, name) == 0)
            return &n->slot[k];
    return NULL;
}

size_t slot_index(const struct net *n, const struct slot *s, uint64_t i)
{
    const struct layer *l = &n->layer[s->layer];

    return s->at + l->kind->place(l, (int)(s - n->slot) - l->slot, i);
}

void slot_read(const struct net *n, const struct slot *s, const float *vector, float *plain)
{
    for (uint64_t i = 0; i < s->count; i++)
        plain[i] = vector[slot_index(n, s, i) - s->at];
}

void slot_write(const struct net *n, const struct slot *s, const float *plain, float *vector)
{
    for (uint64_t i = 0; i < s->count; i++)
        vector[slot_index(n, s, i) - s->at] = plain[i];
}

size_t slots_trained(const struct net *n, size_t *to)
{
    size_t sum = 0;

    for (int i = 0; i < n->slots; i++) {
        const struct slot *s = &n->slot[i];
        to[i] = n->layer[s->layer].frozen || s->buffer ? SLOT_FIXED : sum;
        if (to[i] != SLOT_FIXED)
            sum += slot_floats(s->floats);
    }
    return sum;
}
