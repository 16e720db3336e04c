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
    for (int i = p->first; i < p->operations; i++)
        p->tensor[p->operation[i].to].has_gradient = 1;
    for (int i = p->operations - 1; i >= p->first; i--) {
        struct operation *o = &p->operation[i];
        size_t size = o->x.size;
        o->adds = p->tensor[o->from].readers++ > 0;
        if (o->skip >= 0)
            o->adds_skip = p->tensor[o->skip].readers++ > 0;
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

/* Operation i writes tensor i + 1. */
static const struct operation *writer_of(const struct plan *p, int tensor)
{
    return &p->operation[tensor - 1];
}

static int reads_on_the_way_back(const struct operation *o, int bit)
{
    return o->kind->way_back(o) & bit;
}

/* The segment in which an operation runs forward, and that in which it runs backward. */
static int segment_of(const struct plan *p, int operation)
{
    int n = 0;

    while (n < p->cuts && p->cut[n] <= operation)
        n++;
    return n;
}

static int segment_back(const struct plan *p, int operation)
{
    return segment_of(p, operation - 1);
}

/* Whether an operation that trains or passes gradients on reads the tensor on the way back. */
static int is_read_back(const struct plan *p, int tensor)
{
    for (int i = p->first; i < p->operations; i++) {
        const struct operation *o = &p->operation[i];
        if ((o->from == tensor && reads_on_the_way_back(o, READS_X)) ||
            (o->skip == tensor && reads_on_the_way_back(o, READS_SKIP)) ||
            (o->to == tensor && reads_on_the_way_back(o, READS_Y)))
            return 1;
    }
    return 0;
}

/* Whether all that read a tensor run in this segment, by either count. The output of the net is
 * read by others. */
static int is_read_in(const struct plan *p, int tensor, int segment,
                      int (*count)(const struct plan *p, int operation))
{
    for (int i = tensor; i < p->operations; i++) {
        const struct operation *o = &p->operation[i];
        if ((o->from == tensor || o->skip == tensor) && count(p, i) != segment)
            return 0;
    }
    return tensor < p->tensors - 1;
}

/* Whether what a tensor holds can be made again, from what is still there, for its only reader. */
static int is_repeatable(const struct plan *p, int tensor)
{
    const struct operation *writer = writer_of(p, tensor);

    return tensor - 1 >= p->first && p->tensor[tensor].readers == 1 &&
           reads_on_the_way_back(writer, CAN_REPEAT) && !reads_on_the_way_back(writer, READS_Y) &&
           !p->tensor[writer->from].passes;
}

/* Where there are several segments, memory of the threads' own is soon read again, while that of
 * all groups is more than caches hold. */
static void add_passing(struct plan *p)
{
    for (int i = 1; i < p->tensors && p->cuts; i++) {
        struct tensor *t = &p->tensor[i];
        t->again = is_read_back(p, i) && is_repeatable(p, i);
        t->passes =
            is_read_in(p, i, segment_of(p, i - 1), segment_of) && (t->again || !is_read_back(p, i));
        t->again = t->again && t->passes;
        t->gradient_passes = t->has_gradient && !writer_of(p, i)->whole &&
                             is_read_in(p, i, segment_back(p, i - 1), segment_back);
    }
}

/* Whether the gradient by a tensor may take its place: nobody needs the tensor any more once its
 * only reader has set that. */
static int is_replaced(const struct plan *p, int tensor)
{
    return p->tensor[tensor].readers == 1 && !p->tensor[tensor].passes &&
           !reads_on_the_way_back(writer_of(p, tensor), READS_Y);
}

/* Gradients that pass have a place for each segment in common, but for those with padding, which
 * is zero before and stays so; for that and its border a tensor has one of its own. */
static void place_passing(struct plan *p)
{
    size_t end[PLAN_OPERATIONS_MAX + 1] = {0};

    for (int i = 1; i < p->tensors; i++) {
        struct tensor *t = &p->tensor[i];
        size_t *at = &end[segment_back(p, i - 1)];
        if (!t->gradient_passes || t->lanes > t->extent.c)
            continue;
        t->gradient = *at;
        *at += PLAN_GROUP * t->layout.size;
        p->passing = *at > p->passing ? *at : p->passing;
    }
    for (int i = 1; i < p->tensors; i++) {
        struct tensor *t = &p->tensor[i];
        size_t size = PLAN_GROUP * t->layout.size;
        if (t->passes) {
            t->at = p->passing;
            p->passing += size;
        }
        if (t->gradient_passes && t->lanes > t->extent.c) {
            t->gradient = p->passing;
            p->passing += size;
        }
    }
}

static void place_tensors(struct plan *p)
{
    for (int i = 0; i < p->tensors; i++) {
        struct tensor *t = &p->tensor[i];
        size_t size = PLAN_GROUP * t->layout.size;
        if (!t->passes) {
            t->at = p->workspace;
            p->workspace += size;
        }
        if (!t->has_gradient || t->gradient_passes)
            continue;
        if (is_replaced(p, i)) {
            t->gradient = t->at;
        } else {
            t->gradient = p->workspace;
            p->workspace += size;
        }
    }
}

static void add_memory(struct plan *p)
{
    size_t bytes = 0;

    place_passing(p);
    place_tensors(p);
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
        add_passing(p);
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
