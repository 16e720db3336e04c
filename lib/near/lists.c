/* Lists of nearest neighbours that several threads fill. */
#include "near/lists.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int lists_make(struct lists *l, uint64_t n, int k, struct error *e)
{
    uint64_t most = n * (uint64_t)k;

    l->n = n;
    l->k = k;
    for (int i = 0; i < LISTS_LOCKS; i++)
        pthread_mutex_init(&l->lock[i], NULL);
    l->distance = malloc(most * sizeof *l->distance);
    l->index = malloc(most * sizeof *l->index);
    l->state = malloc(most * sizeof *l->state);
    l->radius = malloc(n * sizeof *l->radius);
    if (!l->distance || !l->index || !l->state || !l->radius)
        return error_memory(e, "neighbours");
    for (uint64_t i = 0; i < most; i++) {
        l->distance[i] = INFINITY;
        l->index[i] = UINT32_MAX;
        l->state[i] = LIST_OLD;
    }
    for (uint64_t i = 0; i < n; i++)
        atomic_init(&l->radius[i], INFINITY);
    return 0;
}

void lists_free(struct lists *l)
{
    for (int i = 0; l->k && i < LISTS_LOCKS; i++)
        pthread_mutex_destroy(&l->lock[i]);
    free(l->distance);
    free(l->index);
    free(l->state);
    free((void *)l->radius);
    *l = (struct lists){0};
}

static int holds(const struct lists *l, uint32_t point, uint32_t other)
{
    const uint32_t *index = l->index + (uint64_t)point * (uint64_t)l->k;
    int found = 0;

    for (int i = 0; i < l->k; i++)
        found |= index[i] == other;
    return found;
}

int lists_hold(struct lists *l, uint32_t point, uint32_t other)
{
    pthread_mutex_t *lock = &l->lock[point % LISTS_LOCKS];
    int found;

    pthread_mutex_lock(lock);
    found = holds(l, point, other);
    pthread_mutex_unlock(lock);
    return found;
}

static void insert(struct lists *l, uint32_t point, uint32_t other, double far)
{
    uint64_t first = (uint64_t)point * (uint64_t)l->k;
    double *distance = l->distance + first;
    uint32_t *index = l->index + first;
    uint8_t *state = l->state + first;
    int at = l->k;

    while (at > 0 && (far < distance[at - 1] || (far == distance[at - 1] && other < index[at - 1])))
        at--;
    if (at == l->k || holds(l, point, other))
        return;
    memmove(distance + at + 1, distance + at, (size_t)(l->k - 1 - at) * sizeof *distance);
    memmove(index + at + 1, index + at, (size_t)(l->k - 1 - at) * sizeof *index);
    memmove(state + at + 1, state + at, (size_t)(l->k - 1 - at) * sizeof *state);
    distance[at] = far;
    index[at] = other;
    state[at] = LIST_NEW;
    if (distance[l->k - 1] < INFINITY)
        atomic_store_explicit(&l->radius[point], nextafterf((float)distance[l->k - 1], INFINITY),
                              memory_order_relaxed);
}

void lists_offer(struct lists *l, uint32_t point, uint32_t other, double distance)
{
    pthread_mutex_t *lock = &l->lock[point % LISTS_LOCKS];

    if (distance > (double)atomic_load_explicit(&l->radius[point], memory_order_relaxed))
        return;
    pthread_mutex_lock(lock);
    insert(l, point, other, distance);
    pthread_mutex_unlock(lock);
}
