/* The tensors of a net: their shapes, and their places in vectors. */
#include "net/slots.h"

#include "net/net.h"

static size_t whole_vectors(size_t floats)
{
    return (floats + NET_LANES - 1) / NET_LANES * NET_LANES;
}

static void add(struct net *n, struct slot s)
{
    s.count = 1;
    for (uint32_t i = 0; i < s.ndim; i++)
        s.count *= s.shape[i];
    s.at = n->parameters;
    n->parameters += whole_vectors(s.floats);
    n->slot[n->slots++] = s;
}

void slots_add(struct net *n, int layer)
{
    struct layer *l = &n->layer[layer];
    size_t out = (size_t)l->out.c, out_pad = (size_t)net_pad(l->out.c);
    size_t pixels = (size_t)l->in.h * (size_t)l->in.w, lanes = (size_t)l->in_lanes;
    struct slot weight = {.name = "weight", .layer = layer, .shape = {out}, .drawn = 1};
    struct slot bias = {
        .name = "bias", .layer = layer, .shape = {out}, .ndim = 1, .floats = out_pad};

    if (l->kind == LAYER_CONV) {
        weight.ndim = 4;
        weight.shape[1] = (uint64_t)l->in.c;
        weight.shape[2] = weight.shape[3] = 3;
        weight.floats = l->in_image ? 9 * lanes * out_pad : out_pad * 9 * lanes;
    } else if (l->kind == LAYER_DENSE) {
        weight.ndim = 2;
        weight.shape[1] = extent_size(l->in);
        weight.floats = out * whole_vectors(pixels * lanes);
    } else {
        return;
    }
    l->slot = n->slots;
    l->slots = 2;
    add(n, weight);
    add(n, bias);
    l->weight = n->slot[l->slot].at;
    l->weights = weight.floats;
    l->bias = n->slot[l->slot + 1].at;
    l->biases = bias.floats;
}

size_t slot_index(const struct net *n, const struct slot *s, uint64_t i)
{
    return s->ndim == 1 ? s->at + i : layer_weight_index(&n->layer[s->layer], i);
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
        to[i] = n->layer[n->slot[i].layer].frozen ? SLOT_FROZEN : sum;
        if (to[i] != SLOT_FROZEN)
            sum += whole_vectors(n->slot[i].floats);
    }
    return sum;
}
