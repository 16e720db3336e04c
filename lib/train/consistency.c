/* Images without labels: drawn, classified by a weak view, learnt by a strong one. */
#include "train/consistency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "net/loss.h"
#include "train/supervised.h"
#include "train/trainer.h"

/* How much of the mean a step keeps: it remembers about a hundred steps. */
static const double mean_keeps = 0.99;

/* Views and labelled images have numbers of their own, from which random numbers come. */
enum view { VIEW_WEAK, VIEW_STRONG, VIEWS };

#define VIEW_FIRST ((uint64_t)1 << 40)

/* ---- memory ---- */

static int check_views(struct trainer *t, struct error *e)
{
    struct consistency *c = &t->consistency;
    const struct train_options *o = t->o;
    const char *strong = o->strong ? o->strong : o->augment;
    struct extent shape = c->data->image;
    uint64_t h = (uint64_t)shape.h, w = (uint64_t)shape.w, channels = (uint64_t)shape.c;

    if (augments_parse(&c->weak, o->weak ? o->weak : "", e) < 0 ||
        augments_parse(&c->strong, strong ? strong : "", e) < 0)
        return -1;
    return augments_check(&c->weak, h, w, channels, e) < 0 ||
                   augments_check(&c->strong, h, w, channels, e) < 0
               ? -1
               : 0;
}

/* Labels tell what is wrong only if they mean what the model's do. */
static int labels_known(const struct trainer *t, const struct dataset *d)
{
    struct error unsaid;
    int largest = d->label ? dataset_largest_label(d) : 0;

    return d->label && largest < t->m->net.classes &&
           model_check_names(t->m, d->names, largest, &unsaid) == 0;
}

/* No image need be classified whose class counts nothing, if something else is learnt of it. */
static int classifies(const struct train_options *o)
{
    return o->lambda > 0 || !turned_images(o);
}

/* Parameters of the teacher's own: the average has no place for those that are frozen. */
static int hire_teacher(struct trainer *t, struct error *e)
{
    struct consistency *c = &t->consistency;
    size_t n = t->m->net.parameters;

    if (!t->average.values || !classifies(t->o))
        return 0;
    c->parameters = net_allocate(n);
    if (!c->parameters)
        return error_memory(e, "teacher");
    memcpy(c->parameters, t->m->parameters, n * sizeof *c->parameters);
    c->teacher = engine_new(&t->m->net, c->parameters, t->kernels, t->team, 0, e);
    return c->teacher ? 0 : -1;
}

int consistency_images(const struct train_options *o)
{
    return o->unlabelled ? o->ratio * o->batch : 0;
}

int consistency_most(const struct train_options *o)
{
    return (classifies(o) ? consistency_images(o) : 0) + turned_images(o);
}

int consistency_prepare(struct trainer *t, struct error *e)
{
    struct consistency *c = &t->consistency;
    size_t classes = (size_t)t->m->net.classes, n = (size_t)consistency_images(t->o);

    c->data = t->o->unlabelled;
    if (!c->data)
        return 0;
    c->images = (int)n;
    t->turned.images = turned_images(t->o);
    c->known = labels_known(t, c->data);
    if (check_views(t, e) < 0 || hire_teacher(t, e) < 0)
        return -1;
    c->drawn = malloc(n * sizeof *c->drawn);
    c->chosen = malloc(n * sizeof *c->chosen);
    c->label = malloc(n * sizeof *c->label);
    c->p = malloc(n * classes * sizeof *c->p);
    if (t->o->align && !(c->mean = malloc(classes * sizeof *c->mean)))
        return error_memory(e, "alignment");
    if (!c->drawn || !c->chosen || !c->label || !c->p)
        return error_memory(e, "unlabelled images");
    for (size_t k = 0; c->mean && k < classes; k++)
        c->mean[k] = 1 / (double)classes;
    return 0;
}

void consistency_release(struct trainer *t)
{
    struct consistency *c = &t->consistency;

    engine_free(c->teacher);
    free(c->parameters);
    free(c->drawn);
    free(c->chosen);
    free(c->label);
    free(c->p);
    free(c->mean);
}

/* ---- the weak views ---- */

/* A view of the image at this place in `drawn`, or the image where nothing changes it; in the first
 * place of the thread for changed images. */
static const uint8_t *view_of(struct trainer *t, int thread, int place, enum view view)
{
    const struct consistency *c = &t->consistency;
    const struct augments *how = view == VIEW_WEAK ? &c->weak : &c->strong;
    struct extent shape = c->data->image;
    size_t stride = dataset_stride(c->data);
    const uint8_t *image = c->data->images + c->drawn[place] * stride;
    uint8_t *to = t->changed + 2 * (size_t)thread * stride;

    if (!how->n)
        return image;
    augments_apply(how, (struct pixels){image, shape.w, shape.h, shape.c}, t->o->seed, t->step,
                   VIEW_FIRST + VIEWS * (uint64_t)place + view, to, to + stride);
    return to;
}

static void softmax(const float *logits, int classes, float *p)
{
    double most = logits[0], sum = 0;

    for (int k = 1; k < classes; k++)
        most = fmax(most, logits[k]);
    for (int k = 0; k < classes; k++)
        sum += exp(logits[k] - most);
    for (int k = 0; k < classes; k++)
        p[k] = (float)(exp(logits[k] - most) / sum);
}

