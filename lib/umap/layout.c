/* The layout: points moved along the edges of the graph, by stochastic gradient descent. */
#include "umap/layout.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "umap/moves.h"

#include <stdlib.h>
#include <string.h>

enum { TASK = 64 }; /* points that a thread takes at a time */

struct descent {
    struct moves m;
    umap_move *move;
    float *next;         /* [end - begin][dims] */
    uint32_t begin, end; /* the slice's points */
};

static void move_task(void *context, int thread, int task)
{
    struct descent *s = context;
    uint32_t first = s->begin + (uint32_t)task * TASK;
    uint32_t end = s->end - first < TASK ? s->end : first + TASK;

    (void)thread;
    s->move(&s->m, first, end, s->next + (size_t)(first - s->begin) * (size_t)s->m.dims);
}

static void run_epoch(struct descent *s, struct team *team)
{
    uint64_t n = s->m.g->n, dims = (uint64_t)s->m.dims;

    for (uint64_t slice = 0; slice < UMAP_SLICES; slice++) {
        s->begin = (uint32_t)(n * slice / UMAP_SLICES);
        s->end = (uint32_t)(n * (slice + 1) / UMAP_SLICES);
        if (s->begin == s->end)
            continue;
        team_run(team, move_task, s, (int)((s->end - s->begin + TASK - 1) / TASK));
        for (uint64_t i = s->begin; i < s->end; i++)
            memcpy(s->m.x + s->m.order[i] * dims, s->next + (i - s->begin) * dims,
                   dims * sizeof *s->next);
    }
}

/*
 * Points are shuffled, so that few neighbours are in one slice, where they do not see each other
 * move; and each point's edges, since neighbours that follow one another in the data often lie on
 * one side: pulled to all of one side and then to all of the other, a point would be torn about.
 */
static void shuffle(struct moves *m)
{
    const struct umap_graph *g = m->g;
    struct rng r;

    rng_seed(&r, m->seed, RNG_LAYOUT);
    for (uint32_t i = 0; i < g->n; i++) {
        uint64_t begin = g->first[i];
        uint32_t j = (uint32_t)rng_below(&r, (uint64_t)i + 1);
        m->order[i] = m->order[j];
        m->order[j] = i;
        for (uint64_t k = begin; k < g->first[i + 1]; k++) {
            uint64_t put = begin + rng_below(&r, k - begin + 1);
            m->to[k] = m->to[put];
            m->wait[k] = m->wait[put];
            m->to[put] = g->to[k];
            m->wait[put] = g->weight[k];
        }
    }
}

/* The strongest edges are drawn in every epoch, the others as often as their weight says. */
static void plan(struct moves *m)
{
    uint64_t edges = m->g->first[m->g->n];
    float most = 0;

    shuffle(m);
    for (uint64_t k = 0; k < edges; k++)
        if (m->wait[k] > most)
            most = m->wait[k];
    for (uint64_t k = 0; k < edges; k++)
        m->due[k] = m->wait[k] = most / m->wait[k];
}

static int allocate(struct moves *m, uint64_t edges)
{
    m->to = malloc((edges + 1) * sizeof *m->to);
    m->wait = malloc((edges + 1) * sizeof *m->wait);
    m->due = malloc((edges + 1) * sizeof *m->due);
    m->order = malloc(m->g->n * sizeof *m->order);
    return m->to && m->wait && m->due && m->order ? 0 : -1;
}

int umap_descend(const struct umap_graph *g, const struct umap_options *o, double a, double b,
                 struct team *team, float *x, umap_tell *tell, void *context, struct error *e)
{
    int epochs = umap_epochs(o, g->n), status = 0;
    struct descent s = {.m = {.g = g,
                              .dims = o->dims,
                              .negatives = o->negatives,
                              .seed = o->seed,
                              .a = (float)a,
                              .b = (float)b,
                              .x = x}};
    const struct umap_kernels *kernels = umap_kernels_pick(getenv("ROTPIPE_KERNELS"));

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    s.move = kernels->move;
    s.next = malloc((g->n / UMAP_SLICES + 1) * (size_t)o->dims * sizeof *s.next);
    if (s.next && allocate(&s.m, g->first[g->n]) == 0)
        plan(&s.m);
    else
        status = error_memory(e, "layout");
    for (int epoch = 0; status == 0 && epoch < epochs; epoch++) {
        s.m.epoch = epoch;
        s.m.alpha = (float)(o->lr * (1 - (double)epoch / epochs));
        run_epoch(&s, team);
        if (tell)
            tell(context, epoch + 1);
    }
    free(s.next);
    free(s.m.to);
    free(s.m.wait);
    free(s.m.due);
    free(s.m.order);
    return status;
}
