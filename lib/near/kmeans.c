/* Lloyd's rounds with Hamerly's bounds. */
#include "near/kmeans.h"

#include "base/rng.h"
#include "near/cover.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 256,         /* points of a task */
    STRIP = 64,          /* numbers of a point whose means are one task */
    LOT_FLOATS = 1 << 24 /* of points that are copied for a search, or one point */
};

/* Above all that rounding does to a bound, relative to it; bounds from the search are floats. */
static const double ROUNDING = 1e-6;

struct state {
    const struct kmeans *m;
    uint32_t k;
    uint32_t *cluster;
    float *centre;
    double *own;        /* [n]: at least the distance to the own centre, */
    double *other;      /* at most that to every other */
    uint8_t *doubtful;  /* [n]: the bounds do not tell */
    uint64_t *first;    /* [k + 1]: where the points of each cluster begin in */
    uint32_t *member;   /* [n]: the points of the first cluster in order, then those of the next */
    float *old;         /* [k][d]: the centres before they moved, */
    double *moved;      /* and how far */
    double far, second; /* the farthest move, and that of all other centres */
    uint32_t farthest;
    /* of a search: */
    uint32_t *point, *index;
    float *query, *distance;
    uint64_t lot;
};

static const float *point_of(const struct state *s, uint64_t i)
{
    return s->m->x + i * s->m->d;
}

static double distance_to(const struct state *s, uint64_t point, uint32_t centre)
{
    return near_distance_of(NEAR_EUCLIDEAN, point_of(s, point), s->centre + centre * s->m->d,
                            s->m->d, 0, 0);
}

static int blocks_of(const struct state *s)
{
    return (int)((s->m->n + BLOCK - 1) / BLOCK);
}

/* ---- the start ---- */

/* Uniform in [0, 1), a multiple of 2^-53. */
static double draw(struct rng *r)
{
    uint64_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;

    return (double)(high << 26 | low) * 0x1p-53;
}

/* Sets s->k, which is less than wanted where fewer points are different. */
static int choose_centres(struct state *s, struct error *e)
{
    const struct kmeans *m = s->m;
    struct cover c;
    struct rng r;
    uint64_t next;
    int status = cover_make(&c, m->x, m->n, m->d, m->k, m->team, e);

    rng_seed(&r, m->seed, RNG_KMEANS);
    next = rng_below(&r, m->n);
    for (s->k = 0; status == 0 && s->k < m->k; s->k++) {
        if (s->k > 0) {
            double total = cover_total(&c);
            if (!(total > 0))
                break;
            next = cover_draw(&c, draw(&r) * total);
        }
        memcpy(s->centre + s->k * m->d, point_of(s, next), m->d * sizeof *s->centre);
        cover_add(&c, point_of(s, next));
    }
    cover_free(&c);
    return status;
}

/* ---- which centre is nearest ---- */

/* Searches the two nearest centres of n points, query [n][d], and notes them for those in s->point,
 * or, where that is NULL, for the points from `from` on. Returns how many changed, or -1. */
static int64_t search(struct state *s, const float *query, const uint32_t *point, uint64_t from,
                      uint64_t n, struct error *e)
{
    int two = s->k > 1;
    struct near_search how = {.d = s->m->d,
                              .base = {s->centre, s->k},
                              .query = {query, n},
                              .k = 1 + two,
                              .kernels = s->m->kernels,
                              .team = s->m->team};
    int64_t changed = 0;

    if (near_search(&how, s->index, s->distance, e) < 0)
        return -1;
    for (uint64_t q = 0; q < n; q++) {
        uint64_t i = point ? point[q] : from + q, at = q * (uint64_t)how.k;
        changed += s->cluster[i] != s->index[at];
        s->cluster[i] = s->index[at];
        s->own[i] = s->distance[at];
        s->other[i] = two ? s->distance[at + 1] : INFINITY;
        if (two && isinf(s->other[i])) /* beyond what a float holds: nothing is known */
            s->other[i] = 0;
    }
    return changed;
}

