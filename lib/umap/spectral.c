/* The spectral start of a layout, by the Lanczos method. */
#include "umap/spectral.h"

#include "umap/graph.h"
#include "umap/umap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "umap/tridiagonal.h"

enum {
    STEPS_MAX = 300,
    STEPS_BETWEEN = 20, /* from one look at the eigenvectors to the next */
    BLOCK = 1024        /* floats of a vector that a task takes */
};

static const double ENOUGH = 1e-4;   /* of a residual, as umap-learn has it */
static const double DISTINCT = 1e-6; /* eigenvalues: less is rounding, which could go on and on */
static const float TIE = 0.01f;      /* the weight of an edge between two parts */
static const float NOISE = 1e-4f;

/*
 * The matrix D^-1/2 A D^-1/2, of which the largest eigenvalues are the smallest of the Laplacian,
 * and the vectors that Lanczos' method has made so far. The first ones are known eigenvectors, of
 * which all others are kept free.
 */
struct lanczos {
    const struct umap_graph *g;
    struct team *team;
    uint32_t *part;  /* [n] the first point of the part that it is in */
    uint32_t *tied;  /* [n] of a part's first point: that of the part before it, or itself */
    uint32_t *after; /* [n] and of the part behind it */
    float *scale;    /* [n] 1 / sqrt(degree) */
    float *vector;   /* [1 + dims + steps + 1][n] */
    int known, vectors;
    double
        shadow[STEPS_MAX + UMAP_DIMS_MAX + 2]; /* of the newest vector along each one before it */
    double alpha[STEPS_MAX], beta[STEPS_MAX];
    int steps;
};

static float *vector(const struct lanczos *l, int i)
{
    return l->vector + (size_t)i * l->g->n;
}

static int blocks(const struct lanczos *l)
{
    return (int)((l->g->n + BLOCK - 1) / BLOCK);
}

/* ---- parts ---- */

static uint32_t first_of(uint32_t *part, uint32_t i)
{
    while (part[i] != i)
        i = part[i] = part[part[i]];
    return i;
}

/* Finds the parts of the graph and ties each one's first point to that of the one before. */
static void tie_parts(struct lanczos *l)
{
    const struct umap_graph *g = l->g;
    uint32_t last = 0;

    for (uint32_t i = 0; i < g->n; i++)
        l->part[i] = l->tied[i] = l->after[i] = i;
    for (uint32_t i = 0; i < g->n; i++)
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++) {
            uint32_t a = first_of(l->part, i), b = first_of(l->part, g->to[k]);
            if (a < b)
                l->part[b] = a;
            else
                l->part[a] = b;
        }
    for (uint32_t i = 1; i < g->n; i++)
        if (first_of(l->part, i) == i) {
            l->tied[i] = last;
            l->after[last] = i;
            last = i;
        }
}

/* ---- vectors ---- */

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i += BLOCK) {
        float lane[16] = {0};
        size_t end = n - i < BLOCK ? n - i : BLOCK, k = 0;
        for (; k + 16 <= end; k += 16)
            for (size_t j = 0; j < 16; j++)
                lane[j] += a[i + k + j] * b[i + k + j];
        for (; k < end; k++)
            lane[0] += a[i + k] * b[i + k];
        for (size_t j = 0; j < 16; j++)
            sum += (double)lane[j];
    }
    return sum;
}

/* A block of the matrix times the vector before the newest, into the newest. */
static void multiply_task(void *context, int thread, int task)
{
    struct lanczos *l = context;
    const struct umap_graph *g = l->g;
    const float *from = vector(l, l->vectors - 2);
    float *to = vector(l, l->vectors - 1);
    uint32_t begin = (uint32_t)task * BLOCK, end = g->n - begin < BLOCK ? g->n : begin + BLOCK;

    (void)thread;
    for (uint32_t i = begin; i < end; i++) {
        float sum = 0;
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
            sum += g->weight[k] * l->scale[g->to[k]] * from[g->to[k]];
        if (l->tied[i] != i)
            sum += TIE * l->scale[l->tied[i]] * from[l->tied[i]];
        if (l->after[i] != i)
            sum += TIE * l->scale[l->after[i]] * from[l->after[i]];
        to[i] = l->scale[i] * sum;
    }
}

static void shadow_task(void *context, int thread, int task)
{
    struct lanczos *l = context;

    (void)thread;
    l->shadow[task] = dot(vector(l, task), vector(l, l->vectors - 1), l->g->n);
}

