/*
 * What each layer of a model is worth to a classifier: how well the classes of labelled images can
 * be told by its outputs alone.
 */
#ifndef ROTPIPE_EVAL_LAYERS_H
#define ROTPIPE_EVAL_LAYERS_H

#include "base/threads.h"
#include "eval/dataset.h"
#include "model/model.h"
#include "net/kernels.h"

struct layer_eval {
    const struct model *model;
    const struct dataset *labelled, *test; /* images of the model's shape */
    int classes;                           /* more than the largest label of `labelled` */
    int k;                                 /* neighbours that vote; at most labelled->n */
    const struct kernels *kernels;
    const struct near_kernels *near;
    struct team *team;
    void (*tell)(void *context, uint64_t done); /* now and then: test images done; or NULL */
    void *context;
};

struct layer_score {
    struct extent out;
    uint64_t dead;   /* outputs that are zero on all images, labelled and test */
    uint64_t knn;    /* test images that the k nearest labelled images classify correctly */
    uint64_t linear; /* and that the linear probe does */
    double held_out; /* the probe's accuracy on held-out labelled images; NAN without any */
    double lambda;   /* its L2 penalty */
};

/*
 * Scores the outputs of layer number `layer`, from 0; of the normalized pixels themselves if that
 * is -1. Holds the layer's outputs for all labelled images in memory, twice. 0 or -1.
 */
int layer_evaluate(const struct layer_eval *how, int layer, struct layer_score *out,
                   struct error *e);

#endif
