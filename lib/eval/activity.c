/* Dead features: for each thread a list of the features that no image has activated yet, which soon
 * is short. */
#include "eval/activity.h"

#include <stdlib.h>
#include <string.h>

/* The features are the input of the last operation, the head. */
static const struct operation *head_of(const struct activity *a)
{
    return &a->engine->plan.operation[a->engine->plan.operations - 1];
}

/* The features are the channels of the head's input, without its padding lanes. */
static size_t list_all(const struct layout *l, int channels, uint32_t *to)
{
    size_t n = 0;

    for (size_t i = 0; i < l->size && i < (size_t)l->h * l->row; i++)
        if (i % (size_t)l->lanes < (size_t)channels)
            to[n++] = (uint32_t)i;
    return n;
}

int activity_start(struct activity *a, const struct engine *g, struct error *e)
{
    int channels = g->net->layer[g->net->layers - 1].in.c;

    *a = (struct activity){.engine = g};
    a->size = head_of(a)->x.size;
    a->asleep = malloc((size_t)g->threads * a->size * sizeof *a->asleep);
    a->count = malloc((size_t)g->threads * sizeof *a->count);
    if (!a->asleep || !a->count)
        return error_memory(e, "activity");
    for (int t = 0; t < g->threads; t++)
        a->count[t] = list_all(&head_of(a)->x, channels, a->asleep + (size_t)t * a->size);
    return 0;
}

void activity_free(struct activity *a)
{
    free(a->asleep);
    free(a->count);
    a->asleep = NULL;
    a->count = NULL;
}

void activity_note(struct activity *a, int thread, int n)
{
    uint32_t *asleep = a->asleep + (size_t)thread * a->size;
    size_t count = a->count[thread];

    for (int s = 0; s < n; s++) {
        const float *x = engine_input(a->engine, thread, a->engine->plan.operations - 1, s);
        for (size_t i = 0; i < count;)
            if (x[asleep[i]] != 0)
                asleep[i] = asleep[--count];
            else
                i++;
    }
    a->count[thread] = count;
}

uint64_t activity_features(const struct activity *a)
{
    const struct net *net = a->engine->net;

    return extent_size(net->layer[net->layers - 1].in);
}

static int is_listed(const struct activity *a, int thread, uint32_t place)
{
    const uint32_t *asleep = a->asleep + (size_t)thread * a->size;

    for (size_t i = 0; i < a->count[thread]; i++)
        if (asleep[i] == place)
            return 1;
    return 0;
}

uint64_t activity_dead(const struct activity *a)
{
    uint64_t dead = 0;
    int least = 0;

    /* Dead is what every thread still lists: those of the thread with the shortest list are asked.
     */
    for (int t = 1; t < a->engine->threads; t++)
        if (a->count[t] < a->count[least])
            least = t;
    for (size_t i = 0; i < a->count[least]; i++) {
        uint32_t place = a->asleep[(size_t)least * a->size + i];
        int listed = 1;
        for (int t = 0; t < a->engine->threads && listed; t++)
            listed = is_listed(a, t, place);
        dead += (uint64_t)listed;
    }
    return dead;
}

int activity_is_low(const struct activity *a)
{
    return a->images >= ACTIVITY_IMAGES &&
           activity_dead(a) * ACTIVITY_SHARE >= activity_features(a);
}
