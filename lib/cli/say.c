/* Messages about the history of a model, and progress that survives its reader. */
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

/* As an error it is one line whatever the name of the file is. */
static void say_of(const char *file, const char *what, const char *mark)
{
    struct error line;

    error_set(&line, "%s: %s%.*s", strcmp(file, "-") == 0 ? "standard input" : file, what,
              (int)strcspn(mark, "\n"), mark);
    note("%s", line.text);
}

void say_stopped(const char *file, const char *history)
{
    const char *how = history_mark(history, " stopped=");

    if (how)
        say_of(file, "training of this model was stopped by ", how);
}

/* True if headswap has put a fresh head behind what the mark is about. */
static int has_fresh_head(const char *mark)
{
    const char *step = mark;

    while ((step = strstr(step, "\nheadswap "))) {
        const char *head = strstr(++step, " -c ");
        if (head && head < step + strcspn(step, "\n"))
            return 1;
    }
    return 0;
}

void say_findings(const char *file, const char *history)
{
    const char *dead = history_mark(history, " dead="), *loss = history_mark(history, " loss=");
    unsigned long long n, of;

    if (dead && !has_fresh_head(dead) && sscanf(dead, "%llu/%llu", &n, &of) == 2) {
        char what[128];
        snprintf(what, sizeof what, "%llu of %llu features that the head reads are dead", n, of);
        say_of(file, what, "");
    }
    if (loss && !has_fresh_head(loss) && strncmp(loss, "chance", 6) == 0)
        say_of(file, "training did not reduce the loss below that of guessing", "");
}
