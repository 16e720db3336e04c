/*
 * The points that are worth labelling against brute force, and cases that can be told by hand.
 */
#include "check.h"

#include <stdlib.h>

#include "near/kmeans.h"
#include "near/pick.h"
#include "points.h"

enum { MOST = 400, DIMS = 40, CLUSTERS = 64 };

static float x[MOST * DIMS];

/* Calls pick on a copy of x. */
static int choose(const struct pick *how, int threads, uint64_t *chosen, struct error *e)
{
    static float copy[MOST * DIMS];
    struct pick p = *how;
    int status;

    memcpy(copy, x, p.n * p.d * sizeof *copy);
    p.x = copy;
    if (!p.kernels)
        p.kernels = near_kernels_pick(NULL);
    if (!(p.team = team_new(threads, e)))
        abort();
    status = pick(&p, chosen, e);
    team_free(p.team);
    return status;
}

/* Scales x as NEAR_COSINE wants it. */
static void scale(uint64_t n, size_t d)
{
    for (uint64_t i = 0; i < n; i++) {
        double length = near_length(x + i * d, d);
        for (size_t j = 0; length > 0 && j < d; j++)
            x[i * d + j] = (float)(x[i * d + j] / length);
    }
}

/* The farthest from all of them by every distance; those at 0 in their order. */
static void brute_centres(const struct pick *p, uint64_t *chosen)
{
    static float mean[DIMS];
    static double far[MOST];
    uint8_t taken[MOST] = {0};

    for (size_t j = 0; j < p->d; j++) {
        double sum = 0;
        for (uint64_t i = 0; i < p->n; i++)
            sum += x[i * p->d + j];
        mean[j] = (float)(sum / (double)p->n);
    }
    for (uint64_t got = 0; got < p->count; got++) {
        uint64_t best = MOST;
        for (uint64_t i = p->labelled; i < p->n; i++) {
            const float *point = x + i * p->d;
            far[i] = got + p->labelled ? INFINITY : -apart(point, mean, p->d);
            for (uint64_t c = 0; c < p->labelled; c++)
                far[i] = fmin(far[i], apart(point, x + c * p->d, p->d));
            for (uint64_t c = 0; c < got; c++)
                far[i] = fmin(far[i], apart(point, x + (chosen[c] + p->labelled) * p->d, p->d));
            if (!taken[i] && (best == MOST || far[i] > far[best]))
                best = i;
        }
        taken[best] = 1;
        chosen[got] = best - p->labelled;
    }
}

static void test_centres(void)
{
    static const size_t dims[] = {1, 2, 7, 37};
    static const uint64_t labelled[] = {0, 1, 6};
    uint64_t want[30], got[30];
    const struct near_kernels *kernels;
    struct error e = {0};

    for (int set = 0; (kernels = near_kernels_list(set)); set++)
        for (size_t i = 0; i < 4; i++)
            for (size_t l = 0; l < 3; l++) {
                struct pick p = {.n = 120, .d = dims[i], .labelled = labelled[l], .count = 30};
                p.method = PICK_CENTRES;
                p.kernels = kernels;
                scatter(x, p.n, p.d, 0, i + 10 * l);
                brute_centres(&p, want);
                CHECK(choose(&p, 1 + (int)l, got, &e) == 0);
                CHECK(memcmp(got, want, sizeof got) == 0);
                if (p.d == 1) /* on a line all have the same direction */
                    continue;
                p.metric = NEAR_COSINE;
                CHECK(choose(&p, 1 + (int)l, got, &e) == 0);
                scale(p.n, p.d);
                brute_centres(&p, want);
                CHECK(memcmp(got, want, sizeof got) == 0);
            }
}

