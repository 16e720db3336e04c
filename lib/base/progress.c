/* The progress bar, cut to the width of the terminal. */
#include "base/progress.h"

#include "base/sigpipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_MOST = 24, BAR_LEAST = 8, LINE_BYTES = 512, PART_BYTES = 200, WIDTH_DEFAULT = 80 };

double seconds_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The columns of the terminal on standard error as they are now. */
static int columns(void)
{
    const char *text = getenv("COLUMNS");
    long width = 0;

#ifdef TIOCGWINSZ
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
#endif
    if (width == 0 && text)
        width = strtol(text, NULL, 10);
    return width > 0 && width < LINE_BYTES ? (int)width : WIDTH_DEFAULT;
}

static int can_rewrite(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

void progress_start(struct progress *p, int quiet)
{
    p->on = !quiet && can_rewrite();
    p->started = seconds_now();
    p->shown = 0;
}

/* Where the last part of a line begins, which is longer than its first part; or NULL. */
static char *last_part(char *line)
{
    char *at = NULL;

    for (char *p = line; *p; p++)
        if ((p[0] == ',' || p[0] == ':') && p[1] == ' ')
            at = p;
    return at;
}

void progress_fit(char *line, int width)
{
    char *part;

    while ((int)strlen(line) > width && (part = last_part(line)))
        *part = '\0';
    if ((int)strlen(line) > width)
        line[width > 0 ? width : 0] = '\0';
}

/* The line of a bar of so many cells: title, bar and what comes behind it. */
static void compose(char line[LINE_BYTES], const char *title, int cells, double share,
                    const char *behind)
{
    char bar[BAR_MOST + 1];
    int done = (int)(cells * share);

    memset(bar, '.', sizeof bar);
    memset(bar, '#', (size_t)done);
    snprintf(line, LINE_BYTES, "%.*s%s%.*s%s%.*s", PART_BYTES, title, cells ? " [" : "", cells, bar,
             cells ? "]" : "", PART_BYTES, behind);
}

/* Fills line with as much as fits: parts go from the right while the bar keeps a few cells. */
static void lay_out(char line[LINE_BYTES], int width, const char *title, double share, char *behind)
{
    int fixed = (int)strlen(title) + (int)strlen(" []"), room = width - fixed - BAR_LEAST;
    int percent = (int)strcspn(behind, ","), cells;

    progress_fit(behind, room > percent ? room : percent);
    cells = width - fixed - (int)strlen(behind);
    if (cells > BAR_MOST)
        cells = BAR_MOST;
    compose(line, title, cells < BAR_LEAST ? 0 : cells, share, behind);
    progress_fit(line, width);
}

/* Whether it is time to draw the bar once more; if so, it counts as drawn. */
static int is_due(struct progress *p)
{
    double now;

    if (!p->on)
        return 0;
    now = seconds_now();
    if (now - p->shown < 0.1)
        return 0;
    p->shown = now;
    return 1;
}

/* Items per second since the work has begun. */
static double rate_of(const struct progress *p, uint64_t done)
{
    return p->shown > p->started ? (double)done / (p->shown - p->started) : 0;
}

static void draw(const char *line)
{
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
}

void progress_show(struct progress *p, const char *title, uint64_t done, uint64_t total,
                   const char *unit, const char *note)
{
    char line[LINE_BYTES], behind[PART_BYTES];
    double rate, share;

    if (total == 0 || !is_due(p))
        return;
    rate = rate_of(p, done);
    share = (double)done / (double)total;
    snprintf(behind, sizeof behind, " %3d%%, %.0f %s/s, %.0f s left%s%s", (int)(100 * share), rate,
             unit, rate > 0 ? (double)(total - done) / rate : 0, note && *note ? ", " : "",
             note ? note : "");
    /* The last column stays free: some terminals go on to the next line when it is written to. */
    lay_out(line, columns() - 1, title, share, behind);
    draw(line);
}

void progress_count(struct progress *p, const char *title, uint64_t done, const char *unit,
                    const char *note)
{
    char line[LINE_BYTES];

    if (!is_due(p))
        return;
    snprintf(line, sizeof line, "%.*s: %llu %s, %.0f %s/s%s%s", PART_BYTES, title,
             (unsigned long long)done, unit, rate_of(p, done), unit, note && *note ? ", " : "",
             note ? note : "");
    progress_fit(line, columns() - 1);
    draw(line);
}

void progress_clear(struct progress *p)
{
    if (p->on && p->shown > 0)
        fputs("\r\033[K", stderr);
    p->shown = 0;
}

void progress_line(struct progress *p, const char *format, ...)
{
    char line[LINE_BYTES];
    struct sigpipe held;
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (p->on)
        progress_fit(line, columns());
    progress_clear(p);
    sigpipe_hold(&held);
    fprintf(stderr, "%s\n", line);
    sigpipe_release(&held);
}
