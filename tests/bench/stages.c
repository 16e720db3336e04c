/*
 * stages - how long each stage of a network takes, forward and backward, on one thread
 *
 *     stages MODEL IMAGES    prints a line a stage: its layers, microseconds an image forward,
 *                            and backward
 *
 * Groups of eight images go forward and backward as in training; of the many times that a stage
 * ran the shortest counts, so that what else the machine does is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eval/dataset.h"
#include "model/model.h"
#include "net/engine.h"
#include "net/loss.h"

enum { REPEATS = 400 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void keep_least(double *least, double started)
{
    double took = (now() - started) / PLAN_GROUP;

    if (*least == 0 || took < *least)
        *least = took;
}

/* What operations over the whole batch have in common, as of one group. */
static void settle(struct engine *g, float *grad)
{
    for (int s = 0; s < engine_segments(g); s++) {
        engine_forward_segment(g, 0, s, 0, 0, PLAN_GROUP);
        engine_settle(g, s, 1, PLAN_GROUP);
    }
    for (int s = engine_segments(g) - 1; s > 0; s--) {
        engine_backward_segment(g, 0, s, 0, PLAN_GROUP, grad);
        engine_settle_back(g, s, 1, PLAN_GROUP);
    }
}

static void measure(struct engine *g, const struct dataset *d, const float *table, float *grad,
                    double *up, double *down)
{
    int last = g->plan.operations - 1, classes = g->net->classes;

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        uint64_t first = (uint64_t)repeat * PLAN_GROUP % (d->n - PLAN_GROUP + 1);
        for (int s = 0; s < PLAN_GROUP; s++)
            engine_set_image(g, 0, s, d->images + (first + (uint64_t)s) * dataset_stride(d), table);
        for (int i = 0; i <= last; i++) {
            double started = now();
            engine_forward(g, 0, i, i + 1, PLAN_GROUP);
            keep_least(&up[i], started);
        }
        for (int s = 0; s < PLAN_GROUP; s++)
            softmax_cross_entropy(engine_logits(g, 0, s), classes,
                                  d->label[first + (uint64_t)s] % classes, 1.0f / 128,
                                  engine_logits_gradient(g, 0, s));
        if (repeat == 0)
            settle(g, grad);
        for (int i = last; i >= 0; i--) {
            double started = now();
            engine_backward_one(g, 0, i, PLAN_GROUP, grad);
            keep_least(&down[i], started);
        }
    }
}

int main(int argc, char **argv)
{
    double up[NET_LAYERS_MAX + 1] = {0}, down[NET_LAYERS_MAX + 1] = {0};
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct model m = {0};
    struct dataset d = {0};
    struct engine *g = NULL;
    struct team *team;
    struct error e = {.text = ""};
    float *table, *grad = NULL;

    if (argc != 3 || !kernels)
        return 2;
    if (model_load(&m, argv[1], &e) < 0 || dataset_read(&d, argv + 2, 1, &e) < 0 ||
        d.n < PLAN_GROUP || !(team = team_new(1, &e)) || !(table = model_pixel_table(&m, &e)) ||
        !(g = engine_new(&m.net, m.parameters, kernels, team, 1, &e)) ||
        !(grad = calloc(m.net.parameters, sizeof *grad))) {
        fprintf(stderr, "stages: %s\n", e.text);
        return 1;
    }
    measure(g, &d, table, grad, up, down);
    for (int i = 0; i < g->plan.operations; i++)
        printf("%s%s%s\t%.2f\t%.2f\n", m.net.layer[g->plan.operation[i].at].name,
               g->plan.operation[i].last > g->plan.operation[i].at ? " to " : "",
               g->plan.operation[i].last > g->plan.operation[i].at
                   ? m.net.layer[g->plan.operation[i].last].name
                   : "",
               up[i], down[i]);
    return 0;
}
