#include "net/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/rng.h"
#include "net/engine.h"
#include "net/infer.h"
#include "net/layers.h"

enum {
    SHARES_MAX = 64,
    SHARE_SMALL = 8,  /* samples of a share in batches of less than SMALL_BATCH */
    SHARE_LARGE = 16, /* and in larger ones: half as many sums to add up */
    SMALL_BATCH = 128,
    CACHE_FLOATS = 8 << 20, /* at most this much of a frozen base's output is kept: 32 MiB */
    SLICE = 2048            /* parameters that a thread updates at a time */
};

struct trainer {
    struct model *m;
    const struct dataset *data;
    const struct train_options *o;
    const struct kernels *kernels;
    struct team *team;
    struct engine *engine;
    float *table;
    float *cache; /* the frozen base's output for every sample, or NULL */
    int from;     /* the first stage that is run: 0, or the one behind the cache */
    uint64_t *order;
    struct rng rng;
    size_t first;     /* parameters before this one are frozen and never touched */
    size_t count;     /* parameters from `first` on */
    float *gradients; /* SHARES of them, `count` floats each */
    float *total, *moment1, *moment2;
    uint64_t step; /* optimiser steps done */
    uint64_t steps, warmup;
    float *best; /* all parameters after the best epoch so far; NULL unless asked to be kept */
    struct epoch best_epoch;

    /* The step in hand. */
    uint64_t at; /* of its first sample in order[] */
    int batch, shares, share;
    float lr;
    double loss[SHARES_MAX];
    int correct[SHARES_MAX];
};

struct train_options train_defaults(void)
{
    return (struct train_options){.optimizer = OPTIMIZER_ADAM,
                                  .lr = 1e-3,
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .eps = 1e-8,
                                  .momentum = 0.9,
                                  .schedule = SCHEDULE_CONSTANT,
                                  .warmup = TRAIN_WARMUP_TENTH,
                                  .epochs = 10,
                                  .batch = 128};
}

/* Samples of a share: by the batch size alone, never by the number of threads. */
static int share_size(int batch)
{
    int size = batch < SMALL_BATCH ? SHARE_SMALL : SHARE_LARGE;

    while ((batch + size - 1) / size > SHARES_MAX)
        size += ENGINE_GROUP;
    return size;
}

/* ---- one step, first half: gradients, a share at a time ---- */

/* Puts samples first..first+n-1 of the step into the workspace. */
static void set_inputs(struct trainer *t, int thread, int first, int n)
{
    size_t stride = dataset_stride(t->data);

    for (int s = 0; s < n; s++) {
        uint64_t i = t->order[t->at + (uint64_t)(first + s)];
        if (t->cache) {
            size_t size = t->engine->stage[t->from].x.size;
            memcpy(engine_input(t->engine, thread, t->from, s), t->cache + i * size,
                   size * sizeof(float));
        } else {
            engine_set_image(t->engine, thread, s, t->data->images + i * stride, t->table);
        }
    }
}

static void train_group(struct trainer *t, int thread, int share, int first, int n, float *grad)
{
    struct engine *g = t->engine;
    int last = g->stages - 1, classes = t->m->net.classes;
    int trains = g->first < g->stages; /* without, there is no room for gradients either */

    set_inputs(t, thread, first, n);
    engine_forward(g, thread, t->from, g->stages, n);
    for (int s = 0; s < n; s++) {
        const float *logits = engine_output(g, thread, last, s);
        int label = t->data->label[t->order[t->at + (uint64_t)(first + s)]], best = 0;
        for (int k = 1; k < classes; k++)
            if (logits[k] > logits[best])
                best = k;
        t->correct[share] += best == label;
        t->loss[share] +=
            softmax_cross_entropy(logits, classes, label, 1.0f / (float)t->batch,
                                  trains ? engine_gradient(g, thread, last, s) : NULL);
    }
    if (trains)
        engine_backward(g, thread, n, grad);
}

