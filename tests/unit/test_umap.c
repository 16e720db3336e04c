/* UMAP's steps against umap-learn's numbers and known matrices; and layouts by their
 * trustworthiness. */
#include "check.h"

#include <stdlib.h>

#include "base/rng.h"
#include "near/search.h"
#include "umap/curve.h"
#include "umap/graph.h"
#include "umap/layout.h"
#include "umap/spectral.h"
#include "umap/tridiagonal.h"
#include "umap/umap.h"

/* umap.umap_.find_ab_params of umap-learn 0.5.3. */
static void test_curve(void)
{
    static const double known[][4] = {{0.1, 1, 1.5769434604, 0.8950608781},
                                      {0.5, 1, 0.5830300205, 1.3341669925},
                                      {0, 1, 1.9328083979, 0.7904949734},
                                      {0.1, 2, 0.5446605402, 0.8420554266},
                                      {0.99, 1, 0.1193052997, 1.9163904180}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double a, b;
        umap_curve(known[i][0], known[i][1], &a, &b);
        CHECK_NEAR(a, known[i][2], 2e-4 * known[i][2]);
        CHECK_NEAR(b, known[i][3], 2e-4 * known[i][3]);
    }
}

/* Another spread is another unit of length, and no more. */
static void test_curve_units(void)
{
    static const double spreads[] = {0.001, 0.01, 0.1, 30, 1000}, shares[] = {0, 0.1, 0.5, 1};

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        for (size_t k = 0; k < sizeof spreads / sizeof *spreads; k++) {
            double a, b, one_a, one_b;
            umap_curve(shares[i], 1, &one_a, &one_b);
            umap_curve(shares[i] * spreads[k], spreads[k], &a, &b);
            CHECK_NEAR(b, one_b, 1e-6 * one_b);
            CHECK_NEAR(a * pow(spreads[k], 2 * b), one_a, 1e-5 * one_a);
        }
}

/* The k nearest others of each point. */
static void find(const float *x, uint32_t n, size_t d, int k, uint32_t *index, float *distance)
{
    struct error e = {0};
    struct near_search s = {.d = d,
                            .base = {x, n},
                            .query = {x, n},
                            .k = k,
                            .others = 1,
                            .kernels = near_kernels_list(0),
                            .team = team_new(2, &e)};

    if (!s.team || !CHECK(near_search(&s, index, distance, &e) == 0))
        abort();
    team_free(s.team);
}

/* umap.umap_.fuzzy_simplicial_set of umap-learn 0.5.3, five neighbours with the point itself. */
static void test_graph(void)
{
    static const float x[12][2] = {{0, 0},   {10, 6},  {11, 14}, {3, 7},  {9, 2},   {9, 2},
                                   {17, 15}, {19, 16}, {12, 2},  {19, 7}, {17, 14}, {6, 6}};
    static const uint64_t first[] = {0, 4, 10, 14, 18, 24, 29, 33, 37, 42, 46, 50, 56};
    static const uint32_t to[] = {3, 4, 5, 11, 2,  3, 4, 5,  8, 11, 1, 6, 7, 10, 0, 1, 4, 11, 0,
                                  1, 3, 5, 8,  11, 0, 1, 4,  8, 11, 2, 7, 9, 10, 2, 6, 9, 10, 1,
                                  4, 5, 9, 11, 6,  7, 8, 10, 2, 6,  7, 9, 0, 1,  3, 4, 5, 8};
    static const double weight[] = {
        1.0,       0.3695182,  0.3695182, 0.5828912, 0.2052697, 0.4769967, 0.6917948, 0.6917948,
        0.3879171, 1.0,        0.2052697, 0.9593108, 0.3799208, 1.0,       1.0,       0.4769967,
        0.4146868, 1.0,        0.3695182, 0.6917948, 0.4146868, 1.0,       1.0,       0.4026906,
        0.3695182, 0.6917948,  1.0,       1.0,       0.4026906, 0.9593108, 1.0,       0.6428206,
        1.0,       0.3799208,  1.0,       0.4758403, 0.9595752, 0.3879171, 1.0,       1.0,
        0.4363512, 0.02964321, 0.6428206, 0.4758403, 0.4363512, 1.0,       1.0,       1.0,
        0.9595752, 1.0,        0.5828912, 1.0,       1.0,       0.4026906, 0.4026906, 0.02964321};
    uint32_t index[48];
    float distance[48];
    struct umap_graph g;
    struct error e;

    find(x[0], 12, 2, 4, index, distance);
    CHECK(umap_graph_make(&g, index, distance, 12, 4, &e) == 0);
    CHECK(memcmp(g.first, first, sizeof first) == 0);
    for (size_t i = 0; i < sizeof to / sizeof *to && g.first[12] == 56; i++) {
        CHECK(g.to[i] == to[i]);
        CHECK_NEAR(g.weight[i], weight[i], 2e-5);
    }
    umap_graph_prune(&g, 10);
    CHECK(g.first[12] == 56);
    umap_graph_prune(&g, 20);
    CHECK(g.first[12] == 54);
    umap_graph_free(&g);
}

