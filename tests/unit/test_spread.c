/* Labels spread over a graph: against dense matrices solved by elimination, blobs, identities. */
#include "check.h"

#include <stdlib.h>

#include "base/rng.h"
#include "near/search.h"
#include "near/share.h"

enum { LABELLED_MOST = 64 };

struct scene {
    uint64_t n;
    size_t d;
    int k;
    enum near_metric metric;
    float *x;
    uint32_t *index;
    float *distance;
    struct near_graph g;
    uint32_t own[LABELLED_MOST];
    struct spread s;
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

/* The graph of the points x, which are the scene's from then on. */
static void begin(struct scene *t, float *x, uint64_t n, size_t d, int k, enum near_metric metric)
{
    struct error e;
    struct team *team = team_new(2, &e);
    struct near_search how = {.metric = metric,
                              .d = d,
                              .base = {x, n},
                              .query = {x, n},
                              .k = k,
                              .others = 1,
                              .kernels = &near_kernels_reference,
                              .team = team};

    *t = (struct scene){.n = n, .d = d, .k = k, .metric = metric, .x = x};
    t->index = room(n * (size_t)k, sizeof *t->index);
    t->distance = room(n * (size_t)k, sizeof *t->distance);
    if (!team || near_search(&how, t->index, t->distance, &e) < 0)
        abort();
    CHECK(near_graph_make(&t->g, metric, t->index, t->distance, n, k, &e) == 0);
    t->s = (struct spread){.graph = &t->g, .alpha = 0.9, .own = t->own, .team = team};
}

static void end(struct scene *t)
{
    near_graph_free(&t->g);
    team_free(t->s.team);
    free(t->x);
    free(t->index);
    free(t->distance);
}

static float *noise(uint64_t n, size_t d, uint64_t seed)
{
    float *x = room(n * d, sizeof *x);
    struct rng r;

    rng_seed(&r, seed, RNG_SAMPLE);
    for (size_t i = 0; i < n * d; i++)
        x[i] = rng_float(&r);
    return x;
}

static void label(struct scene *t, uint64_t labelled, uint32_t classes)
{
    t->s.labelled = labelled;
    t->s.classes = classes;
    for (uint64_t i = 0; i < labelled; i++)
        t->own[i] = (uint32_t)(i * i) % classes;
    for (uint32_t c = 0; c < classes; c++)
        t->own[c] = c;
}

static double *solved(struct scene *t)
{
    double *score = room(t->n * t->s.classes, sizeof *score);
    struct error e;

    if (!CHECK(spread_solve(&t->s, score, &e) == 0))
        printf("# %s\n", e.text);
    return score;
}

/* ---- by definition ---- */

/* What i thinks of its neighbour j, from the lists; 0 where it is none. */
static double view(const struct scene *t, uint64_t i, uint64_t j)
{
    const uint32_t *index = t->index + i * (uint64_t)t->k;
    const float *distance = t->distance + i * (uint64_t)t->k;
    double last = (double)distance[t->k - 1];

    for (int m = 0; m < t->k; m++)
        if (index[m] == j) {
            double ratio = last > 0 ? (double)distance[m] / last : 0;
            return exp(-4 * (t->metric == NEAR_COSINE ? ratio : ratio * ratio));
        }
    return 0;
}

static double *dense(const struct scene *t)
{
    double *w = room(t->n * t->n, sizeof *w);

    for (uint64_t i = 0; i < t->n; i++)
        for (uint64_t j = 0; j < t->n; j++)
            w[i * t->n + j] = (view(t, i, j) + view(t, j, i)) / 2;
    return w;
}

/* a x = b by elimination with pivots; a [n][n] and b [n] are used up, x is in b. */
static void eliminate(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        double t;
        for (size_t r = i + 1; r < n; r++)
            if (fabs(a[r * n + i]) > fabs(a[best * n + i]))
                best = r;
        for (size_t c = 0; c < n; c++) {
            t = a[i * n + c];
            a[i * n + c] = a[best * n + c];
            a[best * n + c] = t;
        }
        t = b[i];
        b[i] = b[best];
        b[best] = t;
        for (size_t r = i + 1; r < n; r++) {
            double f = a[r * n + i] / a[i * n + i];
            for (size_t c = i; c < n; c++)
                a[r * n + c] -= f * a[i * n + c];
            b[r] -= f * b[i];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t c = i + 1; c < n; c++)
            b[i] -= a[i * n + c] * b[c];
        b[i] /= a[i * n + i];
    }
}

