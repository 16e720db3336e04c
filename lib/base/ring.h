/*
 * A ring of slots, which threads work on while the caller fills the next ones; the caller takes
 * them back in the order in which it has filled them.
 */
#ifndef ROTPIPE_BASE_RING_H
#define ROTPIPE_BASE_RING_H

#include "base/error.h"

struct ring;

/* Called once for every slot that is pushed; thread is in [0, threads), 0 being the caller. */
typedef void ring_work(void *context, int thread, int slot);

/*
 * A ring of `slots` slots, on which `threads` threads work, the caller among them: it works while
 * it waits in ring_pull. NULL on error. Freed by ring_free.
 */
struct ring *ring_new(int threads, int slots, ring_work *work, void *context, struct error *e);

/* The slot that is to be filled next; -1 if none is free. */
int ring_free_slot(const struct ring *r);

/* Hands the slot that ring_free_slot has named to the threads. */
void ring_push(struct ring *r);

/* The oldest slot that was pushed, when the work on it is done; -1 if there is none. */
int ring_pull(struct ring *r);

/* The slot that ring_pull has named is free again. */
void ring_release(struct ring *r);

/* Ends the threads; what is still to be worked on is left alone. NULL is allowed. */
void ring_free(struct ring *r);

#endif
