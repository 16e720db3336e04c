/*
 * What a training is told, and what it tells of itself.
 */
#ifndef ROTPIPE_TRAIN_OPTIONS_H
#define ROTPIPE_TRAIN_OPTIONS_H

#include "base/error.h"

#include <stdint.h>

enum optimizer { OPTIMIZER_ADAM, OPTIMIZER_ADAMW, OPTIMIZER_SGD };
enum schedule { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_ONECYCLE };
enum decay { DECAY_ALL, DECAY_WEIGHTS };
enum rotate { ROTATE_NONE, ROTATE_ALL, ROTATE_ONE };
enum class_weight { CLASS_WEIGHT_NONE, CLASS_WEIGHT_BALANCED };

/*
 * A tenth of all steps, but no more than 200. Without a warm-up Adam's first steps kill features:
 * after an epoch on 96,000 rotated images 7 to 10 of the default net's 16 were alive, with 150 or
 * 300 steps of it 12 to 15 (three seeds).
 */
enum { TRAIN_WARMUP_TENTH = -1, TRAIN_WARMUP_MOST = 200 };

struct dataset;

struct train_options {
    enum optimizer optimizer;
    double lr, beta1, beta2, eps; /* Adam's betas and eps: 0.9, 0.999, 1e-8 */
    double momentum;              /* SGD's */
    int nesterov;
    double weight_decay;
    enum decay decay;     /* what it touches */
    const char *lr_scale; /* as spans_parse_scales reads it, or NULL */
    double clip;          /* norm to which the gradients of a step are clipped; 0: they are not */
    const char *augment;  /* as augments_parse reads it, or NULL */
    double mixup;         /* images are mixed by shares of Beta(mixup, mixup); 0: they are not */

    /*
     * Images without labels to learn from beside those with labels (consistency.h), or NULL: so
     * many of them in a step, times `batch`; how their weak and strong views differ from them
     * (NULL: not at all; as `augment` has it); the probability from which on a class is believed;
     * what their loss counts; whether the classes of all are made even.
     */
    const struct dataset *unlabelled;
    int ratio;
    const char *weak, *strong;
    double threshold, lambda;
    int align;
    double rotation; /* what it counts to tell by how much some of them are turned (turned.h); 0:
                        none is */

    enum rotate rotate; /* learn all rotations of each image, or one an epoch, not labels */
    enum schedule schedule;
    int64_t warmup; /* steps over which the learning rate rises to lr, or TRAIN_WARMUP_TENTH; a
                       one-cycle schedule has a rise of its own and none before it */
    enum class_weight class_weight; /* balanced: by dataset_balance, as train's loss has it */
    double smooth;                  /* label smoothing, 0 to 1: the target's share of all classes */
    int epochs, batch;
    double average; /* decay of the moving average that becomes the model; 0: there is none */
    int keep_best;  /* in the end the weights are those of the epoch that was best on valid */
    int patience;   /* ends after so many epochs of which none was the best on valid; 0: never */
    uint64_t seed;

    /*
     * save (or NULL): a file for the state of the training, from which it can go on as if it had
     * never been cut off. It is written every `every` steps, if that is 0 after each epoch, and
     * when the training is stopped. resume (or NULL): such a file, to go on from. settings: all
     * that decides the result, as text; a state is only taken up where it is the same, but for the
     * number behind " -e ", which may be larger.
     */
    const char *save, *resume, *settings;
    uint64_t every;
};

/* What happened in an epoch. */
struct epoch {
    int number;      /* from 1 */
    double loss;     /* weighted mean over the epoch's images, as they were trained on */
    double accuracy; /* of the same, without weights */
    int has_valid;
    double valid_loss, valid_accuracy;
    int has_unlabelled, has_wrong, has_rotation;
    double confident; /* share of the unlabelled images whose class was believed, */
    double wrong;     /* and the share of these that have another label */
    double rotation;  /* share of the turned images of which it was told by how much */
    double lr;        /* of the epoch's last step */
    double seconds, images_per_second;
};

/* How far the epoch in hand has come, after a step. */
struct step {
    int epoch;
    uint64_t done, total;  /* images of the epoch */
    double loss, accuracy; /* so far in this epoch */
};

/* How training came to its end. */
struct ending {
    uint64_t steps, planned; /* optimizer steps; fewer than planned if it was stopped, or */
    int patient;    /* had waited long enough after this epoch, which is not the last; or 0 */
    int best_epoch; /* the best on valid, from 1, whose weights the model has with keep_best; or 0
                     */
    int unsaved;    /* its state could not be saved when it last was to be: */
    struct error why;

    /* What the final model does with some images of the data, one for every 64 that were trained
     * on, 128 to 10,240: */
    uint64_t looked_at, features; /* images; features that the head reads, of which these are */
    uint64_t dead;                /* zero on all images, if they are a tenth or more; or 0 */
    int guessing;                 /* the loss is that of guessing by the classes' frequency */
};

/*
 * Told about an epoch's end, each step and the end, when a saved state has been taken up, with
 * the steps and the whole epochs behind it (where -1 ends the training), and when the state cannot
 * be saved, once until it can be again; asked after each step whether to stop there. Each may be
 * NULL.
 */
struct train_listener {
    void *context;
    void (*epoch)(void *context, const struct epoch *e);
    void (*step)(void *context, const struct step *s);
    int (*stop)(void *context);
    void (*end)(void *context, const struct ending *e);
    int (*resumed)(void *context, uint64_t steps, int epochs, struct error *e);
    void (*unsaved)(void *context, const struct error *why);
};

/* The default options: Adam, 1e-3, 10 epochs, batch 128. */
struct train_options train_defaults(void);

#endif