/* The scores of one class, of a connected graph. */
static double *expected(const struct scene *t, const double *w, uint32_t class)
{
    size_t n = t->n;
    double *a = room(n * n, sizeof *a), *b = room(n, sizeof *b), *degree = room(n, sizeof *degree);
    double all = 0, mean = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            degree[i] += w[i * n + j];
        all += degree[i];
    }
    for (uint64_t i = 0; i < t->s.labelled; i++)
        mean += (t->own[i] == class) / (double)t->s.labelled;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (t->s.method == SPREAD_SPREADING)
                a[i * n + j] = (i == j) - t->s.alpha * w[i * n + j] / sqrt(degree[i] * degree[j]);
            else /* with the mean that is to be 0 added, which takes the freedom from it */
                a[i * n + j] = (i == j) * degree[i] - w[i * n + j] + degree[i] * degree[j] / all;
    for (uint64_t i = 0; i < t->s.labelled; i++)
        b[i] = t->s.method == SPREAD_SPREADING ? (1 - t->s.alpha) * (t->own[i] == class)
                                               : (t->own[i] == class) - mean;
    eliminate(a, b, n);
    free(a);
    free(degree);
    return b;
}

/* ---- tests ---- */

/*
 * Points at 0, 1, 3 and 6 with two neighbours each. 0 sees 1 by exp(-4/9) = 0.641180 and 3 by
 * exp(-4) = 0.018316; 1 sees 0 by exp(-1) = 0.367879 and 3 by 0.018316; 3 sees 1 by exp(-16/9) =
 * 0.169013 and 0, which comes before 6, by 0.018316; 6 sees 3 by exp(-36/25) = 0.236928 and 1 by
 * 0.018316.
 */
static void test_graph_by_hand(void)
{
    static const double want[4][4] = {{0, 0.5045295, 0.0183156, 0},
                                      {0.5045295, 0, 0.0936643, 0.0091578},
                                      {0.0183156, 0.0936643, 0, 0.1184638},
                                      {0, 0.0091578, 0.1184638, 0}};
    float *x = room(4, sizeof *x);
    struct scene t;

    x[1] = 1;
    x[2] = 3;
    x[3] = 6;
    begin(&t, x, 4, 1, 2, NEAR_EUCLIDEAN);
    CHECK(t.g.first[4] == 10);
    for (uint64_t i = 0; i < 4; i++) {
        double got[4] = {0};
        for (uint64_t m = t.g.first[i]; m < t.g.first[i + 1]; m++) {
            got[t.g.to[m]] = (double)t.g.weight[m];
            CHECK(m == t.g.first[i] || t.g.to[m] > t.g.to[m - 1]);
        }
        for (int j = 0; j < 4; j++)
            CHECK_NEAR(got[j], want[i][j], 1e-6);
        CHECK_NEAR(t.g.degree[i], want[i][0] + want[i][1] + want[i][2] + want[i][3], 1e-6);
        CHECK(t.g.part[i] == 0);
    }
    end(&t);
}

/* Points on the same spot, all k of them: as close as can be, and nothing is divided by 0. */
static void test_equal_points(void)
{
    struct scene t;

    begin(&t, room(5, sizeof(float)), 5, 1, 2, NEAR_EUCLIDEAN);
    for (uint64_t m = 0; m < t.g.first[5]; m++)
        CHECK(t.g.weight[m] == 1 || t.g.weight[m] == 0.5f);
    CHECK(t.g.first[5] > 0);
    end(&t);
}

