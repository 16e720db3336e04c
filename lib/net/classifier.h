/*
 * A model that is ready to judge images: loaded, its kernels picked, its threads started.
 */
#ifndef ROTPIPE_NET_CLASSIFIER_H
#define ROTPIPE_NET_CLASSIFIER_H

#include "base/threads.h"
#include "net/engine.h"
#include "net/model.h"
#include "rts/examples.h"

struct classifier {
    struct model model;
    struct team *team;
    struct engine *engine;
    float *table;    /* model_pixel_table */
    int64_t largest; /* label checked so far; -1: none */
};

/*
 * path "-": standard input. kernels: the value of ROTPIPE_KERNELS, or NULL. threads 0: as many as
 * there are processors. 0 or -1; c is to be closed in either case.
 */
int classifier_open(struct classifier *c, const char *path, const char *kernels, int threads,
                    struct error *e);
void classifier_close(struct classifier *c);

/*
 * Refuses what the model is not for: images of another shape, labels of no class of its head, and
 * class names that are not its own. 0 or -1.
 */
int classifier_check(struct classifier *c, const struct source *in, const struct chunk *chunk,
                     struct error *e);

/* To be called after the last chunk, since names may come behind the labels that they are for. */
int classifier_check_names(const struct classifier *c, const struct source *in, struct error *e);

#endif
