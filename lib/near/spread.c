/* Conjugate gradients on a neighbour graph, for several classes at a time. */
#include "near/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Classes that are solved for together, points of a task, steps. */
enum { WIDTH = 8, BLOCK = 512, STEPS_MAX = 10000, STEPS_BETWEEN = 16 };

/* A residual, beside the right side. */
static const double ENOUGH = 1e-10;

const char *const spread_methods[] = {"poisson", "spreading", NULL};

/* (I - alpha S) x = b. Vectors are [n][WIDTH]; r is b, then what is left of it. */
struct solver {
    const struct spread *s;
    double alpha;   /* 1 for SPREAD_POISSON */
    double *scale;  /* [n] 1 / sqrt(degree) */
    double *weight; /* [edges] those of S */
    double *x, *r, *p, *q;
    double *partial;                         /* [blocks][WIDTH] */
    double *count;                           /* [n][WIDTH], of a part, at its first point: labels */
    double *labels;                          /* [n]: of a part, of all classes */
    double left[WIDTH], goal[WIDTH];         /* r r; and when that is enough */
    double forward[WIDTH], direction[WIDTH]; /* the numbers of a step */
    uint64_t steps;
};

static int blocks(const struct solver *v)
{
    return (int)((v->s->graph->n + BLOCK - 1) / BLOCK);
}

static uint64_t block_end(const struct solver *v, int task)
{
    uint64_t end = (uint64_t)(task + 1) * BLOCK, n = v->s->graph->n;

    return end < n ? end : n;
}

/* ---- a step ---- */

/* q = (I - alpha S) p, and the products p q of the block. */
static void multiply_task(void *context, int thread, int task)
{
    struct solver *v = context;
    const struct near_graph *g = v->s->graph;
    double *partial = v->partial + (size_t)task * WIDTH;
    uint64_t end = block_end(v, task);

    (void)thread;
    memset(partial, 0, WIDTH * sizeof *partial);
    for (uint64_t i = (uint64_t)task * BLOCK; i < end; i++) {
        const double *p = v->p + i * WIDTH;
        double sum[WIDTH] = {0}, *q = v->q + i * WIDTH;
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++) {
            const double *other = v->p + (uint64_t)g->to[k] * WIDTH;
            double weight = v->weight[k];
            for (int c = 0; c < WIDTH; c++)
                sum[c] += weight * other[c];
        }
        for (int c = 0; c < WIDTH; c++) {
            q[c] = p[c] - v->alpha * sum[c];
            partial[c] += p[c] * q[c];
        }
    }
}

/* x += forward p, r -= forward q, and the products r r of the block. */
static void move_task(void *context, int thread, int task)
{
    struct solver *v = context;
    double *partial = v->partial + (size_t)task * WIDTH;
    uint64_t end = block_end(v, task);

    (void)thread;
    memset(partial, 0, WIDTH * sizeof *partial);
    for (uint64_t i = (uint64_t)task * BLOCK; i < end; i++) {
        const double *p = v->p + i * WIDTH, *q = v->q + i * WIDTH;
        double *x = v->x + i * WIDTH, *r = v->r + i * WIDTH;
        for (int c = 0; c < WIDTH; c++) {
            x[c] += v->forward[c] * p[c];
            r[c] -= v->forward[c] * q[c];
            partial[c] += r[c] * r[c];
        }
    }
}

/* p = r + direction p. */
static void turn_task(void *context, int thread, int task)
{
    struct solver *v = context;
    uint64_t end = block_end(v, task);

    (void)thread;
    for (uint64_t i = (uint64_t)task * BLOCK; i < end; i++) {
        const double *r = v->r + i * WIDTH;
        double *p = v->p + i * WIDTH;
        for (int c = 0; c < WIDTH; c++)
            p[c] = r[c] + v->direction[c] * p[c];
    }
}

/* Sums of the blocks, in their order. */
static void add_up(const struct solver *v, double sum[WIDTH])
{
    memset(sum, 0, WIDTH * sizeof *sum);
    for (int b = 0; b < blocks(v); b++)
        for (int c = 0; c < WIDTH; c++)
            sum[c] += v->partial[(size_t)b * WIDTH + (size_t)c];
}

/* One step for all classes; those that are solved stay. Returns how many are not. */
static int step(struct solver *v)
{
    double sum[WIDTH];
    int open = 0;

    team_run(v->s->team, multiply_task, v, blocks(v));
    add_up(v, sum);
    for (int c = 0; c < WIDTH; c++)
        v->forward[c] = v->left[c] > v->goal[c] && sum[c] > 0 ? v->left[c] / sum[c] : 0;
    team_run(v->s->team, move_task, v, blocks(v));
    add_up(v, sum);
    for (int c = 0; c < WIDTH; c++) {
        v->direction[c] = v->forward[c] > 0 ? sum[c] / v->left[c] : 0;
        v->left[c] = v->forward[c] > 0 ? sum[c] : 0;
        open += v->left[c] > v->goal[c];
    }
    team_run(v->s->team, turn_task, v, blocks(v));
    return open;
}