static int search_all(struct state *s, struct error *e)
{
    for (uint64_t at = 0, n; at < s->m->n; at += n) {
        n = s->m->n - at < s->lot ? s->m->n - at : s->lot;
        if (search(s, point_of(s, at), NULL, at, n, e) < 0)
            return -1;
    }
    return 0;
}

static void doubt_task(void *context, int thread, int task)
{
    struct state *s = context;
    uint64_t begin = (uint64_t)task * BLOCK;

    (void)thread;
    for (uint64_t i = begin; i < begin + BLOCK && i < s->m->n; i++) {
        uint32_t own = s->cluster[i];
        s->own[i] += s->moved[own];
        s->other[i] -= own == s->farthest ? s->second : s->far;
        s->doubtful[i] = !(s->own[i] * (1 + ROUNDING) < s->other[i]);
        if (!s->doubtful[i])
            continue;
        s->own[i] = distance_to(s, i, own);
        s->doubtful[i] = !(s->own[i] * (1 + ROUNDING) < s->other[i]);
    }
}

/* Searches for those points whose bounds do not tell. Returns how many changed, or -1. */
static int64_t search_doubtful(struct state *s, struct error *e)
{
    size_t d = s->m->d;
    int64_t changed = 0, some;
    uint64_t n = 0;

    team_run(s->m->team, doubt_task, s, blocks_of(s));
    for (uint64_t i = 0; i < s->m->n; i++) {
        if (s->doubtful[i]) {
            memcpy(s->query + n * d, point_of(s, i), d * sizeof *s->query);
            s->point[n++] = (uint32_t)i;
        }
        if (n == 0 || (n < s->lot && i + 1 < s->m->n))
            continue;
        if ((some = search(s, s->query, s->point, 0, n, e)) < 0)
            return -1;
        changed += some;
        n = 0;
    }
    return changed;
}

/* ---- means ---- */

static void sort_members(struct state *s)
{
    uint64_t at = 0;

    memset(s->first, 0, (s->k + (size_t)1) * sizeof *s->first);
    for (uint64_t i = 0; i < s->m->n; i++)
        s->first[s->cluster[i]]++;
    for (uint32_t c = 0; c <= s->k; c++) {
        uint64_t size = s->first[c];
        s->first[c] = at;
        at += size;
    }
    for (uint64_t i = 0; i < s->m->n; i++)
        s->member[s->first[s->cluster[i]]++] = (uint32_t)i;
    memmove(s->first + 1, s->first, s->k * sizeof *s->first);
    s->first[0] = 0;
}

/* Some numbers of one mean: always in the order of the points. */
static void mean_task(void *context, int thread, int task)
{
    struct state *s = context;
    size_t d = s->m->d, strips = (d + STRIP - 1) / STRIP, begin = (size_t)task % strips * STRIP;
    size_t n = d - begin < STRIP ? d - begin : STRIP, c = (size_t)task / strips;
    uint64_t size = s->first[c + 1] - s->first[c];
    double sum[STRIP] = {0};

    (void)thread;
    for (uint64_t j = s->first[c]; j < s->first[c + 1]; j++) {
        const float *x = point_of(s, s->member[j]) + begin;
        for (size_t i = 0; i < n; i++)
            sum[i] += x[i];
    }
    for (size_t i = 0; size && i < n; i++)
        s->centre[c * d + begin + i] = (float)(sum[i] / (double)size);
}

static void own_task(void *context, int thread, int task)
{
    struct state *s = context;
    uint64_t begin = (uint64_t)task * BLOCK;

    (void)thread;
    for (uint64_t i = begin; i < begin + BLOCK && i < s->m->n; i++)
        s->own[i] = distance_to(s, i, s->cluster[i]);
}

/* The point that is farthest from its centre, of those that do not have it to themselves. */
static uint32_t farthest_point(const struct state *s)
{
    double far = -1;
    uint32_t best = 0;

    for (uint32_t c = 0; c < s->k; c++)
        for (uint64_t j = s->first[c]; s->first[c + 1] - s->first[c] > 1 && j < s->first[c + 1];
             j++) {
            uint32_t i = s->member[j];
            if (s->own[i] > far || (s->own[i] == far && i < best)) {
                far = s->own[i];
                best = i;
            }
        }
    return best;
}

