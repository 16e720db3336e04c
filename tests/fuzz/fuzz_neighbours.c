/*
 * Few points of any values: their nearest neighbours are those that comparing every pair gives,
 * their graph is symmetric, and their layout is finite and the same for any number of threads.
 */
#include "fuzz.h"

#include "near/search.h"
#include "umap/curve.h"
#include "umap/graph.h"
#include "umap/layout.h"
#include "umap/spectral.h"
#include "umap/umap.h"

#include <math.h>

enum { POINTS = 40, D_MAX = 9, DIMS_MAX = 3, THREADS = 3 };

struct task {
    enum near_metric metric;
    size_t d;
    uint64_t n, queries; /* queries 0: the points themselves, each without itself */
    int k;
    const struct near_kernels *kernels;
    float x[2 * POINTS * D_MAX]; /* the points, then the queries */
    uint32_t index[2 * POINTS * POINTS];
    float distance[2 * POINTS * POINTS];
};

/* Of one thread and of several; they stay. */
static struct team *team[2];

/* ---- what the bytes say ---- */

/* Small whole numbers, so that there are ties; any bits; nearly equal; of any size. */
static float next_value(struct bytes *b, unsigned how)
{
    uint32_t bits;
    float v;

    switch (how & 3) {
    case 0:
        return (float)((int)next_byte(b) - 128) / 4;
    case 1:
        bits = (uint32_t)next_number(b, 4);
        memcpy(&v, &bits, sizeof v);
        return isfinite(v) ? v : 0;
    case 2:
        return 1 + (float)next_byte(b) * 0x1p-23f;
    default:
        v = ldexpf(1, (int)next_byte(b) - 128);
        return next_byte(b) & 1 ? v : -v;
    }
}

static void take_task(struct task *t, struct bytes *b)
{
    unsigned how = next_byte(b), kernels = next_byte(b);
    int most;

    t->metric = how & 4 ? NEAR_COSINE : NEAR_EUCLIDEAN;
    t->d = next_byte(b) % D_MAX + 1;
    t->n = next_byte(b) % (POINTS - 1) + 2;
    t->queries = how & 8 ? next_byte(b) % POINTS + 1 : 0;
    most = (int)t->n - (t->queries == 0);
    t->k = (int)next_byte(b) % most + 1;
    for (int i = 0; (t->kernels = near_kernels_list(i)) && kernels-- % 8; i++)
        ;
    if (!t->kernels)
        t->kernels = &near_kernels_reference;
    for (size_t i = 0; i < (size_t)(t->n + t->queries) * t->d; i++)
        t->x[i] = next_value(b, how);
}

/* ---- neighbours ---- */

/* Neighbour i of query q, q's vector being x: no point that is not among those found is nearer. */
static void check_query(const struct task *t, uint64_t q, const float *x)
{
    const uint32_t *index = t->index + q * (uint64_t)t->k;
    unsigned char used[POINTS] = {0};

    for (int i = 0; i < t->k; i++) {
        double least = INFINITY;
        uint64_t best = t->n;
        for (uint64_t p = 0; p < t->n; p++) {
            double far = near_distance(t->metric, x, t->x + p * t->d, t->d);
            if (used[p] || (t->queries == 0 && p == q) || !(best == t->n || far < least))
                continue;
            least = far;
            best = p;
        }
        REQUIRE(index[i] == best);
        REQUIRE(t->distance[q * (uint64_t)t->k + (uint64_t)i] == (float)least);
        used[best] = 1;
    }
}

static void check_neighbours(struct task *t, struct team *in)
{
    uint64_t n = t->queries ? t->queries : t->n;
    const float *from = t->queries ? t->x + t->n * t->d : t->x;
    struct near_search s = {.metric = t->metric,
                            .d = t->d,
                            .base = {t->x, t->n},
                            .query = {from, n},
                            .k = t->k,
                            .others = t->queries == 0,
                            .kernels = t->kernels,
                            .team = in};
    struct error e;

    REQUIRE(near_search(&s, t->index, t->distance, &e) == 0);
    for (uint64_t q = 0; q < n; q++)
        check_query(t, q, from + q * t->d);
}

/* ---- graph and layout ---- */

static float weight_of(const struct umap_graph *g, uint32_t from, uint32_t to)
{
    for (uint64_t k = g->first[from]; k < g->first[from + 1]; k++)
        if (g->to[k] == to)
            return g->weight[k];
    return 0;
}

static void check_graph(const struct umap_graph *g)
{
    REQUIRE(g->first[0] == 0);
    for (uint32_t i = 0; i < g->n; i++)
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++) {
            REQUIRE(g->to[k] < g->n && g->to[k] != i);
            REQUIRE(k == g->first[i] || g->to[k] > g->to[k - 1]);
            REQUIRE(g->weight[k] > 0 && g->weight[k] <= 1);
            REQUIRE(weight_of(g, g->to[k], i) == g->weight[k]);
        }
}

/* x [n][dims] */
static void lay_out(const struct umap_graph *g, const struct umap_options *o, struct team *in,
                    float *x)
{
    double a, b;
    struct error e;

    umap_curve(o->min_dist, o->spread, &a, &b);
    REQUIRE(isfinite(a) && isfinite(b));
    REQUIRE(umap_spectral(g, o->dims, o->seed, in, x, &e) == 0);
    REQUIRE(umap_descend(g, o, a, b, in, x, NULL, NULL, &e) == 0);
    for (size_t i = 0; i < g->n * (size_t)o->dims; i++)
        REQUIRE(isfinite(x[i]));
}

static void check_layout(const struct task *t, unsigned look, unsigned curve)
{
    static float one[POINTS * DIMS_MAX], several[POINTS * DIMS_MAX];
    struct umap_options o = umap_defaults();
    struct umap_graph g;
    struct error e;

    o.dims = (int)(look % DIMS_MAX) + 1;
    o.epochs = (int)(look / DIMS_MAX % 8) + 1;
    o.negatives = (int)(look / 32);
    o.spread = curve % 4 == 3 ? 0.001 : curve % 4 == 2 ? 1000 : 1;
    o.min_dist = o.spread * (curve / 4) / 63;
    o.lr = curve % 2 ? 1000 : 1;
    REQUIRE(umap_graph_make(&g, t->index, t->distance, (uint32_t)t->n, t->k, &e) == 0);
    check_graph(&g);
    umap_graph_prune(&g, o.epochs);
    check_graph(&g);
    lay_out(&g, &o, team[0], one);
    lay_out(&g, &o, team[1], several);
    REQUIRE(memcmp(one, several, t->n * (size_t)o.dims * sizeof *one) == 0);
    umap_graph_free(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct task t;
    struct bytes b = {data, size};
    unsigned look = next_byte(&b), curve = next_byte(&b);
    struct error e;

    for (int i = 0; i < 2; i++)
        if (!team[i])
            REQUIRE((team[i] = team_new(i ? THREADS : 1, &e)) != NULL);
    take_task(&t, &b);
    check_neighbours(&t, team[1]);
    check_neighbours(&t, team[0]);
    if (t.queries == 0)
        check_layout(&t, look, curve);
    return 0;
}
