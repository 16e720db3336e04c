/* Random projection trees. */
#include "near/trees.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAWS = 8,     /* of two points that are not on one spot, where many are */
    NODES_MAX = 64 /* on the way to a leaf: each has at most 2/3 of the points of the one above, and
                    * one */
};

typedef float four __attribute__((vector_size(16)));

/* One thread's memory. */
struct scratch {
    float *normal; /* [d] */
    float *key;    /* [n]: where the points lie along it, in the order of the tree */
};

struct build {
    struct trees *t;
    const struct near_search *s;
    const float *scale;
    uint64_t seed;
    struct scratch *scratch;
};

/* In an order that is the same everywhere. */
static float product(const float *a, const float *b, size_t d)
{
    four sum[4] = {{0}};
    float rest = 0;
    size_t i = 0;

    for (; i + 16 <= d; i += 16)
        for (int v = 0; v < 4; v++) {
            four p, q;
            memcpy(&p, a + i + 4 * v, sizeof p);
            memcpy(&q, b + i + 4 * v, sizeof q);
            sum[v] += p * q;
        }
    for (; i < d; i++)
        rest += a[i] * b[i];
    sum[0] += sum[1] + (sum[2] + sum[3]);
    return sum[0][0] + sum[0][1] + (sum[0][2] + sum[0][3]) + rest;
}

/*
 * The line through two of the points, its largest number 1 so that products neither pass what a
 * float holds nor vanish in it. 0 if the two are on one spot.
 */
static int draw_line(const struct build *b, float *normal, const uint32_t *order, uint64_t n,
                     struct rng *r)
{
    size_t d = b->s->d;
    uint64_t i = rng_below(r, n), j = rng_below(r, n - 1);
    uint32_t p = order[i], q = order[j < i ? j : j + 1];
    const float *x = b->s->base.x + (uint64_t)p * d, *y = b->s->base.x + (uint64_t)q * d;
    double one = b->scale ? (double)b->scale[p] : 1, other = b->scale ? (double)b->scale[q] : 1;
    double largest = 0;

    for (size_t k = 0; k < d; k++)
        largest = fmax(largest, fabs(x[k] * one - y[k] * other));
    for (size_t k = 0; k < d; k++)
        normal[k] = largest > 0 ? (float)((x[k] * one - y[k] * other) / largest) : 0;
    return largest > 0;
}

/* Where points begin..end - 1 lie along a line. */
static void project(const struct build *b, struct scratch *c, const uint32_t *order, uint64_t begin,
                    uint64_t end, struct rng *r)
{
    size_t d = b->s->d;

    for (int i = 0; i < DRAWS && !draw_line(b, c->normal, order + begin, end - begin, r); i++)
        ;
    for (uint64_t k = begin; k < end; k++) {
        float key = product(c->normal, b->s->base.x + (uint64_t)order[k] * d, d);
        if (b->scale)
            key *= b->scale[order[k]];
        c->key[k] = isfinite(key) ? key : 0; /* any place will do, but it must be one */
    }
}

static int before(const float *key, const uint32_t *order, uint64_t i, float k, uint32_t o)
{
    return key[i] < k || (key[i] == k && order[i] < o);
}

static void swap(float *key, uint32_t *order, uint64_t i, uint64_t j)
{
    float k = key[i];
    uint32_t o = order[i];

    key[i] = key[j];
    order[i] = order[j];
    key[j] = k;
    order[j] = o;
}

/* The middle - begin least of begin..end - 1 come first (C. A. R. Hoare's FIND, 1961). */
static void part(float *key, uint32_t *order, uint64_t begin, uint64_t end, uint64_t middle,
                 struct rng *r)
{
    while (end - begin > 1) {
        uint64_t pivot = begin + rng_below(r, end - begin), put = begin;
        swap(key, order, pivot, end - 1);
        for (uint64_t i = begin; i < end - 1; i++)
            if (before(key, order, i, key[end - 1], order[end - 1]))
                swap(key, order, i, put++);
        swap(key, order, put, end - 1);
        if (put == middle)
            return;
        if (put < middle)
            begin = put + 1;
        else
            end = put;
    }
}

/*
 * Depth first, so that leaves come in order: `end` has the ends of the nodes that begin is within.
 * Of a node between a third and two thirds go to one side, at random: were it always half, points
 * on a line would be cut at the same places in every tree.
 */
static void build_task(void *context, int thread, int task)
{
    struct build *b = context;
    struct trees *t = b->t;
    struct scratch *c = &b->scratch[thread];
    uint32_t *order = t->order + (uint64_t)task * t->n;
    uint64_t end[NODES_MAX] = {t->n}, begin = 0;
    int within = 1;
    struct rng r;

    rng_seed(&r, b->seed + (uint64_t)task * 0x9e3779b97f4a7c15u, RNG_TREES);
    for (uint64_t i = 0; i < t->n; i++)
        order[i] = (uint32_t)i;
    while (within > 0) {
        uint64_t size = end[within - 1] - begin, third = size / 3, middle;
        if (size <= (uint64_t)t->leaf) {
            begin = end[--within];
            t->end[(uint64_t)task * t->most + t->leaves[task]++] = begin;
            continue;
        }
        middle = begin + third + rng_below(&r, size - 2 * third + 1);
        project(b, c, order, begin, end[within - 1], &r);
        part(c->key, order, begin, end[within - 1], middle, &r);
        end[within++] = middle;
    }
}

int trees_make(struct trees *t, const struct near_search *s, const float *scale, int count,
               int leaf, uint64_t seed, struct error *e)
{
    int size = team_size(s->team), status = 0;
    struct build b = {.t = t,
                      .s = s,
                      .scale = scale,
                      .seed = seed,
                      .scratch = calloc((size_t)size, sizeof *b.scratch)};

    *t = (struct trees){.n = s->base.n, .count = count, .leaf = leaf};
    t->most = t->n / (((uint64_t)leaf + 1) / 3) + 1;
    t->order = malloc((uint64_t)count * t->n * sizeof *t->order);
    t->end = malloc((uint64_t)count * t->most * sizeof *t->end);
    t->leaves = calloc((size_t)count, sizeof *t->leaves);
    if (!b.scratch || !t->order || !t->end || !t->leaves)
        status = error_memory(e, "neighbours");
    for (int i = 0; status == 0 && i < size; i++) {
        b.scratch[i].normal = malloc(s->d * sizeof *b.scratch[i].normal);
        b.scratch[i].key = malloc(t->n * sizeof *b.scratch[i].key);
        if (!b.scratch[i].normal || !b.scratch[i].key)
            status = error_memory(e, "neighbours");
    }
    if (status == 0)
        team_run(s->team, build_task, &b, count);
    for (int i = 0; b.scratch && i < size; i++) {
        free(b.scratch[i].normal);
        free(b.scratch[i].key);
    }
    free(b.scratch);
    return status;
}

void trees_free(struct trees *t)
{
    free(t->order);
    free(t->end);
    free(t->leaves);
    *t = (struct trees){0};
}

uint64_t trees_leaves(const struct trees *t)
{
    uint64_t sum = 0;

    for (int i = 0; i < t->count; i++)
        sum += t->leaves[i];
    return sum;
}

int trees_leaf(const struct trees *t, uint64_t i, const uint32_t **point)
{
    uint64_t tree = 0, begin;
    const uint64_t *end;

    while (i >= t->leaves[tree])
        i -= t->leaves[tree++];
    end = t->end + tree * t->most + i;
    begin = i > 0 ? end[-1] : 0;
    *point = t->order + tree * t->n + begin;
    return (int)(*end - begin);
}
