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
        memcpy(s->m.x + s->begin * dims, s->next, (s->end - s->begin) * dims * sizeof *s->next);
    }
}

/* The strongest edges are drawn in every epoch, the others as often as their weight says. */
static void plan(struct moves *m)
{
    const struct umap_graph *g = m->g;
    float most = 0;

    for (uint64_t k = 0; k < g->first[g->n]; k++)
        if (g->weight[k] > most)
            most = g->weight[k];
    for (uint64_t k = 0; k < g->first[g->n]; k++)
        m->due[k] = m->wait[k] = most / g->weight[k];
}

int umap_descend(const struct umap_graph *g, const struct umap_options *o, double a, double b,
                 struct team *team, float *x, umap_tell *tell, void *context, struct error *e)
{
    uint64_t edges = g->first[g->n];
    int epochs = umap_epochs(o, g->n), status = 0;
    struct descent s = {.m = {.g = g,
                              .dims = o->dims,
                              .negatives = o->negatives,
                              .seed = o->seed,
                              .a = (float)a,
                              .b = (float)b,
                              .x = x},
                        .move = umap_move_pick(getenv("ROTPIPE_KERNELS"))};

    if (!s.move)
        return error_set(e, "ROTPIPE_KERNELS: '%s' cannot run here", getenv("ROTPIPE_KERNELS"));
    s.next = malloc((g->n / UMAP_SLICES + 1) * (size_t)o->dims * sizeof *s.next);
    s.m.wait = malloc((edges + 1) * sizeof *s.m.wait);
    s.m.due = malloc((edges + 1) * sizeof *s.m.due);
    if (s.next && s.m.wait && s.m.due)
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
    free(s.m.wait);
    free(s.m.due);
    return status;
}