static void subtract_task(void *context, int thread, int task)
{
    struct lanczos *l = context;
    size_t begin = (size_t)task * BLOCK, n = l->g->n - begin < BLOCK ? l->g->n - begin : BLOCK;
    float *to = vector(l, l->vectors - 1) + begin;

    (void)thread;
    for (int v = 0; v < l->vectors - 1; v++) {
        const float *from = vector(l, v) + begin;
        float s = (float)l->shadow[v];
        for (size_t i = 0; i < n; i++)
            to[i] -= s * from[i];
    }
}

/* Frees the newest vector of all before it; returns its length, having made that 1. */
static double orthogonalize(struct lanczos *l)
{
    float *v = vector(l, l->vectors - 1);
    double length;

    for (int twice = 0; twice < 2; twice++) {
        team_run(l->team, shadow_task, l, l->vectors - 1);
        /* What the matrix says of the vector it was multiplied with. */
        if (twice == 0 && l->vectors > l->known + 1)
            l->alpha[l->vectors - 2 - l->known] = l->shadow[l->vectors - 2];
        team_run(l->team, subtract_task, l, blocks(l));
    }
    length = sqrt(dot(v, v, l->g->n));
    if (length > 1e-6)
        for (size_t i = 0; i < l->g->n; i++)
            v[i] = (float)(v[i] / length);
    return length;
}

/* The first eigenvector: the roots of the degrees. */
static void begin(struct lanczos *l)
{
    const struct umap_graph *g = l->g;
    double sum = 0;

    for (uint32_t i = 0; i < g->n; i++) {
        double degree = (l->tied[i] != i ? (double)TIE : 0) + (l->after[i] != i ? (double)TIE : 0);
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
            degree += (double)g->weight[k];
        l->scale[i] = degree > 0 ? (float)(1 / sqrt(degree)) : 0;
        sum += degree;
        vector(l, 0)[i] = (float)sqrt(degree);
    }
    for (uint32_t i = 0; i < g->n; i++)
        vector(l, 0)[i] = (float)(vector(l, 0)[i] / sqrt(sum));
}

/* A random vector to start from, free of those that are known. */
static void set_out(struct lanczos *l, int known, struct rng *r)
{
    for (uint32_t i = 0; i < l->g->n; i++)
        vector(l, known)[i] = rng_float(r) - 0.5f;
    l->known = known;
    l->vectors = known + 1;
    l->steps = 0;
    orthogonalize(l);
}

/* ---- eigenvectors ---- */

struct ritz {
    double value[STEPS_MAX], beside[STEPS_MAX];
    double *vectors;         /* [steps][steps] */
    int best[UMAP_DIMS_MAX]; /* columns: the largest eigenvalue first */
};

/* The `dims` largest eigenvalues. Returns the largest residual among them. */
static double look(const struct lanczos *l, struct ritz *z, int dims)
{
    int n = l->steps;
    double worst = 0;

    memcpy(z->value, l->alpha, sizeof z->value);
    memcpy(z->beside, l->beta, sizeof z->beside);
    tridiagonal_solve(n, z->value, z->beside, z->vectors);
    for (int i = 0; i < dims && i < n; i++) {
        int best = -1;
        for (int k = 0; k < n; k++) {
            int taken = 0;
            for (int j = 0; j < i; j++)
                taken |= z->best[j] == k;
            if (!taken && (best < 0 || z->value[k] > z->value[best]))
                best = k;
        }
        z->best[i] = best;
        if (fabs(z->vectors[(long)(n - 1) * n + best] * l->beta[n - 1]) > worst)
            worst = fabs(z->vectors[(long)(n - 1) * n + best] * l->beta[n - 1]);
    }
    return worst;
}

/* Steps until the eigenvectors are good enough, or there are no more. */
static void iterate(struct lanczos *l, struct ritz *z, int dims)
{
    int left = (int)(l->g->n < STEPS_MAX * 2 ? l->g->n : STEPS_MAX * 2) - 1 - l->known;
    int most = left < STEPS_MAX ? left : STEPS_MAX, ended = 0;

    while (!ended) {
        l->vectors++;
        team_run(l->team, multiply_task, l, blocks(l));
        l->beta[l->steps] = orthogonalize(l);
        l->steps++;
        ended = l->steps >= most || l->beta[l->steps - 1] < 1e-6;
        if (ended || l->steps % STEPS_BETWEEN == 0)
            ended |= look(l, z, dims) < ENOUGH;
    }
}

/* The vector of the i-th largest eigenvalue, to x [n]. */
static void combine(const struct lanczos *l, const struct ritz *z, int i, float *x)
{
    for (uint32_t p = 0; p < l->g->n; p++) {
        double sum = 0;
        for (int k = 0; k < l->steps; k++)
            sum += z->vectors[(long)k * l->steps + z->best[i]] * (double)vector(l, l->known + k)[p];
        x[p] = (float)sum;
    }
}

