/*
 * Writing to what nobody may read any more without dying of it: a log or a message is worth less
 * than the result. (Where the result goes SIGPIPE ends a filter, as it should.)
 */
#ifndef ROTPIPE_BASE_SIGPIPE_H
#define ROTPIPE_BASE_SIGPIPE_H

#include <signal.h>

struct sigpipe {
    sigset_t mask;
    int pending;
};

/* From here to sigpipe_release a write by this thread to a broken pipe fails with EPIPE only. */
void sigpipe_hold(struct sigpipe *s);

/* Keeps errno. */
void sigpipe_release(const struct sigpipe *s);

#endif
