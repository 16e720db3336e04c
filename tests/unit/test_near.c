/* The neighbours are those that comparing every pair gives, for all kernels, threads and metrics.
 */
#include "check.h"

#include <stdlib.h>

#include "base/progress.h"
#include "base/rng.h"
#include "near/equal.h"
#include "near/search.h"
#include "near/vote.h"

/* Uniform points; of every seven the last is the first again, so that there are ties. */
static float *points(uint64_t n, size_t d, float step, uint64_t seed)
{
    float *x = malloc(n * d * sizeof *x);
    struct rng r;

    if (!x)
        abort();
    rng_seed(&r, seed, 1);
    for (uint64_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) {
            float v = rng_float(&r) - 0.3f;
            x[i * d + k] = i % 7 == 6 ? x[(i - 6) * d + k] : step > 0 ? step * floorf(v / step) : v;
        }
    return x;
}

/* By insertion into the list of the k nearest so far. */
static void brute(const struct near_search *s, uint64_t q, uint32_t *index, double *distance)
{
    int held = 0;

    for (uint64_t b = 0; b < s->base.n; b++) {
        double far = near_distance(s->metric, s->query.x + q * s->d, s->base.x + b * s->d, s->d);
        int at = held;
        if (s->others && b == q)
            continue;
        while (at > 0 && distance[at - 1] > far)
            at--;
        if (at == s->k)
            continue;
        held += held < s->k;
        for (int i = held - 1; i > at; i--) {
            index[i] = index[i - 1];
            distance[i] = distance[i - 1];
        }
        index[at] = (uint32_t)b;
        distance[at] = far;
    }
}

static void check_search(struct near_search *s, int threads)
{
    size_t most = s->query.n * (size_t)s->k;
    uint32_t *got = malloc(most * sizeof *got), want[64];
    float *far = malloc(most * sizeof *far);
    double distance[64];
    struct error e = {0};

    if (!got || !far || !(s->team = team_new(threads, &e)))
        abort();
    CHECK(near_search(s, got, far, &e) == 0);
    for (uint64_t q = 0; q < s->query.n; q++) {
        brute(s, q, want, distance);
        for (int i = 0; i < s->k; i++) {
            if (!CHECK(got[q * (size_t)s->k + (size_t)i] == want[i]))
                printf("# %s, d %zu, k %d, query %d, neighbour %d\n", s->kernels->name, s->d, s->k,
                       (int)q, i);
            CHECK_NEAR(far[q * (size_t)s->k + (size_t)i], distance[i], 1e-6 * (1 + distance[i]));
        }
    }
    team_free(s->team);
    free(got);
    free(far);
}

static void check_metric(enum near_metric metric, float step)
{
    static const size_t dims[] = {1, 2, 3, 16, 37};
    static const int counts[] = {1, 5, 33};
    const struct near_kernels *kernels;

    for (int set = 0; (kernels = near_kernels_list(set)); set++)
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
            float *base = points(211, dims[d], step, 1), *query = points(50, dims[d], step, 2);
            for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
                struct near_search s = {.metric = metric,
                                        .d = dims[d],
                                        .base = {base, 211},
                                        .query = {query, 50},
                                        .k = counts[k],
                                        .kernels = kernels};
                check_search(&s, 1 + set);
                s.query = s.base;
                s.others = 1;
                check_search(&s, 3);
            }
            free(base);
            free(query);
        }
}

static void test_euclidean(void)
{
    check_metric(NEAR_EUCLIDEAN, 0);
    check_metric(NEAR_EUCLIDEAN, 0.25f); /* on a grid: ties everywhere */
}

static void test_cosine(void)
{
    check_metric(NEAR_COSINE, 0);
    check_metric(NEAR_COSINE, 0.25f);
}

/* Far from the origin the quick product of matrices has lost all that tells points apart. */
static void test_far_from_the_origin(void)
{
    const struct near_kernels *kernels;
    float *x = points(150, 4, 0, 3);

    for (size_t i = 0; i < 600; i++)
        x[i] = 10000 + x[i];
    for (int set = 0; (kernels = near_kernels_list(set)); set++) {
        struct near_search s = {
            .d = 4, .base = {x, 150}, .query = {x, 150}, .k = 10, .others = 1, .kernels = kernels};
        check_search(&s, 2);
    }
    free(x);
}