/* A cluster without points gets the one that is farthest from its centre; bounds then tell nothing.
 */
static void refill(struct state *s)
{
    int refilled = 0;

    for (uint32_t c = 0; c < s->k; c++) {
        uint32_t point;
        if (s->first[c + 1] > s->first[c])
            continue;
        if (!refilled++)
            team_run(s->m->team, own_task, s, blocks_of(s));
        point = farthest_point(s);
        s->cluster[point] = c;
        s->own[point] = 0;
        sort_members(s);
    }
    for (uint64_t i = 0; refilled && i < s->m->n; i++)
        s->other[i] = 0;
}

/* Moves the centres to the means of their clusters. */
static void move_centres(struct state *s)
{
    size_t d = s->m->d;

    sort_members(s);
    refill(s);
    memcpy(s->old, s->centre, s->k * d * sizeof *s->old);
    team_run(s->m->team, mean_task, s, (int)(s->k * ((d + STRIP - 1) / STRIP)));
    s->far = s->second = 0;
    s->farthest = 0;
    for (uint32_t c = 0; c < s->k; c++) {
        double moved = near_distance_of(NEAR_EUCLIDEAN, s->old + c * d, s->centre + c * d, d, 0, 0);
        s->moved[c] = moved;
        if (moved > s->far) {
            s->second = s->far;
            s->far = moved;
            s->farthest = c;
        } else if (moved > s->second) {
            s->second = moved;
        }
    }
}

/* ---- all of it ---- */

static int allocate(struct state *s, struct error *e)
{
    const struct kmeans *m = s->m;
    uint64_t n = m->n, lot = LOT_FLOATS / m->d;
    size_t k = m->k;

    s->lot = lot < 1 ? 1 : lot > n ? n : lot;
    s->own = malloc(n * sizeof *s->own);
    s->other = malloc(n * sizeof *s->other);
    s->doubtful = malloc(n);
    s->member = malloc(n * sizeof *s->member);
    s->first = malloc((k + 2) * sizeof *s->first);
    s->moved = malloc(k * sizeof *s->moved);
    s->old = malloc(k * m->d * sizeof *s->old);
    s->point = malloc(s->lot * sizeof *s->point);
    s->query = malloc(s->lot * m->d * sizeof *s->query);
    s->index = malloc(s->lot * 2 * sizeof *s->index);
    s->distance = malloc(s->lot * 2 * sizeof *s->distance);
    if (!s->own || !s->other || !s->doubtful || !s->member || !s->first || !s->moved || !s->old ||
        !s->point || !s->query || !s->index || !s->distance)
        return error_memory(e, "clusters");
    return 0;
}

static void free_state(struct state *s)
{
    free(s->own);
    free(s->other);
    free(s->doubtful);
    free(s->member);
    free(s->first);
    free(s->moved);
    free(s->old);
    free(s->point);
    free(s->query);
    free(s->index);
    free(s->distance);
}

int64_t kmeans(const struct kmeans *m, uint32_t *cluster, float *centre, struct error *e)
{
    struct state s = {.m = m, .cluster = cluster, .centre = centre};
    int status = allocate(&s, e);

    memset(cluster, 0, m->n * sizeof *cluster);
    if (status == 0)
        status = choose_centres(&s, e);
    if (status == 0)
        status = search_all(&s, e);
    for (int round = 0; status == 0 && round < m->rounds; round++) {
        int64_t changed;
        move_centres(&s);
        changed = search_doubtful(&s, e);
        if (m->tell)
            m->tell(m->context, round + 1);
        if (changed < 0)
            status = -1;
        else if (changed == 0)
            break;
    }
    /* Where the rounds ended before the points came to rest. */
    if (status == 0)
        move_centres(&s);
    free_state(&s);
    return status < 0 ? -1 : (int64_t)s.k;
}
