#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 24 };

double seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(struct progress *p, int quiet)
{
    p->on = !quiet && isatty(STDERR_FILENO);
    p->started = seconds_now();
    p->shown = 0;
}

void progress_show(struct progress *p, const char *title, uint64_t done, uint64_t total,
                   const char *unit, const char *note)
{
    char bar[BAR_CELLS + 1];
    double now, rate;
    int cells;

    if (!p->on || total == 0)
        return;
    now = seconds_now();
    if (now - p->shown < 0.1)
        return;
    p->shown = now;
    rate = now > p->started ? (double)done / (now - p->started) : 0;
    cells = (int)(BAR_CELLS * done / total);
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < cells ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    fprintf(stderr, "\r%s [%s] %3d%% %.0f %s/s, %.0f s left%s%s\033[K", title, bar,
            (int)(100 * done / total), rate, unit, rate > 0 ? (double)(total - done) / rate : 0,
            note && *note ? ", " : "", note ? note : "");
    fflush(stderr);
}

void progress_clear(struct progress *p)
{
    if (p->on && p->shown > 0)
        fputs("\r\033[K", stderr);
    p->shown = 0;
}
