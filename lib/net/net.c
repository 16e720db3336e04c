/* The words of a net string, the layers they name, and the places of their parameters. */
#include "net/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "base/rng.h"

static const char blanks[] = " \t\n";

struct token {
    struct layer layer; /* its kind, and what the word says of it */
    int at;             /* position in the text, from 1 */
    int length;
};

static int token_error(const struct token *t, const char *text, const char *why, struct error *e)
{
    return error_set(e, "net: '%.*s' at position %d: %s", t->length > 24 ? 24 : t->length,
                     text + t->at - 1, t->at, why);
}

static int unknown_layer(const struct token *t, const char *text, struct error *e)
{
    char forms[256], why[320];

    layer_forms(forms, sizeof forms);
    snprintf(why, sizeof why, "unknown layer (use %s)", forms);
    return token_error(t, text, why, e);
}

/* Reads the token at *next and moves *next behind it. 1, 0 at the end, -1. */
static int next_token(const char *text, const char **next, struct token *t, struct error *e)
{
    const char *p = *next + strspn(*next, blanks);
    const struct layer_kind *kind;
    layer_reason why;
    int used;

    if (!*p)
        return 0;
    *t = (struct token){.at = (int)(p - text) + 1, .length = (int)strcspn(p, blanks)};
    *next = p + t->length;
    kind = layer_kind_of(p, t->length);
    if (!kind)
        return unknown_layer(t, text, e);
    t->layer.kind = kind;
    used = (int)strlen(kind->token);
    why = kind->parse(p + used, t->length - used, &t->layer);
    return why ? token_error(t, text, why, e) : 1;
}

/* What is known of a text when its first tokens have been read. */
struct reading {
    int flat, layers;
    int last;                          /* where the last token was */
    int depth;                         /* blocks that are open: */
    struct token open[NET_LAYERS_MAX]; /* what began them */
};

/* Takes a token that begins or ends a block. NULL, or what is wrong with it. */
static const char *check_block(struct reading *r, const struct token *t)
{
    if (t->layer.kind->traits & LAYER_BEGINS)
        r->open[r->depth++] = *t;
    if (!(t->layer.kind->traits & LAYER_ENDS))
        return NULL;
    if (r->depth == 0)
        return "ends a block that is not begun";
    if (r->open[--r->depth].at == r->last)
        return "ends an empty block";
    return NULL;
}

static int check_token(struct reading *r, const struct token *t, const char *text, struct error *e)
{
    const char *why;
    char many[64];

    if (r->flat && t->layer.kind->traits & LAYER_SPATIAL)
        return token_error(t, text, "cannot follow a dense layer or a global average pool", e);
    r->flat |= t->layer.kind->traits & LAYER_FLATTENS;
    if (++r->layers > NET_LAYERS_MAX) {
        snprintf(many, sizeof many, "more than %d layers", NET_LAYERS_MAX);
        return token_error(t, text, many, e);
    }
    why = check_block(r, t);
    r->last = t->at;
    return why ? token_error(t, text, why, e) : 0;
}

int net_check(const char *text, struct error *e)
{
    const char *next = text;
    struct reading r = {0};
    struct token t;
    int got;

    if (strlen(text) >= NET_TEXT_MAX)
        return error_set(e, "net: longer than %d characters", NET_TEXT_MAX - 1);
    while ((got = next_token(text, &next, &t, e)) > 0)
        if (check_token(&r, &t, text, e) < 0)
            return -1;
    if (got == 0 && r.layers == 0)
        return error_set(e, "net: no layers");
    if (got == 0 && r.depth > 0)
        return token_error(&r.open[r.depth - 1], text, "begins a block that is not ended", e);
    return got;
}

/* Floats that a layer's output takes, about: with its border. */
static uint64_t activations(const struct layer *l)
{
    return (uint64_t)(l->out.h + 3) * (uint64_t)(l->out.w + 3) * (uint64_t)l->out_lanes;
}