static void check_dense(struct scene *t)
{
    double *w = dense(t), most = 0;

    for (int method = SPREAD_POISSON; method <= SPREAD_SPREADING; method++) {
        double *score;
        t->s.method = (enum spread_method)method;
        score = solved(t);
        for (uint32_t c = 0; c < t->s.classes; c++) {
            double *want = expected(t, w, c);
            for (uint64_t i = 0; i < t->n; i++)
                most = fmax(most, fabs(want[i]));
            for (uint64_t i = 0; i < t->n; i++)
                CHECK_NEAR(score[i * t->s.classes + c], want[i], 1e-6 * most);
            free(want);
        }
        CHECK(most > 0);
        free(score);
    }
    free(w);
}

static void test_dense(void)
{
    static const uint32_t classes[] = {2, 3, 11};

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        for (int metric = NEAR_EUCLIDEAN; metric <= NEAR_COSINE; metric++) {
            struct scene t;
            begin(&t, noise(90, 3, i + 1), 90, 3, 6, (enum near_metric)metric);
            for (uint64_t p = 0; p < t.n; p++)
                CHECK(t.g.part[p] == 0); /* which dense matrices here have to be */
            label(&t, 13, classes[i]);
            check_dense(&t);
            end(&t);
        }
}

/* Blobs of points far from each other, by turns. */
static float *blobs(uint64_t n, uint64_t count)
{
    float *x = noise(n, 2, 9);

    for (uint64_t i = 0; i < n; i++)
        x[2 * i] += 100 * (float)(i % count);
    return x;
}

static void test_blobs(void)
{
    for (int method = SPREAD_POISSON; method <= SPREAD_SPREADING; method++) {
        struct scene t;
        double *share;
        begin(&t, blobs(300, 3), 300, 2, 5, NEAR_EUCLIDEAN);
        label(&t, 2, 2);
        t.s.method = (enum spread_method)method;
        share = solved(&t);
        /* The third blob is without a label. */
        for (uint64_t i = 2; i < t.n; i += 3)
            CHECK(isinf(share[2 * i]) && isinf(share[2 * i + 1]));
        share_scores(&t.s, share);
        for (uint64_t i = 0; i < t.n; i++) {
            CHECK_NEAR(share[2 * i], i % 3 == 0, 1e-12);
            CHECK_NEAR(share[2 * i + 1], i % 3 == 1, 1e-12);
            CHECK(i % 3 == 2 || share_winner(&t.s, share + 2 * i) == i % 3);
        }
        free(share);
        end(&t);
    }
}

/* Two blobs joined by a bridge of points: each half is its label's. */
static void test_bridge(void)
{
    for (int method = SPREAD_POISSON; method <= SPREAD_SPREADING; method++) {
        float *x = room(101, sizeof *x);
        struct scene t;
        double *score;
        /* On a line, dense at the ends; the points 0 and 1 are the ends. */
        for (int i = 0; i < 101; i++) {
            float v = (float)(i - 50) / 50;
            x[i] = v * (2 - fabsf(v));
        }
        x[1] = x[100];
        x[100] = -0.97f;
        begin(&t, x, 101, 1, 4, NEAR_EUCLIDEAN);
        label(&t, 2, 2);
        t.s.method = (enum spread_method)method;
        score = solved(&t);
        share_scores(&t.s, score);
        for (uint64_t i = 2; i < t.n; i++)
            if (fabsf(x[i]) > 0.2f)
                CHECK(share_winner(&t.s, score + 2 * i) == (x[i] > 0));
        free(score);
        end(&t);
    }
}

