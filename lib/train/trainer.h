/*
 * A training in hand: for prepare.c, train.c (the epochs), step.c (one optimizer step), state.c
 * (saving it and taking it up again) and lastlook.c.
 */
#ifndef ROTPIPE_TRAIN_TRAINER_H
#define ROTPIPE_TRAIN_TRAINER_H

#include "augment/augment.h"
#include "base/rng.h"
#include "base/threads.h"
#include "eval/dataset.h"
#include "model/model.h"
#include "net/engine.h"
#include "train/average.h"
#include "train/consistency.h"
#include "train/gradients.h"
#include "train/mixup.h"
#include "train/objective.h"
#include "train/options.h"
#include "train/spans.h"
#include "train/turned.h"

#include <stdatomic.h>

/* What a data set is told from another by. */
struct fingerprint {
    uint64_t images,
        crc; /* CRC-32 of all images, then all labels and soft labels if there are any */
};

/* Optimizer steps in all, and over how many of them the learning rate rises. */
struct timetable {
    uint64_t steps, warmup;
};

struct trainer {
    struct model *m;
    const struct dataset *data, *valid;
    const struct train_options *o;
    const struct kernels *kernels;
    struct team *team;
    struct engine *engine;
    float *table;
    float *class_weight; /* of each class, or NULL: all are 1 */
    const struct objective *objective;
    struct augments augments;
    uint8_t *changed;               /* room for two images for each thread, if images are changed */
    uint64_t samples;               /* of an epoch */
    struct mixup mixup;             /* if images are mixed */
    struct consistency consistency; /* if images without labels are trained on, too, */
    struct turned turned;           /* and if some of these are turned */
    float *cache;                   /* the frozen base's output for every sample, or NULL */
    int from;        /* the first operation that is run: 0, or the one behind the cache */
    uint64_t *order; /* of the images, in the epoch in hand */
    struct rng rng;
    struct spans spans;         /* the parameters that train */
    struct gradients gradients; /* by them */
    double *squares;          /* of each slice's gradients, summed; NULL unless they are clipped */
    float *moment1, *moment2; /* spans.count floats each */
    struct timetable planned;
    struct fingerprint trained_on, judged_on, drawn_from; /* if a state is saved or taken up */
    struct average average; /* of the parameters, if it is asked for */
    float *best; /* all parameters after the best epoch so far; NULL unless asked to be kept */
    struct epoch best_epoch; /* if epochs are judged */

    /* How far it has come. */
    uint64_t step;      /* optimizer steps done */
    struct step so_far; /* of the epoch in hand; loss and accuracy as sums over its samples */
    int unsaved;        /* the state could not be saved when it last was to be: */
    struct error why;

    /* The step in hand. */
    uint64_t at;  /* where its first sample stands in the epoch */
    int batch;    /* its samples: */
    int labelled; /* those of the epoch, and behind them others that the objective added */
    int leaves, leaf_samples;       /* how many, and samples of each; see gradients.h */
    int segment, forward, backward; /* what of the engine runs */
    float weight;                   /* sum of the weights of the epoch's samples */
    float lr;
    struct tally *tally; /* of each leaf */
    atomic_int overflow; /* a gradient is not finite */
    float shrink;        /* factor of all gradients, by which they are clipped */
};

/* Samples of the largest batch, with those that the objective adds. */
int trainer_largest_batch(const struct trainer *t);

/* Samples of a leaf: by the batch size alone, never by the number of threads. */
int trainer_leaf(int batch);

/* What the options plan for so many epochs. */
struct timetable trainer_timetable(const struct trainer *t, int epochs);

/* The learning rate of a step, from 0. */
float trainer_rate(const struct train_options *o, const struct timetable *p, uint64_t step);

/* Whether it matters which epoch is the best. */
int trainer_judges(const struct train_options *o);

/* The number of the sample that stands at `at` in the epoch in hand; those that the objective added
 * to a batch have numbers from t->samples on, which no other step has. */
uint64_t trainer_sample(const struct trainer *t, uint64_t at);

/* Puts sample `number`, unaugmented, into a thread's workspace as input of operation t->from, from
 * the cache if there is one. */
void trainer_set_input(struct trainer *t, int thread, int sample, uint64_t number);

/* What layers draw from for sample `number` in the epoch in hand. */
uint64_t trainer_key(const struct trainer *t, uint64_t number);

/* An image of the data as it is augmented in the epoch in hand, in the first of the thread's places
 * for changed images; the second is overwritten. */
const uint8_t *trainer_augment(const struct trainer *t, int thread, uint64_t image);

/* How much a class counts, and a sample: the weight of its class. */
float trainer_class_weight(const struct trainer *t, int class);
float trainer_weight(const struct trainer *t, uint64_t number);

/* The error that something ("the loss is") is not finite after so many steps. Always -1. */
int trainer_not_finite(const struct trainer *t, uint64_t step, const char *what, struct error *e);

/* A new order for the next epoch. */
void trainer_shuffle(struct trainer *t);

#endif