static struct engine *classifier(const struct trainer *t)
{
    return t->consistency.teacher ? t->consistency.teacher : t->engine;
}

/* A group of weak views. */
static void classify_task(void *context, int thread, int task)
{
    struct trainer *t = context;
    struct consistency *c = &t->consistency;
    struct engine *g = classifier(t);
    int classes = t->m->net.classes, first = task * PLAN_GROUP, left = c->images - first;
    int n = left < PLAN_GROUP ? left : PLAN_GROUP;

    for (int s = 0; s < n; s++)
        engine_set_image(g, thread, s, view_of(t, thread, first + s, VIEW_WEAK), t->table);
    engine_forward(g, thread, 0, g->plan.operations, n);
    for (int s = 0; s < n; s++)
        softmax(engine_logits(g, thread, s), classes, c->p + (size_t)(first + s) * (size_t)classes);
}

static void teach(struct trainer *t)
{
    struct consistency *c = &t->consistency;
    const struct net *net = &t->m->net;

    if (!c->teacher)
        return;
    for (int i = 0; i < net->slots; i++)
        if (t->average.to[i] != SLOT_FIXED)
            memcpy(c->parameters + net->slot[i].at, t->average.values + t->average.to[i],
                   net->slot[i].floats * sizeof *c->parameters);
    engine_pack(c->teacher, 0);
}

/* ---- which are taken ---- */

/* The mean follows this step's probabilities, which are then divided by it. */
static void align(struct consistency *c, int classes)
{
    for (int k = 0; k < classes; k++) {
        double sum = 0;
        for (int i = 0; i < c->images; i++)
            sum += c->p[(size_t)i * (size_t)classes + (size_t)k];
        c->mean[k] = mean_keeps * c->mean[k] + (1 - mean_keeps) * sum / c->images;
    }
    for (int i = 0; i < c->images; i++) {
        float *p = c->p + (size_t)i * (size_t)classes;
        double sum = 0;
        for (int k = 0; k < classes; k++)
            sum += p[k] / (c->mean[k] + 1e-6);
        for (int k = 0; k < classes; k++)
            p[k] = (float)(p[k] / (c->mean[k] + 1e-6) / sum);
    }
}

static void choose(struct trainer *t)
{
    struct consistency *c = &t->consistency;
    int classes = t->m->net.classes;

    c->taken = 0;
    for (int i = 0; i < c->images; i++) {
        const float *p = c->p + (size_t)i * (size_t)classes;
        int best = 0;
        for (int k = 1; k < classes; k++)
            best = p[k] > p[best] ? k : best;
        if (!(p[best] >= t->o->threshold))
            continue;
        c->chosen[c->taken] = i;
        c->label[c->taken++] = best;
        c->so_far.wrong += c->known && c->data->label[c->drawn[i]] != best;
    }
    c->so_far.drawn += c->images;
    c->so_far.taken += c->taken;
}

/* All are classified, and those that are believed are chosen. */
static void take(struct trainer *t)
{
    struct consistency *c = &t->consistency;

    teach(t);
    team_run(t->team, classify_task, t, (c->images + PLAN_GROUP - 1) / PLAN_GROUP);
    if (c->mean)
        align(c, t->m->net.classes);
    choose(t);
}

/* ---- the objective ---- */

static void begin(struct trainer *t)
{
    struct consistency *c = &t->consistency;
    struct rng r;

    rng_counter(&r, t->o->seed, RNG_UNLABELLED, t->step, 0);
    for (int i = 0; i < c->images; i++)
        c->drawn[i] = rng_below(&r, c->data->n);
    if (classifies(t->o))
        take(t);
    t->batch += c->taken + t->turned.images;
}

/* Which of those added to the batch stands there, taken ones first, then turned ones; negative: a
 * labelled image does. */
static int added_at(const struct trainer *t, uint64_t at)
{
    return (int)(at - t->at) - t->labelled;
}

static void input(struct trainer *t, int thread, int sample, uint64_t at)
{
    int k = added_at(t, at), taken = t->consistency.taken;

    if (k < 0)
        objective_supervised.input(t, thread, sample, at);
    else if (k >= taken)
        turned_input(t, thread, sample, k - taken);
    else
        engine_set_image(t->engine, thread, sample,
                         view_of(t, thread, t->consistency.chosen[k], VIEW_STRONG), t->table);
}

static void loss(const struct trainer *t, uint64_t at, const float *logits, float *grad,
                 struct tally *tally)
{
    const struct consistency *c = &t->consistency;
    double scale = t->o->lambda / c->images;
    int k = added_at(t, at);

    if (k < 0)
        objective_supervised.loss(t, at, logits, grad, tally);
    else if (k >= c->taken)
        turned_loss(t, k - c->taken, logits, grad, tally);
    else
        tally->beside += scale * softmax_cross_entropy(logits, t->m->net.classes, c->label[k],
                                                       (float)scale, grad);
}

const struct objective objective_consistency = {.name = "consistency",
                                                .copies = 1,
                                                .varies = 1,
                                                .image = supervised_image,
                                                .label = supervised_label,
                                                .begin = begin,
                                                .input = input,
                                                .loss = loss,
                                                .evaluate = supervised_evaluate};
