/*
 * The signals that ask a training to stop.
 */
#ifndef ROTPIPE_STOPSIGNAL_H
#define ROTPIPE_STOPSIGNAL_H

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

enum { STOP_SIGNALS = 2 };

static const int stop_signal[STOP_SIGNALS] = {SIGINT, SIGTERM};

/*
 * The first SIGINT or SIGTERM while training asks it to stop after the batch in hand; the next ends
 * the program as ever. (A signal handler reaches nothing but what is static.)
 */
static atomic_int caught;

static void catch_signal(int signal_number)
{
    if (atomic_exchange(&caught, signal_number)) {
        signal(signal_number, SIG_DFL);
        raise(signal_number); /* held back until this handler returns */
    }
}

/* What a signal did before is kept in old[], for leave_signals. */
static void catch_signals(struct sigaction old[STOP_SIGNALS])
{
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (int i = 0; i < STOP_SIGNALS; i++)
        /* One that the caller has set to be ignored, as nohup and & do, stays so. */
        if (sigaction(stop_signal[i], NULL, &old[i]) == 0 && old[i].sa_handler != SIG_IGN)
            sigaction(stop_signal[i], &action, NULL);
}

/* From here on nobody asks any more whether to stop, so a signal does again what it did before. */
static void leave_signals(const struct sigaction old[STOP_SIGNALS])
{
    for (int i = 0; i < STOP_SIGNALS; i++)
        sigaction(stop_signal[i], &old[i], NULL);
}

static const char *caught_name(void)
{
    return atomic_load(&caught) == SIGINT ? "SIGINT" : "SIGTERM";
}

#endif