static void train_share(void *context, int thread, int share)
{
    struct trainer *t = context;
    float *grad = t->gradients + (size_t)share * t->count;
    int first = share * t->share, end = first + t->share;

    if (end > t->batch)
        end = t->batch;
    t->loss[share] = 0;
    t->correct[share] = 0;
    memset(grad, 0, t->count * sizeof *grad);
    for (int i = first; i < end; i += ENGINE_GROUP)
        train_group(t, thread, share, i, end - i < ENGINE_GROUP ? end - i : ENGINE_GROUP,
                    grad - t->first);
}

/* ---- second half: the shares' sum and the update, a slice of the parameters at a time ---- */

static void update_slice(void *context, int thread, int task)
{
    struct trainer *t = context;
    const struct train_options *o = t->o;
    size_t at = (size_t)task * SLICE, n = t->count - at < SLICE ? t->count - at : SLICE;
    float *w = t->m->parameters + t->first + at;

    (void)thread;
    t->kernels->sum(t->total + at, t->gradients + at, t->count, t->shares, n);
    if (o->optimizer == OPTIMIZER_SGD) {
        struct sgd a = {t->lr, (float)o->momentum, (float)o->weight_decay, o->nesterov,
                        t->step == 0};
        t->kernels->sgd(&a, w, t->total + at, t->moment1 + at, n);
    } else {
        int decoupled = o->optimizer == OPTIMIZER_ADAMW;
        double step = (double)(t->step + 1);
        struct adam a = {.lr = t->lr,
                         .beta1 = (float)o->beta1,
                         .beta2 = (float)o->beta2,
                         .gain1 = (float)(1 - o->beta1),
                         .gain2 = (float)(1 - o->beta2),
                         .eps = (float)o->eps,
                         .weight_decay = decoupled ? 0 : (float)o->weight_decay,
                         .decoupled = decoupled ? (float)(1 - t->lr * o->weight_decay) : 1,
                         .correction1 = (float)(1 - pow(o->beta1, step)),
                         .correction2 = (float)sqrt(1 - pow(o->beta2, step))};
        t->kernels->adam(&a, w, t->total + at, t->moment1 + at, t->moment2 + at, n);
    }
}

/* The learning rate of the step in hand. */
static double learning_rate(const struct trainer *t)
{
    const struct train_options *o = t->o;
    double at;

    if (t->step < t->warmup)
        return o->lr * (double)(t->step + 1) / (double)t->warmup;
    if (o->schedule == SCHEDULE_CONSTANT || t->steps <= t->warmup)
        return o->lr;
    at = (double)(t->step - t->warmup) / (double)(t->steps - t->warmup);
    return o->lr * 0.5 * (1 + cos(3.14159265358979323846 * at));
}

/* Layers frozen between others that train: their gradients are never written, so zero; but
 * weight decay and momentum must not move them either. They are put back as they were. */
static void restore_frozen(struct trainer *t, const float *kept)
{
    const struct net *n = &t->m->net;

    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        if (l->weights && l->frozen && l->weight >= t->first)
            memcpy(t->m->parameters + l->weight, kept + (l->weight - t->first),
                   (l->bias + l->biases - l->weight) * sizeof(float));
    }
}

/* ---- preparation ---- */

struct fill_job {
    struct trainer *t;
    float *to;
    int from; /* the stage whose input is kept */
};

static void fill_task(void *context, int thread, int task)
{
    struct fill_job *job = context;
    struct engine *g = job->t->engine;
    const struct dataset *d = job->t->data;
    uint64_t first = (uint64_t)task * ENGINE_GROUP;
    int n = d->n - first < ENGINE_GROUP ? (int)(d->n - first) : ENGINE_GROUP;
    size_t size = g->stage[job->from].x.size;

    for (int s = 0; s < n; s++)
        engine_set_image(g, thread, s, d->images + (first + (uint64_t)s) * dataset_stride(d),
                         job->t->table);
    engine_forward(g, thread, 0, job->from, n);
    for (int s = 0; s < n; s++)
        memcpy(job->to + (first + (uint64_t)s) * size, engine_input(g, thread, job->from, s),
               size * sizeof(float));
}

