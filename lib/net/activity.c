/* Dead features: a flag for each one, and for each thread, of whether it was ever not zero. */
#include "net/activity.h"

#include <stdlib.h>
#include <string.h>

/* The features are the input of the last stage, the head. */
static const struct stage *head_of(const struct activity *a)
{
    return &a->engine->stage[a->engine->stages - 1];
}

int activity_start(struct activity *a, const struct engine *g, struct error *e)
{
    *a = (struct activity){.engine = g};
    a->size = head_of(a)->x.size;
    a->alive = calloc((size_t)g->threads * a->size, 1);
    return a->alive ? 0 : error_memory(e, "activity");
}

void activity_free(struct activity *a)
{
    free(a->alive);
    a->alive = NULL;
}

void activity_note(struct activity *a, int thread, int n)
{
    uint8_t *alive = a->alive + (size_t)thread * a->size;

    for (int s = 0; s < n; s++) {
        const float *x = engine_input(a->engine, thread, a->engine->stages - 1, s);
        for (size_t i = 0; i < a->size; i++)
            alive[i] |= x[i] != 0;
    }
}

uint64_t activity_features(const struct activity *a)
{
    const struct net *net = a->engine->net;

    return extent_size(net->layer[net->layers - 1].in);
}

uint64_t activity_dead(const struct activity *a)
{
    uint64_t alive = 0;

    /* Padding is zero, so it is never alive. */
    for (size_t i = 0; i < a->size; i++) {
        int any = 0;
        for (int t = 0; t < a->engine->threads && !any; t++)
            any = a->alive[(size_t)t * a->size + i];
        alive += (uint64_t)any;
    }
    return activity_features(a) - alive;
}

int activity_is_low(const struct activity *a)
{
    return a->images >= ACTIVITY_IMAGES &&
           activity_dead(a) * ACTIVITY_SHARE >= activity_features(a);
}
