/* Lists of files, read once, or twice if they tell classes. */
#include "import/filelist.h"

#include "base/input.h"
#include "base/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path and a class of the longest. */
enum { ENTRY_BYTES = 2 * 4096 + 2, PIECE_BYTES = 1 << 16 };

struct filelist {
    const char *path;
    int nul;
    off_t start; /* where standard input stood; negative: it cannot be sought in */
    struct input *in;
    unsigned long long line; /* from 1 */
    int labelled;            /* entries have classes; negative: not known yet */
    int again;               /* the entry in hand is the next one, too */
    size_t length;           /* of the entry */
    char *class;             /* in it, or NULL */
    char entry[ENTRY_BYTES + 1];
    size_t at, left; /* what was read and is still to be taken */
    char piece[PIECE_BYTES];
};

struct filelist *filelist_open(const char *path, int nul, struct error *e)
{
    struct filelist *l = calloc(1, sizeof *l);

    if (!l) {
        error_memory(e, path);
        return NULL;
    }
    l->path = path;
    l->nul = nul;
    l->labelled = -1;
    l->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (!(l->in = input_open(path, e))) {
        free(l);
        return NULL;
    }
    return l;
}

void filelist_close(struct filelist *l)
{
    if (!l)
        return;
    input_close(l->in);
    free(l);
}

int filelist_complain(const struct filelist *l, struct error *e, const char *what)
{
    return error_set(e, "%s: %s %llu: %s", input_name(l->in), l->nul ? "entry" : "line", l->line,
                     what);
}

/* Appends n bytes to the entry. */
static int append(struct filelist *l, const char *bytes, size_t n, struct error *e)
{
    if (n > ENTRY_BYTES - l->length)
        return filelist_complain(l, e, "too long for a path and a class");
    memcpy(l->entry + l->length, bytes, n);
    l->length += n;
    return 0;
}

/* Takes the bytes up to the next end of an entry. 1, 0 at the end of the list, -1. */
static int read_entry(struct filelist *l, struct error *e)
{
    const char end = l->nul ? '\0' : '\n';

    l->length = 0;
    l->line++;
    for (;;) {
        const char *from = l->piece + l->at, *stop = memchr(from, end, l->left);
        size_t n = stop ? (size_t)(stop - from) : l->left;
        int64_t got;
        if (append(l, from, n, e) < 0)
            return -1;
        l->at += n + (stop != NULL);
        l->left -= n + (stop != NULL);
        if (stop)
            return 1;
        if ((got = input_read(l->in, l->piece, sizeof l->piece, e)) <= 0)
            return got < 0 ? -1 : l->length > 0;
        l->at = 0;
        l->left = (size_t)got;
    }
}

/* What editors of other systems add to lines of text. */
static void tidy_line(struct filelist *l)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t n = sizeof mark - 1;

    if (l->length && l->entry[l->length - 1] == '\r')
        l->length--;
    if (l->line == 1 && l->length >= n && memcmp(l->entry, mark, n) == 0)
        memmove(l->entry, l->entry + n, l->length -= n);
}

/* Cuts the entry at its last tab, and checks that it has a class if the others have. */
static int cut(struct filelist *l, struct error *e)
{
    l->entry[l->length] = '\0';
    if (strlen(l->entry) < l->length)
        return filelist_complain(l, e, "a NUL byte (--null reads entries that end in NUL)");
    l->class = strrchr(l->entry, '\t');
    if (l->class)
        *l->class ++ = '\0';
    if (l->labelled < 0)
        l->labelled = l->class != NULL;
    if (l->class && !l->labelled)
        return filelist_complain(l, e, "a class, but the entries before it have none");
    if (!l->class && l->labelled)
        return filelist_complain(l, e, "no class, but the entries before it have one");
    if (l->class && !*l->class)
        return filelist_complain(l, e, "an empty class name");
    return *l->entry ? 0 : filelist_complain(l, e, "a class without a path");
}

/* The next entry that is not empty. 1, 0 after the last, -1. */
static int next_entry(struct filelist *l, struct error *e)
{
    int got;

    if (l->again) {
        l->again = 0;
        return 1;
    }
    while ((got = read_entry(l, e)) > 0) {
        if (!l->nul)
            tidy_line(l);
        if (l->length)
            return cut(l, e) < 0 ? -1 : 1;
    }
    return got;
}

int filelist_next(struct filelist *l, const char **path, const char **class, struct error *e)
{
    int got = next_entry(l, e);

    *path = l->entry;
    *class = l->class;
    return got;
}

/* True if the list can be read once more where it is. */
static int can_read_again(const struct filelist *l)
{
    int standard = strcmp(l->path, "-") == 0;
    struct stat st;

    if ((standard ? fstat(STDIN_FILENO, &st) : stat(l->path, &st)) < 0)
        return 0;
    return S_ISREG(st.st_mode) && (!standard || l->start >= 0);
}

/* Adds the classes of all entries, and copies these unless copy is NULL. */
static int add_classes(struct filelist *l, struct classes *c, struct output *copy, struct error *e)
{
    const char end = l->nul ? '\0' : '\n';
    struct error why;
    int got;

    while ((got = next_entry(l, e)) > 0) {
        if (classes_add(c, l->class, &why) < 0)
            return filelist_complain(l, e, why.text);
        l->class[-1] = '\t';
        if (copy &&
            (output_write(copy, l->entry, l->length, e) < 0 || output_write(copy, &end, 1, e) < 0))
            return -1;
    }
    return got;
}

/* Opens the list once more, at `path`. */
static int open_again(struct filelist *l, const char *path, struct error *e)
{
    input_close(l->in);
    l->line = l->left = 0;
    l->in = input_open(path, e);
    return l->in ? 0 : -1;
}

/* The first reading of what can be read once: its copy becomes standard input. */
static int pass_to_copy(struct filelist *l, struct classes *c, struct error *e)
{
    int fd = -1, status = -1;
    struct output *copy = output_open_spool(&fd, e);

    if (copy && add_classes(l, c, copy, e) == 0)
        status = output_close(copy, e);
    else
        output_abandon(copy);
    if (status == 0 && (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0))
        status = error_set(e, "temporary file: cannot be read back");
    if (fd >= 0)
        close(fd);
    return status < 0 ? -1 : open_again(l, "-", e);
}

int filelist_classes(struct filelist *l, struct classes *c, struct error *e)
{
    int got = next_entry(l, e);

    l->again = got > 0;
    if (got <= 0 || !l->labelled)
        return got < 0 ? -1 : 0;
    if (!can_read_again(l))
        return pass_to_copy(l, c, e) < 0 ? -1 : 1;
    if (add_classes(l, c, NULL, e) < 0)
        return -1;
    if (strcmp(l->path, "-") == 0 && lseek(STDIN_FILENO, l->start, SEEK_SET) < 0)
        return error_set(e, "standard input: cannot be read again");
    return open_again(l, l->path, e) < 0 ? -1 : 1;
}
