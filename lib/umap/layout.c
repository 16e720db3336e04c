#include "umap/umap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASK = 64, LANES = 8 };

struct descent {
    const struct umap_graph *g;
    const struct umap_options *o;
    float a, b;
    float *x;            /* [n][dims] */
    float *next;         /* the same, of the slice in hand */
    float *wait;         /* of each edge: epochs from one draw to the next */
    float *due;          /* and the epoch of the next one */
    uint32_t begin, end; /* the slice's points */
    int epoch;
    float alpha;
};

/*
 * x^b for x > 0: 2^(b log2 x), both by polynomials, in lanes that compilers make vectors of. The
 * relative error is below 1e-4 for b up to 2 and x from 1e-12 to 1e12, which is far below what one
 * random draw moves.
 */
static void power(const float *x, float b, float *y)
{
    for (int i = 0; i < LANES; i++) {
        uint32_t bits;
        int32_t whole;
        float m, log, t, f, p;
        memcpy(&bits, &x[i], sizeof bits);
        whole = (int32_t)(bits >> 23) - 127;
        bits = (bits & 0x7fffff) | 0x3f800000;
        memcpy(&m, &bits, sizeof m);
        m = (m - 1.41421356f) / (m + 1.41421356f); /* log2 m = 1/2 + 2 atanh(m) / ln 2 */
        t = m * m;
        log = (float)whole + 0.5f + m * (2.88539008f + t * (0.96179669f + t * 0.60f));
        t = b * log;
        t = t > -126 ? t : -126;
        t = t < 126 ? t : 126;
        whole = (int32_t)(t + 127) - 127; /* rounds down, t + 127 being positive */
        f = t - (float)whole;
        p = 1 + f * (0.69314718f +
                     f * (0.24022651f + f * (0.05550411f + f * (0.00961813f + f * 0.00133336f))));
        bits = (uint32_t)(whole + 127) << 23;
        memcpy(&m, &bits, sizeof m);
        y[i] = m * p;
    }
}

static float clip(float v)
{
    return v > 4 ? 4 : v < -4 ? -4 : v;
}

/* SplitMix64 (Steele, Lea and Flood, 2014), from a state that the seed, epoch and point make. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Squared distances from `at` to up to LANES points, with their differences. */
static void measure(const struct descent *s, const float *at, const uint32_t *other, int n,
                    float delta[LANES][UMAP_DIMS_MAX], float *square)
{
    int dims = s->o->dims;

    for (int i = 0; i < n; i++) {
        const float *p = s->x + (size_t)other[i] * (size_t)dims;
        square[i] = 0;
        for (int k = 0; k < dims; k++) {
            delta[i][k] = at[k] - p[k];
            square[i] += delta[i][k] * delta[i][k];
        }
    }
    for (int i = n; i < LANES; i++)
        square[i] = 1;
}

/*
 * Towards a neighbour. The edge is drawn from both its ends in the same epoch, and each time moves
 * both: two moves of this point.
 */
static void attract(const struct descent *s, float *at, uint32_t other)
{
    float delta[LANES][UMAP_DIMS_MAX], square[LANES], p[LANES];

    for (int time = 0; time < 2; time++) {
        float pull;
        measure(s, at, &other, 1, delta, square);
        if (!(square[0] > 0))
            return;
        power(square, s->b, p);
        pull = -2 * s->a * s->b * (p[0] / square[0]) / (s->a * p[0] + 1);
        for (int k = 0; k < s->o->dims; k++)
            at[k] += clip(pull * delta[0][k]) * s->alpha;
    }
}

/* Away from up to LANES points drawn at random. */
static void repel(const struct descent *s, float *at, uint32_t self, int n, uint64_t *state)
{
    float delta[LANES][UMAP_DIMS_MAX], square[LANES], p[LANES];
    uint32_t other[LANES];

    for (int i = 0; i < n; i++)
        other[i] = (uint32_t)(((draw(state) >> 32) * s->g->n) >> 32);
    measure(s, at, other, n, delta, square);
    power(square, s->b, p);
    for (int i = 0; i < n; i++) {
        float push = 2 * s->b / ((0.001f + square[i]) * (s->a * p[i] + 1));
        if (other[i] == self || !(square[i] > 0))
            continue;
        for (int k = 0; k < s->o->dims; k++)
            at[k] += clip(push * delta[i][k]) * s->alpha;
    }
}

static void move_point(struct descent *s, uint32_t i)
{
    size_t dims = (size_t)s->o->dims;
    float *at = s->next + (size_t)(i - s->begin) * dims;
    uint64_t state = s->o->seed + ((uint64_t)s->epoch << 32) + i;

    state = draw(&state);
    memcpy(at, s->x + (size_t)i * dims, dims * sizeof *at);
    for (uint64_t k = s->g->first[i]; k < s->g->first[i + 1]; k++) {
        if (s->due[k] > (float)s->epoch)
            continue;
        attract(s, at, s->g->to[k]);
        for (int left = s->o->negatives; left > 0; left -= LANES)
            repel(s, at, i, left < LANES ? left : LANES, &state);
        s->due[k] += s->wait[k];
    }
}

static void move_task(void *context, int thread, int task)
{
    struct descent *s = context;
    uint32_t first = s->begin + (uint32_t)task * TASK, end = first + TASK;

    (void)thread;
    for (uint32_t i = first; i < end && i < s->end; i++)
        move_point(s, i);
}

static void run_epoch(struct descent *s, struct team *team)
{
    uint64_t n = s->g->n, dims = (uint64_t)s->o->dims;

    for (uint64_t slice = 0; slice < UMAP_SLICES; slice++) {
        s->begin = (uint32_t)(n * slice / UMAP_SLICES);
        s->end = (uint32_t)(n * (slice + 1) / UMAP_SLICES);
        if (s->begin == s->end)
            continue;
        team_run(team, move_task, s, (int)((s->end - s->begin + TASK - 1) / TASK));
        memcpy(s->x + s->begin * dims, s->next, (s->end - s->begin) * dims * sizeof *s->x);
    }
}

int umap_descend(const struct umap_graph *g, const struct umap_options *o, double a, double b,
                 struct team *team, float *x, umap_tell *tell, void *context, struct error *e)
{
    uint64_t edges = g->first[g->n];
    int epochs = umap_epochs(o, g->n), status = 0;
    struct descent s = {.g = g, .o = o, .a = (float)a, .b = (float)b, .x = x};
    float most = 0;

    s.next = malloc((g->n / UMAP_SLICES + 1) * (size_t)o->dims * sizeof *s.next);
    s.wait = malloc((edges + 1) * sizeof *s.wait);
    s.due = malloc((edges + 1) * sizeof *s.due);
    if (!s.next || !s.wait || !s.due)
        status = error_memory(e, "layout");
    for (uint64_t k = 0; k < edges; k++)
        if (g->weight[k] > most)
            most = g->weight[k];
    /* The strongest edges are drawn in every epoch, the others as often as their weight says. */
    for (uint64_t k = 0; status == 0 && k < edges; k++)
        s.due[k] = s.wait[k] = most / g->weight[k];
    for (int epoch = 0; status == 0 && epoch < epochs; epoch++) {
        s.epoch = epoch;
        s.alpha = (float)(o->lr * (1 - (double)epoch / epochs));
        run_epoch(&s, team);
        if (tell)
            tell(context, epoch + 1);
    }
    free(s.next);
    free(s.wait);
    free(s.due);
    return status;
}
