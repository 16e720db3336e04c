/* The kinds of layers, and what they have in common. */
#include "net/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

#define LAYER(NAME) &layer_##NAME,
static const struct layer_kind *const kinds[LAYER_KINDS] = {
#include "net/layers/kinds.def"
};
#undef LAYER

const struct layer_kind *layer_kind(int i)
{
    return i < LAYER_KINDS ? kinds[i] : NULL;
}

const struct layer_kind *layer_kind_of(const char *word, int length)
{
    const struct layer_kind *best = NULL;
    size_t longest = 0;

    for (int i = 0; i < LAYER_KINDS; i++) {
        size_t n = strlen(kinds[i]->token);
        /* "apple" is not `a` with something behind it; "a2" is, and wrong. */
        if (kinds[i]->parse == layer_parse_nothing && n < (size_t)length &&
            !strchr("0123456789.-", word[n]))
            continue;
        if (n > longest && n <= (size_t)length && memcmp(kinds[i]->token, word, n) == 0) {
            best = kinds[i];
            longest = n;
        }
    }
    return best;
}

void layer_forms(char *text, size_t size)
{
    size_t used = 0;

    *text = '\0';
    for (int i = 0; i < LAYER_KINDS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0                 ? ""
                                 : i == LAYER_KINDS - 1 ? " or "
                                                        : ", ",
                                 kinds[i]->form);
}

uint64_t layer_parameters(const struct net *n, int layer)
{
    const struct layer *l = &n->layer[layer];
    uint64_t sum = 0;

    for (int k = l->slot; k < l->slot + l->slots; k++)
        if (!n->slot[k].buffer)
            sum += n->slot[k].count;
    return sum;
}

/* ---- what kinds have in common ---- */

layer_reason layer_parse_nothing(const char *rest, int length, struct layer *l)
{
    (void)rest, (void)l;
    return length == 0 ? NULL : "takes no number";
}

layer_reason layer_parse_width(const char *rest, int length, struct layer *l)
{
    if (length < 1 || length > 4 || (int)strspn(rest, "0123456789") < length)
        return "needs an integer of at most 4 digits";
    l->width = atoi(rest);
    return l->width < 1 || l->width > LAYER_WIDTH_MAX ? "width is not between 1 and 4096" : NULL;
}

int layer_shape_same(struct layer *l, struct error *e)
{
    (void)l, (void)e;
    return 0;
}

int layer_shape_halved(struct layer *l, struct error *e)
{
    l->out.h = l->in.h / 2;
    l->out.w = l->in.w / 2;
    if (l->out.h < 1 || l->out.w < 1)
        return error_set(e, "net: %s: cannot pool an input of %d x %d", l->name, l->in.h, l->in.w);
    return 0;
}

int layer_slots_none(const struct layer *l, struct slot *s)
{
    (void)l, (void)s;
    return 0;
}

size_t layer_place_vector(const struct layer *l, int k, uint64_t i)
{
    (void)l, (void)k;
    return i;
}

uint64_t layer_multiply_adds_none(const struct layer *l)
{
    (void)l;
    return 0;
}
