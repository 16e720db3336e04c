/* SIGPIPE held back for one thread while it writes. */
#include "base/sigpipe.h"

#include <errno.h>
#include <pthread.h>

static void only_sigpipe(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

static int is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void sigpipe_hold(struct sigpipe *s)
{
    sigset_t set;

    only_sigpipe(&set);
    s->pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &set, &s->mask);
}

/* A signal that a write has raised meanwhile is for this thread; it is taken away. */
void sigpipe_release(const struct sigpipe *s)
{
    int kept = errno, number;
    sigset_t set;

    only_sigpipe(&set);
    if (!s->pending && is_pending())
        sigwait(&set, &number);
    pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
    errno = kept;
}
