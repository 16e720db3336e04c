/* The ring of slots: order, each slot once, any number of threads, and an end at any time. */
#include "check.h"

#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { SLOTS_MOST = 40, THREADS_MOST = 8 };

struct job {
    int input[SLOTS_MOST], output[SLOTS_MOST];
    atomic_int calls, wrong_thread;
    int threads;
};

/* Takes longer for some slots than for others. */
static void square(void *context, int thread, int slot)
{
    struct job *j = context;
    struct timespec nap = {0, 1000 * (j->input[slot] * 7919 % 50)};

    if (thread < 0 || thread >= j->threads)
        atomic_fetch_add(&j->wrong_thread, 1);
    nanosleep(&nap, NULL);
    j->output[slot] = j->input[slot] * j->input[slot];
    atomic_fetch_add(&j->calls, 1);
}

/* Sends 0 to n - 1 through a ring; what comes out must be their squares, in order. */
static void send(int threads, int slots, int n)
{
    struct job j = {.threads = threads};
    struct error e;
    struct ring *r = ring_new(threads, slots, square, &j, &e);
    int sent = 0, came = 0, right = 0, slot;

    if (!CHECK(r != NULL))
        return;
    for (;;) {
        while (sent < n && (slot = ring_free_slot(r)) >= 0) {
            j.input[slot] = sent++;
            ring_push(r);
        }
        if ((slot = ring_pull(r)) < 0)
            break;
        right += j.output[slot] == came * came;
        came++;
        ring_release(r);
    }
    CHECK(came == n && right == n && j.calls == n && j.wrong_thread == 0);
    ring_free(r);
}

static void test_order(void)
{
    for (int threads = 1; threads <= THREADS_MOST; threads++)
        for (int slots = 1; slots <= SLOTS_MOST; slots += 13)
            send(threads, slots, 100);
    send(2, 3, 0);
}

/* A slot that was pulled and not released comes again. */
static void test_pulled_again(void)
{
    struct job j = {.threads = 2};
    struct error e;
    struct ring *r = ring_new(2, 2, square, &j, &e);

    if (!CHECK(r != NULL))
        return;
    CHECK(ring_pull(r) == -1);
    for (int i = 0; i < 2; i++) {
        CHECK(ring_free_slot(r) == i);
        j.input[i] = 3 + i;
        ring_push(r);
    }
    CHECK(ring_free_slot(r) == -1);
    CHECK(ring_pull(r) == 0 && ring_pull(r) == 0 && j.output[0] == 9);
    CHECK(ring_free_slot(r) == -1);
    ring_release(r);
    CHECK(ring_free_slot(r) == 0);
    CHECK(ring_pull(r) == 1 && j.output[1] == 16);
    ring_free(r);
}

/* Freed while there is work to do, it ends. */
static void test_early_end(void)
{
    for (int i = 0; i < 50; i++) {
        struct job j = {.threads = 4};
        struct error e;
        struct ring *r = ring_new(4, SLOTS_MOST, square, &j, &e);
        if (!CHECK(r != NULL))
            return;
        for (int n = 0; n < i % SLOTS_MOST; n++)
            ring_push(r);
        ring_free(r);
        CHECK(j.calls <= i % SLOTS_MOST);
    }
    ring_free(NULL);
}

int main(void)
{
    RUN(test_order);
    RUN(test_pulled_again);
    RUN(test_early_end);
    return check_status();
}