/* On a line: first the middle, then the ends, then halves of the gaps; then what is left. */
static void test_centres_on_a_line(void)
{
    static const float line[] = {0, 4, 8, 1, 2, 8, 4, 4};
    static const uint64_t want[] = {1, 0, 2, 4, 3, 5, 6, 7};
    static const float known[] = {8, 0, 4, 8, 1, 2, 8, 4, 4};
    static const uint64_t rest[] = {0, 1, 4, 3, 6, 7};
    uint64_t got[8];
    struct pick p = {.n = 8, .d = 1, .method = PICK_CENTRES, .count = 8};
    struct error e = {0};

    memcpy(x, line, sizeof line);
    CHECK(choose(&p, 1, got, &e) == 0 && memcmp(got, want, sizeof want) == 0);
    /* 8 is labelled: it and its like are not chosen. */
    memcpy(x, known, sizeof known);
    p = (struct pick){.n = 9, .d = 1, .labelled = 1, .method = PICK_CENTRES, .count = 6};
    CHECK(choose(&p, 1, got, &e) == 0 && memcmp(got, rest, sizeof rest) == 0);
    p.count = 7;
    CHECK(choose(&p, 1, got, &e) < 0);
    CHECK_TEXT(e.text, "too few examples: 6 without those that have labels, but 7 are needed");
}

/* The least mean distance to the nearest neighbours in the cluster; -1: all are taken. */
static int64_t most_typical(const struct pick *p, const uint32_t *cluster, uint32_t c,
                            const uint8_t *taken)
{
    double least = INFINITY;
    int64_t best = -1;

    for (uint64_t i = p->labelled; i < p->n; i++) {
        double far[MOST], sum = 0;
        int n = 0, k;
        if (cluster[i] != c || taken[i])
            continue;
        for (uint64_t j = 0; j < p->n; j++) {
            int at = n;
            double new = apart(x + i * p->d, x + j * p->d, p->d);
            if (cluster[j] != c || j == i)
                continue;
            for (n++; at > 0 && far[at - 1] > new; at--)
                far[at] = far[at - 1];
            far[at] = new;
        }
        k = n < PICK_NEIGHBOURS ? n : PICK_NEIGHBOURS;
        for (int j = 0; j < k; j++)
            sum += (float)far[j];
        if (best < 0 || (k && sum / k < least)) {
            least = k ? sum / k : 0;
            best = (int64_t)i;
        }
    }
    return best;
}

/* Of the clusters that have least labelled points, the largest; those of less than 5 points last.
 */
static int64_t next_cluster(const int *size, const int *labelled, const uint8_t *used, int64_t k)
{
    int64_t best = -1;

    for (int64_t c = 0; c < k; c++) {
        int better;
        if (used[c])
            continue;
        better = best < 0 || (size[c] >= 5) > (size[best] >= 5);
        if (best >= 0 && (size[c] >= 5) == (size[best] >= 5))
            better = labelled[c] < labelled[best] ||
                     (labelled[c] == labelled[best] && size[c] > size[best]);
        if (better)
            best = c;
    }
    return best;
}

static void brute_typical(const struct pick *p, uint64_t *chosen)
{
    static uint32_t cluster[MOST];
    static float centre[CLUSTERS * DIMS];
    struct kmeans m = {.x = x, .n = p->n, .d = p->d, .seed = p->seed, .rounds = 100};
    int size[CLUSTERS] = {0}, labelled[CLUSTERS] = {0};
    uint8_t used[CLUSTERS] = {0}, taken[MOST] = {0};
    struct error e = {0};
    int64_t k;

    m.k = (uint32_t)(p->labelled + p->count);
    m.kernels = near_kernels_pick(NULL);
    if (!(m.team = team_new(1, &e)))
        abort();
    k = kmeans(&m, cluster, centre, &e);
    team_free(m.team);
    for (uint64_t i = 0; i < p->n; i++) {
        size[cluster[i]]++;
        labelled[cluster[i]] += i < p->labelled;
    }
    for (uint64_t got = 0; got < p->count;) {
        int64_t c = next_cluster(size, labelled, used, k), i;
        if (c < 0) {
            memset(used, 0, sizeof used);
            continue;
        }
        used[c] = 1;
        if ((i = most_typical(p, cluster, (uint32_t)c, taken)) < 0)
            continue;
        taken[i] = 1;
        chosen[got++] = (uint64_t)i - p->labelled;
    }
}