/* A frozen base is a constant function: it is run once, if there is room for what it says. */
static int fill_cache(struct trainer *t, struct error *e)
{
    struct engine *g = t->engine;
    struct fill_job job = {t, NULL, g->first};
    uint64_t groups = (t->data->n + ENGINE_GROUP - 1) / ENGINE_GROUP;
    size_t size;

    if (g->first == 0 || g->first == g->stages)
        return 0;
    size = g->stage[g->first].x.size;
    if (t->data->n > CACHE_FLOATS / size)
        return 0;
    t->cache = malloc(t->data->n * size * sizeof(float));
    if (!t->cache)
        return error_memory(e, "features");
    job.to = t->cache;
    team_run(t->team, fill_task, &job, (int)groups);
    t->from = g->first;
    return 0;
}

/* The parameters that train are those from the first such stage's on: frozen bases come first. */
static void find_parameters(struct trainer *t)
{
    const struct net *n = &t->m->net;
    const struct engine *g = t->engine;

    t->first = g->first < g->stages ? n->layer[g->stage[g->first].layer].weight : n->parameters;
    t->count = n->parameters - t->first;
}

static int prepare(struct trainer *t, struct error *e)
{
    const struct train_options *o = t->o;
    uint64_t n = t->data->n, batches = (n + (uint64_t)o->batch - 1) / (uint64_t)o->batch;
    int share = share_size(o->batch), shares = (o->batch + share - 1) / share;

    t->table = model_pixel_table(t->m, e);
    if (!t->table)
        return -1;
    t->engine = engine_new(&t->m->net, t->m->parameters, t->kernels, t->team, 1, e);
    if (!t->engine)
        return -1;
    find_parameters(t);
    t->share = share;
    t->steps = batches * (uint64_t)o->epochs;
    t->warmup = o->warmup >= 0 ? (uint64_t)o->warmup : t->steps / 10;
    if (o->warmup < 0 && t->warmup > TRAIN_WARMUP_MOST)
        t->warmup = TRAIN_WARMUP_MOST;
    t->gradients = net_allocate((size_t)shares * t->count);
    t->total = net_allocate(t->count);
    t->moment1 = net_allocate(t->count);
    t->moment2 = net_allocate(t->count);
    t->order = malloc(n * sizeof *t->order);
    if (!t->gradients || !t->total || !t->moment1 || !t->moment2 || !t->order)
        return error_memory(e, "training");
    if (o->keep_best && !(t->best = net_allocate(t->m->net.parameters)))
        return error_memory(e, "training");
    rng_seed(&t->rng, o->seed, RNG_SHUFFLE);
    for (uint64_t i = 0; i < n; i++)
        t->order[i] = i;
    return fill_cache(t, e);
}

static void release(struct trainer *t)
{
    engine_free(t->engine);
    free(t->table);
    free(t->cache);
    free(t->gradients);
    free(t->total);
    free(t->moment1);
    free(t->moment2);
    free(t->best);
    free(t->order);
}

/* ---- the loop ---- */

/* Fisher and Yates: every order is as likely. */
static void shuffle(struct trainer *t)
{
    for (uint64_t i = t->data->n - 1; i > 0; i--) {
        uint64_t k = rng_below(&t->rng, i + 1), keep = t->order[i];
        t->order[i] = t->order[k];
        t->order[k] = keep;
    }
}

/* One optimiser step on order[at..]; adds to the epoch's sums. */
static int run_step(struct trainer *t, uint64_t at, struct step *so_far, struct error *e)
{
    uint64_t left = t->data->n - at;
    double loss = 0;
    int correct = 0;

    t->at = at;
    t->batch = left < (uint64_t)t->o->batch ? (int)left : t->o->batch;
    t->shares = (t->batch + t->share - 1) / t->share;
    t->lr = (float)learning_rate(t);
    team_run(t->team, train_share, t, t->shares);
    for (int i = 0; i < t->shares; i++) {
        loss += t->loss[i];
        correct += t->correct[i];
    }
    if (!isfinite(loss))
        return error_set(e,
                         "step %llu: the loss is not finite at learning rate %g; try a smaller one"
                         " (--lr) or a warm-up (--warmup)",
                         (unsigned long long)(t->step + 1), (double)t->lr);
    team_run(t->team, update_slice, t, (int)((t->count + SLICE - 1) / SLICE));
    t->step++;
    so_far->loss += loss;
    so_far->accuracy += correct;
    so_far->done = at + (uint64_t)t->batch;
    return 0;
}

