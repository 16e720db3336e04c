/* Distances of all points to the nearest centre, kept up to date. */
#include "near/cover.h"

#include <math.h>
#include <stdlib.h>

/* Points, and centres, of a task. */
enum { BLOCK = 256, CENTRES = 32 };

/* Above all that rounding does to a distance, relative to it. */
static const double ROUNDING = 1e-9;

static uint64_t blocks_of(const struct cover *c)
{
    return (c->n + BLOCK - 1) / BLOCK;
}

int cover_make(struct cover *c, const float *x, uint64_t n, size_t d, uint32_t most,
               struct team *team, struct error *e)
{
    *c = (struct cover){.x = x, .n = n, .d = d, .team = team, .room = most};
    c->far = malloc(n * sizeof *c->far);
    c->nearest = calloc(n, sizeof *c->nearest);
    c->centre = malloc((most + (size_t)1) * sizeof *c->centre);
    c->apart = malloc((most + (size_t)1) * sizeof *c->apart);
    c->sum = malloc(blocks_of(c) * sizeof *c->sum);
    c->longest = malloc(blocks_of(c) * sizeof *c->longest);
    if (!c->far || !c->nearest || !c->centre || !c->apart || !c->sum || !c->longest)
        return error_memory(e, "distances");
    for (uint64_t i = 0; i < n; i++)
        c->far[i] = INFINITY;
    return 0;
}

void cover_free(struct cover *c)
{
    free(c->far);
    free(c->nearest);
    free(c->centre);
    free(c->apart);
    free(c->sum);
    free(c->longest);
    *c = (struct cover){0};
}

static const float *point_of(const struct cover *c, uint64_t i)
{
    return c->x + i * c->d;
}

static double distance(const struct cover *c, const float *a, const float *b)
{
    return near_distance_of(NEAR_EUCLIDEAN, a, b, c->d, 0, 0);
}

/* What is known of a block as a whole. */
static void sum_up(struct cover *c, uint64_t block)
{
    uint64_t begin = block * BLOCK, longest = begin;
    double sum = 0;

    for (uint64_t i = begin; i < begin + BLOCK && i < c->n; i++) {
        sum += c->far[i] * c->far[i];
        if (c->far[i] > c->far[longest])
            longest = i;
    }
    c->sum[block] = sum;
    c->longest[block] = longest;
}

static void begin_task(void *context, int thread, int task)
{
    struct cover *c = context;
    uint64_t begin = (uint64_t)task * BLOCK;

    (void)thread;
    for (uint64_t i = begin; i < begin + BLOCK && i < c->n; i++)
        c->far[i] = distance(c, point_of(c, i), c->centre[c->nearest[i]]);
    sum_up(c, (uint64_t)task);
}

int cover_begin(struct cover *c, const float *x, uint32_t n, const struct near_kernels *kernels,
                struct error *e)
{
    struct near_search s = {.d = c->d,
                            .base = {x, n},
                            .query = {c->x, c->n},
                            .k = 1,
                            .kernels = kernels,
                            .team = c->team};
    float *rounded = malloc(c->n * sizeof *rounded);
    int status = rounded ? near_search(&s, c->nearest, rounded, e) : error_memory(e, "distances");

    free(rounded);
    if (status < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        c->centre[c->centres++] = x + (uint64_t)i * c->d;
    team_run(c->team, begin_task, c, (int)blocks_of(c));
    return 0;
}

static void apart_task(void *context, int thread, int task)
{
    struct cover *c = context;
    uint32_t begin = (uint32_t)task * CENTRES;

    (void)thread;
    for (uint32_t i = begin; i < begin + CENTRES && i < c->centres; i++)
        c->apart[i] = distance(c, c->centre[i], c->centre[c->centres - 1]);
}

/*
 * A point is no nearer to the new centre than the distance of this from the point's own, less that
 * of the point from its own: where the former is twice the latter, nothing need be computed.
 */
static void add_task(void *context, int thread, int task)
{
    struct cover *c = context;
    uint64_t begin = (uint64_t)task * BLOCK;
    uint32_t new = c->centres - 1;

    (void)thread;
    for (uint64_t i = begin; i < begin + BLOCK && i < c->n; i++) {
        double far;
        if (new > 0 && c->apart[c->nearest[i]] * (1 - ROUNDING) >= 2 * c->far[i])
            continue;
        far = distance(c, point_of(c, i), c->centre[new]);
        if (far < c->far[i]) {
            c->far[i] = far;
            c->nearest[i] = new;
        }
    }
    sum_up(c, (uint64_t)task);
}

void cover_add(struct cover *c, const float *centre)
{
    c->centre[c->centres++] = centre;
    team_run(c->team, apart_task, c, (int)((c->centres + CENTRES - 1) / CENTRES));
    team_run(c->team, add_task, c, (int)blocks_of(c));
}

uint64_t cover_farthest(const struct cover *c)
{
    uint64_t found = c->longest[0];

    for (uint64_t b = 1; b < blocks_of(c); b++)
        if (c->far[c->longest[b]] > c->far[found])
            found = c->longest[b];
    return found;
}

double cover_total(const struct cover *c)
{
    double total = 0;

    for (uint64_t b = 0; b < blocks_of(c); b++)
        total += c->sum[b];
    return total;
}

uint64_t cover_draw(const struct cover *c, double at)
{
    uint64_t block = 0, last = 0;

    while (block + 1 < blocks_of(c) && at >= c->sum[block])
        at -= c->sum[block++];
    /* Where rounding takes `at` past the end, the last point that is no centre. */
    for (uint64_t i = block * BLOCK; i < (block + 1) * BLOCK && i < c->n; i++) {
        if (c->far[i] == 0)
            continue;
        last = i;
        at -= c->far[i] * c->far[i];
        if (at < 0)
            return i;
    }
    return c->far[last] > 0 ? last : cover_farthest(c);
}