static void test_typical(void)
{
    static const size_t dims[] = {1, 3, 37};
    static const uint64_t labelled[] = {0, 1, 20}, counts[] = {1, 4, 30};
    uint64_t want[30], got[30];
    const struct near_kernels *kernels;
    struct error e = {0};

    for (int set = 0; (kernels = near_kernels_list(set)); set++)
        for (size_t i = 0; i < 27; i++) {
            struct pick p = {.n = 120, .d = dims[i % 3], .labelled = labelled[i / 3 % 3]};
            p.count = counts[i / 9];
            p.seed = i;
            p.kernels = kernels;
            scatter(x, p.n, p.d, 0, i);
            brute_typical(&p, want);
            CHECK(choose(&p, 1 + (int)(i % 3), got, &e) == 0);
            CHECK(memcmp(got, want, p.count * sizeof *got) == 0);
            if (p.d == 1)
                continue;
            p.metric = NEAR_COSINE;
            CHECK(choose(&p, 1 + (int)(i % 3), got, &e) == 0);
            scale(p.n, p.d);
            brute_typical(&p, want);
            CHECK(memcmp(got, want, p.count * sizeof *got) == 0);
        }
}

/* Crosses of so many points round a point in their middle, which is the most typical. */
static uint64_t put_cross(uint64_t at, float left, float top, int arms)
{
    x[2 * at] = left;
    x[2 * at++ + 1] = top;
    for (int i = 1; i <= arms; i++)
        for (int way = 0; way < 4; way++) {
            x[2 * at] = left + (float)(way == 0 ? i : way == 1 ? -i : 0);
            x[2 * at++ + 1] = top + (float)(way == 2 ? i : way == 3 ? -i : 0);
        }
    return at;
}

static void test_typical_of_three_crosses(void)
{
    struct pick p = {.d = 2, .count = 3};
    uint64_t got[5], second, third;
    struct error e = {0};

    second = put_cross(0, 0, 0, 1);
    third = put_cross(second, 1000, 0, 3);
    p.n = put_cross(third, 0, 1000, 2);
    for (p.seed = 0; p.seed < 10; p.seed++) {
        CHECK(choose(&p, 2, got, &e) == 0);
        CHECK(got[0] == second && got[1] == third && got[2] == 0);
    }
    /* Points of the largest cross are labelled: it is the last. */
    second = put_cross(1, 1000, 0, 3);
    third = put_cross(second, 0, 0, 1);
    p.n = put_cross(third, 0, 1000, 2);
    x[0] = 1000.5f;
    x[1] = 0.5f;
    p.labelled = 1;
    p.count = 2;
    for (p.seed = 0; p.seed < 10; p.seed++) {
        CHECK(choose(&p, 2, got, &e) == 0);
        CHECK(got[0] == third - 1 && got[1] == second - 1);
    }
}

/* More are wanted than there are different points: the clusters come again. */
static void test_typical_beyond_the_clusters(void)
{
    static const float line[] = {5, 1, 5, 1, 5};
    static const uint64_t want[] = {0, 1, 2, 3, 4};
    uint64_t got[5];
    struct pick p = {.n = 5, .d = 1, .count = 5};
    struct error e = {0};

    memcpy(x, line, sizeof line);
    CHECK(choose(&p, 1, got, &e) == 0 && memcmp(got, want, sizeof want) == 0);
    p.count = 6;
    CHECK(choose(&p, 1, got, &e) < 0);
    CHECK_TEXT(e.text, "too few examples: 5, but 6 are needed");
}

