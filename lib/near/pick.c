/* Typical points of clusters, centres that cover all points, and those that labels reach all by. */
#include "near/pick.h"

#include "near/cover.h"
#include "near/facility.h"
#include "near/kmeans.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const pick_methods[] = {
    [PICK_TYPICAL] = "typical", [PICK_CENTRES] = "centres", [PICK_FACILITY] = "facility", NULL};

enum { ROUNDS = 100 };

struct state {
    const struct pick *p;
    uint64_t n;       /* points without those that are like labelled ones */
    uint32_t *origin; /* [n]: which point each was before these went */
    uint64_t got;
    uint64_t *chosen;
};

static float *point_of(const struct state *s, uint64_t i)
{
    return s->p->x + i * s->p->d;
}

/* Chooses a point. */
static void take(struct state *s, uint64_t i)
{
    s->chosen[s->got++] = s->origin[i] - s->p->labelled;
}

/* ---- the points to choose from ---- */

static void scale_points(const struct pick *p)
{
    for (uint64_t i = 0; i < p->n; i++) {
        float *x = p->x + i * p->d;
        double length = near_length(x, p->d);
        for (size_t k = 0; length > 0 && k < p->d; k++)
            x[k] = (float)(x[k] / length);
    }
}

/* Takes out the points that are equal to a labelled one: their labels are known. */
static int leave_out_known(struct state *s, struct error *e)
{
    const struct pick *p = s->p;
    uint64_t others = p->n - p->labelled;
    struct near_search how = {.d = p->d,
                              .base = {p->x, p->labelled},
                              .query = {p->x + p->labelled * p->d, others},
                              .k = 1,
                              .kernels = p->kernels,
                              .team = p->team};
    uint32_t *index = malloc((others + 1) * sizeof *index);
    float *distance = malloc((others + 1) * sizeof *distance);
    int status = index && distance ? 0 : error_memory(e, "points");

    if (status == 0 && others)
        status = near_search(&how, index, distance, e);
    if (status == 0)
        s->n = p->labelled;
    for (uint64_t i = 0; status == 0 && i < others; i++) {
        if (distance[i] == 0)
            continue;
        s->origin[s->n] = (uint32_t)(p->labelled + i);
        memmove(point_of(s, s->n++), point_of(s, p->labelled + i), p->d * sizeof *p->x);
    }
    free(index);
    free(distance);
    return status;
}

static int prepare(struct state *s, struct error *e)
{
    const struct pick *p = s->p;
    uint64_t there;

    if (!(s->origin = malloc((p->n + 1) * sizeof *s->origin)))
        return error_memory(e, "points");
    s->n = p->n;
    for (uint64_t i = 0; i < p->n; i++)
        s->origin[i] = (uint32_t)i;
    if (p->metric == NEAR_COSINE)
        scale_points(p);
    if (p->labelled && leave_out_known(s, e) < 0)
        return -1;
    there = s->n - p->labelled;
    if (there < p->count)
        return error_set(e, "too few examples: %" PRIu64 "%s, but %" PRIu64 " are needed", there,
                         s->n < p->n ? " without those that have labels" : "", p->count);
    return 0;
}

/* ---- neighbours ---- */

/* The k nearest others of each point, [n][k]; the caller frees both, in either case. */
struct nearest {
    uint32_t *index;
    float *distance;
};

static int find(const struct pick *p, const float *x, uint64_t n, int k, struct nearest *f,
                struct error *e)
{
    struct near_search how = {.d = p->d,
                              .base = {x, n},
                              .query = {x, n},
                              .k = k,
                              .others = 1,
                              .kernels = p->kernels,
                              .team = p->team};

    f->index = malloc(n * (uint64_t)k * sizeof *f->index);
    f->distance = malloc(n * (uint64_t)k * sizeof *f->distance);
    if (!f->index || !f->distance)
        return error_memory(e, "neighbours");
    return near_search(&how, f->index, f->distance, e);
}

/* ---- centres ---- */

/* The point that is nearest to the mean of all; of several the first. */
static uint64_t middle(const struct state *s, struct error *e)
{
    size_t d = s->p->d;
    double *sum = calloc(d, sizeof *sum), least = INFINITY;
    float *mean = malloc(d * sizeof *mean);
    uint64_t best = UINT64_MAX;

    if (!sum || !mean) {
        error_memory(e, "mean");
    } else {
        for (uint64_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < d; k++)
                sum[k] += point_of(s, i)[k];
        for (size_t k = 0; k < d; k++)
            mean[k] = (float)(sum[k] / (double)s->n);
        for (uint64_t i = 0; i < s->n; i++) {
            double far = near_distance_of(NEAR_EUCLIDEAN, point_of(s, i), mean, d, 0, 0);
            if (far < least || best == UINT64_MAX) {
                least = far;
                best = i;
            }
        }
    }
    free(sum);
    free(mean);
    return best;
}

