/*
 * The table of a training's epochs: tab-separated text, a header and one line per epoch.
 */
#ifndef ROTPIPE_TRAIN_EPOCHLOG_H
#define ROTPIPE_TRAIN_EPOCHLOG_H

#include <stdio.h>

#include "train/train.h"

/*
 * Opens path for a fresh table, in the place of what was there, and writes its header; an open file
 * of the program's own (/dev/stderr) is written on. A file that this process reads is refused. NULL
 * on error; closed by epochlog_close.
 */
FILE *epochlog_create(const char *path, struct error *e);

/*
 * Opens the table of a training that was cut off after so many epochs, to go on behind them: what
 * is there of later ones, or of a line that is cut, is taken away. A table that is not there, or no
 * regular file, is begun afresh. NULL on error.
 */
FILE *epochlog_continue(const char *path, int epochs, struct error *e);

/* Adds a line. Whether that has failed, as where its reader has gone, is told when it is closed. */
void epochlog_add(FILE *log, const struct epoch *ep);

/* log may be NULL. 0, or -1 if not everything is written. */
int epochlog_close(FILE *log, const char *path, struct error *e);

#endif