/* 2 on the diagonal and -1 beside it: eigenvalues 2 - 2 cos(k pi / (n + 1)). */
static void test_tridiagonal(void)
{
    enum { N = 40 };
    double diagonal[N], beside[N], vectors[N * N];

    for (int i = 0; i < N; i++) {
        diagonal[i] = 2;
        beside[i] = -1;
    }
    tridiagonal_solve(N, diagonal, beside, vectors);
    for (int k = 1; k <= N; k++) {
        double want = 2 - 2 * cos(k * acos(-1) / (N + 1)), nearest = 9;
        for (int i = 0; i < N; i++)
            if (fabs(diagonal[i] - want) < fabs(nearest - want))
                nearest = diagonal[i];
        CHECK_NEAR(nearest, want, 1e-12);
    }
    /* A v = value v, for each column. */
    for (int k = 0; k < N; k++)
        for (int i = 0; i < N; i++) {
            double v = 2 * vectors[i * N + k];
            v -= i > 0 ? vectors[(i - 1) * N + k] : 0;
            v -= i + 1 < N ? vectors[(i + 1) * N + k] : 0;
            CHECK_NEAR(v, diagonal[k] * vectors[i * N + k], 1e-12);
        }
}

/* A path of n points: of its normalized Laplacian the second eigenvector is a cosine along it. */
static void test_spectral(void)
{
    enum { N = 200 };
    uint64_t first[N + 1] = {0};
    uint32_t to[2 * N];
    float weight[2 * N], x[N];
    struct umap_graph g = {.n = N, .first = first, .to = to, .weight = weight};
    struct error e = {0};
    struct team *team = team_new(2, &e);
    double sign;

    for (uint32_t i = 0; i < N; i++) {
        first[i + 1] = first[i];
        if (i > 0)
            to[first[i + 1]++] = i - 1;
        if (i + 1 < N)
            to[first[i + 1]++] = i + 1;
    }
    for (uint64_t k = 0; k < first[N]; k++)
        weight[k] = 1;
    CHECK(umap_spectral(&g, 1, 5, team, x, &e) == 0);
    sign = x[1] < x[N - 2] ? -1 : 1;
    /* The ends have half the degree of the others, so their numbers are smaller by sqrt 2. */
    for (int i = 1; i + 1 < N; i++)
        CHECK_NEAR(x[i], 5 + sign * 5 * cos(acos(-1) * i / (N - 1)), 0.1);
    team_free(team);
}

/* The two eigenvectors of a grid's second eigenvalue, of which each alone does for the method. */
static void test_spectral_twice_the_same(void)
{
    enum { SIDE = 16, N = SIDE * SIDE };
    static uint64_t first[N + 1];
    static uint32_t to[4 * N];
    static float weight[4 * N], x[2 * N];
    struct umap_graph g = {N, first, to, weight};
    struct error e = {0};
    struct team *team = team_new(2, &e);

    for (int i = 0; i < N; i++) {
        static const int step[4] = {-SIDE, -1, 1, SIDE};
        first[i + 1] = first[i];
        for (int k = 0; k < 4; k++)
            if (i + step[k] >= 0 && i + step[k] < N &&
                (k == 0 || k == 3 || (i + step[k]) / SIDE == i / SIDE)) {
                weight[first[i + 1]] = 1;
                to[first[i + 1]++] = (uint32_t)(i + step[k]);
            }
    }
    for (uint64_t seed = 0; seed < 5; seed++) {
        double sum = 0, by_row[2] = {0}, by_column[2] = {0};
        CHECK(umap_spectral(&g, 2, seed, team, x, &e) == 0);
        for (int i = 0; i < N; i++)
            for (int k = 0; k < 2; k++) {
                by_row[k] += (i / SIDE - 7.5) * (double)x[2 * i + k];
                by_column[k] += (i % SIDE - 7.5) * (double)x[2 * i + k];
            }
        for (int i = 0; i < N; i++)
            sum += (i / SIDE - 7.5) * (i / SIDE - 7.5);
        /* They are rows and columns turned by some angle: the two coordinates tell both. */
        CHECK(fabs(by_row[0]) + fabs(by_row[1]) > 0.2 * sum);
        CHECK(fabs(by_column[0]) + fabs(by_column[1]) > 0.2 * sum);
    }
    team_free(team);
}

/*
 * Venna and Kaski's trustworthiness, as scikit-learn has it: 1 less a penalty for each of the k
 * nearest in the layout that is not among the k nearest of the data, by how far it is from there.
 */