static void test_vote(void)
{
    static const uint32_t label[] = {7, 3, 3, 7, 9};
    static const uint32_t order[] = {4, 1, 0, 3, 2};
    uint32_t scratch[10];

    CHECK(vote(order, 1, label, scratch) == 9);
    CHECK(vote(order, 2, label, scratch) == 9); /* a tie: the nearest */
    CHECK(vote(order, 4, label, scratch) == 7);
    CHECK(vote(order, 5, label, scratch) == 3); /* a tie of 3 and 7: the nearest 3 is nearer */
}

/* Outputs of a ReLU: half of the points are zero, of either sign, the others repeat a few values.
 */
static float *repeated(uint64_t n, size_t d, uint64_t seed)
{
    float *x = calloc(n * d, sizeof *x);
    struct rng r;

    if (!x)
        abort();
    rng_seed(&r, seed, 1);
    for (uint64_t i = 0; i < n; i++) {
        if (i % 4 == 1)
            for (size_t k = 0; k < d; k++)
                x[i * d + k] = -0.0f;
        if (i % 2 == 0)
            x[i * d + rng_below(&r, d)] = (float)rng_below(&r, 3);
    }
    return x;
}

static void test_equal_points(void)
{
    enum { N = 900, D = 5 };
    float *x = repeated(N, D, 3), *y = repeated(130, D, 4);
    struct near_search s = {.d = D, .base = {x, N}, .query = {y, 130}};

    for (int metric = 0; metric < 2; metric++)
        for (int k = 1; k <= 64; k *= 4)
            for (int threads = 1; threads < 4; threads += 2) {
                s.metric = metric ? NEAR_COSINE : NEAR_EUCLIDEAN;
                s.kernels = near_kernels_pick(NULL);
                s.k = k;
                s.query = (struct near_set){y, 130};
                s.others = 0;
                check_search(&s, threads);
                s.query = s.base;
                s.others = 1;
                check_search(&s, threads);
            }
    free(x);
    free(y);
}

static int equal_points(const float *x, size_t d, uint64_t a, uint64_t b)
{
    for (size_t i = 0; i < d; i++)
        if (x[a * d + i] != x[b * d + i])
            return 0;
    return 1;
}

/* Each value once, in the order of its first point, with a chain of all points that have it: many
 * equal points, which once took 15 to 23 times as long as others, are then few to compare. */
static void check_equal(const float *x, uint64_t n, size_t d)
{
    struct near_set set = {x, n};
    struct equal q;
    struct error e;
    uint64_t values = 0;

    if (!CHECK(equal_find(&q, &set, d, &e) == 0))
        return;
    for (uint64_t p = 0; p < n; p++) {
        uint64_t before = p, after = p + 1;
        while (before > 0 && !equal_points(x, d, before - 1, p))
            before--;
        while (after < n && !equal_points(x, d, after, p))
            after++;
        CHECK(q.next[p] == (after < n ? (uint32_t)after : EQUAL_END));
        if (before == 0)
            CHECK(values < q.n && q.first[values++] == p);
    }
    CHECK(values == q.n);
    equal_free(&q);
}

static void test_equal_find(void)
{
    enum { N = 600, D = 16 };
    float *different = points(N, D, 0, 5), *zero = calloc(N * D, sizeof *zero),
          *sparse = repeated(N, D, 6);

    if (!zero)
        abort();
    zero[7] = -0.0f; /* equal to 0 */
    check_equal(different, N, D);
    check_equal(zero, N, D);
    check_equal(sparse, N, D);
    free(different);
    free(zero);
    free(sparse);
}

int main(void)
{
    RUN(test_euclidean);
    RUN(test_cosine);
    RUN(test_far_from_the_origin);
    RUN(test_equal_points);
    RUN(test_equal_find);
    RUN(test_vote);
    return check_status();
}
