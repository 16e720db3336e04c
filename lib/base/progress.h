/*
 * Progress of long work on standard error: a bar that rewrites itself on a terminal.
 */
#ifndef ROTPIPE_BASE_PROGRESS_H
#define ROTPIPE_BASE_PROGRESS_H

#include <stdint.h>

/* Seconds on a clock that only goes forward. */
double seconds_now(void);

struct progress {
    int on;         /* standard error is a terminal and nobody asked for quiet */
    double started; /* seconds_now() at the start of this piece of work */
    double shown;   /* and when the bar was last drawn */
};

/* Prepares a bar; quiet turns it off. */
void progress_start(struct progress *p, int quiet);

/*
 * Draws the bar (at most ten times a second): title, share done, items/s, time left, then note.
 * unit is the plural of what is counted ("images").
 */
void progress_show(struct progress *p, const char *title, uint64_t done, uint64_t total,
                   const char *unit, const char *note);

/* Wipes the bar, so that a line can be printed in its place. */
void progress_clear(struct progress *p);

#endif
