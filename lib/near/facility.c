/* How far labels reach over a neighbour graph, and the points from which they reach farthest. */
#include "near/facility.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points whose reach is found side by side; terms of the series behind the first. */
enum { WIDE = 16, TERMS = 30 };

static const double ALPHA = 0.9;

/* Above all that rounding does to a sum, relative to it. */
static const double ROUNDING = 1e-3;

struct state {
    const struct facility *f;
    const struct near_graph *g;
    float *share;    /* [edges]: 0.9 S */
    float *most;     /* [n]: the most by which a point is reached so far */
    double *gain;    /* [n]: what a point added when it was last asked, or more than it can */
    uint64_t *asked; /* [n]: how many were chosen then, plus 1; or 0 */
    uint32_t *heap;  /* [n]: points that are not chosen, the one with the greatest gain first */
    uint64_t heaped;
    uint32_t *from; /* [tasks * WIDE]: the points whose reach is asked for, */
    uint64_t froms;
    float *room; /* [tasks][3][n][WIDE] */
};

/* ---- the heap ---- */

static int before(const struct state *s, uint32_t a, uint32_t b)
{
    return s->gain[a] != s->gain[b] ? s->gain[a] > s->gain[b] : a < b;
}

static void push(struct state *s, uint32_t point)
{
    uint64_t at = s->heaped++;

    for (; at && before(s, point, s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = point;
}

static uint32_t pop(struct state *s)
{
    uint32_t top = s->heap[0], last = s->heap[--s->heaped];
    uint64_t at = 0, next;

    while ((next = 2 * at + 1) < s->heaped) {
        if (next + 1 < s->heaped && before(s, s->heap[next + 1], s->heap[next]))
            next++;
        if (!before(s, s->heap[next], last))
            break;
        s->heap[at] = s->heap[next];
        at = next;
    }
    s->heap[at] = last;
    return top;
}

/* ---- reach ---- */

/* The next term of the series, [n][WIDE], from the last; and what all are together. */
static void add_term(const struct state *s, const float *last, float *next, float *sum)
{
    for (uint64_t i = 0; i < s->g->n; i++) {
        float row[WIDE] = {0};
        for (uint64_t k = s->g->first[i]; k < s->g->first[i + 1]; k++) {
            const float *x = last + (size_t)s->g->to[k] * WIDE;
            for (int c = 0; c < WIDE; c++)
                row[c] += s->share[k] * x[c];
        }
        for (int c = 0; c < WIDE; c++) {
            next[i * WIDE + c] = row[c];
            sum[i * WIDE + c] += row[c];
        }
    }
}

/* Where the reach of a task's points is found: [n][WIDE]. */
static float *reach_of(const struct state *s, int task)
{
    return s->room + (size_t)task * 3 * s->g->n * WIDE;
}

/* How many points a task has. */
static int points_of(const struct state *s, int task)
{
    uint64_t rest = s->froms - (uint64_t)task * WIDE;

    return rest < WIDE ? (int)rest : WIDE;
}

static void reach_task(void *context, int thread, int task)
{
    struct state *s = context;
    size_t size = s->g->n * WIDE;
    float *sum = reach_of(s, task), *last = sum + size, *next = last + size;

    (void)thread;
    memset(sum, 0, 2 * size * sizeof *sum);
    for (int c = 0; c < points_of(s, task); c++) {
        size_t at = (size_t)s->from[task * WIDE + c] * WIDE + (size_t)c;
        sum[at] = last[at] = 1;
    }
    for (int t = 0; t < TERMS; t++) {
        float *free = last;
        add_term(s, last, next, sum);
        last = next;
        next = free;
    }
}

/* What these points would add. */
static void gain_task(void *context, int thread, int task)
{
    struct state *s = context;
    const float *sum = reach_of(s, task);
    double gain[WIDE] = {0};

    reach_task(context, thread, task);
    for (uint64_t i = 0; i < s->g->n; i++)
        for (int c = 0; c < WIDE; c++)
            gain[c] += sum[i * WIDE + c] > s->most[i] ? sum[i * WIDE + c] - s->most[i] : 0;
    for (int c = 0; c < points_of(s, task); c++)
        s->gain[s->from[task * WIDE + c]] = gain[c];
}

static void run(struct state *s, team_work *work)
{
    team_run(s->f->team, work, s, (int)((s->froms + WIDE - 1) / WIDE));
}

/* The points of s->from are there. */
static void settle(struct state *s)
{
    run(s, reach_task);
    for (uint64_t k = 0; k < s->froms; k++) {
        const float *sum = reach_of(s, (int)(k / WIDE)) + k % WIDE;
        for (uint64_t i = 0; i < s->g->n; i++)
            s->most[i] = fmaxf(s->most[i], sum[i * WIDE]);
    }
}

/* ---- the choice ---- */

/* The most that each point can add: by how much it reaches all others together. As the matrix is
 * symmetric, that is one series for all of them. */
static void begin_gains(struct state *s, double *last, double *next)
{
    const struct near_graph *g = s->g;

    for (uint64_t i = 0; i < g->n; i++)
        s->gain[i] = last[i] = 1;
    for (int t = 0; t < TERMS; t++) {
        double *free = last;
        for (uint64_t i = 0; i < g->n; i++) {
            next[i] = 0;
            for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
                next[i] += s->share[k] * last[g->to[k]];
            s->gain[i] += next[i];
        }
        last = next;
        next = free;
    }
    for (uint64_t i = 0; i < g->n; i++)
        s->gain[i] *= 1 + ROUNDING;
}

/* Asks points again until one that was asked adds more than all others did. */
static uint32_t best(struct state *s, uint64_t got)
{
    uint64_t most = (uint64_t)team_size(s->f->team) * WIDE;

    for (;;) {
        s->froms = 0;
        while (s->froms < most && s->heaped && s->asked[s->heap[0]] != got + 1)
            s->from[s->froms++] = pop(s);
        if (!s->froms)
            return pop(s);
        run(s, gain_task);
        for (uint64_t k = 0; k < s->froms; k++) {
            s->asked[s->from[k]] = got + 1;
            push(s, s->from[k]);
        }
    }
}

static void choose(struct state *s, uint64_t *chosen)
{
    const struct facility *f = s->f;
    uint64_t most = (uint64_t)team_size(f->team) * WIDE;

    for (uint64_t i = 0; i < f->labelled; i += s->froms) {
        for (s->froms = 0; s->froms < most && i + s->froms < f->labelled; s->froms++)
            s->from[s->froms] = (uint32_t)(i + s->froms);
        settle(s);
    }
    for (uint64_t i = f->labelled; i < s->g->n; i++)
        push(s, (uint32_t)i);
    for (uint64_t got = 0; got < f->count; got++) {
        uint32_t next = best(s, got);
        chosen[got] = next;
        s->froms = 1;
        s->from[0] = next;
        settle(s);
        if (f->tell)
            f->tell(f->context, got + 1);
    }
}

static int make(struct state *s, struct error *e)
{
    const struct near_graph *g = s->g;
    size_t tasks = (size_t)team_size(s->f->team), n = g->n;

    s->share = malloc(g->first[n] * sizeof *s->share);
    s->most = calloc(n, sizeof *s->most);
    s->gain = malloc(n * sizeof *s->gain);
    s->asked = calloc(n, sizeof *s->asked);
    s->heap = malloc(n * sizeof *s->heap);
    s->from = malloc(tasks * WIDE * sizeof *s->from);
    s->room = malloc(tasks * 3 * n * WIDE * sizeof *s->room);
    if (!s->share || !s->most || !s->gain || !s->asked || !s->heap || !s->from || !s->room)
        return error_memory(e, "reach");
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++)
            s->share[k] = (float)(ALPHA * g->weight[k] / sqrt(g->degree[i] * g->degree[g->to[k]]));
    return 0;
}

int facility_choose(const struct facility *f, uint64_t *chosen, struct error *e)
{
    struct state s = {.f = f, .g = f->graph};
    int status = make(&s, e);

    if (status == 0) {
        /* What is not needed yet has room for two vectors of doubles. */
        begin_gains(&s, (double *)s.room, (double *)s.room + f->graph->n);
        choose(&s, chosen);
    }
    free(s.share);
    free(s.most);
    free(s.gain);
    free(s.asked);
    free(s.heap);
    free(s.from);
    free(s.room);
    return status;
}
