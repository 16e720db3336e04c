/* The walk through a tree of folders, which holds the names of one folder's files at a time. */
#include "import/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for the longest path that can be opened, and a name behind it. */
enum { PATH_BYTES = 8192 };

/*
 * What is to be done with a subfolder: its files are visited as its path says, and what is in its
 * subfolders as its path with a slash behind it says, between which others may stand.
 */
struct visit {
    const char *name;
    int below; /* its subfolders, not its files */
    int off;   /* nothing is to be done */
};

/* A folder whose subfolders are visited. */
struct level {
    struct folder_names folders;
    struct visit *visit;
    size_t n, room, at;
    struct folder_identity identity;
    size_t length; /* of its path */
};

struct tree {
    struct folder_skipped *skipped;
    struct folder_names files; /* of the folder in hand */
    size_t at, length;         /* the next of them; the length of the folder's path */
    struct level *level;
    size_t depth, levels; /* in use; there */
    struct folder_identity above;
    int has_above;
    struct error trouble;
    int troubled; /* the folder in hand cannot be read, which is still to be told */
    char path[PATH_BYTES];
};

struct tree *tree_new(struct folder_skipped *skipped, struct error *e)
{
    struct tree *t = calloc(1, sizeof *t);

    if (t)
        t->skipped = skipped;
    else
        error_memory(e, "folders");
    return t;
}

/* Makes the path that of `name` in the folder whose path has this length; its length, or 0. */
static size_t join(struct tree *t, size_t length, const char *name)
{
    int slash = length && t->path[length - 1] != '/';
    int n = snprintf(t->path + length, sizeof t->path - length, "%s%s", slash ? "/" : "", name);

    return n < 0 || (size_t)n >= sizeof t->path - length ? 0 : length + (size_t)n;
}

/* Compares the paths, the character behind a name being none or the slash. */
static int by_path(const void *a, const void *b)
{
    const struct visit *v = a, *w = b;
    const unsigned char *p = (const unsigned char *)v->name, *q = (const unsigned char *)w->name;
    int c, d;

    while (*p && *p == *q) {
        p++;
        q++;
    }
    c = *p ? *p : v->below ? '/' : 0;
    d = *q ? *q : w->below ? '/' : 0;
    return c - d;
}

/* Plans the visits of a level's folders. */
static int plan(struct level *l, struct error *e)
{
    size_t n = 2 * l->folders.n;

    l->at = 0;
    l->n = 0;
    if (n > l->room) {
        free(l->visit);
        l->room = 0;
        if (!(l->visit = malloc(n * sizeof *l->visit)))
            return error_memory(e, "folders");
        l->room = n;
    }
    for (size_t i = 0; i < n; i++)
        l->visit[i] = (struct visit){l->folders.name[i / 2], i % 2, 0};
    l->n = n;
    if (n)
        qsort(l->visit, n, sizeof *l->visit, by_path);
    return 0;
}

/* One more level, whose memory may be that of an earlier one; NULL on error. */
static struct level *deeper(struct tree *t, struct error *e)
{
    if (t->depth == t->levels) {
        size_t more = 2 * t->levels + 8;
        struct level *level = realloc(t->level, more * sizeof *level);
        if (!level) {
            error_memory(e, "folders");
            return NULL;
        }
        memset(level + t->levels, 0, (more - t->levels) * sizeof *level);
        t->level = level;
        t->levels = more;
    }
    return &t->level[t->depth];
}

static int is_ancestor(const struct tree *t, const struct folder_identity *folder)
{
    if (t->has_above && folder_same(&t->above, folder))
        return 1;
    for (size_t i = 0; i < t->depth; i++)
        if (folder_same(&t->level[i].identity, folder))
            return 1;
    return 0;
}

/* The visit behind `visit` that is of the same folder's subfolders. */
static void call_off(struct level *l, const struct visit *visit)
{
    for (struct visit *v = l->visit + l->at; v < l->visit + l->n; v++)
        if (v->below && v->name == visit->name) {
            v->off = 1;
            return;
        }
}

/*
 * Reads the folder whose path has just been made, as folder_read does, and which is in hand from
 * here on. 1; 0 if it cannot be read, which is then to be told; -1.
 */
static int read_folder(struct tree *t, size_t length, struct folder_names *files,
                       struct folder_names *folders, struct folder_identity *identity,
                       struct folder_skipped *skipped, struct error *e)
{
    int status = 1;

    t->length = length;
    t->at = t->files.n = 0;
    if (length)
        status = folder_read(t->path, files, folders, identity, skipped, &t->trouble);
    else
        error_set(&t->trouble, "File name too long");
    if (status < 0)
        *e = t->trouble;
    t->troubled = status > 0;
    return status < 0 ? -1 : status == 0;
}

/* The files of a folder become those in hand. */
static int visit_files(struct tree *t, const struct visit *visit, struct error *e)
{
    /* The level below is not in use, and its memory can take the subfolders. */
    struct level *spare = deeper(t, e), *l;
    struct folder_skipped before = *t->skipped;
    struct folder_identity identity;
    int read;

    if (!spare)
        return -1;
    l = spare - 1;
    read = read_folder(t, join(t, l->length, visit->name), &t->files, &spare->folders, &identity,
                       t->skipped, e);
    if (read > 0 && is_ancestor(t, &identity)) {
        t->files.n = 0;
        *t->skipped = before;
        t->skipped->loops++;
        read = 0;
    }
    if (read == 0 || spare->folders.n == 0)
        call_off(l, visit);
    return read < 0 ? -1 : 0;
}

/* Down into the subfolders of a folder, whose files were visited before. */
static int visit_below(struct tree *t, const struct visit *visit, struct error *e)
{
    struct level *l = deeper(t, e);
    int read;

    if (!l)
        return -1;
    l->length = join(t, l[-1].length, visit->name);
    read = read_folder(t, l->length, NULL, &l->folders, &l->identity, NULL, e);
    if (read > 0 && plan(l, e) < 0)
        return -1;
    t->depth += read > 0;
    return read < 0 ? -1 : 0;
}

int tree_start(struct tree *t, const char *path, const struct folder_identity *above,
               struct error *e)
{
    struct level *l;
    int read;

    t->depth = 0;
    t->has_above = above != NULL;
    if (above)
        t->above = *above;
    if (!(l = deeper(t, e)))
        return -1;
    l->length = join(t, 0, path);
    read = read_folder(t, l->length, &t->files, &l->folders, &l->identity, t->skipped, e);
    if (read > 0 && plan(l, e) < 0)
        return -1;
    t->depth = read > 0;
    return read < 0 ? -1 : 0;
}

int tree_next(struct tree *t, const char **path, const char **trouble, struct error *e)
{
    *path = t->path;
    *trouble = NULL;
    for (;;) {
        struct level *l = t->depth ? &t->level[t->depth - 1] : NULL;
        struct visit visit;
        if (t->troubled) {
            t->troubled = 0;
            *trouble = t->trouble.text;
            return 1;
        }
        if (t->at < t->files.n) {
            if (join(t, t->length, t->files.name[t->at++]) == 0)
                *trouble = "File name too long";
            return 1;
        }
        if (!l)
            return 0;
        if (l->at == l->n) {
            t->depth--;
            continue;
        }
        visit = l->visit[l->at++];
        if (!visit.off && (visit.below ? visit_below(t, &visit, e) : visit_files(t, &visit, e)) < 0)
            return -1;
    }
}

void tree_free(struct tree *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->levels; i++) {
        folder_names_free(&t->level[i].folders);
        free(t->level[i].visit);
    }
    free(t->level);
    folder_names_free(&t->files);
    free(t);
}
