/* Layers to operations, and their memory. */
#include "net/plan.h"

#include <string.h>

#include "net/kernels.h"

/* How a tensor lies in memory when its readers want a border, or not. */
static struct layout layout_of(const struct tensor *t)
{
    struct extent x = t->extent;
    struct layout l = {x.h, x.w, t->lanes, t->border, 0, 0, 0};
    size_t rows = (size_t)x.h, columns = (size_t)x.w, lanes = (size_t)t->lanes;
    size_t border = (size_t)t->border;

    if (border) {
        rows = ((size_t)x.h + 1) / 2 * 2 + 2 * border;
        columns = ((size_t)x.w + 1) / 2 * 2 + 2 * border;
    }
    l.row = columns * lanes;
    l.first = border * (l.row + lanes);
    l.size = slot_floats(rows * l.row);
    return l;
}

/* ---- operations ---- */

static int add_tensor(struct plan *p, struct extent x, int lanes)
{
    p->tensor[p->tensors] = (struct tensor){.extent = x, .lanes = lanes};
    return p->tensors++;
}

struct operation *plan_add(struct plan *p, int at, int last)
{
    struct operation *o = &p->operation[p->operations++];
    const struct layer *l = &p->net->layer[at], *end = &p->net->layer[last];
    const struct operation_kind *kind = p->kernels->operation[l->kind->index];

    *o =
        (struct operation){.kind = kind, .kernels = p->kernels, .layer = l, .at = at, .last = last};
    o->from = p->tensors - 1;
    o->to = add_tensor(p, end->out, end->out_lanes);
    o->skip = -1;
    p->after[last] = o->to;
    for (int k = 0; k < l->slots; k++)
        o->slot[k] = p->net->slot[l->slot + k].at;
    return o;
}

void plan_pass(struct plan *p, int at)
{
    p->after[at] = p->tensors - 1;
}

void plan_read_skip(struct plan *p, struct operation *o)
{
    o->skip = p->after[o->layer->begin];
}

static const struct batch_kind *batch_of(const struct plan *p, int at)
{
    return p->kernels->operation[p->net->layer[at].kind->index]->batch;
}

int plan_can_fold(const struct plan *p, int at)
{
    return !p->training && at < p->net->layers && batch_of(p, at);
}

void plan_fold(struct plan *p, struct operation *o, int at)
{
    const struct layer *l = &p->net->layer[at];

    o->folded = batch_of(p, at);
    for (int k = 0; k < l->slots; k++)
        o->folded_slot[k] = p->net->slot[l->slot + k].at;
}

/* Of the readers of a tensor only the first can be a convolution; others stand at ends of blocks.
 */
void plan_want_border(struct plan *p, const struct operation *o, int width)
{
    p->tensor[o->from].border = width;
}

static void add_operations(struct plan *p)
{
    const struct net *n = p->net;

    add_tensor(p, n->image, n->image.c);
    for (int at = 0; at < n->layers; at++)
        at = n->layer[at].kind->lower(p, n, at);
    for (int i = 0; i < p->tensors; i++)
        p->tensor[i].layout = layout_of(&p->tensor[i]);
    for (int i = 0; i < p->operations; i++) {
        struct operation *o = &p->operation[i];
        o->x = p->tensor[o->from].layout;
        o->y = p->tensor[o->to].layout;
        if (o->skip >= 0)
            o->shortcut = p->tensor[o->skip].layout;
    }
}

/* ---- what trains ---- */

static void add_gradients(struct plan *p)
{
    const struct net *n = p->net;
    size_t to[NET_SLOTS_MAX];

    p->gradients = slots_trained(n, to);
    for (int i = p->operations - 1; i >= 0; i--) {
        struct operation *o = &p->operation[i];
        const struct layer *l = o->layer;
        for (int k = 0; k < l->slots; k++) {
            o->gradient[k] = to[l->slot + k];
            o->trains |= o->gradient[k] != SLOT_FIXED;
        }
        if (o->trains)
            p->first = i;
    }
}

/* Layers draw random numbers behind the last frozen one: what is frozen is a constant function. */
static void add_draws(struct plan *p)
{
    const struct net *n = p->net;
    int frozen = n->layers - 1;

    while (frozen >= 0 && !n->layer[frozen].frozen)
        frozen--;
    p->start = p->first;
    for (int i = p->operations - 1; i >= 0; i--) {
        struct operation *o = &p->operation[i];
        o->draws = o->layer->kind->traits & LAYER_RANDOM && o->at > frozen;
        if (o->draws && i < p->start)
            p->start = i;
    }
}

/* Which tensors have a gradient; of several readers the last sets it and those before add. */
static void add_readers(struct plan *p)
{
    int set[PLAN_OPERATIONS_MAX + 1] = {0};

    for (int i = p->first; i < p->operations; i++)
        p->tensor[p->operation[i].to].has_gradient = 1;
    for (int i = p->operations - 1; i >= p->first; i--) {
        struct operation *o = &p->operation[i];
        size_t size = o->x.size;
        o->adds = set[o->from]++ > 0;
        if (o->skip >= 0)
            o->adds_skip = set[o->skip]++ > 0;
        if (o->adds_skip && o->shortcut.size > size)
            size = o->shortcut.size;
        if ((o->adds || o->adds_skip) && PLAN_GROUP * size > p->spare)
            p->spare = PLAN_GROUP * size;
    }
}

static void add_cuts(struct plan *p)
{
    for (int i = p->first; i < p->operations; i++) {
        struct operation *o = &p->operation[i];
        size_t sums;
        o->whole = o->trains && o->kind->batch;
        if (!o->whole)
            continue;
        sums = o->kind->batch->sums(o);
        p->sums = sums > p->sums ? sums : p->sums;
        o->shared = p->shared;
        p->shared += slot_floats(o->kind->batch->shared(o));
        p->cut[p->cuts++] = i;
    }
}

/* ---- memory ---- */

static void add_memory(struct plan *p)
{
    size_t bytes = 0;

    for (int i = 0; i < p->tensors; i++) {
        struct tensor *t = &p->tensor[i];
        t->at = p->workspace;
        p->workspace += PLAN_GROUP * t->layout.size;
        if (t->has_gradient) {
            t->gradient = p->workspace;
            p->workspace += PLAN_GROUP * t->layout.size;
        }
    }
    for (int i = 0; i < p->operations; i++) {
        struct operation *o = &p->operation[i];
        size_t scratch = o->kind->scratch(o);
        o->kept = bytes;
        o->kept_size = o->kind->kept(o);
        bytes += PLAN_GROUP * o->kept_size;
        o->packed = p->packed;
        p->packed += slot_floats(o->kind->packed(o));
        p->scratch = scratch > p->scratch ? scratch : p->scratch;
    }
    p->kept_at = p->workspace;
    p->workspace += slot_floats(bytes / sizeof(float) + 1);
    p->scratch = slot_floats(p->scratch);
}

void plan_make(struct plan *p, const struct net *n, const struct kernels *k, int training)
{
    memset(p, 0, sizeof *p);
    p->net = n;
    p->kernels = k;
    p->training = training;
    add_operations(p);
    p->first = p->start = p->operations;
    if (training) {
        add_gradients(p);
        add_draws(p);
        add_readers(p);
        add_cuts(p);
    }
    add_memory(p);
}

int plan_starts_at(const struct plan *p, int from)
{
    /* Operation i writes tensor i + 1. */
    for (int i = from; i < p->operations; i++)
        if (p->operation[i].skip >= 0 && p->operation[i].skip < p->operation[from].from)
            return 0;
    return 1;
}