/* Where all other points are equal to some that are chosen, these others, in their order. */
static int fill_up(struct state *s, const uint8_t *taken)
{
    for (uint64_t i = s->p->labelled; s->got < s->p->count; i++)
        if (!taken[i])
            take(s, i);
    return 0;
}

static int choose_centres(struct state *s, struct cover *c, uint8_t *taken, struct error *e)
{
    const struct pick *p = s->p;

    if (p->labelled && cover_begin(c, p->x, (uint32_t)p->labelled, p->kernels, e) < 0)
        return -1;
    while (s->got < p->count) {
        uint64_t next = c->centres ? cover_farthest(c) : middle(s, e);
        if (next == UINT64_MAX)
            return -1;
        if (c->centres && c->far[next] == 0)
            return fill_up(s, taken);
        taken[next] = 1;
        take(s, next);
        cover_add(c, point_of(s, next));
    }
    return 0;
}

static int centres(struct state *s, struct error *e)
{
    const struct pick *p = s->p;
    uint64_t most = p->labelled + p->count;
    uint8_t *taken = calloc(s->n, 1);
    struct cover c = {0};
    int status = taken ? 0 : error_memory(e, "points");

    if (status == 0)
        status = cover_make(&c, p->x, s->n, p->d, (uint32_t)most, p->team, e);
    if (status == 0)
        status = choose_centres(s, &c, taken, e);
    cover_free(&c);
    free(taken);
    return status;
}

/* ---- typical points ---- */

/* A point of a cluster and its mean distance to its neighbours there. */
struct member {
    double far;
    uint32_t point;
    int labelled;
};

struct group {
    uint64_t size, labelled; /* points; those of them that have labels */
    struct member *member; /* [size]; ranked: those without labels first, the most typical first */
    uint32_t number;
    int ranked;
};

static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int small_x = x->size < PICK_CLUSTER_LEAST, small_y = y->size < PICK_CLUSTER_LEAST;

    if (small_x != small_y)
        return small_x - small_y;
    if (x->labelled != y->labelled)
        return x->labelled < y->labelled ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Those without labels first, also where their distances are beyond what a float holds. */
static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    if (x->labelled != y->labelled)
        return x->labelled - y->labelled;
    if (x->far != y->far)
        return x->far < y->far ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

/* The mean distances of the points of a group, x [size][d]. */
static int measure(const struct state *s, struct group *g, const float *x, struct error *e)
{
    const struct pick *p = s->p;
    int k = g->size > PICK_NEIGHBOURS ? PICK_NEIGHBOURS : (int)g->size - 1;
    struct nearest nearest;
    int status = find(p, x, g->size, k, &nearest, e);

    for (uint64_t i = 0; status == 0 && i < g->size; i++) {
        double sum = 0;
        for (int j = 0; j < k; j++)
            sum += nearest.distance[i * (uint64_t)k + (uint64_t)j];
        g->member[i].far = sum / k;
    }
    free(nearest.index);
    free(nearest.distance);
    return status;
}

static int rank_group(const struct state *s, struct group *g, struct error *e)
{
    const struct pick *p = s->p;
    float *x = g->size > 1 ? malloc(g->size * p->d * sizeof *x) : NULL;
    int status = 0;

    if (g->size > 1 && !x)
        return error_memory(e, "neighbours");
    for (uint64_t i = 0; x && i < g->size; i++)
        memcpy(x + i * p->d, point_of(s, g->member[i].point), p->d * sizeof *x);
    if (x)
        status = measure(s, g, x, e);
    if (status == 0)
        qsort(g->member, g->size, sizeof *g->member, compare_members);
    free(x);
    g->ranked = 1;
    return status;
}

