/* Predictions and features of many images, group by group. */
#include "eval/infer.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finite.h"
#include "net/loss.h"

enum { GROUPS_A_TASK = 2, BLOCK = 4096 };

struct job {
    struct engine *g;
    const float *table;
    const uint8_t *images;
    const uint16_t *label;
    uint64_t n;
    struct prediction *predictions; /* one of these two is wanted */
    float *features;
    struct activity *activity; /* or NULL */
    atomic_uint_fast64_t bad;  /* the first image with an output that is not finite; n: none */
};

/* Threads come in any order; the first image is the same. */
static void note_bad(struct job *j, uint64_t i)
{
    uint_fast64_t bad = atomic_load(&j->bad);

    while (i < bad && !atomic_compare_exchange_weak(&j->bad, &bad, i))
        ;
}

static void predict(struct job *j, const float *logits, uint64_t i)
{
    int classes = j->g->net->classes;
    struct prediction *p = &j->predictions[i];
    double loss;

    if (!all_finite(logits, (size_t)classes))
        note_bad(j, i);
    p->label = 0;
    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[p->label])
            p->label = k;
    loss = softmax_cross_entropy(logits, classes, p->label, 1, NULL);
    p->p = (float)exp(-loss);
    p->loss = j->label ? softmax_cross_entropy(logits, classes, j->label[i], 1, NULL) : 0;
}

/* One sample's output, out of its layout and without padding lanes. */
static void copy_features(struct job *j, const float *from, uint64_t i)
{
    const struct layer *last = &j->g->net->layer[j->g->net->layers - 1];
    const struct layout *l = &j->g->plan.tensor[j->g->plan.tensors - 1].layout;
    size_t channels = (size_t)last->out.c;
    float *to = j->features + i * extent_size(last->out);

    for (int r = 0; r < l->h; r++)
        for (int c = 0; c < l->w; c++, to += channels)
            memcpy(to, from + l->first + (size_t)r * l->row + (size_t)c * (size_t)l->lanes,
                   channels * sizeof *to);
    if (!all_finite(j->features + i * extent_size(last->out), extent_size(last->out)))
        note_bad(j, i);
}

static void run_group(struct job *j, int thread, uint64_t first)
{
    struct engine *g = j->g;
    int n = j->n - first < PLAN_GROUP ? (int)(j->n - first) : PLAN_GROUP;
    uint64_t stride = extent_size(g->net->image);

    for (int s = 0; s < n; s++)
        engine_set_image(g, thread, s, j->images + (first + (uint64_t)s) * stride, j->table);
    engine_forward(g, thread, 0, g->plan.operations, n);
    if (j->activity)
        activity_note(j->activity, thread, n);
    for (int s = 0; s < n; s++) {
        const float *out = engine_logits(g, thread, s);
        if (j->predictions)
            predict(j, out, first + (uint64_t)s);
        else
            copy_features(j, out, first + (uint64_t)s);
    }
}

static void run_task(void *context, int thread, int task)
{
    struct job *j = context;
    uint64_t step = GROUPS_A_TASK * PLAN_GROUP, first = (uint64_t)task * step;

    for (uint64_t i = first; i < first + step && i < j->n; i += PLAN_GROUP)
        run_group(j, thread, i);
}

static uint64_t run(struct job *j)
{
    uint64_t step = GROUPS_A_TASK * PLAN_GROUP;

    atomic_init(&j->bad, j->n);
    team_run(j->g->team, run_task, j, (int)((j->n + step - 1) / step));
    return atomic_load(&j->bad);
}

uint64_t infer_predict(struct engine *g, const float *table, const uint8_t *images,
                       const uint16_t *label, uint64_t n, struct prediction *out,
                       struct activity *activity)
{
    struct job j = {.g = g, .table = table, .images = images, .label = label, .n = n};

    j.predictions = out;
    j.activity = activity;
    return run(&j);
}

uint64_t infer_features(struct engine *g, const float *table, const uint8_t *images, uint64_t n,
                        float *out)
{
    struct job j = {.g = g, .table = table, .images = images, .n = n, .features = out};

    return run(&j);
}

uint64_t infer_logits(struct engine *g, const float *table, const uint8_t *images, uint64_t n,
                      float *out, struct activity *activity)
{
    struct job j = {.g = g, .table = table, .images = images, .n = n, .features = out};

    j.activity = activity;
    return run(&j);
}

void infer_not_finite(const struct net *net, uint64_t image, char *what, size_t size)
{
    snprintf(what, size, "image %" PRIu64 ": an output of layer '%s' is not finite", image,
             net->layer[net->layers - 1].name);
}

int infer_evaluate_more(struct engine *g, const float *table, const uint8_t *images,
                        const uint16_t *label, uint64_t n, struct evaluation *sums, struct error *e)
{
    struct prediction *p = malloc(BLOCK * sizeof *p);
    uint64_t stride = extent_size(g->net->image);

    if (!p)
        return error_memory(e, "evaluation");
    for (uint64_t i = 0; i < n && sums->bad == sums->n; i += BLOCK) {
        uint64_t count = n - i < BLOCK ? n - i : BLOCK;
        uint64_t bad = infer_predict(g, table, images + i * stride, label + i, count, p, NULL);
        sums->bad = sums->n + bad;
        sums->n += count;
        for (uint64_t k = 0; k < count; k++) {
            sums->correct += p[k].label == label[i + k];
            sums->loss += p[k].loss;
        }
    }
    free(p);
    return 0;
}

int infer_evaluate(struct engine *g, const float *table, const uint8_t *images,
                   const uint16_t *label, uint64_t n, struct evaluation *out, struct error *e)
{
    *out = (struct evaluation){0};
    if (infer_evaluate_more(g, table, images, label, n, out, e) < 0)
        return -1;
    out->loss /= (double)n;
    return 0;
}
