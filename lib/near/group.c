/* All pairs among a few points. */
#include "near/group.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct group_scratch {
    float *query;  /* [most, rounded up][m]: -2 times the points, shifted and scaled */
    float *panel;  /* the same points as panels */
    float *norm;   /* [most, rounded up] */
    double *reach; /* of each panel, the longest of its points */
    uint32_t *hit;
};

/* ---- points, shifted and scaled ---- */

/* A panel of points, and the same in rows. Where there are no more, the last again. */
static void pack(const struct groups *g, const uint32_t *point, int n, float *row, float *panel)
{
    const struct near_search *s = g->s;
    const float *x[NEAR_WIDTH_MAX];
    float scale[NEAR_WIDTH_MAX];

    for (int w = 0; w < s->kernels->width; w++) {
        uint32_t p = point[w < n ? w : n - 1];
        x[w] = s->base.x + (uint64_t)p * s->d;
        scale[w] = g->scale ? g->scale[p] : 1;
    }
    s->kernels->pack(x, g->shift, scale, s->d, row, panel);
}

enum { MEASURE_PANELS = 64 };

static void measure_task(void *context, int thread, int task)
{
    struct groups *g = context;
    const struct near_search *s = g->s;
    struct group_scratch *c = &g->scratch[thread];
    uint64_t width = (uint64_t)s->kernels->width, each = MEASURE_PANELS * width;
    uint64_t begin = (uint64_t)task * each,
             end = begin + each < s->base.n ? begin + each : s->base.n;

    for (uint64_t p = begin; p < end; p += width) {
        int n = (int)(end - p < width ? end - p : width);
        uint32_t point[NEAR_WIDTH_MAX];
        for (int i = 0; i < n; i++) {
            uint64_t at = p + (uint64_t)i;
            point[i] = (uint32_t)at;
            if (!g->true_length)
                continue;
            g->true_length[at] = near_length(s->base.x + at * s->d, s->d);
            g->scale[at] = g->true_length[at] > 0 ? (float)(1 / g->true_length[at]) : 0;
        }
        pack(g, point, n, c->query, c->panel);
        for (int i = 0; i < n; i++)
            g->length[p + (uint64_t)i] = near_length(c->query + (size_t)i * s->d, s->d) / 2;
    }
}

/* ---- comparing ---- */

/* Above this, less the norm of the other point and its own square, a point is too far. */
static float limit_of(const struct groups *g, uint32_t point, double reach)
{
    float radius = atomic_load_explicit(&g->lists->radius[point], memory_order_relaxed);
    double own = g->length[point], limit;

    reach += own;
    /* Where squares pass what a float holds, everything is compared exactly. */
    if (isinf(radius) || reach > 1e18)
        return INFINITY;
    limit =
        filter_squared(&g->filter, (double)radius) - own * own + filter_margin(&g->filter, reach);
    return nextafterf((float)limit, INFINITY);
}

static void compare(struct groups *g, uint32_t a, uint32_t b)
{
    const struct near_search *s = g->s;
    double distance;

    if (lists_hold(g->lists, a, b))
        return;
    distance = near_distance_of(
        s->metric, s->base.x + (uint64_t)a * s->d, s->base.x + (uint64_t)b * s->d, s->d,
        g->true_length ? g->true_length[a] : 0, g->true_length ? g->true_length[b] : 0);
    lists_offer(g->lists, a, b, distance);
    lists_offer(g->lists, b, a, distance);
}

/* Points from..to - 1 as queries against the first n, a panel after the other. */
static void scan(struct groups *g, struct group_scratch *c, const uint32_t *point, int from, int to,
                 int n)
{
    const struct near_kernels *kernels = g->s->kernels;
    int width = kernels->width, rows = kernels->rows;
    size_t m = g->s->d;

    for (int p = 0; p * width < n; p++)
        for (int q = from; q < to; q += rows) {
            float limit[NEAR_ROWS_MAX];
            size_t hits;
            for (int r = 0; r < rows; r++)
                limit[r] = q + r < to ? limit_of(g, point[q + r], c->reach[p]) : -INFINITY;
            hits = kernels->scan(c->query + (size_t)q * m, limit, m,
                                 c->panel + (size_t)p * (size_t)width * m, c->norm + p * width, 1,
                                 c->hit);
            for (size_t h = 0; h < hits; h++) {
                int a = q + (int)c->hit[h] / width, b = p * width + (int)c->hit[h] % width;
                if (a < to && b < n && a != b)
                    compare(g, point[a], point[b]);
            }
        }
}

