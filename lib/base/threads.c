/* A team of POSIX threads that take the tasks of one job after the other. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "base/threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * How often a waiting thread looks before it sleeps: about 20 to 50 microseconds. Where there are
 * more threads than processors nobody spins, since the one waited for needs the processor.
 */
enum { SPINS = 2000 };

struct team {
    int size;
    int spins;
    int started; /* threads to join */
    pthread_t *threads;

    /* One job: published by a new generation, finished when idle threads reach `started`. */
    team_work *work;
    void *context;
    int tasks;
    atomic_int next_task;
    atomic_uint generation;
    atomic_int finished;
    atomic_int quit;

    pthread_mutex_t mutex;
    pthread_cond_t wake; /* a new generation */
    pthread_cond_t done; /* the last thread has finished */
    int sleepers;
    int caller_sleeps;
};

struct member {
    struct team *team;
    int thread;
};

int team_default_size(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

/*
 * Numbers too small for a normalized float count as zero from here on, in this thread. Gradients
 * of examples that are learnt well get that small, and a processor that has to compute with them
 * exactly takes a hundred times as long.
 */
static void flush_denormals(void)
{
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); /* FTZ, DAZ */
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | (uint64_t)1 << 24));
#endif
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_tasks(struct team *t, int thread)
{
    int task;

    while ((task = atomic_fetch_add(&t->next_task, 1)) < t->tasks)
        t->work(t->context, thread, task);
}

/* Returns the generation that differs from `seen`, after a spin and, if need be, a sleep. */
static unsigned wait_for_job(struct team *t, unsigned seen)
{
    for (int i = 0; i < t->spins; i++) {
        if (atomic_load_explicit(&t->generation, memory_order_acquire) != seen)
            return atomic_load(&t->generation);
        relax();
    }
    pthread_mutex_lock(&t->mutex);
    t->sleepers++;
    while (atomic_load(&t->generation) == seen)
        pthread_cond_wait(&t->wake, &t->mutex);
    t->sleepers--;
    pthread_mutex_unlock(&t->mutex);
    return atomic_load(&t->generation);
}

static void *member_main(void *argument)
{
    struct member *m = argument;
    struct team *t = m->team;
    int thread = m->thread;
    unsigned seen = 0;

    free(m);
    flush_denormals();
    for (;;) {
        seen = wait_for_job(t, seen);
        if (atomic_load(&t->quit))
            return NULL;
        take_tasks(t, thread);
        if (atomic_fetch_add(&t->finished, 1) + 1 == t->started) {
            pthread_mutex_lock(&t->mutex);
            if (t->caller_sleeps)
                pthread_cond_signal(&t->done);
            pthread_mutex_unlock(&t->mutex);
        }
    }
}

static void publish(struct team *t)
{
    pthread_mutex_lock(&t->mutex);
    atomic_fetch_add_explicit(&t->generation, 1, memory_order_release);
    if (t->sleepers)
        pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->mutex);
}

/* 0, or why it cannot: an errno. */
static int start_member(struct team *t, int thread)
{
    struct member *m = malloc(sizeof *m);
    int wrong;

    if (!m)
        return ENOMEM;
    *m = (struct member){t, thread};
    wrong = pthread_create(&t->threads[t->started], NULL, member_main, m);
    if (wrong)
        free(m);
    return wrong;
}

struct team *team_new(int size, struct error *e)
{
    struct team *t = calloc(1, sizeof *t);
    int members = 0;

    if (!t || !(t->threads = calloc((size_t)size, sizeof *t->threads))) {
        free(t);
        error_memory(e, "threads");
        return NULL;
    }
    flush_denormals();
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->wake, NULL);
    pthread_cond_init(&t->done, NULL);
    t->spins = size <= team_default_size() ? SPINS : 0;
    for (; members < size - 1; members++) {
        int wrong = start_member(t, members + 1);
        if (wrong) {
            error_set(e, "threads: cannot start %d: %s", size, strerror(wrong));
            team_free(t);
            return NULL;
        }
        t->started = members + 1;
    }
    t->size = size;
    return t;
}

int team_size(const struct team *t)
{
    return t->size;
}

static void wait_until_finished(struct team *t)
{
    for (int i = 0; i < t->spins; i++) {
        if (atomic_load_explicit(&t->finished, memory_order_acquire) == t->started)
            return;
        relax();
    }
    pthread_mutex_lock(&t->mutex);
    t->caller_sleeps = 1;
    while (atomic_load(&t->finished) != t->started)
        pthread_cond_wait(&t->done, &t->mutex);
    t->caller_sleeps = 0;
    pthread_mutex_unlock(&t->mutex);
}

void team_run(struct team *t, team_work *work, void *context, int tasks)
{
    if (t->started == 0 || tasks == 1) {
        for (int task = 0; task < tasks; task++)
            work(context, 0, task);
        return;
    }
    t->work = work;
    t->context = context;
    t->tasks = tasks;
    atomic_store(&t->next_task, 0);
    atomic_store(&t->finished, 0);
    publish(t);
    take_tasks(t, 0);
    wait_until_finished(t);
}

void team_free(struct team *t)
{
    if (!t)
        return;
    atomic_store(&t->quit, 1);
    publish(t);
    for (int i = 0; i < t->started; i++)
        pthread_join(t->threads[i], NULL);
    pthread_cond_destroy(&t->done);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->mutex);
    free(t->threads);
    free(t);
}
