/* The fuzzy neighbour graph. */
#include "umap/graph.h"
#include "umap/umap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BISECTIONS = 64, FEW_EPOCHS = 10 };

/* sigma is no smaller than this share of the mean distance. */
static const double SCALE_LEAST = 1e-3;
static const double TOLERANCE = 1e-5;

/*
 * How a point sees its k neighbours (algorithm 3): rho is the distance of the nearest that is not
 * on the same spot; sigma makes the sum of exp(-(d - rho) / sigma) log2 of their number, the point
 * itself counted.
 */
static void smooth(const float *distance, int k, double mean_of_all, double *rho, double *sigma)
{
    double low = 0, high = INFINITY, middle = 1, target = log2(k + 1), mean = 0;

    *rho = 0;
    for (int i = k - 1; i >= 0; i--) {
        mean += (double)distance[i] / (k + 1);
        if (distance[i] > 0)
            *rho = (double)distance[i];
    }
    for (int round = 0; round < BISECTIONS; round++) {
        double sum = 0;
        for (int i = 0; i < k; i++) {
            double d = (double)distance[i] - *rho;
            sum += d > 0 ? exp(-d / middle) : 1;
        }
        if (fabs(sum - target) < TOLERANCE)
            break;
        if (sum > target)
            high = middle;
        else
            low = middle;
        middle = isinf(high) ? middle * 2 : (low + high) / 2;
    }
    if (*rho <= 0)
        mean = mean_of_all;
    *sigma = middle > SCALE_LEAST * mean ? middle : SCALE_LEAST * mean;
}

struct edge {
    uint32_t from, to;
    float weight;
};

/* Each point's own view of its neighbours, and the same edges seen from the other end. */
static uint64_t list_edges(struct edge *edges, const uint32_t *index, const float *distance,
                           uint32_t n, int k)
{
    uint64_t count = 0, pairs = (uint64_t)n * (uint64_t)k;
    double mean = 0;

    for (uint64_t i = 0; i < pairs; i++)
        mean += (double)distance[i];
    mean /= (double)pairs + n;
    for (uint32_t i = 0; i < n; i++) {
        const float *d = distance + (uint64_t)i * (uint64_t)k;
        double rho, sigma;
        smooth(d, k, mean, &rho, &sigma);
        for (int j = 0; j < k; j++) {
            double over = (double)d[j] - rho;
            float weight = over <= 0 || sigma == 0 ? 1 : (float)exp(-over / sigma);
            if (weight > 0)
                edges[count++] =
                    (struct edge){i, index[(uint64_t)i * (uint64_t)k + (uint64_t)j], weight};
        }
    }
    return count;
}

/* Puts an edge and its reverse into rows; first[i] is then where row i ends. */
static void fill_rows(struct umap_graph *g, const struct edge *edges, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t a = g->first[edges[i].from]++, b = g->first[edges[i].to]++;
        g->to[a] = edges[i].to;
        g->to[b] = edges[i].from;
        g->weight[a] = g->weight[b] = edges[i].weight;
    }
}

/* By insertion: rows are short, but for those of points that many others are near to. */
static void sort_row(uint32_t *to, float *weight, uint64_t n)
{
    for (uint64_t gap = n / 2; gap > 0; gap /= 2) /* Shell's gaps, for the long ones */
        for (uint64_t i = gap; i < n; i++) {
            uint32_t t = to[i];
            float w = weight[i];
            uint64_t k = i;
            for (; k >= gap && to[k - gap] > t; k -= gap) {
                to[k] = to[k - gap];
                weight[k] = weight[k - gap];
            }
            to[k] = t;
            weight[k] = w;
        }
}

/* Two views of one edge are one: a + b - a b. Rows move together; first becomes what it is. */
static void unite(struct umap_graph *g)
{
    uint64_t put = 0, begin = 0;

    for (uint32_t i = 0; i < g->n; i++) {
        uint64_t end = g->first[i], start = put;
        sort_row(g->to + begin, g->weight + begin, end - begin);
        for (uint64_t k = begin; k < end; k++) {
            float w = g->weight[k];
            if (put > start && g->to[put - 1] == g->to[k]) {
                float v = g->weight[put - 1];
                g->weight[put - 1] = v < w ? w + v * (1 - w) : v + w * (1 - v);
            } else {
                g->to[put] = g->to[k];
                g->weight[put++] = w;
            }
        }
        begin = end;
        g->first[i] = start;
    }
    g->first[g->n] = put;
}

int umap_graph_make(struct umap_graph *g, const uint32_t *index, const float *distance, uint32_t n,
                    int k, struct error *e)
{
    uint64_t most = (uint64_t)n * (uint64_t)k, count;
    struct edge *edges = malloc((most + 1) * sizeof *edges);

    *g = (struct umap_graph){.n = n,
                             .first = calloc((uint64_t)n + 1, sizeof *g->first),
                             .to = malloc((2 * most + 1) * sizeof *g->to),
                             .weight = malloc((2 * most + 1) * sizeof *g->weight)};
    if (!edges || !g->first || !g->to || !g->weight) {
        free(edges);
        return error_memory(e, "graph");
    }
    count = list_edges(edges, index, distance, n, k);
    for (uint64_t i = 0; i < count; i++) {
        g->first[edges[i].from]++;
        g->first[edges[i].to]++;
    }
    for (uint64_t i = 0, at = 0; i < n; i++) {
        uint64_t length = g->first[i];
        g->first[i] = at;
        at += length;
    }
    fill_rows(g, edges, count);
    free(edges);
    unite(g);
    return 0;
}

void umap_graph_prune(struct umap_graph *g, int epochs)
{
    struct umap_options defaults = umap_defaults();
    uint64_t put = 0, begin = 0;
    float most = 0;

    if (epochs <= FEW_EPOCHS)
        epochs = umap_epochs(&defaults, g->n);
    for (uint64_t k = 0; k < g->first[g->n]; k++)
        if (g->weight[k] > most)
            most = g->weight[k];
    for (uint32_t i = 0; i < g->n; i++) {
        uint64_t end = g->first[i + 1];
        g->first[i] = put;
        for (uint64_t k = begin; k < end; k++)
            if (g->weight[k] >= most / (float)epochs) {
                g->to[put] = g->to[k];
                g->weight[put++] = g->weight[k];
            }
        begin = end;
    }
    g->first[g->n] = put;
}

void umap_graph_free(struct umap_graph *g)
{
    free(g->first);
    free(g->to);
    free(g->weight);
    *g = (struct umap_graph){0};
}