/* More than 500: all different, and the first 500 are of different clusters. */
static void test_more_than_500(void)
{
    enum { N = 700 };
    static float line[N];
    static uint64_t got[N];
    uint8_t seen[N] = {0};
    struct pick p = {.x = line, .n = N, .d = 1, .count = N, .kernels = near_kernels_pick(NULL)};
    struct error e = {0};

    for (int i = 0; i < N; i++)
        line[i] = (float)i;
    if (!(p.team = team_new(2, &e)))
        abort();
    CHECK(pick(&p, got, &e) == 0);
    team_free(p.team);
    for (int i = 0; i < N; i++)
        CHECK(got[i] < N && !seen[got[i]]++);
}

/* Elsewhere in space, by any number of threads, the same are chosen. */
static void test_translation_and_threads(void)
{
    uint64_t here[30], there[30];
    struct error e = {0};

    for (int method = PICK_TYPICAL; method <= PICK_FACILITY; method++)
        for (size_t d = 1; d <= 9; d += 4) {
            struct pick p = {.n = 400, .d = d, .labelled = 3, .count = 30, .seed = d};
            p.method = (enum pick_method)method;
            scatter(x, p.n, d, 4096, d);
            CHECK(choose(&p, 1, here, &e) == 0);
            for (int threads = 2; threads < 6; threads++) {
                CHECK(choose(&p, threads, there, &e) == 0);
                CHECK(memcmp(here, there, sizeof here) == 0);
            }
            for (size_t i = 0; i < p.n * d; i++)
                x[i] += (float)(4096 * (1 + i % d));
            CHECK(choose(&p, 1, there, &e) == 0);
            CHECK(memcmp(here, there, sizeof here) == 0);
        }
}

/* A larger choice begins with the smaller one, but for clusters. */
static void test_smaller_and_larger(void)
{
    uint64_t few[10], many[50];
    struct error e = {0};

    for (int method = PICK_CENTRES; method <= PICK_FACILITY; method++) {
        struct pick p = {.n = 300, .d = 4, .count = 10};
        p.method = (enum pick_method)method;
        scatter(x, p.n, p.d, 0, 5);
        CHECK(choose(&p, 1, few, &e) == 0);
        p.count = 50;
        CHECK(choose(&p, 2, many, &e) == 0);
        CHECK(memcmp(few, many, sizeof few) == 0);
    }
}

/* One point has no neighbours; two are each other's. */
static void test_one_and_two(void)
{
    for (int method = PICK_TYPICAL; method <= PICK_FACILITY; method++)
        for (uint64_t n = 1; n <= 2; n++) {
            uint64_t got[2];
            struct pick p = {.n = n, .d = 1, .count = n};
            struct error e = {0};
            p.method = (enum pick_method)method;
            x[0] = 3;
            x[1] = 4;
            CHECK(choose(&p, 1, got, &e) == 0 && got[0] < n);
            CHECK(n == 1 || got[0] + got[1] == 1);
        }
}

/* Distances that no float holds: it is still the others that are chosen, never labelled points. */
static void test_beyond_floats(void)
{
    uint64_t got[2];
    struct error e = {0};

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct pick p = {.n = 40, .d = 5, .labelled = 1 + seed % 11, .count = 2};
        p.method = seed < 40 ? PICK_TYPICAL : PICK_FACILITY;
        scatter(x, p.n, p.d, 0, seed);
        for (size_t i = 0; i < p.n * p.d; i++)
            x[i] = (2 * x[i] - 1) * 3.3e38f;
        CHECK(choose(&p, 1, got, &e) == 0);
        CHECK(got[0] < p.n - p.labelled && got[1] < p.n - p.labelled && got[0] != got[1]);
    }
}

int main(void)
{
    RUN(test_centres);
    RUN(test_centres_on_a_line);
    RUN(test_typical);
    RUN(test_typical_of_three_crosses);
    RUN(test_typical_beyond_the_clusters);
    RUN(test_more_than_500);
    RUN(test_translation_and_threads);
    RUN(test_smaller_and_larger);
    RUN(test_one_and_two);
    RUN(test_beyond_floats);
    return check_status();
}
