/* Operands that are folders with classes, folders without, or files; or a list. */
#include "import/gallery.h"

#include "import/classes.h"
#include "import/filelist.h"
#include "import/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096 };

struct gallery {
    struct gallery_plan plan;
    struct classes *classes;
    const char *names;
    struct filelist *list;
    struct tree *tree;
    int in_tree;                          /* the tree has a folder */
    int operand;                          /* the next one */
    struct folder_names folders, outside; /* of the operand in hand: its classes */
    struct folder_identity identity;      /* and the operand itself */
    size_t folder;                        /* the next class */
    const char *root;
    uint32_t label;
    struct folder_skipped skipped;
    char path[PATH_BYTES];
};

/* The path of a class in a folder; too long a one cannot be opened, which is said then. */
static void make_path(struct gallery *g, const char *root, const char *name)
{
    size_t n = strlen(root);

    snprintf(g->path, sizeof g->path, "%s%s%s", root, n && root[n - 1] == '/' ? "" : "/", name);
}

/* Drops the links in a folder that lead back to itself: they are not classes. */
static void drop_loops(struct gallery *g, const char *root, struct folder_skipped *skipped)
{
    size_t kept = 0;
    struct stat st;

    for (size_t i = 0; i < g->folders.n; i++) {
        struct folder_identity it;
        make_path(g, root, g->folders.name[i]);
        if (stat(g->path, &st) == 0) {
            it = (struct folder_identity){st.st_dev, st.st_ino};
            if (folder_same(&it, &g->identity)) {
                if (skipped)
                    skipped->loops++;
                continue;
            }
        }
        g->folders.name[kept++] = g->folders.name[i];
    }
    g->folders.n = kept;
}

/* Reads the names of the classes in a folder; skipped: what to count, or NULL. */
static int read_classes(struct gallery *g, const char *root, struct folder_skipped *skipped,
                        struct error *e)
{
    struct error why;
    int status = folder_read(root, &g->outside, &g->folders, &g->identity, skipped, &why);

    if (status > 0)
        return error_set(e, "%s: %s", root, why.text);
    if (status < 0) {
        *e = why;
        return -1;
    }
    drop_loops(g, root, skipped);
    if (skipped)
        skipped->outside += g->outside.n;
    return 0;
}

/* Adds the classes of one folder to those of all. */
static int add_classes(struct gallery *g, const char *root, struct error *e)
{
    if (read_classes(g, root, &g->skipped, e) < 0)
        return -1;
    if (g->folders.n == 0)
        return error_set(
            e,
            "%s: has %s, but no subfolders, which would be the classes; --flat takes images "
            "without classes",
            root, g->outside.n ? "images" : "no images");
    for (size_t i = 0; i < g->folders.n; i++) {
        struct error why;
        if (classes_add(g->classes, g->folders.name[i], &why) < 0)
            return error_set(e, "%s: %s", root, why.text);
    }
    return 0;
}

/* Whether an operand is a folder; -1 if it cannot be looked at. */
static int is_folder(const char *path, struct error *e)
{
    struct stat st;

    if (strcmp(path, "-") == 0)
        return 0;
    if (stat(path, &st) < 0)
        return error_set(e, "%s: %s", *path ? path : "''", strerror(errno));
    return S_ISDIR(st.st_mode);
}

/* Looks at the operands: either all are folders of classes, or nothing has a class. */
static int look_at_operands(struct gallery *g, struct error *e)
{
    const char *a_folder = NULL, *a_file = NULL;

    for (int i = 0; i < g->plan.count; i++) {
        const char *path = g->plan.operands[i];
        int folder = is_folder(path, e);
        if (folder < 0)
            return -1;
        *(folder ? &a_folder : &a_file) = path;
    }
    if (!a_folder || g->plan.flat)
        return 0;
    if (a_file)
        return error_misuse(e,
                            "%s is a folder, whose subfolders are classes, and %s is a file, "
                            "which has none (--flat takes both without classes)",
                            a_folder, a_file);
    for (int i = 0; i < g->plan.count; i++)
        if (add_classes(g, g->plan.operands[i], e) < 0)
            return -1;
    g->folders.n = 0;
    return (g->names = classes_sort(g->classes, e)) ? 0 : -1;
}

