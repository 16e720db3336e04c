/* The log of epochs as a file that is begun or continued. */
#include "train/epochlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/path.h"
#include "base/rate.h"
#include "base/sigpipe.h"

static const char header[] =
    "epoch\tloss\taccuracy\tvalid_loss\tvalid_accuracy\tlr\timages_per_second\tseconds\tconfident\t"
    "wrong\trotation\n";

static FILE *failed(const char *path, struct error *e)
{
    error_set(e, "%s: %s", path, strerror(errno));
    return NULL;
}

/* Closes what has come to nothing; errno is kept. */
static FILE *give_up(int fd, const char *path, struct error *e)
{
    failed(path, e);
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* The log in this file, which must not be an input; it is not touched before that is known. */
static FILE *open_log(const char *path, int flags, const char *mode, struct error *e)
{
    int fd = path_open_in_place(path, flags);
    struct stat st;
    FILE *log;

    if (fd < 0 || fstat(fd, &st) < 0)
        return give_up(fd, path, e);
    if (files_write(&st, path, e) < 0) {
        close(fd);
        return NULL;
    }
    log = fdopen(fd, mode);
    if (log)
        return log;
    files_written(&st);
    return give_up(fd, path, e);
}

static void close_log(FILE *log)
{
    struct error unsaid;

    epochlog_close(log, "", &unsaid);
}

/* An open file of the program's own is written on from where it is. */
static int begins_anew(FILE *log, const char *path)
{
    struct stat st;

    return fstat(fileno(log), &st) == 0 && S_ISREG(st.st_mode) && path_descriptor(path) < 0;
}

/* Whoever reads a log in a pipe may go before the training ends. */
static int put(FILE *log, const char *line)
{
    struct sigpipe held;
    int bad;

    sigpipe_hold(&held);
    bad = fputs(line, log) < 0 || fflush(log) != 0;
    sigpipe_release(&held);
    return bad ? -1 : 0;
}

FILE *epochlog_create(const char *path, struct error *e)
{
    FILE *log = open_log(path, O_WRONLY | O_CREAT, "w", e);

    if (!log)
        return NULL;
    if ((!begins_anew(log, path) || ftruncate(fileno(log), 0) == 0) && put(log, header) == 0)
        return log;
    failed(path, e);
    close_log(log);
    return NULL;
}

/* Where the lines of these epochs end; 0 if the file is no such table. */
static off_t end_of(FILE *log, int epochs)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n = getline(&line, &capacity, log);
    off_t end = n >= 0 && strcmp(line, header) == 0 ? n : 0;

    while (end && (n = getline(&line, &capacity, log)) > 0 && line[n - 1] == '\n' &&
           strtol(line, NULL, 10) >= 1 && strtol(line, NULL, 10) <= epochs)
        end += n;
    free(line);
    return end;
}

FILE *epochlog_continue(const char *path, int epochs, struct error *e)
{
    struct stat s;
    FILE *log;
    off_t end;

    if (stat(path, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size == 0 || path_descriptor(path) >= 0)
        return epochlog_create(path, e);
    log = open_log(path, O_RDWR, "r+", e);
    if (!log)
        return NULL;
    end = end_of(log, epochs);
    if (end == 0) {
        close_log(log);
        error_set(e, "%s: is not a training log, so it cannot be continued", path);
        return NULL;
    }
    if (ftruncate(fileno(log), end) < 0 || fseeko(log, end, SEEK_SET) < 0) {
        failed(path, e);
        close_log(log);
        return NULL;
    }
    return log;
}

void epochlog_add(FILE *log, const struct epoch *ep)
{
    char valid[400] = "-\t-", line[1024], accuracy[RATE_BYTES];
    char confident[RATE_BYTES] = "-", wrong[RATE_BYTES] = "-", rotation[RATE_BYTES] = "-";

    if (ep->has_valid)
        snprintf(valid, sizeof valid, "%.6f\t%s", ep->valid_loss,
                 rate_text(ep->valid_accuracy, 6, accuracy));
    if (ep->has_unlabelled)
        rate_text(ep->confident, 6, confident);
    if (ep->has_wrong)
        rate_text(ep->wrong, 6, wrong);
    if (ep->has_rotation)
        rate_text(ep->rotation, 6, rotation);
    snprintf(line, sizeof line, "%d\t%.6f\t%s\t%s\t%.9g\t%.1f\t%.3f\t%s\t%s\t%s\n", ep->number,
             ep->loss, rate_text(ep->accuracy, 6, accuracy), valid, ep->lr, ep->images_per_second,
             ep->seconds, confident, wrong, rotation);
    put(log, line);
}

int epochlog_close(FILE *log, const char *path, struct error *e)
{
    struct sigpipe held;
    struct stat st;
    int bad;

    if (!log)
        return 0;
    bad = ferror(log);
    if (fstat(fileno(log), &st) == 0)
        files_written(&st);
    sigpipe_hold(&held);
    bad |= fclose(log) != 0;
    sigpipe_release(&held);
    return bad ? error_set(e, "%s: cannot write", path) : 0;
}
