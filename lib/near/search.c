/* Exact search for the k nearest neighbours. */
#include "near/equal.h"
#include "near/filter.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A task is TASK_QUERIES queries: enough that a block of base points is used often while it is in
 * the cache. A block is about BLOCK_FLOATS, but the first ones are smaller: until there are limits,
 * all points are near.
 */
enum { TASK_QUERIES = 120, BLOCK_FLOATS = 1 << 15, BLOCK_POINTS_MAX = 1024 };

struct entry {
    double distance;
    uint32_t index;
};

/* One thread's memory. */
struct scratch {
    float *query;        /* [TASK_QUERIES][m]: -2 times the filtered query */
    double *length;      /* of it, filtered, and */
    double *true_length; /* as it is */
    struct entry *found; /* [TASK_QUERIES][k] in order */
    int *count;          /* how many there are */
    uint32_t *hit;
};

struct search {
    const struct near_search *s;
    struct filter filter;
    struct equal equal; /* base points: each value is compared once */
    uint64_t panels;
    int block_panels;
    float *panel, *norm; /* as the kernel wants them */
    float *reach;        /* [panels]: the longest of the panel's points, or more */
    double *length;      /* [equal.n] of points as they are; for NEAR_COSINE */
    struct scratch *scratch;
    uint64_t done; /* queries before the tasks in hand */
    uint32_t *index;
    float *distance;
};

/* ---- base points ---- */

/* A panel: its points side by side, and points that are near to nothing where there are no more. */
static void pack_panel(struct search *t, uint64_t p, float *y)
{
    const struct near_search *s = t->s;
    size_t width = (size_t)s->kernels->width, m = t->filter.m;
    float *panel = t->panel + p * width * m, *norm = t->norm + p * width;
    double longest = 0;

    for (size_t w = 0; w < width; w++) {
        uint64_t b = p * width + w;
        const float *x;
        double length;
        if (b >= t->equal.n) {
            norm[w] = INFINITY;
            for (size_t i = 0; i < m; i++)
                panel[i * width + w] = 0;
            continue;
        }
        x = s->base.x + (uint64_t)t->equal.first[b] * s->d;
        length = filter_point(&t->filter, x, y);
        longest = fmax(longest, length);
        norm[w] = (float)(length * length);
        for (size_t i = 0; i < m; i++)
            panel[i * width + w] = y[i];
        if (t->length)
            t->length[b] = near_length(x, s->d);
    }
    t->reach[p] = nextafterf((float)longest, INFINITY);
}

static void pack_task(void *context, int thread, int task)
{
    struct search *t = context;

    for (uint64_t p = (uint64_t)task * 64; p < t->panels && p < (uint64_t)(task + 1) * 64; p++)
        pack_panel(t, p, t->scratch[thread].query);
}

/* ---- one query ---- */

/* Places a point among those found, unless there are k before it: 0 then. */
static int place(struct entry *found, int *count, int k, struct entry new)
{
    int at = *count;

    while (at > 0 && (new.distance < found[at - 1].distance ||
                      (new.distance == found[at - 1].distance &&new.index < found[at - 1].index)))
        at--;
    if (at == k)
        return 0;
    if (*count < k)
        ++*count;
    memmove(found + at + 1, found + at, (size_t)(*count - 1 - at) * sizeof *found);
    found[at] = new;
    return 1;
}

/* Above this, less a query's own square and norm, a point cannot be among the k nearest. */
static float limit_of(const struct search *t, const struct scratch *c, int q, double reach)
{
    double own = c->length[q], limit;
    int k = t->s->k;

    if (c->count[q] < k)
        return INFINITY;
    reach += own;
    limit = filter_squared(&t->filter, c->found[(size_t)q * (size_t)k + (size_t)k - 1].distance) -
            own * own + filter_margin(&t->filter, reach);
    /* Where squares pass what a float holds, everything is compared exactly. */
    return reach > 1e18 ? INFINITY : nextafterf((float)limit, INFINITY);
}

