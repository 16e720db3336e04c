#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/sigpipe.h"
#include "cli/cli.h"
#include "rts/history.h"

void say(const char *format, ...)
{
    struct sigpipe held;
    va_list ap;

    sigpipe_hold(&held);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    sigpipe_release(&held);
}

void say_stopped(const char *file, const char *history)
{
    struct error line;
    const char *how = history_stopped(history);

    if (!how)
        return;
    /* As an error it is one line whatever the name of the file is. */
    error_set(&line, "%s: the model of a training that was stopped by %.*s",
              strcmp(file, "-") == 0 ? "standard input" : file, (int)strcspn(how, "\n"), how);
    note("%s", line.text);
}