/* Other numbers for the same classes: the same scores, to the bit, in other columns. */
static void test_permuted_classes(void)
{
    for (int method = SPREAD_POISSON; method <= SPREAD_SPREADING; method++) {
        struct scene t;
        double *a, *b;
        begin(&t, noise(200, 3, 4), 200, 3, 6, NEAR_EUCLIDEAN);
        label(&t, 30, 11);
        t.s.method = (enum spread_method)method;
        a = solved(&t);
        for (uint64_t i = 0; i < t.s.labelled; i++)
            t.own[i] = (t.own[i] * 4 + 3) % 11;
        b = solved(&t);
        for (uint64_t i = 0; i < t.n; i++)
            for (uint32_t c = 0; c < 11; c++)
                CHECK(a[i * 11 + c] == b[i * 11 + (c * 4 + 3) % 11]);
        free(a);
        free(b);
        end(&t);
    }
}

static void test_threads(void)
{
    struct scene t;
    double *want, *got;

    begin(&t, noise(3000, 4, 5), 3000, 4, 7, NEAR_EUCLIDEAN);
    label(&t, 20, 9);
    want = solved(&t);
    for (int threads = 1; threads <= 5; threads += 2) {
        struct error e;
        struct team *two = t.s.team;
        if (!(t.s.team = team_new(threads, &e)))
            abort();
        got = solved(&t);
        CHECK(memcmp(got, want, 3000 * 9 * sizeof *got) == 0);
        free(got);
        team_free(t.s.team);
        t.s.team = two;
    }
    free(want);
    end(&t);
}

/* The mean share of each class is what was asked for, and points keep the sum 1. */
static void test_prior(void)
{
    static const double prior[] = {0.5, 0.3, 0.2};

    for (int method = SPREAD_POISSON; method <= SPREAD_SPREADING; method++) {
        struct scene t;
        struct error e;
        double *share, mean[3] = {0};
        begin(&t, noise(400, 3, 6), 400, 3, 8, NEAR_EUCLIDEAN);
        label(&t, 9, 3);
        t.s.method = (enum spread_method)method;
        share = solved(&t);
        share_scores(&t.s, share);
        CHECK(share_prior(&t.s, share, prior, &e) == 0);
        for (uint64_t i = 0; i < t.n; i++) {
            const double *row = share + 3 * i;
            CHECK_NEAR(row[0] + row[1] + row[2], 1, 1e-9);
            for (int c = 0; c < 3 && i >= 9; c++)
                mean[c] += row[c] / 391;
        }
        for (int c = 0; c < 3; c++)
            CHECK_NEAR(mean[c], prior[c], 2e-6);
        free(share);
        end(&t);
    }
}

/* By hand: two points with labels, then scores whose root mean square is 2. */
static void test_shares_by_hand(void)
{
    struct near_graph g = {.n = 5};
    struct spread s = {.graph = &g, .labelled = 2, .classes = 2};
    double score[] = {9, -9, -9, 9, 2, -2, -2, 2, -INFINITY, -INFINITY};
    double other[] = {1, 0, 0, 1, 0.3, 0.1, 0.2, 0.6, 0.5, -1e-20};

    share_scores(&s, score);
    CHECK_NEAR(score[4], 1 / (1 + exp(-2)), 1e-15);
    CHECK_NEAR(score[5], 1 / (1 + exp(2)), 1e-15);
    CHECK_NEAR(score[6], score[5], 1e-15);
    CHECK(score[8] == 0 && score[9] == 0);
    s.method = SPREAD_SPREADING;
    share_scores(&s, other);
    CHECK_NEAR(other[4], 0.75, 1e-15);
    CHECK_NEAR(other[6], 0.25, 1e-15);
    CHECK(other[8] == 1 && other[9] == 0);
}

int main(void)
{
    RUN(test_graph_by_hand);
    RUN(test_equal_points);
    RUN(test_dense);
    RUN(test_blobs);
    RUN(test_bridge);
    RUN(test_permuted_classes);
    RUN(test_threads);
    RUN(test_prior);
    RUN(test_shares_by_hand);
    return check_status();
}