static double trustworthiness(const float *x, size_t d, const float *y, uint32_t n, int k)
{
    uint32_t *all = malloc((size_t)n * (n - 1) * sizeof *all), *near = malloc(n * (size_t)k * 4);
    float *distance = malloc((size_t)n * (n - 1) * sizeof *distance);
    double penalty = 0;

    if (!all || !near || !distance)
        abort();
    find(y, n, 2, k, near, distance);
    find(x, n, d, (int)n - 1, all, distance);
    for (uint32_t i = 0; i < n; i++)
        for (int j = 0; j < k; j++) {
            uint32_t rank = 0;
            while (all[(size_t)i * (n - 1) + rank] != near[i * (size_t)k + (size_t)j])
                rank++;
            if (rank + 1 > (uint32_t)k)
                penalty += rank + 1 - (uint32_t)k;
        }
    free(all);
    free(near);
    free(distance);
    return 1 - penalty * 2 / ((double)n * k * (2.0 * n - 3.0 * k - 1));
}

static void lay_out(const float *x, uint32_t n, size_t d, uint64_t seed, float *y)
{
    struct umap_options o = umap_defaults();
    uint32_t *index = malloc(n * 14 * sizeof *index);
    float *distance = malloc(n * 14 * sizeof *distance);
    struct umap_graph g;
    struct error e = {0};
    struct team *team = team_new(2, &e);
    double a, b;

    if (!index || !distance || !team)
        abort();
    o.seed = seed;
    find(x, n, d, 14, index, distance);
    CHECK(umap_graph_make(&g, index, distance, n, 14, &e) == 0);
    umap_graph_prune(&g, umap_epochs(&o, n));
    umap_curve(o.min_dist, o.spread, &a, &b);
    CHECK(umap_spectral(&g, 2, seed, team, y, &e) == 0);
    CHECK(umap_descend(&g, &o, a, b, team, y, NULL, NULL, &e) == 0);
    umap_graph_free(&g);
    team_free(team);
    free(index);
    free(distance);
}

/* A sheet of two dimensions, rolled up in three and turned into eight: it can be laid flat. */
static void test_rolled_sheet(void)
{
    enum { N = 600, D = 8 };
    static float x[N * D], y[2 * N];
    struct rng r;

    rng_seed(&r, 7, 1);
    for (int i = 0; i < N; i++) {
        double u = 5 + 9 * (double)rng_float(&r), v = 20 * (double)rng_float(&r);
        double roll[3] = {u * cos(u), v, u * sin(u)};
        for (int k = 0; k < D; k++)
            x[i * D + k] = (float)(roll[0] * cos(k) + roll[1] * sin(k) + roll[2] * cos(2 * k + 1));
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        double t;
        lay_out(x, N, D, seed, y);
        t = trustworthiness(x, D, y, N, 15);
        if (!CHECK(t > 0.97))
            printf("# trustworthiness %f\n", t);
    }
    /* What says nothing is not trusted: a layout at random. */
    for (int i = 0; i < 2 * N; i++)
        y[i] = rng_float(&r);
    CHECK_NEAR(trustworthiness(x, D, y, N, 15), 0.5, 0.05);
}

/* A sheet whose points come row by row: their order must not show. */
static void test_sheet_in_order(void)
{
    enum { SIDE = 30, N = SIDE * SIDE };
    static float x[2 * N], y[2 * N];
    struct rng r;

    rng_seed(&r, 9, 1);
    for (int i = 0; i < N; i++) {
        x[2 * i] = (float)(i % SIDE) + 0.2f * rng_float(&r);
        x[2 * i + 1] = (float)(i / SIDE) + 0.2f * rng_float(&r);
    }
    for (uint64_t seed = 0; seed < 3; seed++) {
        double t;
        lay_out(x, N, 2, seed, y);
        t = trustworthiness(x, 2, y, N, 15);
        if (!CHECK(t > 0.997))
            printf("# trustworthiness %f\n", t);
    }
}

/* Ten groups far apart, their graph in parts: each stays together, none lies on another. */
static void test_groups(void)
{
    enum { GROUPS = 10, EACH = 40, N = GROUPS * EACH, D = 5 };
    static float x[N * D], y[2 * N];
    double centre[GROUPS][2] = {{0}}, widest = 0;
    struct rng r;

    rng_seed(&r, 8, 1);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < D; k++)
            x[i * D + k] =
                rng_float(&r) + (k == i % GROUPS % D ? 100.0f : 0) * (i % GROUPS < D ? 1 : -1);
    lay_out(x, N, D, 1, y);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++)
            centre[i % GROUPS][k] += (double)y[2 * i + k] / EACH;
    for (int i = 0; i < N; i++) {
        const double *c = centre[i % GROUPS];
        double radius = hypot((double)y[2 * i] - c[0], (double)y[2 * i + 1] - c[1]);
        widest = radius > widest ? radius : widest;
    }
    for (int a = 0; a < GROUPS; a++)
        for (int b = 0; b < a; b++)
            if (!CHECK(hypot(centre[a][0] - centre[b][0], centre[a][1] - centre[b][1]) > widest))
                printf("# groups %d and %d, radius %f\n", a, b, widest);
}

int main(void)
{
    RUN(test_curve);
    RUN(test_curve_units);
    RUN(test_graph);
    RUN(test_tridiagonal);
    RUN(test_spectral);
    RUN(test_spectral_twice_the_same);
    RUN(test_rolled_sheet);
    RUN(test_sheet_in_order);
    RUN(test_groups);
    return check_status();
}
