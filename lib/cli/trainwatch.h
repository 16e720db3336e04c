/*
 * What rottrain tells of a training: a bar or a line per epoch and how it was stopped on standard
 * error, and the log.
 */
#ifndef ROTPIPE_CLI_TRAINWATCH_H
#define ROTPIPE_CLI_TRAINWATCH_H

#include <stdio.h>

#include "base/progress.h"
#include "train/train.h"

struct trainwatch {
    int epochs;
    const char *log_path; /* NULL: no log */

    struct progress progress; /* started by the caller, and cleared in the end */
    FILE *log;                /* NULL: none, or not open yet */
    struct ending end;        /* once training has ended */
};

/* Tells `w` all that happens; a training that is resumed opens w->log. It is stopped by stopsignal.
 */
struct train_listener trainwatch_listener(struct trainwatch *w);

/*
 * Says by which signal and when training was stopped and what is left of it: the model if
 * `partial`, the state if `saved`.
 */
void trainwatch_stopped(const struct trainwatch *w, int partial, int saved);

#endif