static void tell_step(const struct train_listener *l, const struct step *sums)
{
    struct step now = *sums;

    if (!l || !l->step)
        return;
    now.loss /= (double)now.done;
    now.accuracy /= (double)now.done;
    l->step(l->context, &now);
}

static int evaluate(struct trainer *t, const struct dataset *valid, struct epoch *out,
                    struct error *e)
{
    struct evaluation v;

    if (!valid)
        return 0;
    if (infer_evaluate(t->engine, t->table, valid->images, valid->label, valid->n, &v, e) < 0)
        return -1;
    out->has_valid = 1;
    out->valid_loss = v.loss;
    out->valid_accuracy = (double)v.correct / (double)v.n;
    return 0;
}

/* Keeps the weights if the epoch is the best so far. */
static void keep_best(struct trainer *t, const struct epoch *now)
{
    const struct epoch *best = &t->best_epoch;

    if (!t->best || !now->has_valid)
        return;
    if (best->number &&
        (now->valid_accuracy < best->valid_accuracy ||
         (now->valid_accuracy == best->valid_accuracy && now->valid_loss >= best->valid_loss)))
        return;
    t->best_epoch = *now;
    memcpy(t->best, t->m->parameters, t->m->net.parameters * sizeof *t->best);
}

/* 0; 1 if it was stopped; -1. */
static int run_epoch(struct trainer *t, int number, const struct dataset *valid,
                     const struct train_listener *l, float *kept, struct error *e)
{
    struct step sums = {number, 0, t->data->n, 0, 0};
    struct epoch report = {.number = number};
    double started = seconds_now();

    shuffle(t);
    for (uint64_t at = 0; at < t->data->n; at += (uint64_t)t->o->batch) {
        if (run_step(t, at, &sums, e) < 0)
            return -1;
        restore_frozen(t, kept);
        engine_pack(t->engine, t->engine->first);
        tell_step(l, &sums);
        if (l && l->stop && t->step < t->steps && l->stop(l->context))
            return 1;
    }
    report.seconds = seconds_now() - started;
    report.images_per_second = (double)t->data->n / report.seconds;
    report.loss = sums.loss / (double)t->data->n;
    report.accuracy = sums.accuracy / (double)t->data->n;
    report.lr = t->lr;
    if (evaluate(t, valid, &report, e) < 0)
        return -1;
    keep_best(t, &report);
    if (l && l->epoch)
        l->epoch(l->context, &report);
    return 0;
}

/* The best epoch's weights, if they were kept; and says how it ended. */
static void finish(struct trainer *t, const struct train_listener *l)
{
    struct ending end = {t->step, t->steps, t->best_epoch.number};

    if (end.best_epoch)
        memcpy(t->m->parameters, t->best, t->m->net.parameters * sizeof *t->best);
    if (l && l->end)
        l->end(l->context, &end);
}

/* The loss told of every step but the last one: what that one made of the weights. */
static int check_finite(const struct trainer *t, struct error *e)
{
    for (size_t i = 0; i < t->m->net.parameters; i++)
        if (!isfinite(t->m->parameters[i]))
            return error_set(e,
                             "step %llu: the weights are not finite at learning rate %g; try a"
                             " smaller one (--lr) or a warm-up (--warmup)",
                             (unsigned long long)t->step, (double)t->lr);
    return 0;
}

int train(struct model *m, const struct dataset *d, const struct dataset *valid,
          const struct train_options *o, const struct kernels *kernels, struct team *team,
          const struct train_listener *listener, struct error *e)
{
    struct trainer t = {.m = m, .data = d, .o = o, .kernels = kernels, .team = team};
    float *kept = NULL;
    int status = prepare(&t, e);

    if (status == 0 && !(kept = net_allocate(t.count)))
        status = error_memory(e, "training");
    if (status == 0)
        memcpy(kept, m->parameters + t.first, t.count * sizeof *kept);
    for (int epoch = 1; status == 0 && epoch <= o->epochs; epoch++)
        status = run_epoch(&t, epoch, valid, listener, kept, e);
    if (status >= 0)
        status = check_finite(&t, e);
    if (status == 0)
        finish(&t, listener);
    free(kept);
    release(&t);
    return status;
}
