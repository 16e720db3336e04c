/*
 * Facility location on a neighbour graph against the whole matrix, and graphs told by hand.
 */
#include "check.h"

#include <stdlib.h>

#include "near/facility.h"
#include "near/search.h"
#include "points.h"

enum { MOST = 240, NEIGHBOURS = 10 };

static float x[MOST * 3];
static double reach[MOST][MOST];

/* The graph of the k nearest others of x [n][d]. */
static void make_graph(struct near_graph *g, uint64_t n, size_t d, int k)
{
    struct error e = {0};
    uint32_t index[MOST * NEIGHBOURS];
    float distance[MOST * NEIGHBOURS];
    struct near_search how = {.d = d,
                              .base = {x, n},
                              .query = {x, n},
                              .k = k,
                              .others = 1,
                              .kernels = near_kernels_pick(NULL)};

    if (!(how.team = team_new(1, &e)))
        abort();
    CHECK(near_search(&how, index, distance, &e) == 0);
    CHECK(near_graph_make(g, NEAR_EUCLIDEAN, index, distance, n, k, &e) == 0);
    team_free(how.team);
}

/* reach = 1 + A + A^2 + ... + A^30 of A = 0.9 S, as Horner's rule has it. */
static void brute_reach(const struct near_graph *g)
{
    static double next[MOST][MOST];

    memset(reach, 0, sizeof reach);
    for (uint64_t i = 0; i < g->n; i++)
        reach[i][i] = 1;
    for (int t = 0; t < 30; t++) {
        memset(next, 0, sizeof next);
        for (uint64_t i = 0; i < g->n; i++) {
            for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++) {
                uint32_t to = g->to[k];
                double a = 0.9 * g->weight[k] / sqrt(g->degree[i] * g->degree[to]);
                for (uint64_t j = 0; j < g->n; j++)
                    next[i][j] += a * reach[to][j];
            }
            next[i][i] += 1;
        }
        memcpy(reach, next, sizeof reach);
    }
}

/* Checks that each is the one that adds most, but for rounding. */
static void check_choice(const struct facility *f, const uint64_t *chosen)
{
    double most[MOST] = {0};
    uint8_t there[MOST] = {0};
    uint64_t n = f->graph->n;

    for (uint64_t j = 0; j < f->labelled + f->count; j++) {
        uint64_t next = j < f->labelled ? j : chosen[j - f->labelled];
        double best = 0, own = 0;
        for (uint64_t c = f->labelled; c < n && j >= f->labelled; c++) {
            double gain = 0;
            for (uint64_t i = 0; i < n; i++)
                gain += fmax(reach[i][c] - most[i], 0);
            if (!there[c])
                best = fmax(best, gain);
            own = c == next ? gain : own;
        }
        CHECK(next < n && !there[next]++ && own >= best * (1 - 1e-5));
        for (uint64_t i = 0; i < n && next < n; i++)
            most[i] = fmax(most[i], reach[i][next]);
    }
}

static void test_against_the_matrix(void)
{
    static const uint64_t sizes[] = {12, 100, MOST};
    uint64_t got[60], again[60];
    struct error e = {0};

    for (size_t i = 0; i < 12; i++) {
        struct near_graph g = {0};
        struct facility f = {.graph = &g, .labelled = i % 4 * (i % 4), .count = i < 6 ? 3 : 50};
        uint64_t n = sizes[i % 3];
        f.count = f.count < n - f.labelled ? f.count : n - f.labelled;
        scatter(x, n, 3, 0, i);
        make_graph(&g, n, 3, 2 + (int)i % 9);
        brute_reach(&g);
        for (int threads = 1; threads < 5; threads += 2) {
            if (!(f.team = team_new(threads, &e)))
                abort();
            CHECK(facility_choose(&f, threads == 1 ? got : again, &e) == 0);
            team_free(f.team);
        }
        check_choice(&f, got);
        CHECK(memcmp(got, again, f.count * sizeof *got) == 0);
        near_graph_free(&g);
    }
}

static void choose_on_a_line(uint64_t labelled, const float *line, uint64_t n, int k,
                             uint64_t count, uint64_t *got)
{
    struct near_graph g = {0};
    struct facility f = {.graph = &g, .labelled = labelled, .count = count};
    struct error e = {0};

    memcpy(x, line, n * sizeof *x);
    make_graph(&g, n, 1, k);
    if (!(f.team = team_new(2, &e)))
        abort();
    CHECK(facility_choose(&f, got, &e) == 0);
    team_free(f.team);
    near_graph_free(&g);
}

/* Parts that no edge joins: one point of each, but none where a label is. */
static void test_parts(void)
{
    static const float line[] = {50, 51, 52, 0, 1, 2, 3, 4, 99, 100, 101, 102, 103, 104, 105};
    static const int part[] = {0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2};
    uint64_t got[3];
    int seen[3] = {0};

    choose_on_a_line(0, line, 15, 2, 3, got);
    for (int i = 0; i < 3; i++)
        CHECK(!seen[part[got[i]]]++);
    choose_on_a_line(1, line, 15, 2, 2, got);
    CHECK(part[got[0]] + part[got[1]] == 3 && part[got[0]] != 0 && part[got[1]] != 0);
}

/* All of them, each once, though points are equal. */
static void test_all(void)
{
    static const float line[] = {5, 1, 5, 1, 5, 9, 9};
    uint64_t got[7];
    uint8_t seen[7] = {0};

    choose_on_a_line(0, line, 7, 3, 7, got);
    for (int i = 0; i < 7; i++)
        CHECK(got[i] < 7 && !seen[got[i]]++);
}

int main(void)
{
    RUN(test_against_the_matrix);
    RUN(test_parts);
    RUN(test_all);
    return check_status();
}
