/* The comparison of every file that rottrain writes with all others of the command. */
#include "cli/trainfiles.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

static int is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* True if the file that is written is this input. */
static int is_input(const char *written, const char *input)
{
    if (!input)
        return 0;
    return is_standard(input) ? path_is_open_as(written, STDIN_FILENO)
                              : path_same_file(written, input);
}

/* True if the file that is written is the result, too. */
static int is_output(const char *written, const char *output)
{
    if (output && !is_standard(output))
        return path_same_file(written, output);
    return path_is_open_as(written, STDOUT_FILENO) || path_descriptor(written) == STDOUT_FILENO;
}

/* Which input the path is; NULL: none. The state of --resume is --save's to replace. */
static const char *input_that_is(const struct train_files *f, const char *path)
{
    for (int i = 0; i < f->data_count || i == 0; i++)
        if (is_input(path, f->data_count ? f->data[i] : "-"))
            return "the training data";
    if (is_input(path, f->model))
        return "the model of -m";
    if (is_input(path, f->valid))
        return "the data of --valid";
    if (is_input(path, f->unlabelled))
        return "the data of --unlabelled";
    if (path != f->save && is_input(path, f->resume))
        return f->resume == f->save ? "the state of --state" : "the state of --resume";
    return NULL;
}

static int refuse(const char *option, const char *path, const char *what, struct error *e)
{
    return error_set(e, "%s: '%s' is also %s", option, path, what);
}

/* --save or --log (NULL: not given). */
static int check_written(const struct train_files *f, const char *option, const char *path,
                         struct error *e)
{
    const char *what;

    if (!path)
        return 0;
    if (!*path || is_standard(path))
        return error_set(e, "%s: '%s' is not a file name", option, path);
    what = input_that_is(f, path);
    if (!what && is_output(path, f->output))
        what = "the output";
    if (!what && path == f->log && f->save && path_same_file(path, f->save))
        what = "the saved state";
    return what ? refuse(option, path, what, e) : 0;
}

int trainfiles_check(const struct train_files *f, struct error *e)
{
    const char *what;

    if (f->output && !is_standard(f->output) && (what = input_that_is(f, f->output)))
        return refuse("-o", f->output, what, e);
    if (check_written(f, f->save_option, f->save, e) < 0)
        return -1;
    return check_written(f, "--log", f->log, e);
}
