/* A last look at a trained model: outputs that are not finite, features that are dead, a loss that
 * is still that of guessing. */
#include "train/lastlook.h"

#include <math.h>
#include <string.h>

#include "base/finite.h"
#include "eval/activity.h"
#include "net/loss.h"

/*
 * Images of a round and of the complete look, which lie evenly over the data: one round tells the
 * loss, and more follow only where features seem to be dead. One of TRAINED_EACH images that are
 * trained on is looked at, so that the look costs little beside the training.
 */
enum {
    ROUND = 512,
    GROUPS = ROUND / PLAN_GROUP,
    IMAGES_LEAST = 128,
    IMAGES_MOST = 10240,
    TRAINED_EACH = 64
};

/* Below this share of the loss of guessing something has been learnt. */
#define CHANCE_SHARE 0.99

/* Runs n images, at most a group; their outputs lie in the thread's workspace. */
static void run_group(struct trainer *t, int thread, const uint64_t *image, int n)
{
    for (int s = 0; s < n; s++)
        trainer_set_input(t, thread, s, image[s]);
    engine_forward(t->engine, thread, t->from, t->engine->plan.operations, n);
}

static const float *logits_of(const struct trainer *t, int thread, int sample)
{
    return engine_logits(t->engine, thread, sample);
}

/* ---- outputs that are not finite ---- */

struct check {
    struct trainer *t;
    uint64_t n;
    uint64_t bad[GROUPS]; /* the first image of the group with such an output, or n */
};

static void check_task(void *context, int thread, int task)
{
    struct check *c = context;
    uint64_t image[PLAN_GROUP] = {0}, first = (uint64_t)task * PLAN_GROUP;
    int n = c->n - first < PLAN_GROUP ? (int)(c->n - first) : PLAN_GROUP;

    for (int s = 0; s < n; s++)
        image[s] = first + (uint64_t)s;
    run_group(c->t, thread, image, n);
    c->bad[task] = c->n;
    for (int s = n - 1; s >= 0; s--)
        if (!all_finite(logits_of(c->t, thread, s), (size_t)c->t->m->net.classes))
            c->bad[task] = image[s];
}

uint64_t trainer_first_bad(struct trainer *t, uint64_t most)
{
    struct check c = {.t = t, .n = t->samples};
    int tasks;

    c.n = c.n < most ? c.n : most;
    c.n = c.n < ROUND ? c.n : ROUND;
    tasks = (int)((c.n + PLAN_GROUP - 1) / PLAN_GROUP);
    team_run(t->team, check_task, &c, tasks);
    for (int i = 0; i < tasks; i++)
        if (c.bad[i] < c.n)
            return c.bad[i] / (uint64_t)t->objective->copies;
    return t->data->n;
}

/* ---- what it has learnt ---- */

struct look {
    struct trainer *t;
    struct activity activity;
    uint64_t images, first, end; /* of all images looked at, those of the round in hand */
    double loss[GROUPS], weight[GROUPS];
    double loss_sum, weight_sum, class_weight[NET_CLASSES_MAX];
};

/* Sample number k of those that are looked at: all of an image, if it is several. */
static uint64_t sample_of(const struct look *l, uint64_t k)
{
    uint64_t copies = (uint64_t)l->t->objective->copies;

    return k / copies * l->t->data->n / (l->images / copies) * copies + k % copies;
}

static void look_task(void *context, int thread, int task)
{
    struct look *l = context;
    uint64_t image[PLAN_GROUP] = {0}, first = l->first + (uint64_t)task * PLAN_GROUP;
    int n = l->end - first < PLAN_GROUP ? (int)(l->end - first) : PLAN_GROUP;

    for (int s = 0; s < n; s++)
        image[s] = sample_of(l, first + (uint64_t)s);
    run_group(l->t, thread, image, n);
    activity_note(&l->activity, thread, n);
    l->loss[task] = l->weight[task] = 0;
    for (int s = 0; s < n; s++) {
        double weight = trainer_weight(l->t, image[s]);
        l->weight[task] += weight;
        l->loss[task] +=
            weight * softmax_cross_entropy(logits_of(l->t, thread, s), l->t->m->net.classes,
                                           l->t->objective->label(l->t, image[s]), 1, NULL);
    }
}

/* Looks at images up to `end`; their loss counts while `with_loss`. */
static void look_round(struct look *l, uint64_t end, int with_loss)
{
    int tasks = (int)((end - l->first + PLAN_GROUP - 1) / PLAN_GROUP);

    l->end = end;
    team_run(l->t->team, look_task, l, tasks);
    for (int i = 0; i < tasks && with_loss; i++) {
        l->loss_sum += l->loss[i];
        l->weight_sum += l->weight[i];
    }
    for (uint64_t k = l->first; k < end && with_loss; k++) {
        uint64_t sample = sample_of(l, k);
        l->class_weight[l->t->objective->label(l->t, sample)] += trainer_weight(l->t, sample);
    }
    l->activity.images += end - l->first;
    l->first = end;
}

/* The loss of whoever knows how frequent the classes are, and nothing of the images. */
static double guessing_loss(const struct look *l)
{
    double loss = 0;

    for (int c = 0; c < l->t->m->net.classes; c++) {
        double p = l->class_weight[c] / l->weight_sum;
        if (p > 0)
            loss -= p * log(p);
    }
    return loss;
}

int trainer_last_look(struct trainer *t, struct ending *end, struct error *e)
{
    static const struct look none;
    struct look l = none;
    uint64_t n = t->samples;
    uint64_t copies = (uint64_t)t->objective->copies;
    double guessing;

    l.t = t;
    l.images = (n * ((uint64_t)t->so_far.epoch - 1) + t->so_far.done) / TRAINED_EACH;
    l.images = l.images < IMAGES_LEAST ? IMAGES_LEAST : l.images;
    l.images = l.images > IMAGES_MOST ? IMAGES_MOST : l.images;
    l.images = l.images > n ? n : l.images / copies * copies;
    if (activity_start(&l.activity, t->engine, e) < 0) {
        activity_free(&l.activity);
        return -1;
    }
    do {
        uint64_t next = l.first + ROUND < l.images ? l.first + ROUND : l.images;
        look_round(&l, next, l.first == 0);
    } while (l.first < l.images && activity_is_low(&l.activity));
    guessing = guessing_loss(&l);
    end->guessing = l.activity.images >= ACTIVITY_IMAGES && guessing > 0 &&
                    l.loss_sum / l.weight_sum >= CHANCE_SHARE * guessing;
    end->features = activity_features(&l.activity);
    end->dead = activity_is_low(&l.activity) ? activity_dead(&l.activity) : 0;
    end->looked_at = l.activity.images;
    activity_free(&l.activity);
    return 0;
}