static int look_at_list(struct gallery *g, struct error *e)
{
    int labelled;

    if (!(g->list = filelist_open(g->plan.list, g->plan.nul, e)))
        return -1;
    labelled = filelist_classes(g->list, g->classes, e);
    if (labelled > 0)
        g->names = classes_sort(g->classes, e);
    return labelled < 0 || (labelled && !g->names) ? -1 : 0;
}

struct gallery *gallery_open(const struct gallery_plan *plan, struct error *e)
{
    struct gallery *g = calloc(1, sizeof *g);

    if (!g) {
        error_memory(e, "names of files");
        return NULL;
    }
    g->plan = *plan;
    if (!(g->tree = tree_new(&g->skipped, e)) || !(g->classes = classes_new(e)) ||
        (plan->list ? look_at_list(g, e) : look_at_operands(g, e)) < 0) {
        gallery_close(g);
        return NULL;
    }
    return g;
}

void gallery_close(struct gallery *g)
{
    if (!g)
        return;
    filelist_close(g->list);
    tree_free(g->tree);
    classes_free(g->classes);
    folder_names_free(&g->folders);
    folder_names_free(&g->outside);
    free(g);
}

const char *gallery_names(const struct gallery *g)
{
    return g->names;
}

int gallery_reads_standard_input(const struct gallery *g)
{
    for (int i = 0; i < g->plan.count; i++)
        if (strcmp(g->plan.operands[i], "-") == 0)
            return 1;
    return 0;
}

const struct folder_skipped *gallery_skipped(const struct gallery *g)
{
    return &g->skipped;
}

static int next_listed(struct gallery *g, struct gallery_picture *p, struct error *e)
{
    const char *class;
    int got = filelist_next(g->list, &p->path, &class, e);

    *p = (struct gallery_picture){.path = p->path, .given = 1};
    if (got > 0 && class && classes_find(g->classes, class, &p->label) < 0)
        return filelist_complain(g->list, e, "a class that was not there before: the list changes");
    return got;
}

/* The next class of the operand in hand becomes the tree. */
static int next_class(struct gallery *g, struct error *e)
{
    const char *name = g->folders.name[g->folder++];

    if (classes_find(g->classes, name, &g->label) < 0)
        return error_set(e, "%s: has a class that was not there before: %s", g->root, name);
    make_path(g, g->root, name);
    g->in_tree = 1;
    return tree_start(g->tree, g->path, &g->identity, e);
}

/* The next operand: 1 if it is a picture itself, 0 if pictures may be in it, -1. */
static int next_operand(struct gallery *g, struct gallery_picture *p, struct error *e)
{
    const char *path = g->plan.operands[g->operand++];
    int folder = is_folder(path, e);

    if (folder < 0)
        return -1;
    if (!folder) {
        *p = (struct gallery_picture){.path = path, .given = 1};
        if (strcmp(path, "-") == 0) {
            p->path = "standard input";
            p->standard_input = 1;
        }
        return 1;
    }
    g->root = path;
    g->folder = 0;
    if (g->names)
        return read_classes(g, path, NULL, e);
    g->in_tree = 1;
    return tree_start(g->tree, path, NULL, e);
}

/* The next picture in the tree. 1, 0 after the last, -1. */
static int next_in_tree(struct gallery *g, struct gallery_picture *p, struct error *e)
{
    int got;

    *p = (struct gallery_picture){.label = g->label};
    got = tree_next(g->tree, &p->path, &p->trouble, e);
    g->in_tree = got > 0;
    return got;
}

int gallery_next(struct gallery *g, struct gallery_picture *p, struct error *e)
{
    int got = 0;

    if (g->list)
        return next_listed(g, p, e);
    while (got == 0)
        if (g->in_tree)
            got = next_in_tree(g, p, e);
        else if (g->folder < g->folders.n)
            got = next_class(g, e);
        else if (g->operand < g->plan.count)
            got = next_operand(g, p, e);
        else
            return 0;
    return got;
}
