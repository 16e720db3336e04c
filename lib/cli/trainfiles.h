/*
 * The files of a training: a file that is written must not be one that is read, nor another one
 * that is written. (base/files.h sees to that wherever a file is opened; here it is seen before any
 * file is opened, and also for files that do not exist yet.)
 */
#ifndef ROTPIPE_CLI_TRAINFILES_H
#define ROTPIPE_CLI_TRAINFILES_H

#include "base/error.h"

/* Paths as the options have them: NULL if not given, "-" for a standard stream. */
struct train_files {
    const char *output, *save, *log;                         /* written */
    const char *model, *valid, *unlabelled, *resume, **data; /* read */
    int data_count;                                          /* 0: standard input */
    const char *save_option;                                 /* by which save was given */
};

/* 0, or -1 and which file must be another one. */
int trainfiles_check(const struct train_files *f, struct error *e);

#endif
