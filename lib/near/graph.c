/* Lists of neighbours made a symmetric graph. */
#include "near/graph.h"

#include <math.h>
#include <stdlib.h>

static const double FALL = 4; /* the k-th neighbour has the weight exp(-FALL) */

/* Edges from points to others, row after row. */
struct arcs {
    uint64_t *first; /* [n + 2]: one more than rows need while they are filled */
    uint32_t *to;
    float *weight;
};

static int arcs_make(struct arcs *a, uint64_t n, uint64_t edges, struct error *e)
{
    a->first = calloc(n + 2, sizeof *a->first);
    a->to = malloc((edges + 1) * sizeof *a->to);
    a->weight = malloc((edges + 1) * sizeof *a->weight);
    return a->first && a->to && a->weight ? 0 : error_memory(e, "graph");
}

static void arcs_free(struct arcs *a)
{
    free(a->first);
    free(a->to);
    free(a->weight);
}

/* Where all k neighbours are on the same spot they are all as close as can be. */
static double closeness(enum near_metric metric, double d, double farthest)
{
    double ratio = !(farthest > 0) ? 0 : d < farthest ? fmax(d, 0) / farthest : 1;

    return exp(-FALL * (metric == NEAR_COSINE ? ratio : ratio * ratio));
}

/* Each point's own view of its neighbours. */
static void list(struct arcs *a, enum near_metric metric, const uint32_t *index,
                 const float *distance, uint64_t n, uint64_t k)
{
    for (uint64_t i = 0; i < n; i++) {
        double farthest = (double)distance[i * k + k - 1];
        for (uint64_t j = i * k; j < (i + 1) * k; j++) {
            a->to[j] = index[j];
            a->weight[j] = (float)closeness(metric, (double)distance[j], farthest);
        }
        a->first[i + 1] = (i + 1) * k;
    }
}

/* The same edges from their other ends; each row by rising `to`, whatever order it was in. */
static int turn(struct arcs *out, const struct arcs *in, uint64_t n, struct error *e)
{
    if (arcs_make(out, n, in->first[n], e) < 0)
        return -1;
    for (uint64_t j = 0; j < in->first[n]; j++)
        out->first[in->to[j] + (uint64_t)2]++;
    for (uint64_t i = 0; i < n; i++)
        out->first[i + 2] += out->first[i + 1];
    /* first[i + 1] is where row i goes on, and in the end where it ends. */
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = in->first[i]; j < in->first[i + 1]; j++) {
            uint64_t at = out->first[in->to[j] + (uint64_t)1]++;
            out->to[at] = (uint32_t)i;
            out->weight[at] = in->weight[j];
        }
    return 0;
}

/* The mean of both directions; an edge that is there in one alone has 0 in the other. */
static void unite(struct near_graph *g, const struct arcs *a, const struct arcs *b)
{
    uint64_t put = 0;

    for (uint64_t i = 0; i < g->n; i++) {
        uint64_t j = a->first[i], k = b->first[i], a_end = a->first[i + 1], b_end = b->first[i + 1];
        while (j < a_end || k < b_end) {
            uint64_t left = j < a_end ? a->to[j] : UINT64_MAX;
            uint64_t right = k < b_end ? b->to[k] : UINT64_MAX;
            float weight = 0;
            if (left <= right)
                weight += a->weight[j++];
            if (right <= left)
                weight += b->weight[k++];
            g->to[put] = (uint32_t)(left < right ? left : right);
            g->weight[put] = weight / 2;
            g->degree[i] += (double)g->weight[put++];
        }
        g->first[i + 1] = put;
    }
}

static uint32_t first_of(uint32_t *part, uint32_t i)
{
    while (part[i] != i)
        i = part[i] = part[part[i]];
    return i;
}

static void find_parts(struct near_graph *g)
{
    for (uint64_t i = 0; i < g->n; i++)
        g->part[i] = (uint32_t)i;
    for (uint64_t i = 0; i < g->n; i++)
        for (uint64_t j = g->first[i]; j < g->first[i + 1]; j++) {
            uint32_t a = first_of(g->part, (uint32_t)i), b = first_of(g->part, g->to[j]);
            if (a < b)
                g->part[b] = a;
            else
                g->part[a] = b;
        }
    for (uint64_t i = 0; i < g->n; i++)
        g->part[i] = first_of(g->part, (uint32_t)i);
}

int near_graph_make(struct near_graph *g, enum near_metric metric, const uint32_t *index,
                    const float *distance, uint64_t n, int k, struct error *e)
{
    uint64_t edges = n * (uint64_t)k;
    struct arcs listed = {0}, back = {0}, own = {0};
    int status = -1;

    *g = (struct near_graph){.n = n,
                             .first = calloc(n + 1, sizeof *g->first),
                             .to = malloc((2 * edges + 1) * sizeof *g->to),
                             .weight = malloc((2 * edges + 1) * sizeof *g->weight),
                             .degree = calloc(n + 1, sizeof *g->degree),
                             .part = malloc((n + 1) * sizeof *g->part)};
    if (!g->first || !g->to || !g->weight || !g->degree || !g->part) {
        error_memory(e, "graph");
    } else if (arcs_make(&listed, n, edges, e) == 0) {
        list(&listed, metric, index, distance, n, (uint64_t)k);
        if (turn(&back, &listed, n, e) == 0 && turn(&own, &back, n, e) == 0) {
            unite(g, &own, &back);
            find_parts(g);
            status = 0;
        }
    }
    arcs_free(&listed);
    arcs_free(&back);
    arcs_free(&own);
    return status;
}

void near_graph_free(struct near_graph *g)
{
    free(g->first);
    free(g->to);
    free(g->weight);
    free(g->degree);
    free(g->part);
    *g = (struct near_graph){0};
}
