/* The filters of a convolution, from the net's layout to pictures. */
#include "model/filters.h"

#include <stdlib.h>

int filters_take(struct filters *f, const struct net *n, int layer, const float *parameters,
                 struct error *e)
{
    const struct slot *s = slot_find(n, layer, "weight");
    uint64_t channels = s->shape[1], total = s->count;

    f->rgb = channels == FILTERS_RGB;
    f->stride = f->rgb ? FILTERS_TAPS * FILTERS_RGB : FILTERS_TAPS;
    f->n = total / f->stride;
    f->weight = malloc(total * sizeof *f->weight);
    if (!f->weight)
        return error_memory(e, "filters");
    for (uint64_t i = 0; i < total; i++) {
        float w = parameters[slot_index(n, s, i)];
        uint64_t filter = i / (channels * FILTERS_TAPS), channel = i / FILTERS_TAPS % channels,
                 tap = i % FILTERS_TAPS;
        f->weight[f->rgb ? (filter * FILTERS_TAPS + tap) * FILTERS_RGB + channel : i] = w;
    }
    return 0;
}

void filters_free(struct filters *f)
{
    free(f->weight);
    f->weight = NULL;
}
