/* Slots between one thread that fills and empties them and several that work on them. */
#include "base/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Counts only grow: slot i of all that are ever pushed lies in place i % slots. */
struct ring {
    int slots;
    ring_work *work;
    void *context;
    char *done; /* of each place: the work on it is done */
    uint64_t pushed, taken, released;
    int quit;
    pthread_mutex_t mutex;
    pthread_cond_t more;     /* something was pushed, or quit */
    pthread_cond_t finished; /* the work on a slot is done */
    int started;             /* threads to join */
    pthread_t *threads;
};

struct worker {
    struct ring *ring;
    int thread;
};

/* Works on the next slot; the mutex is held before and after, and not meanwhile. */
static void work_on_next(struct ring *r, int thread)
{
    int slot = (int)(r->taken++ % (uint64_t)r->slots);

    pthread_mutex_unlock(&r->mutex);
    r->work(r->context, thread, slot);
    pthread_mutex_lock(&r->mutex);
    r->done[slot] = 1;
    pthread_cond_signal(&r->finished);
}

static void *worker_main(void *argument)
{
    struct worker *w = argument;
    struct ring *r = w->ring;
    int thread = w->thread;

    free(w);
    pthread_mutex_lock(&r->mutex);
    while (!r->quit)
        if (r->taken < r->pushed)
            work_on_next(r, thread);
        else
            pthread_cond_wait(&r->more, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* 0, or why it cannot: an errno. */
static int start_worker(struct ring *r, int thread)
{
    struct worker *w = malloc(sizeof *w);
    int wrong;

    if (!w)
        return ENOMEM;
    *w = (struct worker){r, thread};
    wrong = pthread_create(&r->threads[r->started], NULL, worker_main, w);
    if (wrong)
        free(w);
    return wrong;
}

struct ring *ring_new(int threads, int slots, ring_work *work, void *context, struct error *e)
{
    struct ring *r = calloc(1, sizeof *r);

    if (!r || !(r->threads = calloc((size_t)threads, sizeof *r->threads)) ||
        !(r->done = calloc((size_t)slots, 1))) {
        if (r)
            free(r->threads);
        free(r);
        error_memory(e, "threads");
        return NULL;
    }
    r->slots = slots;
    r->work = work;
    r->context = context;
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->more, NULL);
    pthread_cond_init(&r->finished, NULL);
    for (; r->started < threads - 1; r->started++) {
        int wrong = start_worker(r, r->started + 1);
        if (wrong) {
            error_set(e, "threads: cannot start %d: %s", threads, strerror(wrong));
            ring_free(r);
            return NULL;
        }
    }
    return r;
}

/* Only the caller changes what this looks at. */
int ring_free_slot(const struct ring *r)
{
    return r->pushed - r->released < (uint64_t)r->slots ? (int)(r->pushed % (uint64_t)r->slots)
                                                        : -1;
}

void ring_push(struct ring *r)
{
    pthread_mutex_lock(&r->mutex);
    r->done[r->pushed++ % (uint64_t)r->slots] = 0;
    pthread_cond_signal(&r->more);
    pthread_mutex_unlock(&r->mutex);
}

int ring_pull(struct ring *r)
{
    int slot = (int)(r->released % (uint64_t)r->slots);

    if (r->released == r->pushed)
        return -1;
    pthread_mutex_lock(&r->mutex);
    while (!r->done[slot])
        if (r->taken < r->pushed)
            work_on_next(r, 0);
        else
            pthread_cond_wait(&r->finished, &r->mutex);
    pthread_mutex_unlock(&r->mutex);
    return slot;
}

void ring_release(struct ring *r)
{
    r->released++;
}

void ring_free(struct ring *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->mutex);
    r->quit = 1;
    pthread_cond_broadcast(&r->more);
    pthread_mutex_unlock(&r->mutex);
    for (int i = 0; i < r->started; i++)
        pthread_join(r->threads[i], NULL);
    pthread_cond_destroy(&r->more);
    pthread_cond_destroy(&r->finished);
    pthread_mutex_destroy(&r->mutex);
    free(r->threads);
    free(r->done);
    free(r);
}