/* Groups of the points from their clusters; member [n] is what they share. */
static void make_groups(const struct state *s, const uint32_t *cluster, struct group *g, uint32_t k,
                        struct member *member)
{
    for (uint64_t i = 0; i < s->n; i++)
        g[cluster[i]].size++;
    for (uint32_t c = 0; c < k; c++) {
        g[c].number = c;
        g[c].member = member;
        member += g[c].size;
        g[c].size = 0;
    }
    for (uint64_t i = 0; i < s->n; i++) {
        struct group *own = &g[cluster[i]];
        int labelled = i < s->p->labelled;
        own->member[own->size++] = (struct member){.point = (uint32_t)i, .labelled = labelled};
        own->labelled += (uint64_t)labelled;
    }
}

/* In turns: of each group the most typical point, then the next. */
static int take_turns(struct state *s, struct group *g, uint32_t k, struct error *e)
{
    qsort(g, k, sizeof *g, compare_groups);
    for (uint64_t turn = 0; s->got < s->p->count; turn++)
        for (uint32_t c = 0; c < k && s->got < s->p->count; c++) {
            if (turn >= g[c].size - g[c].labelled)
                continue;
            if (!g[c].ranked && rank_group(s, &g[c], e) < 0)
                return -1;
            take(s, g[c].member[turn].point);
        }
    return 0;
}

static void tell_round(void *context, int rounds)
{
    const struct pick *p = context;

    if (p->tell)
        p->tell(p->context, (uint64_t)rounds, ROUNDS);
}

static int typical(struct state *s, struct error *e)
{
    const struct pick *p = s->p;
    uint64_t wanted = p->labelled + p->count;
    struct kmeans m = {.x = p->x,
                       .n = s->n,
                       .d = p->d,
                       .k = wanted < PICK_CLUSTERS_MAX ? (uint32_t)wanted : PICK_CLUSTERS_MAX,
                       .seed = p->seed,
                       .rounds = ROUNDS,
                       .kernels = p->kernels,
                       .team = p->team,
                       .tell = tell_round,
                       .context = (void *)p};
    uint32_t *cluster = malloc(s->n * sizeof *cluster);
    float *centre = malloc(m.k * p->d * sizeof *centre);
    struct group *group = calloc(m.k, sizeof *group);
    struct member *member = malloc(s->n * sizeof *member);
    int64_t k = -1;
    int status = -1;

    if (!cluster || !centre || !group || !member)
        error_memory(e, "clusters");
    else
        k = kmeans(&m, cluster, centre, e);
    if (k > 0) {
        make_groups(s, cluster, group, (uint32_t)k, member);
        status = take_turns(s, group, (uint32_t)k, e);
    }
    free(cluster);
    free(centre);
    free(group);
    free(member);
    return status;
}

/* ---- facility location ---- */

static void tell_got(void *context, uint64_t got)
{
    const struct pick *p = context;

    if (p->tell)
        p->tell(p->context, got, p->count);
}

/* The graph of all points; more than one. */
static int make_graph(const struct state *s, struct near_graph *g, struct error *e)
{
    const struct pick *p = s->p;
    int k = s->n > PICK_EDGES ? PICK_EDGES : (int)s->n - 1;
    struct nearest nearest;
    int status = find(p, p->x, s->n, k, &nearest, e);

    if (status == 0)
        status = near_graph_make(g, NEAR_EUCLIDEAN, nearest.index, nearest.distance, s->n, k, e);
    free(nearest.index);
    free(nearest.distance);
    return status;
}

static int facility(struct state *s, struct error *e)
{
    const struct pick *p = s->p;
    struct near_graph g = {0};
    struct facility f = {.graph = &g,
                         .labelled = p->labelled,
                         .count = p->count,
                         .team = p->team,
                         .tell = tell_got,
                         .context = (void *)p};
    uint64_t *point = malloc(p->count * sizeof *point);
    int status = point ? 0 : error_memory(e, "choice");

    if (status == 0 && s->n == 1)
        point[0] = 0;
    else if (status == 0 && (status = make_graph(s, &g, e)) == 0)
        status = facility_choose(&f, point, e);
    for (uint64_t i = 0; status == 0 && i < p->count; i++)
        take(s, point[i]);
    near_graph_free(&g);
    free(point);
    return status;
}

int pick(struct pick *p, uint64_t *chosen, struct error *e)
{
    static int (*const methods[])(struct state *, struct error *) = {
        [PICK_TYPICAL] = typical, [PICK_CENTRES] = centres, [PICK_FACILITY] = facility};
    struct state s = {.p = p, .chosen = chosen};
    int status = prepare(&s, e);

    if (status == 0 && p->count)
        status = methods[p->method](&s, e);
    free(s.origin);
    return status;
}