/* Eigenvectors in the order of their eigenvalues, the largest first. */
struct chosen {
    int count;
    double value[UMAP_DIMS_MAX];
    float *vector; /* [dims][n] */
};

/* Puts the i-th largest of z among the first `dims`, if it belongs there; else returns 0. */
static int choose(struct chosen *c, const struct lanczos *l, const struct ritz *z, int i, int dims)
{
    size_t n = l->g->n;
    double value = z->value[z->best[i]];
    int at = c->count;

    while (at > 0 && value > c->value[at - 1] + DISTINCT)
        at--;
    if (at == dims)
        return 0;
    if (c->count < dims)
        c->count++;
    memmove(c->value + at + 1, c->value + at, (size_t)(c->count - 1 - at) * sizeof *c->value);
    memmove(c->vector + (size_t)(at + 1) * n, c->vector + (size_t)at * n,
            (size_t)(c->count - 1 - at) * n * sizeof *c->vector);
    c->value[at] = value;
    combine(l, z, i, c->vector + (size_t)at * n);
    return 1;
}

/*
 * The method gives one vector of an eigenvalue that there is several times, or nearly so, and then
 * goes on to the next below. So it sets out again, free of those that it has found, until nothing
 * comes that belongs among them.
 */
static void find_all(struct lanczos *l, struct ritz *z, int dims, struct rng *r, struct chosen *c)
{
    size_t n = l->g->n;
    int more;

    set_out(l, 1, r);
    iterate(l, z, dims);
    for (int i = 0; i < dims && i < l->steps; i++)
        choose(c, l, z, i, dims);
    do {
        if (n < (size_t)c->count + 3)
            return;
        memcpy(vector(l, 1), c->vector, (size_t)c->count * n * sizeof *c->vector);
        set_out(l, 1 + c->count, r);
        iterate(l, z, 1);
        more = choose(c, l, z, 0, dims);
    } while (more);
}

/* To [0, 10] in each dimension; one that says nothing becomes random. */
static void scale(float *x, uint32_t n, int dims, struct rng *r)
{
    for (int d = 0; d < dims; d++) {
        float low = INFINITY, high = -INFINITY;
        for (uint32_t i = 0; i < n; i++) {
            float v = x[(size_t)i * (size_t)dims + (size_t)d];
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        for (uint32_t i = 0; i < n; i++) {
            float *v = &x[(size_t)i * (size_t)dims + (size_t)d];
            if (high - low > 1e-6f)
                *v = 10 * (*v - low) / (high - low) + NOISE * (2 * rng_float(r) - 1);
            else
                *v = 10 * rng_float(r);
        }
    }
}

static int solve(struct lanczos *l, int dims, struct rng *r, float *x, struct error *e)
{
    size_t n = l->g->n, steps = n < STEPS_MAX ? n : STEPS_MAX;
    struct ritz z = {.vectors = malloc(steps * steps * sizeof(double))};
    struct chosen c = {.vector = malloc((size_t)dims * n * sizeof *c.vector)};
    int status = -1;

    l->part = malloc(n * sizeof *l->part);
    l->tied = malloc(n * sizeof *l->tied);
    l->after = malloc(n * sizeof *l->after);
    l->scale = malloc(n * sizeof *l->scale);
    l->vector = malloc(((size_t)dims + steps + 2) * n * sizeof *l->vector);
    if (z.vectors && c.vector && l->part && l->tied && l->after && l->scale && l->vector) {
        tie_parts(l);
        begin(l);
        find_all(l, &z, dims, r, &c);
        for (size_t i = 0; i < n; i++)
            for (int d = 0; d < c.count; d++)
                x[i * (size_t)dims + (size_t)d] = c.vector[(size_t)d * n + i];
        status = 0;
    } else {
        error_memory(e, "spectral start");
    }
    free(z.vectors);
    free(c.vector);
    free(l->part);
    free(l->tied);
    free(l->after);
    free(l->scale);
    free(l->vector);
    return status;
}

int umap_spectral(const struct umap_graph *g, int dims, uint64_t seed, struct team *team, float *x,
                  struct error *e)
{
    struct lanczos *l = calloc(1, sizeof *l);
    struct rng r;
    int status = 0;

    rng_seed(&r, seed, RNG_UMAP);
    memset(x, 0, (size_t)g->n * (size_t)dims * sizeof *x);
    if (!l)
        return error_memory(e, "spectral start");
    l->g = g;
    l->team = team;
    if (g->n > (uint32_t)dims + 1 && g->n > 2)
        status = solve(l, dims, &r, x, e);
    free(l);
    if (status == 0)
        scale(x, g->n, dims, &r);
    return status;
}
