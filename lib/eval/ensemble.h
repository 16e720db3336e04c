/*
 * Models that judge images together, each by several views: the belief in a class is the mean of
 * the probabilities (softmax) that each model gives it for each view.
 */
#ifndef ROTPIPE_EVAL_ENSEMBLE_H
#define ROTPIPE_EVAL_ENSEMBLE_H

#include "base/threads.h"
#include "eval/activity.h"
#include "eval/views.h"
#include "model/model.h"
#include "net/engine.h"
#include "rts/examples.h"
#include "rts/names.h"

/* How many models a program takes that judge together; how many images they judge at a time. */
enum { ENSEMBLE_MODELS_MAX = 64, ENSEMBLE_BLOCK = 1024 };

struct member {
    const char *path;
    struct model model;
    float *table; /* model_pixel_table */
    struct engine *engine;
    struct activity activity; /* of the images themselves; once ensemble_watch has been called */
};

struct ensemble {
    struct member *member;
    int members;
    struct views views;
    struct extent image; /* what all of them take */
    int classes;
    const char *names; /* of the classes, one a line: of the first model that has some; or NULL */
    struct names_table name; /* its lines */
    struct team *team;
    int watched;
    int64_t largest; /* label checked so far; -1: none */

    /* What ensemble_judge has found: of each of the images */
    double *belief; /* [n][classes]: mean probability */
    int *said;      /* [n]: the class believed in most, the first of equals */
    double *loss;   /* [n]: -log of the belief in the true class, if that was given; otherwise 0 */

    float *logits; /* [ENSEMBLE_BLOCK][classes] */
    uint8_t *view; /* of a block's images, which are part of a chunk; NULL: no views */
};

/*
 * Loads n models, 1 or more, from paths ("-": standard input), which stay the
 * caller's. kernels: the value of ROTPIPE_KERNELS, or NULL. threads 0: as many as there are
 * processors. Models for images of another shape, for more or fewer classes or for classes of other
 * names are an error that names two of them; a model without names fits any. 0 or -1; g is to be
 * closed in either case.
 */
int ensemble_open(struct ensemble *g, const char *const *paths, int n, struct views views,
                  const char *kernels, int threads, struct error *e);
void ensemble_close(struct ensemble *g);

/* From now on each model's activity notes the images, without their views. 0 or -1. */
int ensemble_watch(struct ensemble *g, struct error *e);

/* Refuses images of another shape. 0 or -1. */
int ensemble_check_shape(const struct ensemble *g, const struct source *in, const struct chunk *c,
                         struct error *e);

/*
 * Refuses, besides, labels of no class of the heads, and class names that are not the models'.
 * 0 or -1.
 */
int ensemble_check(struct ensemble *g, const struct source *in, const struct chunk *c,
                   struct error *e);

/* To be called after the last chunk, since names may come behind the labels that they are for. */
int ensemble_check_names(const struct ensemble *g, const struct source *in, struct error *e);

/*
 * Judges the images `first` to first + n - 1 of a chunk of the right shape, n at most
 * ENSEMBLE_BLOCK, into belief, said and loss. label: n true ones, below classes, or NULL. number:
 * that of the first of them in the data, from 0. An output that is not finite is an error that
 * names the image, and the model if there are several. The sums are taken in the order of the
 * models and of each one's views, so that no result depends on the threads. 0 or -1.
 */
int ensemble_judge(struct ensemble *g, const struct source *in, const struct chunk *c,
                   uint64_t first, uint64_t n, const uint32_t *label, uint64_t number,
                   struct error *e);

/* The same as model number `member` alone says, with all its views. 0 or -1. */
int ensemble_judge_alone(struct ensemble *g, int member, const struct source *in,
                         const struct chunk *c, uint64_t first, uint64_t n, const uint32_t *label,
                         uint64_t number, struct error *e);

/* The name of a class, or its number written to `digits` if it has none; *length bytes. */
enum { ENSEMBLE_DIGITS = 16 };
const char *ensemble_class(const struct ensemble *g, int class, char digits[ENSEMBLE_DIGITS],
                           int *length);

#endif
