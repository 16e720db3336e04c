/*
 * What the tests of training share: data that can be learnt, and a listener that notes it all.
 */
#ifndef ROTPIPE_TESTS_TRAINING_H
#define ROTPIPE_TESTS_TRAINING_H

#include "check.h"
#include "nets.h"

#include "eval/infer.h"
#include "train/train.h"

/* n images of noise, a bright corner of which tells the class. */
static inline struct dataset dataset(uint64_t n, struct extent image, int classes)
{
    struct dataset d = {.image = image, .n = n};
    size_t stride = dataset_stride(&d);
    struct rng r;

    rng_seed(&r, 9, 1);
    d.images = malloc(n * stride);
    d.label = malloc(n * sizeof *d.label);
    for (uint64_t i = 0; i < n; i++) {
        d.label[i] = (uint16_t)(i % (uint64_t)classes);
        for (size_t k = 0; k < stride; k++)
            d.images[i * stride + k] = (uint8_t)(rng_below(&r, 100) + (k % 5 == d.label[i]) * 120);
    }
    return d;
}

/* As many images of the same kind as dataset() makes, but different ones. */
static inline struct dataset other_dataset(uint64_t n, struct extent image, int classes)
{
    struct dataset d = dataset(n, image, classes);

    for (size_t i = 0; i < n * dataset_stride(&d); i++)
        d.images[i] = (uint8_t)(d.images[i] * 7 + 3);
    return d;
}

/* One step of plain SGD at a rate of 1, so that parameters move by their gradients. */
static inline struct train_options one_step(int batch)
{
    struct train_options o = train_defaults();

    o.optimizer = OPTIMIZER_SGD;
    o.momentum = 0;
    o.warmup = 0;
    o.lr = 1;
    o.epochs = 1;
    o.batch = batch;
    return o;
}

/* The same with `ratio` times as many images without labels, whose classes are all believed. */
static inline struct train_options one_step_beside(int batch, const struct dataset *unlabelled,
                                                   int ratio)
{
    struct train_options o = one_step(batch);

    o.unlabelled = unlabelled;
    o.ratio = ratio;
    o.threshold = 0;
    o.seed = 5;
    o.settings = "one step";
    return o;
}

static inline void start_model(struct model *m, const char *net, const struct dataset *d,
                               int classes)
{
    struct error e = {0};

    if (!CHECK(model_new(m, net, d->image, classes, 1, &e) == 0))
        abort();
    dataset_statistics(d, m->mean, m->std);
}

/* The epochs that a training has told of. */
struct heard {
    int epochs, steps;
    struct epoch epoch[64];
    int stop_at; /* a step, or 0 */
    struct ending end;
    uint64_t resumed; /* steps behind it when it was taken up */
};

static inline void hear_epoch(void *context, const struct epoch *e)
{
    struct heard *h = context;

    h->epoch[h->epochs++ % 64] = *e;
}

static inline void hear_step(void *context, const struct step *s)
{
    struct heard *h = context;

    h->steps++;
    CHECK(s->done > 0 && s->done <= s->total && isfinite(s->loss) && s->accuracy <= 1);
}

static inline int hear_stop(void *context)
{
    struct heard *h = context;

    return h->steps == h->stop_at;
}

static inline void hear_end(void *context, const struct ending *e)
{
    struct heard *h = context;

    h->end = *e;
}

static inline int hear_resumed(void *context, uint64_t steps, int epochs, struct error *e)
{
    struct heard *h = context;

    (void)epochs;
    (void)e;
    h->resumed = steps;
    return 0;
}

/* Trains, with d to validate on, and notes in h what is told; stops at step h->stop_at. */
static inline int train_on(struct model *m, const struct dataset *d, const struct train_options *o,
                           int threads, struct heard *h, struct error *e)
{
    struct team *team = team_new(threads, e);
    struct train_listener tell = {h,        hear_epoch,   hear_step, hear_stop,
                                  hear_end, hear_resumed, NULL};
    int status, stop_at = h->stop_at;

    memset(h, 0, sizeof *h);
    h->stop_at = stop_at;
    status = train(m, d, d, o, kernels_list(0), team, &tell, e);
    team_free(team);
    return status;
}

static inline int same_parameters(const struct model *a, const struct model *b)
{
    return memcmp(a->parameters, b->parameters, a->net.parameters * sizeof(float)) == 0;
}

#endif