static int check_activations(const struct net *n, struct error *e)
{
    const struct layer *last = &n->layer[n->layers - 1];
    uint64_t all = 0;

    for (int i = 0; i < n->layers; i++)
        all += activations(&n->layer[i]);
    if (activations(last) > NET_ACTIVATIONS_MAX)
        return error_set(e, "net: %s: more than %d activations", last->name, NET_ACTIVATIONS_MAX);
    if (all > NET_ALL_ACTIVATIONS_MAX)
        return error_set(e, "net: %s: more than %d activations in all layers up to here",
                         last->name, NET_ALL_ACTIVATIONS_MAX);
    return 0;
}

/* The layer that began the block that is ended behind the last layer; the text has been checked. */
static int block_begin(const struct net *n)
{
    int i = n->layers - 1;

    for (int ends = 0; ends > 0 || !(n->layer[i].kind->traits & LAYER_BEGINS); i--) {
        ends += (n->layer[i].kind->traits & LAYER_ENDS) != 0;
        ends -= (n->layer[i].kind->traits & LAYER_BEGINS) != 0;
    }
    return i;
}

/* Appends a layer behind the last one: of this kind and width. */
static int add_layer(struct net *n, const struct layer *like, struct error *e)
{
    struct layer *l = &n->layer[n->layers], *below = n->layers ? l - 1 : NULL;
    int number = 1;

    *l = *like;
    for (int i = 0; i < n->layers; i++)
        number += n->layer[i].kind == l->kind;
    snprintf(l->name, sizeof l->name, "%s%d", l->kind->name, number);
    l->in = below ? below->out : n->image;
    l->in_image = !below || (below->in_image && below->kind->traits & LAYER_BEGINS);
    l->in_lanes = below ? below->out_lanes : n->image.c;
    l->out = l->in;
    if (l->kind->traits & LAYER_ENDS) {
        l->begin = block_begin(n);
        l->skip = n->layer[l->begin].in;
        l->skip_lanes = n->layer[l->begin].in_lanes;
    }
    if (l->kind->shape(l, e) < 0)
        return -1;
    l->out_lanes = l->kind->traits & LAYER_BEGINS ? l->in_lanes : net_pad(l->out.c);
    n->layers++;
    return check_activations(n, e);
}

/* The head gets its name before anything is said of it. */
static int add_head(struct net *n, struct error *e)
{
    struct layer head = {.kind = layer_head, .width = n->classes + n->side};

    if (add_layer(n, &head, e) < 0)
        return -1;
    strcpy(n->layer[n->layers - 1].name, "head");
    return 0;
}

static int give_slots(struct net *n, int layer, struct error *e)
{
    slots_add(n, layer);
    if (n->parameters > NET_PARAMETERS_MAX)
        return error_set(e, "net: %s: more than %d parameters", n->layer[layer].name,
                         NET_PARAMETERS_MAX);
    return 0;
}

int net_build(struct net *n, const char *text, struct extent image, int classes, struct error *e)
{
    const char *next = text;
    struct token t;
    int got;

    if (net_check(text, e) < 0)
        return -1;
    if (image.h < 1 || image.w < 1 || image.c < 1 || image.h > NET_SIDE_MAX ||
        image.w > NET_SIDE_MAX || image.c > LAYER_WIDTH_MAX)
        return error_set(e,
                         "net: images of %d x %d x %d, but 1 x 1 x 1 to %d x %d x %d are possible",
                         image.h, image.w, image.c, NET_SIDE_MAX, NET_SIDE_MAX, LAYER_WIDTH_MAX);
    if (classes < 1 || classes > NET_CLASSES_MAX)
        return error_set(e, "net: %d classes, but 1 to %d are possible", classes, NET_CLASSES_MAX);
    memset(n, 0, sizeof *n);
    strcpy(n->text, text);
    n->image = image;
    n->classes = classes;
    while ((got = next_token(text, &next, &t, e)) > 0)
        if (add_layer(n, &t.layer, e) < 0)
            return -1;
    if (got < 0 || add_head(n, e) < 0)
        return -1;
    for (int i = 0; i < n->layers; i++)
        if (give_slots(n, i, e) < 0)
            return -1;
    return 0;
}