/* A query against value b of the base: all points that have it, until one finds no place. */
static void compare(const struct search *t, struct scratch *c, uint64_t query, int q, uint64_t b)
{
    const struct near_search *s = t->s;
    struct entry new;
    int k = s->k;

    if (b >= t->equal.n)
        return;
    new.index = t->equal.first[b];
    new.distance = near_distance_of(s->metric, s->query.x + query * s->d,
                                    s->base.x + (uint64_t) new.index * s->d, s->d,
                                    c->true_length[q], t->length ? t->length[b] : 0);
    for (; new.index != EQUAL_END; new.index = t->equal.next[new.index])
        if (!(s->others && new.index == query) &&
            !place(c->found + (size_t)q * (size_t)k, &c->count[q], k, new))
            return;
}

/* ---- a task: some queries against all base points ---- */

/* One tile of queries from q on against a block of panels. */
static void scan_block(const struct search *t, struct scratch *c, uint64_t first, int q, int n,
                       uint64_t panel, int panels)
{
    const struct near_kernels *kernels = t->s->kernels;
    size_t width = (size_t)kernels->width, m = t->filter.m, hits;
    uint32_t points = (uint32_t)panels * (uint32_t)width;
    float limit[NEAR_ROWS_MAX], reach = 0;

    for (int p = 0; p < panels; p++)
        reach = fmaxf(reach, t->reach[panel + (uint64_t)p]);
    for (int r = 0; r < kernels->rows; r++)
        limit[r] = q + r < n ? limit_of(t, c, q + r, (double)reach) : -INFINITY;
    hits = kernels->scan(c->query + (size_t)q * m, limit, m, t->panel + panel * width * m,
                         t->norm + panel * width, panels, c->hit);
    for (size_t h = 0; h < hits; h++) {
        int row = q + (int)(c->hit[h] / points);
        if (row < n)
            compare(t, c, first + (uint64_t)row, row, panel * width + c->hit[h] % points);
    }
}

/* Whole tiles: of a task, or of the few queries that there are. */
static size_t task_rows(const struct near_search *s)
{
    uint64_t rows = (uint64_t)s->kernels->rows;

    if (s->query.n >= TASK_QUERIES)
        return TASK_QUERIES;
    return (size_t)((s->query.n + rows) / rows * rows);
}

static void prepare_queries(const struct search *t, struct scratch *c, uint64_t first, int n)
{
    const struct near_search *s = t->s;
    size_t m = t->filter.m;

    for (int q = 0; q < n; q++) {
        const float *x = s->query.x + (first + (uint64_t)q) * s->d;
        float *y = c->query + (size_t)q * m;
        c->length[q] = filter_point(&t->filter, x, y);
        c->true_length[q] = t->length ? near_length(x, s->d) : 0;
        c->count[q] = 0;
        for (size_t i = 0; i < m; i++)
            y[i] *= -2;
    }
    /* The last tile reads beyond them, numbers at least. */
    memset(c->query + (size_t)n * m, 0, (task_rows(s) - (size_t)n) * m * sizeof *c->query);
}

static void search_task(void *context, int thread, int task)
{
    struct search *t = context;
    const struct near_search *s = t->s;
    struct scratch *c = &t->scratch[thread];
    uint64_t first = t->done + (uint64_t)task * TASK_QUERIES;
    int n = s->query.n - first < TASK_QUERIES ? (int)(s->query.n - first) : TASK_QUERIES;
    int panels = 1;

    prepare_queries(t, c, first, n);
    for (uint64_t p = 0; p < t->panels; p += (uint64_t)panels) {
        if (p > 0)
            panels = panels * 2 < t->block_panels ? panels * 2 : t->block_panels;
        if ((uint64_t)panels > t->panels - p)
            panels = (int)(t->panels - p);
        for (int q = 0; q < n; q += s->kernels->rows)
            scan_block(t, c, first, q, n, p, panels);
    }
    for (size_t i = 0; i < (size_t)n * (size_t)s->k; i++) {
        t->index[first * (uint64_t)s->k + i] = c->found[i].index;
        t->distance[first * (uint64_t)s->k + i] = (float)c->found[i].distance;
    }
}

