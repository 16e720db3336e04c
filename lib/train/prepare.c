/* What a training needs before its first step, and its release. */
#include "train/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "train/state.h"
#include "train/update.h"

enum { CACHE_FLOATS = 8 << 20 }; /* at most this much of a frozen base's output: 32 MiB */

struct fill_job {
    struct trainer *t;
    float *to;
    int from; /* the operation whose input is kept */
};

static void fill_task(void *context, int thread, int task)
{
    struct fill_job *job = context;
    struct engine *g = job->t->engine;
    uint64_t first = (uint64_t)task * PLAN_GROUP, left = job->t->samples - first;
    int n = left < PLAN_GROUP ? (int)left : PLAN_GROUP;
    size_t size = g->plan.operation[job->from].x.size;

    for (int s = 0; s < n; s++)
        trainer_set_input(job->t, thread, s, first + (uint64_t)s);
    engine_forward(g, thread, 0, job->from, n);
    for (int s = 0; s < n; s++)
        memcpy(job->to + (first + (uint64_t)s) * size, engine_input(g, thread, job->from, s),
               size * sizeof(float));
}

/* A frozen base is a constant function: it is run once, if there is room for what it says. Of
 * samples that differ from epoch to epoch it is none. */
static int fill_cache(struct trainer *t, struct error *e)
{
    struct engine *g = t->engine;
    struct fill_job job = {t, NULL, g->plan.start};
    uint64_t groups = (t->samples + PLAN_GROUP - 1) / PLAN_GROUP;
    size_t size;

    if (g->plan.start == 0 || g->plan.first == g->plan.operations || t->augments.n ||
        t->objective->varies || !plan_starts_at(&g->plan, g->plan.start))
        return 0;
    size = g->plan.operation[g->plan.start].x.size;
    if (t->samples > CACHE_FLOATS / size)
        return 0;
    job.to = malloc(t->samples * size * sizeof(float));
    if (!job.to)
        return error_memory(e, "features");
    team_run(t->team, fill_task, &job, (int)groups);
    t->cache = job.to;
    t->from = g->plan.start;
    return 0;
}

/* The weights of the classes, where they are not all the same. */
static int weigh_classes(struct trainer *t, struct error *e)
{
    size_t classes = (size_t)t->m->net.classes;

    if (t->o->class_weight == CLASS_WEIGHT_NONE)
        return 0;
    t->class_weight = malloc(classes * sizeof *t->class_weight);
    if (!t->class_weight)
        return error_memory(e, "class weights");
    dataset_balance(t->data, t->m->net.classes, t->class_weight);
    return 0;
}

/* Every batch must have the images that an operation over the whole batch needs. */
static int check_batches(const struct trainer *t, int batch, struct error *e)
{
    const struct layer *layer;
    int left = (int)(t->samples % (uint64_t)t->o->batch), least = engine_least(t->engine, &layer);
    int smallest = left ? left : batch;

    if (smallest >= least || t->o->epochs == 0)
        return 0;
    return error_set(e,
                     "layer %s needs at least %d images in every batch, but the last one of an"
                     " epoch has %d: choose another size (-b)",
                     layer->name, least, smallest);
}

static int prepare_changes(struct trainer *t, struct error *e)
{
    size_t images = 2 * (size_t)team_size(t->team);
    struct extent shape = t->data->image;

    if (augments_parse(&t->augments, t->o->augment ? t->o->augment : "", e) < 0 ||
        augments_check(&t->augments, (uint64_t)shape.h, (uint64_t)shape.w, (uint64_t)shape.c, e) <
            0)
        return -1;
    if ((t->o->rotate || turned_images(t->o)) && t->data->image.h != t->data->image.w)
        return error_set(
            e, "training data: images of %d x %d are not square, so they cannot be rotated",
            t->data->image.h, t->data->image.w);
    if ((t->augments.n || t->o->rotate || t->o->unlabelled) &&
        !(t->changed = malloc(images * dataset_stride(t->data))))
        return error_memory(e, "changed images");
    return 0;
}

int trainer_prepare(struct trainer *t, struct error *e)
{
    const struct train_options *o = t->o;
    float lr_scale[NET_LAYERS_MAX + 1];
    int batch = trainer_largest_batch(t), leaf = trainer_leaf(o->batch + consistency_most(o));
    int leaves = (batch + leaf - 1) / leaf;

    t->table = model_pixel_table(t->m, e);
    if (!t->table || weigh_classes(t, e) < 0 || prepare_changes(t, e) < 0 ||
        spans_parse_scales(o->lr_scale, &t->m->net, lr_scale, e) < 0)
        return -1;
    t->engine = engine_new(&t->m->net, t->m->parameters, t->kernels, t->team, batch, e);
    if (!t->engine || check_batches(t, batch, e) < 0)
        return -1;
    spans_find(&t->spans, &t->m->net, lr_scale, o->decay == DECAY_WEIGHTS);
    t->leaf_samples = leaf;
    t->planned = trainer_timetable(t, o->epochs);
    if (gradients_new(&t->gradients, t->kernels, t->spans.count, leaves, t->engine->threads, e) < 0)
        return -1;
    t->tally = calloc((size_t)leaves, sizeof *t->tally);
    t->moment1 = net_allocate(t->spans.count);
    t->moment2 = net_allocate(t->spans.count);
    t->order = malloc(t->data->n * sizeof *t->order);
    if (!t->tally || !t->moment1 || !t->moment2 || !t->order)
        return error_memory(e, "training");
    if (o->clip > 0 && !(t->squares = calloc((size_t)trainer_slices(t) + 1, sizeof *t->squares)))
        return error_memory(e, "training");
    if (o->mixup > 0 && mixup_new(&t->mixup, batch, t->engine->threads,
                                  t->engine->plan.tensor[0].layout.size, e) < 0)
        return -1;
    if (o->average > 0 && average_new(&t->average, &t->m->net, t->m->parameters, e) < 0)
        return -1;
    if (consistency_prepare(t, e) < 0)
        return -1;
    if (o->keep_best && !(t->best = net_allocate(t->m->net.parameters)))
        return error_memory(e, "training");
    rng_seed(&t->rng, o->seed, RNG_SHUFFLE);
    for (uint64_t i = 0; i < t->data->n; i++)
        t->order[i] = i;
    if (o->save || o->resume) {
        state_fingerprint(t->data, &t->trained_on);
        if (o->unlabelled)
            state_fingerprint(o->unlabelled, &t->drawn_from);
        if (trainer_judges(o))
            state_fingerprint(t->valid, &t->judged_on);
    }
    return fill_cache(t, e);
}

void trainer_release(struct trainer *t)
{
    engine_free(t->engine);
    free(t->table);
    free(t->class_weight);
    mixup_free(&t->mixup);
    consistency_release(t);
    free(t->cache);
    gradients_free(&t->gradients);
    free(t->squares);
    free(t->tally);
    free(t->changed);
    free(t->moment1);
    free(t->moment2);
    average_free(&t->average);
    free(t->best);
    free(t->order);
}
