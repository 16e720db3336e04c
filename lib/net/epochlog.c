#include "net/epochlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char header[] =
    "epoch\tloss\taccuracy\tvalid_loss\tvalid_accuracy\tlr\timages_per_second\tseconds\n";

static FILE *failed(const char *path, struct error *e)
{
    error_set(e, "%s: %s", path, strerror(errno));
    return NULL;
}

FILE *epochlog_create(const char *path, struct error *e)
{
    FILE *log = fopen(path, "w");

    if (!log)
        return failed(path, e);
    fputs(header, log);
    if (fflush(log) != 0) {
        failed(path, e);
        fclose(log);
        return NULL;
    }
    return log;
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

    if (stat(path, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size == 0)
        return epochlog_create(path, e);
    log = fopen(path, "r+");
    if (!log)
        return failed(path, e);
    end = end_of(log, epochs);
    if (end == 0) {
        fclose(log);
        error_set(e, "%s: is no log of a training, to go on with", path);
        return NULL;
    }
    if (ftruncate(fileno(log), end) < 0 || fseeko(log, end, SEEK_SET) < 0) {
        failed(path, e);
        fclose(log);
        return NULL;
    }
    return log;
}

void epochlog_add(FILE *log, const struct epoch *ep)
{
    char valid[64] = "-\t-";

    if (ep->has_valid)
        snprintf(valid, sizeof valid, "%.6f\t%.6f", ep->valid_loss, ep->valid_accuracy);
    fprintf(log, "%d\t%.6f\t%.6f\t%s\t%.9g\t%.1f\t%.3f\n", ep->number, ep->loss, ep->accuracy,
            valid, ep->lr, ep->images_per_second, ep->seconds);
    fflush(log);
}

int epochlog_close(FILE *log, const char *path, struct error *e)
{
    int bad = log && ferror(log);

    if (log && (fclose(log) != 0 || bad))
        return error_set(e, "%s: cannot write", path);
    return 0;
}