int net_set_side(struct net *n, int side, struct error *e)
{
    struct layer *head = &n->layer[n->layers - 1];
    int frozen = head->frozen;

    if (n->classes + side > NET_CLASSES_MAX)
        return error_set(e,
                         "net: %d classes and %d outputs beside them, but at most %d are possible",
                         n->classes, side, NET_CLASSES_MAX);
    n->side = side;
    n->slots = head->slot;
    n->parameters = n->slot[head->slot].at;
    n->layers--;
    if (add_head(n, e) < 0)
        return -1;
    head->frozen = frozen;
    return give_slots(n, n->layers - 1, e);
}

int net_find(const struct net *n, const char *name)
{
    for (int i = 0; i < n->layers; i++)
        if (strcmp(n->layer[i].name, name) == 0)
            return i;
    return -1;
}

int net_find_or_list(const struct net *n, const char *name, struct error *e)
{
    int i = net_find(n, name);
    char list[(NET_LAYERS_MAX + 1) * (LAYER_NAME_BYTES + 1)] = "";

    if (i >= 0)
        return i;
    for (int k = 0; k < n->layers; k++)
        sprintf(list + strlen(list), " %s", n->layer[k].name);
    return error_set(e, "no layer '%s': the model has%s", name, list);
}

int net_block_end(const struct net *n, int i)
{
    int depth = 0;

    for (int k = 0; k < n->layers; k++) {
        depth += (n->layer[k].kind->traits & LAYER_BEGINS) != 0;
        depth -= (n->layer[k].kind->traits & LAYER_ENDS) != 0;
        if (depth == 0 && k >= i)
            return k > i ? k : -1;
    }
    return -1;
}

int net_truncate(struct net *n, const char *name, struct error *e)
{
    int i = net_find_or_list(n, name, e);

    if (i < 0)
        return -1;
    n->layers = i + 1;
    while (n->slots > 0 && n->slot[n->slots - 1].layer > i)
        n->slots--;
    return 0;
}

void net_text_until(const struct net *n, int layers, char text[NET_TEXT_MAX])
{
    const char *end = n->text;

    for (int i = 0; i < layers; i++) {
        end += strspn(end, blanks);
        end += strcspn(end, blanks);
    }
    snprintf(text, NET_TEXT_MAX, "%.*s", (int)(end - n->text), n->text);
}

/* The inputs of an output: what a weight's first dimension does not count. */
static float fan_in(const struct slot *s)
{
    return (float)(s->count / s->shape[0]);
}

/* Elements of a slot from `from` on. */
static void init_slot(const struct net *n, const struct slot *s, uint64_t from, float gain,
                      float *parameters, struct rng *r)
{
    float bound = gain * sqrtf(6.0f / fan_in(s));

    for (uint64_t i = from; i < s->count; i++)
        parameters[slot_index(n, s, i)] = s->start == SLOT_ZERO  ? 0
                                          : s->start == SLOT_ONE ? 1
                                                                 : bound * (2 * rng_float(r) - 1);
}

static void init_layer(const struct net *n, int layer, float gain, float *parameters, struct rng *r)
{
    const struct layer *l = &n->layer[layer];

    for (int k = l->slot; k < l->slot + l->slots; k++) {
        memset(parameters + n->slot[k].at, 0, n->slot[k].floats * sizeof *parameters);
        init_slot(n, &n->slot[k], 0, gain, parameters, r);
    }
}

void net_init_body(const struct net *n, float *parameters, uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, RNG_INIT);
    for (int i = 0; i < n->layers - 1; i++)
        init_layer(n, i, 1, parameters, &r);
}

void net_init_head(const struct net *n, float *parameters, uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, RNG_HEAD);
    init_layer(n, n->layers - 1, NET_HEAD_GAIN, parameters, &r);
}

/* Outputs are the first dimension of all that the head has. */
void net_init_side(const struct net *n, float *parameters, uint64_t seed)
{
    const struct layer *head = &n->layer[n->layers - 1];
    struct rng r;

    rng_seed(&r, seed, RNG_SIDE);
    for (int k = head->slot; k < head->slot + head->slots; k++) {
        const struct slot *s = &n->slot[k];
        uint64_t classes = s->count / s->shape[0] * (uint64_t)n->classes;
        init_slot(n, s, classes, NET_HEAD_GAIN, parameters, &r);
    }
}

float *net_allocate(size_t floats)
{
    return pages_allocate((floats + NET_LANES) * sizeof(float));
}
