/*
 * searches - nearest neighbours by the exact search and by the descent
 *
 *     searches NEIGHBOURS THREADS METRIC FILE...
 *
 * METRIC is euclidean or cosine. For each stream of features or images: how many examples it has,
 * of how many numbers, seconds of the exact search, seconds of the descent, and which part of the
 * exact neighbours the descent has found, those of a stream without ties counted by index.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "near/descent.h"
#include "near/points.h"

static void *room(size_t n, size_t size)
{
    void *p = malloc(n * size);

    if (!p)
        abort();
    return p;
}

/* Both are sorted by distance; a neighbour as near as the last exact one counts, too. */
static double recall(const float *got, const float *want, uint64_t n, int k)
{
    uint64_t found = 0;

    for (uint64_t i = 0; i < n; i++)
        for (int j = 0; j < k; j++)
            found += got[i * (uint64_t)k + (uint64_t)j] <= want[(i + 1) * (uint64_t)k - 1];
    return (double)found / (double)(n * (uint64_t)k);
}

int main(int argc, char **argv)
{
    struct error e;
    int k = argc > 4 ? atoi(argv[1]) : 0;

    if (k < 1)
        return 2;
    for (int i = 4; i < argc; i++) {
        struct source *in = source_open(&argv[i], 1, &e);
        struct points p = {0};
        struct near_search s = {.k = k, .others = 1, .kernels = near_kernels_pick(NULL)};
        float *want, *got;
        uint32_t *index;
        double started, exact, descent;
        s.metric = strcmp(argv[3], "cosine") == 0 ? NEAR_COSINE : NEAR_EUCLIDEAN;
        if (!in || points_read(&p, in, &e) < 0 || !(s.team = team_new(atoi(argv[2]), &e))) {
            fprintf(stderr, "searches: %s\n", e.text);
            return 1;
        }
        s.d = p.d;
        s.base = s.query = (struct near_set){p.x, p.n};
        index = room(p.n * (uint64_t)k, sizeof *index);
        want = room(p.n * (uint64_t)k, sizeof *want);
        got = room(p.n * (uint64_t)k, sizeof *got);
        started = seconds_now();
        if (near_search(&s, index, want, &e) < 0)
            return 1;
        exact = seconds_now() - started;
        started = seconds_now();
        if (near_descent(&s, 0, index, got, &e) < 0)
            return 1;
        descent = seconds_now() - started;
        printf("%" PRIu64 " %zu %.2f %.2f %.4f\n", p.n, p.d, exact, descent,
               recall(got, want, p.n, k));
        fflush(stdout);
        team_free(s.team);
        source_close(in);
        points_free(&p);
        free(index);
        free(want);
        free(got);
    }
    return 0;
}
