/* NN-descent. */
#include "near/descent.h"

#include "near/group.h"
#include "near/trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * As measured on Fashion-MNIST's pixels and on features of 4 to 196 numbers, 1,000 to 70,000
 * points: twice the trees, leaves twice as large, or a sample of 14, change neither time nor what
 * is found by much, since the rounds make up for what the start lacks.
 */
enum {
    TREES = 4,
    LEAST = 10,  /* neighbours: with fewer, too few ways lead on */
    LEAF = 64,   /* points, or as many as all neighbours need */
    SAMPLE = 20, /* of the new and of the old neighbours that are compared in a round, each */
    ROUNDS_MAX = 12,
    TASK_POINTS = 64
};

/* Rounds end when no more than this part of all entries are new. */
static const double FEW = 0.001;

/* A neighbour, forwards or backwards, of whom a sample is taken: those of the least keys. */
struct pick {
    uint64_t key;
    uint32_t point;
};

/* One thread's memory. */
struct scratch {
    struct pick pick[2][SAMPLE]; /* old, new */
    uint64_t fresh;              /* entries that are new */
};

struct descent {
    const struct near_search *s;
    uint64_t seed;
    struct lists lists;
    struct groups groups;
    struct trees trees;
    uint64_t *first;   /* [n + 1]: where each point's part of `from` begins */
    uint32_t *from;    /* [n k]: in whose list the point is; the highest bit: and new there */
    uint32_t *sampled; /* [n][2 sample]: new ones, then old ones */
    uint8_t *count;    /* [n][2]: old, new */
    struct scratch *scratch;
    uint64_t at; /* the first point, or leaf, of the tasks in hand */
};

#define NEW_BIT ((uint32_t)1 << 31)

/* ---- the sample of a point's neighbours ---- */

/* SplitMix64 (Steele, Lea and Flood, 2014) of a pair, the same from both ends. */
static uint64_t key_of(uint64_t seed, uint32_t a, uint32_t b)
{
    uint64_t z =
        seed + (a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a) * 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Into the `most` of the least keys, unless it is there. */
static void take(struct pick *pick, uint8_t *count, int most, struct pick new)
{
    int at = *count;

    while (at > 0 && (new.key < pick[at - 1].key ||
                      (new.key == pick[at - 1].key &&new.point < pick[at - 1].point)))
        at--;
    if (at == most || (at > 0 && pick[at - 1].point == new.point &&pick[at - 1].key == new.key))
        return;
    if (*count < most)
        ++*count;
    memmove(pick + at + 1, pick + at, (size_t)(*count - 1 - at) * sizeof *pick);
    pick[at] = new;
}

static int taken(const struct pick *pick, int count, uint32_t point)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found |= pick[i].point == point;
    return found;
}

static void sample_point(struct descent *t, struct scratch *c, uint32_t point)
{
    uint64_t k = (uint64_t)t->lists.k, own = point * k;
    const uint32_t *index = t->lists.index + own;
    uint8_t *state = t->lists.state + own, *count = t->count + 2 * (uint64_t)point;
    uint32_t *put = t->sampled + 2 * SAMPLE * (uint64_t)point;
    int old = 0;

    count[0] = count[1] = 0;
    for (uint64_t i = 0; i < k; i++) {
        int new = state[i] != LIST_OLD;
        c->fresh += (uint64_t) new;
        take(c->pick[new], &count[new], SAMPLE,
             (struct pick){key_of(t->seed, point, index[i]), index[i]});
    }
    for (uint64_t i = t->first[point]; i < t->first[point + 1]; i++) {
        uint32_t other = t->from[i] & ~NEW_BIT;
        int new = (t->from[i] & NEW_BIT) != 0;
        take(c->pick[new], &count[new], SAMPLE,
             (struct pick){key_of(t->seed, point, other), other});
    }
    for (uint64_t i = 0; i < k; i++)
        if (state[i] == LIST_NEW && taken(c->pick[1], count[1], index[i]))
            state[i] = LIST_OLD;
    for (int i = 0; i < count[1]; i++)
        *put++ = c->pick[1][i].point;
    for (int i = 0; i < count[0]; i++)
        if (!taken(c->pick[1], count[1], c->pick[0][i].point)) {
            *put++ = c->pick[0][i].point;
            old++;
        }
    count[0] = (uint8_t)old;
}

static void sample_task(void *context, int thread, int task)
{
    struct descent *t = context;
    uint64_t begin = (uint64_t)task * TASK_POINTS, end = begin + TASK_POINTS;

    for (uint64_t i = begin; i < end && i < t->s->base.n; i++)
        sample_point(t, &t->scratch[thread], (uint32_t)i);
}

/* Who has each point in his list. */
static void turn_round(struct descent *t)
{
    uint64_t n = t->s->base.n, k = (uint64_t)t->lists.k, at = 0;
    const uint32_t *index = t->lists.index;

    memset(t->first, 0, (n + 1) * sizeof *t->first);
    for (uint64_t i = 0; i < n * k; i++)
        t->first[index[i]]++;
    for (uint64_t i = 0; i <= n; i++) {
        uint64_t length = t->first[i];
        t->first[i] = at;
        at += length;
    }
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = i * k; j < (i + 1) * k; j++)
            t->from[t->first[index[j]]++] =
                (uint32_t)i | (t->lists.state[j] != LIST_OLD ? NEW_BIT : 0);
    memmove(t->first + 1, t->first, n * sizeof *t->first);
    t->first[0] = 0;
}

/* ---- rounds ---- */

