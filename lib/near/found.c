/* How many of the nearest neighbours NN-descent has found, on a sample of points. */
#include "near/found.h"

#include <stdlib.h>
#include <string.h>

/* The base points are taken in slices: the exact search makes a copy of those it gets. */
enum { SLICE = 8192, ASKED_MAX = 240 };

struct asked {
    uint64_t n;
    int k;
    float *x;        /* [n][d] */
    float *nearest;  /* [n][k], rising: the nearest so far, of k + 1 of which one is the point */
    float *distance; /* [n][k]: of one slice */
    uint32_t *index;
};

static int make_asked(struct asked *a, const struct near_search *s)
{
    uint64_t n = s->base.n < ASKED_MAX ? s->base.n : ASKED_MAX, most = n * ((uint64_t)s->k + 1);

    *a = (struct asked){.n = n,
                        .k = s->k + 1,
                        .x = malloc(n * s->d * sizeof *a->x),
                        .nearest = malloc(most * sizeof *a->nearest),
                        .distance = malloc(most * sizeof *a->distance),
                        .index = malloc(most * sizeof *a->index)};
    if (!a->x || !a->nearest || !a->distance || !a->index)
        return -1;
    for (uint64_t i = 0; i < n; i++)
        memcpy(a->x + i * s->d, s->base.x + s->base.n * i / n * s->d, s->d * sizeof *a->x);
    return 0;
}

static void free_asked(struct asked *a)
{
    free(a->x);
    free(a->nearest);
    free(a->distance);
    free(a->index);
}

/* The least of both, which are of the same length, into `into`. */
static void merge(float *into, const float *other, int k)
{
    for (int i = 0; i < k && other[i] < into[k - 1]; i++) {
        int at = k - 1;
        for (; at > 0 && other[i] < into[at - 1]; at--)
            into[at] = into[at - 1];
        into[at] = other[i];
    }
}

static int ask(struct asked *a, const struct near_search *s, struct error *e)
{
    uint64_t slices = s->base.n / SLICE + 1;
    struct near_search part = {.metric = s->metric,
                               .d = s->d,
                               .query = {a->x, a->n},
                               .k = a->k,
                               .kernels = s->kernels,
                               .team = s->team};

    for (uint64_t i = 0; i < slices; i++) {
        uint64_t begin = s->base.n * i / slices, end = s->base.n * (i + 1) / slices;
        part.base = (struct near_set){s->base.x + begin * s->d, end - begin};
        if (near_search(&part, a->index, i > 0 ? a->distance : a->nearest, e) < 0)
            return -1;
        for (uint64_t q = 0; i > 0 && q < a->n; q++)
            merge(a->nearest + q * (uint64_t)a->k, a->distance + q * (uint64_t)a->k, a->k);
    }
    return 0;
}

int near_found(const struct near_search *s, const float *distance, double *part, struct error *e)
{
    struct asked a;
    uint64_t found = 0, k = (uint64_t)s->k;
    int status = make_asked(&a, s) < 0 ? error_memory(e, "neighbours") : ask(&a, s, e);

    for (uint64_t i = 0; status == 0 && i < a.n; i++) {
        const float *got = distance + s->base.n * i / a.n * k;
        for (uint64_t j = 0; j < k; j++)
            found += got[j] <= a.nearest[(i + 1) * (k + 1) - 1];
    }
    *part = (double)found / (double)(a.n * k);
    free_asked(&a);
    return status;
}