/* From r = b to x. */
static int solve(struct solver *v, struct error *e)
{
    uint64_t n = v->s->graph->n;
    int open = 0;

    memset(v->x, 0, n * WIDTH * sizeof *v->x);
    memset(v->p, 0, n * WIDTH * sizeof *v->p);
    memset(v->forward, 0, sizeof v->forward);
    memset(v->direction, 0, sizeof v->direction);
    memset(v->q, 0, n * WIDTH * sizeof *v->q);
    team_run(v->s->team, move_task, v, blocks(v));
    add_up(v, v->left);
    for (int c = 0; c < WIDTH; c++) {
        v->goal[c] = ENOUGH * ENOUGH * v->left[c];
        open += v->left[c] > v->goal[c];
    }
    team_run(v->s->team, turn_task, v, blocks(v));
    for (int i = 0; open && i < STEPS_MAX; i++) {
        open = step(v);
        if (++v->steps % STEPS_BETWEEN == 0 && v->s->tell)
            v->s->tell(v->s->context, v->steps);
    }
    if (open)
        return error_set(e, "graph: the labels have not settled in %d steps; more neighbours help",
                         STEPS_MAX);
    return 0;
}

/* ---- right sides and results ---- */

/* Counts the labels of each part: of all classes, and of WIDTH from `first` on. */
static void count_labels(struct solver *v, uint32_t first)
{
    const struct spread *s = v->s;

    memset(v->count, 0, s->graph->n * WIDTH * sizeof *v->count);
    memset(v->labels, 0, s->graph->n * sizeof *v->labels);
    for (uint64_t i = 0; i < s->labelled; i++) {
        uint64_t part = s->graph->part[i];
        v->labels[part]++;
        if (s->own[i] >= first && s->own[i] - first < WIDTH)
            v->count[part * WIDTH + (s->own[i] - first)]++;
    }
}

static void set_right_side(struct solver *v, uint32_t first)
{
    const struct spread *s = v->s;

    memset(v->r, 0, s->graph->n * WIDTH * sizeof *v->r);
    for (uint64_t i = 0; i < s->labelled; i++) {
        uint64_t part = s->graph->part[i];
        for (uint32_t c = 0; c < WIDTH; c++) {
            double y = s->own[i] == first + c;
            if (s->method == SPREAD_SPREADING)
                v->r[i * WIDTH + c] = (1 - v->alpha) * y;
            else
                v->r[i * WIDTH + c] =
                    (y - v->count[part * WIDTH + c] / v->labels[part]) * v->scale[i];
        }
    }
}

/* U of x: both have a degree of freedom in each part, which is fixed by the mean. */
static void settle_means(struct solver *v)
{
    const struct near_graph *g = v->s->graph;
    double *mean = v->p, *weight = v->q; /* which are free again */

    memset(mean, 0, g->n * WIDTH * sizeof *mean);
    memset(weight, 0, g->n * sizeof *weight);
    for (uint64_t i = 0; i < g->n; i++) {
        uint64_t part = g->part[i];
        weight[part] += g->degree[i];
        for (int c = 0; c < WIDTH; c++) {
            v->x[i * WIDTH + (size_t)c] *= v->scale[i];
            mean[part * WIDTH + (size_t)c] += g->degree[i] * v->x[i * WIDTH + (size_t)c];
        }
    }
    for (uint64_t i = 0; i < g->n; i++)
        for (size_t c = 0; c < WIDTH; c++)
            v->x[i * WIDTH + c] -= mean[g->part[i] * (uint64_t)WIDTH + c] / weight[g->part[i]];
}

static void put_scores(const struct solver *v, uint32_t first, double *score)
{
    const struct spread *s = v->s;

    for (uint64_t i = 0; i < s->graph->n; i++)
        for (uint32_t c = 0; c < WIDTH && first + c < s->classes; c++)
            score[i * s->classes + first + c] =
                v->count[(uint64_t)s->graph->part[i] * WIDTH + c] > 0 ? v->x[i * WIDTH + c]
                                                                      : (double)-INFINITY;
}

/* ---- all of it ---- */

static int make_solver(struct solver *v, const struct spread *s, struct error *e)
{
    const struct near_graph *g = s->graph;
    size_t size = g->n * WIDTH * sizeof(double);

    *v = (struct solver){.s = s,
                         .alpha = s->method == SPREAD_POISSON ? 1 : s->alpha,
                         .scale = malloc(g->n * sizeof *v->scale),
                         .weight = malloc((g->first[g->n] + 1) * sizeof *v->weight),
                         .x = malloc(size),
                         .r = malloc(size),
                         .p = malloc(size),
                         .q = malloc(size),
                         .count = malloc(size),
                         .labels = malloc(g->n * sizeof *v->labels)};
    v->partial = malloc((size_t)blocks(v) * WIDTH * sizeof *v->partial);
    if (!v->scale || !v->weight || !v->x || !v->r || !v->p || !v->q || !v->count || !v->labels ||
        !v->partial)
        return error_memory(e, "scores");
    for (uint64_t i = 0; i < g->n; i++)
        v->scale[i] = 1 / sqrt(g->degree[i]);
    for (uint64_t i = 0; i < g->n; i++)
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
            v->weight[k] = (double)g->weight[k] * v->scale[i] * v->scale[g->to[k]];
    return 0;
}

static void free_solver(struct solver *v)
{
    free(v->scale);
    free(v->weight);
    free(v->x);
    free(v->r);
    free(v->p);
    free(v->q);
    free(v->count);
    free(v->labels);
    free(v->partial);
}

int spread_solve(const struct spread *s, double *score, struct error *e)
{
    struct solver v;
    int status = make_solver(&v, s, e);

    for (uint32_t first = 0; status == 0 && first < s->classes; first += WIDTH) {
        count_labels(&v, first);
        set_right_side(&v, first);
        status = solve(&v, e);
        if (status == 0 && s->method == SPREAD_POISSON)
            settle_means(&v);
        if (status == 0)
            put_scores(&v, first, score);
    }
    free_solver(&v);
    return status;
}