/* Points in the order of the first tree: those of a leaf have neighbours in common. */
static void join_task(void *context, int thread, int task)
{
    struct descent *t = context;
    uint64_t begin = t->at + (uint64_t)task * TASK_POINTS, end = begin + TASK_POINTS;

    for (uint64_t i = begin; i < end && i < t->s->base.n; i++) {
        uint64_t point = t->trees.order[i];
        const uint8_t *count = t->count + 2 * point;
        if (count[1])
            group_compare(&t->groups, thread, t->sampled + 2 * SAMPLE * (uint64_t)point, count[1],
                          count[0] + count[1]);
    }
}

static void leaf_task(void *context, int thread, int task)
{
    struct descent *t = context;
    const uint32_t *point;
    int n = trees_leaf(&t->trees, t->at + (uint64_t)task, &point);

    group_compare(&t->groups, thread, point, n, n);
}

/* Tasks in lots: this step is what lies between `begin` and `end` of a bar from 0 to 1. */
static void run_lots(struct descent *t, team_work *work, uint64_t total, uint64_t each,
                     double begin, double end)
{
    const struct near_search *s = t->s;
    uint64_t lot = 64 * (uint64_t)team_size(s->team);

    for (t->at = 0; t->at < total;) {
        uint64_t tasks = (total - t->at + each - 1) / each;
        if (tasks > lot)
            tasks = lot;
        team_run(s->team, work, t, (int)tasks);
        t->at += tasks * each;
        if (s->tell && t->at < total)
            s->tell(s->context, (uint64_t)((begin + (end - begin) * (double)t->at / (double)total) *
                                           (double)s->base.n));
    }
}

/* Returns how many entries are new. */
static uint64_t sample_all(struct descent *t)
{
    const struct near_search *s = t->s;
    uint64_t fresh = 0;

    turn_round(t);
    for (int i = 0; i < team_size(s->team); i++)
        t->scratch[i].fresh = 0;
    team_run(s->team, sample_task, t, (int)((s->base.n + TASK_POINTS - 1) / TASK_POINTS));
    for (int i = 0; i < team_size(s->team); i++)
        fresh += t->scratch[i].fresh;
    return fresh;
}

/* How many rounds there will be nobody knows: each takes half of what is left of the bar. */
static void descend(struct descent *t)
{
    const struct near_search *s = t->s;
    double done = 0.4, few = FEW * (double)s->base.n * (double)t->lists.k;

    run_lots(t, leaf_task, trees_leaves(&t->trees), 1, 0, done);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        double next = done + (1 - done) / 2;
        t->seed++;
        if ((double)sample_all(t) <= few)
            break;
        run_lots(t, join_task, s->base.n, TASK_POINTS, done, next);
        done = next;
    }
}

/* ---- all of it ---- */

static int allocate(struct descent *t, struct error *e)
{
    uint64_t n = t->s->base.n, k = (uint64_t)t->lists.k;

    t->first = malloc((n + 1) * sizeof *t->first);
    t->from = malloc(n * k * sizeof *t->from);
    t->sampled = malloc(n * 2 * SAMPLE * sizeof *t->sampled);
    t->count = malloc(2 * n * sizeof *t->count);
    t->scratch = calloc((size_t)team_size(t->s->team), sizeof *t->scratch);
    if (!t->first || !t->from || !t->sampled || !t->count || !t->scratch)
        return error_memory(e, "neighbours");
    return 0;
}

static void put_out(const struct descent *t, uint32_t *index, float *distance)
{
    uint64_t n = t->s->base.n, k = (uint64_t)t->s->k;

    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < k; j++) {
            index[i * k + j] = t->lists.index[i * (uint64_t)t->lists.k + j];
            distance[i * k + j] = (float)t->lists.distance[i * (uint64_t)t->lists.k + j];
        }
}

/* More neighbours than are wanted, where these are few and there are others. */
static int lists_length(uint64_t n, int k)
{
    if (k >= LEAST)
        return k;
    return n > LEAST ? LEAST : (int)n - 1;
}

int near_descent(const struct near_search *s, uint64_t seed, uint32_t *index, float *distance,
                 struct error *e)
{
    struct descent t = {.s = s, .seed = seed};
    int k = lists_length(s->base.n, s->k);
    /* A third of a leaf must have all the neighbours that a point needs. */
    int leaf = 3 * (k + 1) > LEAF ? 3 * (k + 1) : LEAF;
    int status = lists_make(&t.lists, s->base.n, k, e);

    if (status == 0)
        status = groups_make(&t.groups, s, &t.lists, leaf > 2 * SAMPLE ? leaf : 2 * SAMPLE, e);
    if (status == 0)
        status = trees_make(&t.trees, s, t.groups.scale, s->base.n > (uint64_t)leaf ? TREES : 1,
                            leaf, seed, e);
    if (status == 0)
        status = allocate(&t, e);
    if (status == 0) {
        descend(&t);
        put_out(&t, index, distance);
        if (s->tell)
            s->tell(s->context, s->base.n);
    }
    groups_free(&t.groups);
    trees_free(&t.trees);
    lists_free(&t.lists);
    free(t.first);
    free(t.from);
    free(t.sampled);
    free(t.count);
    free(t.scratch);
    return status;
}

/*
 * Where the exact search begins to be slower, by the processors' time with AVX-512, k = 14:
 *
 *     numbers of a point      4      16     64    196    784
 *     points, about      45,000  28,000  9,000  3,000  1,500
 *
 * and about in proportion to k for k = 49 and 99. The line is near them where points are short, and
 * beyond them where they are long, since exact is better where it costs little.
 */
int near_descent_pays(uint64_t n, size_t d, int k)
{
    return (double)n * sqrt((double)d) > 7000 * (double)(k < LEAST ? LEAST : k);
}
