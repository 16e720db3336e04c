/*
 * A team of threads for short, repeated work: they spin a little between two jobs before they
 * sleep, so that a training step of a millisecond does not pay for waking them.
 */
#ifndef ROTPIPE_BASE_THREADS_H
#define ROTPIPE_BASE_THREADS_H

#include "base/error.h"

struct team;

/* Called once for every task of a job; thread is in [0, team_size), task in [0, tasks). */
typedef void team_work(void *context, int thread, int task);

/* The processors that this process may use, at least 1. */
int team_default_size(void);

/*
 * A team of `size` threads, the caller among them; NULL on error. Freed by team_free. In all of
 * them, the caller too and from then on, floats too small to be normalized count as zero.
 */
struct team *team_new(int size, struct error *e);
int team_size(const struct team *t);

/*
 * Runs work(context, thread, task) for task 0 to tasks - 1 and returns when all are done. Which
 * thread takes which task is not fixed: a result must not depend on it.
 */
void team_run(struct team *t, team_work *work, void *context, int tasks);

/* NULL is allowed. */
void team_free(struct team *t);

#endif
