/*
 * The pictures in a folder and in all folders below it, in the order in which torchvision's
 * ImageFolder has them: the folders are sorted by their paths, byte by byte, and in each the files
 * by their names. (A folder `a` comes before `a-b`, and that before `a/c`.)
 */
#ifndef ROTPIPE_IMPORT_TREE_H
#define ROTPIPE_IMPORT_TREE_H

#include "import/folder.h"

struct tree;

/* A tree without a folder; NULL on error. What is passed over is counted in *skipped, the caller's.
 * Freed by tree_free. */
struct tree *tree_new(struct folder_skipped *skipped, struct error *e);

/*
 * Begins at the folder of this path, which tree_next then finds pictures in. above: the folder that
 * it is in, which nothing below it may lead back to; NULL: any. An error of the folder is one that
 * tree_next tells. 0, or -1 if memory ran out or the system has failed.
 */
int tree_start(struct tree *t, const char *path, const struct folder_identity *above,
               struct error *e);

/*
 * The next picture's path, valid until the next call. Returns 1; 0 after the last; -1 if memory ran
 * out or the system has failed. *trouble is then NULL, or says why the folder of this path cannot
 * be read.
 */
int tree_next(struct tree *t, const char **path, const char **trouble, struct error *e);

/* NULL is allowed. */
void tree_free(struct tree *t);

#endif
