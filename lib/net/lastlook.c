/* A last look at a trained model: features that are dead, a loss that is still that of guessing. */
#include "net/trainer.h"

#include <math.h>
#include <string.h>

#include "net/activity.h"
#include "net/layers.h"

/* Images of a round, and of the whole look: as many as tell the loss, more only where features seem
 * to be dead. They lie evenly over the data. */
enum { ROUND = 512, LOSS_IMAGES = 1024, IMAGES_MOST = 10240, GROUPS = ROUND / ENGINE_GROUP };

/* Below this share of the loss of guessing something has been learnt. */
#define CHANCE_SHARE 0.99

struct look {
    struct trainer *t;
    struct activity activity;
    uint64_t images, first, end; /* of all images looked at, those of the round in hand */
    double loss[GROUPS], weight[GROUPS];
    double loss_sum, weight_sum, class_weight[NET_CLASSES_MAX];
};

/* Image number k of those that are looked at. */
static uint64_t image_of(const struct look *l, uint64_t k)
{
    return k * l->t->data->n / l->images;
}

static void look_task(void *context, int thread, int task)
{
    struct look *l = context;
    struct engine *g = l->t->engine;
    uint64_t first = l->first + (uint64_t)task * ENGINE_GROUP;
    int n = l->end - first < ENGINE_GROUP ? (int)(l->end - first) : ENGINE_GROUP;

    for (int s = 0; s < n; s++)
        trainer_set_input(l->t, thread, s, image_of(l, first + (uint64_t)s));
    engine_forward(g, thread, l->t->from, g->stages, n);
    activity_note(&l->activity, thread, n);
    l->loss[task] = l->weight[task] = 0;
    for (int s = 0; s < n; s++) {
        uint64_t image = image_of(l, first + (uint64_t)s);
        double weight = trainer_weight(l->t, image);
        l->weight[task] += weight;
        l->loss[task] +=
            weight * softmax_cross_entropy(engine_output(g, thread, g->stages - 1, s),
                                           g->net->classes, l->t->data->label[image], 1, NULL);
    }
}

/* Looks at images up to `end`; their loss counts while `with_loss`. */
static void look_round(struct look *l, uint64_t end, int with_loss)
{
    int tasks = (int)((end - l->first + ENGINE_GROUP - 1) / ENGINE_GROUP);

    l->end = end;
    team_run(l->t->team, look_task, l, tasks);
    for (int i = 0; i < tasks && with_loss; i++) {
        l->loss_sum += l->loss[i];
        l->weight_sum += l->weight[i];
    }
    for (uint64_t k = l->first; k < end && with_loss; k++)
        l->class_weight[l->t->data->label[image_of(l, k)]] += trainer_weight(l->t, image_of(l, k));
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
    uint64_t n = t->data->n;
    double guessing;

    l.t = t;
    l.images = n < IMAGES_MOST ? n : IMAGES_MOST;
    if (activity_start(&l.activity, t->engine, e) < 0)
        return -1;
    do {
        uint64_t next = l.first + ROUND < l.images ? l.first + ROUND : l.images;
        look_round(&l, next, l.first < LOSS_IMAGES);
    } while (l.first < l.images && (l.first < LOSS_IMAGES || activity_is_low(&l.activity)));
    guessing = guessing_loss(&l);
    end->guessing = l.activity.images >= ACTIVITY_IMAGES && guessing > 0 &&
                    l.loss_sum / l.weight_sum >= CHANCE_SHARE * guessing;
    end->features = activity_features(&l.activity);
    end->dead = activity_is_low(&l.activity) ? activity_dead(&l.activity) : 0;
    end->looked_at = l.activity.images;
    activity_free(&l.activity);
    return 0;
}
