/* The handler of SIGINT and SIGTERM. */
#include "cli/stopsignal.h"

#include <stdatomic.h>
#include <stddef.h>

static const int stop_signal[STOP_SIGNALS] = {SIGINT, SIGTERM};

/* A signal handler reaches nothing but what is static. */
static atomic_int caught;

static void catch_signal(int signal_number)
{
    if (atomic_exchange(&caught, signal_number)) {
        signal(signal_number, SIG_DFL);
        raise(signal_number); /* held back until this handler returns */
    }
}

void stopsignal_catch(struct stopsignal *s)
{
    struct sigaction action = {.sa_handler = catch_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (int i = 0; i < STOP_SIGNALS; i++)
        if (sigaction(stop_signal[i], NULL, &s->old[i]) == 0 && s->old[i].sa_handler != SIG_IGN)
            sigaction(stop_signal[i], &action, NULL);
}

void stopsignal_leave(const struct stopsignal *s)
{
    for (int i = 0; i < STOP_SIGNALS; i++)
        sigaction(stop_signal[i], &s->old[i], NULL);
}

int stopsignal_caught(void)
{
    return atomic_load(&caught);
}

const char *stopsignal_name(void)
{
    return stopsignal_caught() == SIGINT ? "SIGINT" : "SIGTERM";
}

void stopsignal_die(void)
{
    signal(stopsignal_caught(), SIG_DFL);
    raise(stopsignal_caught());
}
