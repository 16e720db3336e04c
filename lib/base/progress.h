/*
 * Progress of long work on standard error: a bar that rewrites itself on a terminal, and lines that
 * stay. None of them is wider than the terminal, whose width is asked for each time.
 */
#ifndef ROTPIPE_BASE_PROGRESS_H
#define ROTPIPE_BASE_PROGRESS_H

#include <stdint.h>

/* Seconds on a clock that only goes forward. */
double seconds_now(void);

struct progress {
    int on; /* standard error is a terminal that rewrites lines, and nobody asked for quiet */
    double started; /* seconds_now() at the start of this piece of work */
    double shown;   /* and when the bar was last drawn */
};

/*
 * Prepares a bar; quiet turns it off. A terminal that cannot rewrite a line (TERM=dumb or unset)
 * counts as none.
 */
void progress_start(struct progress *p, int quiet);

/*
 * Draws the bar (at most ten times a second): title, share done, items/s, time left, then note,
 * whose parts have ", " between them. unit is the plural of what is counted ("images"). On a narrow
 * terminal the parts go from the right, then the bar.
 */
void progress_show(struct progress *p, const char *title, uint64_t done, uint64_t total,
                   const char *unit, const char *note);

/*
 * The same where nobody knows how many there will be: title, what is done, items/s, then note.
 */
void progress_count(struct progress *p, const char *title, uint64_t done, const char *unit,
                    const char *note);

/* Wipes the bar, so that a line can be printed in its place. */
void progress_clear(struct progress *p);

/*
 * Prints a line that stays, in the place of the bar. It loses parts from the right, at ", " or at
 * ": ", until it fits a terminal; where standard error is none, or not one that can rewrite a line,
 * it is complete. A reader that has gone does not matter.
 */
void progress_line(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Cuts a line at ", " or ": " until it has at most `width` columns; in the end wherever it must. */
void progress_fit(char *line, int width);

#endif
