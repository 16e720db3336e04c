/*
 * The files of a training: none that is written may be one that is read, or another that is
 * written.
 */
#ifndef ROTPIPE_TRAINFILES_H
#define ROTPIPE_TRAINFILES_H

#include "base/path.h"
#include "cli/cli.h"

#include <unistd.h>

/* Paths as the options have them: NULL if not given, "-" for a standard stream. */
struct train_files {
    const char *output, *save, *log;            /* written */
    const char *model, *valid, *resume, **data; /* read */
    int data_count;                             /* 0: standard input */
};

/* True if the file that is written is this input. */
static inline int is_input(const char *written, const char *input)
{
    if (!input)
        return 0;
    return strcmp(input, "-") == 0 ? path_is_open_as(written, STDIN_FILENO)
                                   : path_same_file(written, input);
}

/* True if the file that is written is the result, too. */
static inline int is_output(const char *written, const char *output)
{
    return !output || strcmp(output, "-") == 0 ? path_is_open_as(written, STDOUT_FILENO)
                                               : path_same_file(written, output);
}

/* Refuses --save or --log (NULL: not given) where what is written would destroy something. */
static inline void check_written(const struct train_files *f, const char *option, const char *path)
{
    const char *what = NULL;

    if (!path)
        return;
    if (!*path || strcmp(path, "-") == 0)
        misused("%s needs a file of its own", option);
    for (int i = 0; i < f->data_count || i == 0; i++)
        if (is_input(path, f->data_count ? f->data[i] : "-"))
            what = "the training data";
    if (is_input(path, f->model))
        what = "the model of -m";
    if (is_input(path, f->valid))
        what = "the data of --valid";
    if (path == f->log && is_input(path, f->resume))
        what = "the state of --resume";
    if (is_output(path, f->output))
        what = "where the model goes";
    if (path == f->log && f->save && path_same_file(path, f->save))
        what = "where --save writes";
    if (what)
        misused("%s needs a file of its own: '%s' is %s", option, path, what);
}

static inline void check_files(const struct train_files *f)
{
    if (f->output && !*f->output)
        misused("-o: the name of the file is empty");
    check_written(f, "--save", f->save);
    check_written(f, "--log", f->log);
}

#endif