/* ---- all of it ---- */

static int make_scratch(struct search *t, struct scratch *c)
{
    size_t rows = task_rows(t->s), k = (size_t)t->s->k;

    c->query = malloc(rows * t->filter.m * sizeof *c->query);
    c->length = malloc(rows * sizeof *c->length);
    c->true_length = malloc(rows * sizeof *c->true_length);
    c->found = malloc(rows * k * sizeof *c->found);
    c->count = malloc(rows * sizeof *c->count);
    c->hit = malloc((size_t)t->s->kernels->rows * (size_t)t->block_panels *
                    (size_t)t->s->kernels->width * sizeof *c->hit);
    return c->query && c->length && c->true_length && c->found && c->count && c->hit ? 0 : -1;
}

static void free_search(struct search *t)
{
    for (int i = 0; t->scratch && i < team_size(t->s->team); i++) {
        struct scratch *c = &t->scratch[i];
        free(c->query);
        free(c->length);
        free(c->true_length);
        free(c->found);
        free(c->count);
        free(c->hit);
    }
    free(t->scratch);
    free(t->panel);
    free(t->norm);
    free(t->reach);
    free(t->length);
    equal_free(&t->equal);
    filter_free(&t->filter);
}

static int allocate(struct search *t, struct error *e)
{
    const struct near_search *s = t->s;
    size_t width = (size_t)s->kernels->width, m = t->filter.m, block = BLOCK_FLOATS / m;
    int size = team_size(s->team);

    t->panels = (t->equal.n + width - 1) / width;
    if (block > BLOCK_POINTS_MAX)
        block = BLOCK_POINTS_MAX;
    t->block_panels = block > width ? (int)(block / width) : 1;
    if (m < SIZE_MAX / sizeof *t->panel / width / (t->panels + 1))
        t->panel = malloc((t->panels * width * m + 1) * sizeof *t->panel);
    t->norm = malloc((t->panels * width + 1) * sizeof *t->norm);
    t->reach = malloc((t->panels + 1) * sizeof *t->reach);
    t->scratch = calloc((size_t)size, sizeof *t->scratch);
    if (s->metric == NEAR_COSINE)
        t->length = malloc((t->equal.n + 1) * sizeof *t->length);
    if (!t->panel || !t->norm || !t->reach || !t->scratch ||
        (s->metric == NEAR_COSINE && !t->length))
        return error_memory(e, "neighbours");
    for (int i = 0; i < size; i++)
        if (make_scratch(t, &t->scratch[i]) < 0)
            return error_memory(e, "neighbours");
    return 0;
}

/* Tasks in lots, so that whoever waits can be told how far it is. */
static void search_all(struct search *t)
{
    const struct near_search *s = t->s;
    int lot = 4 * team_size(s->team);

    while (t->done < s->query.n) {
        uint64_t tasks = (s->query.n - t->done + TASK_QUERIES - 1) / TASK_QUERIES;
        if (tasks > (uint64_t)lot)
            tasks = (uint64_t)lot;
        team_run(s->team, search_task, t, (int)tasks);
        t->done += tasks * TASK_QUERIES;
        if (s->tell)
            s->tell(s->context, t->done < s->query.n ? t->done : s->query.n);
    }
}

int near_search(const struct near_search *s, uint32_t *index, float *distance, struct error *e)
{
    struct search t = {.s = s, .index = index, .distance = distance};
    int status = filter_make(&t.filter, s, e);

    if (status == 0)
        status = equal_find(&t.equal, &s->base, s->d, e);
    if (status == 0)
        status = allocate(&t, e);
    if (status == 0) {
        team_run(s->team, pack_task, &t, (int)((t.panels + 63) / 64));
        search_all(&t);
    }
    free_search(&t);
    return status;
}