void group_compare(struct groups *g, int thread, const uint32_t *point, int fresh, int n)
{
    struct group_scratch *c = &g->scratch[thread];
    int width = g->s->kernels->width;
    size_t m = g->s->d;

    for (int p = 0; p * width < n; p++) {
        c->reach[p] = 0;
        for (int w = 0; w < width; w++) {
            int i = p * width + w;
            double length = i < n ? g->length[point[i]] : INFINITY;
            c->norm[i] = (float)(length * length);
            if (i < n)
                c->reach[p] = fmax(c->reach[p], length);
        }
        pack(g, point + p * width, n - p * width < width ? n - p * width : width,
             c->query + (size_t)p * (size_t)width * m, c->panel + (size_t)p * (size_t)width * m);
    }
    scan(g, c, point, 0, fresh, n);
    scan(g, c, point, fresh, n, fresh);
}

/* ---- memory ---- */

static int make_scratch(const struct groups *g, struct group_scratch *c)
{
    const struct near_kernels *kernels = g->s->kernels;
    size_t width = (size_t)kernels->width, rows = (size_t)kernels->rows;
    size_t panels = ((size_t)g->most + width - 1) / width, room = panels * width;

    if (g->s->d >= SIZE_MAX / sizeof(float) / (room + rows))
        return -1;
    /* The last tile reads beyond them, numbers at least. */
    c->query = calloc((room + rows) * g->s->d, sizeof *c->query);
    c->panel = malloc(room * g->s->d * sizeof *c->panel);
    c->norm = malloc(room * sizeof *c->norm);
    c->reach = malloc(panels * sizeof *c->reach);
    c->hit = malloc(rows * width * sizeof *c->hit);
    return c->query && c->panel && c->norm && c->reach && c->hit ? 0 : -1;
}

int groups_make(struct groups *g, const struct near_search *s, struct lists *lists, int most,
                struct error *e)
{
    uint64_t n = s->base.n, each = MEASURE_PANELS * (uint64_t)s->kernels->width;
    int size = team_size(s->team);

    *g = (struct groups){.s = s, .lists = lists, .most = most};
    if (filter_make(&g->filter, s, e) < 0)
        return -1;
    g->shift = calloc(s->d, sizeof *g->shift);
    g->length = malloc(n * sizeof *g->length);
    g->scratch = calloc((size_t)size, sizeof *g->scratch);
    if (s->metric == NEAR_COSINE) {
        g->scale = malloc(n * sizeof *g->scale);
        g->true_length = malloc(n * sizeof *g->true_length);
    }
    if (!g->shift || !g->length || !g->scratch ||
        (s->metric == NEAR_COSINE && (!g->scale || !g->true_length)))
        return error_memory(e, "neighbours");
    for (int i = 0; i < size; i++)
        if (make_scratch(g, &g->scratch[i]) < 0)
            return error_memory(e, "neighbours");
    for (size_t i = 0; g->filter.mean && i < s->d; i++)
        g->shift[i] = (float)g->filter.mean[i];
    team_run(s->team, measure_task, g, (int)((n + each - 1) / each));
    return 0;
}

void groups_free(struct groups *g)
{
    for (int i = 0; g->scratch && i < team_size(g->s->team); i++) {
        free(g->scratch[i].query);
        free(g->scratch[i].panel);
        free(g->scratch[i].norm);
        free(g->scratch[i].reach);
        free(g->scratch[i].hit);
    }
    free(g->scratch);
    free(g->shift);
    free(g->scale);
    free(g->length);
    free(g->true_length);
    filter_free(&g->filter);
}
