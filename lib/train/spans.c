/* The slots of layers that are not frozen, joined where they follow each other. */
#include "train/spans.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

void spans_find(struct spans *s, const struct net *n, const float *lr_scale, int weights_only)
{
    s->n = 0;
    s->count = slots_trained(n, s->to);
    for (int i = 0; i < n->slots; i++) {
        const struct slot *slot = &n->slot[i];
        struct span *last = s->n ? &s->span[s->n - 1] : NULL;
        struct span next = {.at = slot->at,
                            .to = s->to[i],
                            .n = slot->floats,
                            .lr_scale = lr_scale ? lr_scale[slot->layer] : 1,
                            .decays = slot->is_weight || !weights_only};
        if (s->to[i] == SLOT_FIXED)
            continue;
        /* Padding between two slots belongs to neither, and is zero in all vectors. */
        if (last && slot->at - last->at == s->to[i] - last->to && last->lr_scale == next.lr_scale &&
            last->decays == next.decays)
            last->n = slot->at + slot->floats - last->at;
        else
            s->span[s->n++] = next;
    }
}

int spans_parse_scales(const char *text, const struct net *n, float *lr_scale, struct error *e)
{
    for (int i = 0; i < n->layers; i++)
        lr_scale[i] = 1;
    for (const char *at = text; at && *at;) {
        size_t length = strcspn(at, ","), name = strcspn(at, "=,");
        char layer[LAYER_NAME_BYTES], number[32];
        struct error why;
        double scale;
        int i;
        snprintf(layer, sizeof layer, "%.*s", (int)(name < sizeof layer ? name : sizeof layer), at);
        snprintf(number, sizeof number, "%.*s", name < length ? (int)(length - name - 1) : 0,
                 at + name + (name < length));
        if ((i = net_find_or_list(n, layer, &why)) < 0)
            return error_set(e, "--lr-scale: %.400s", why.text);
        if (length - name >= sizeof number || parse_real(number, 0, 1000, &scale) < 0)
            return error_set(e, "--lr-scale: %s: '%s' is not a number between 0 and 1000", layer,
                             number);
        lr_scale[i] = (float)scale;
        at += length + (at[length] == ',');
    }
    return 0;
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
