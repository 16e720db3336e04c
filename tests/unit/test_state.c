/* A training that is cut off at any step and goes on from its state ends as if it had not been. */
#include "training.h"

#include <unistd.h>

#include "model/tensors.h"
#include "train/options.h"

static char path[] = "/tmp/rotpipe-state-XXXXXX";

struct set_up {
    enum optimizer optimizer;
    enum schedule schedule;
    int nesterov, keep_best;
    double average, mixup;
    int unlabelled, align;
    double rotation;
    const char *frozen[3];
};

/* Only square images can be turned. */
static struct dataset images(const struct set_up *s)
{
    return dataset(20, (struct extent){7, s->rotation > 0 ? 7 : 6, 1}, 3);
}

static void begin(struct model *m, const struct set_up *s, const struct dataset *d)
{
    start_model(m, "c5 r p c4 r d6 r", d, 3);
    for (const char *const *f = s->frozen; *f; f++)
        m->net.layer[net_find(&m->net, *f)].frozen = 1;
}

/* 20 images in batches of 8: three steps an epoch, the last one smaller. */
static struct train_options options(const struct set_up *s, const struct dataset *d)
{
    struct train_options o = train_defaults();

    o.optimizer = s->optimizer;
    o.schedule = s->schedule;
    o.nesterov = s->nesterov;
    o.keep_best = s->keep_best;
    o.average = s->average;
    o.mixup = s->mixup;
    o.weight_decay = 0.01;
    o.batch = 8;
    o.epochs = 3;
    o.warmup = 2;
    o.lr = 0.02;
    o.settings = "set 1 up";
    o.unlabelled = s->unlabelled ? d : NULL;
    o.ratio = s->unlabelled;
    o.align = s->align;
    o.rotation = s->rotation;
    o.threshold = 0.4;
    o.strong = "flip";
    return o;
}

static void check_epochs(const struct heard *want, const struct heard *got)
{
    for (int i = 0; i < got->epochs; i++) {
        const struct epoch *a = &want->epoch[want->epochs - got->epochs + i], *b = &got->epoch[i];
        CHECK(a->number == b->number && a->loss == b->loss && a->accuracy == b->accuracy);
        CHECK(a->valid_loss == b->valid_loss && a->valid_accuracy == b->valid_accuracy);
        CHECK(a->lr == b->lr && a->confident == b->confident && a->wrong == b->wrong);
        CHECK(a->has_rotation == b->has_rotation && a->rotation == b->rotation);
    }
}

/* Stops at `stop`, goes on, and compares with what was never stopped. */
static void check_cut(const struct set_up *s, int stop, const struct model *want,
                      const struct heard *told)
{
    struct dataset d = images(s);
    struct train_options o = options(s, &d);
    struct heard first = {.stop_at = stop}, second = {0};
    struct model m;
    struct error e = {0};

    o.save = path;
    o.every = 1000;
    begin(&m, s, &d);
    CHECK(train_on(&m, &d, &o, 1, &first, &e) == 0);
    CHECK(first.end.steps == (uint64_t)stop && first.end.planned == 9);
    model_free(&m);
    o.save = NULL;
    o.resume = path;
    begin(&m, s, &d);
    if (!CHECK(train_on(&m, &d, &o, 3, &second, &e) == 0))
        printf("# %s\n", e.text);
    CHECK(second.resumed == (uint64_t)stop && second.end.steps == 9);
    CHECK(first.steps + second.steps == 9 && first.epochs + second.epochs == 3);
    CHECK(second.end.best_epoch == told->end.best_epoch);
    CHECK(same_parameters(&m, want));
    check_epochs(told, &second);
    model_free(&m);
    dataset_free(&d);
}

static void check_set_up(const struct set_up *s)
{
    struct dataset d = images(s);
    struct train_options o = options(s, &d);
    struct heard told = {0};
    struct model want;
    struct error e;

    begin(&want, s, &d);
    CHECK(train_on(&want, &d, &o, 1, &told, &e) == 0);
    for (int stop = 1; stop < 9; stop++)
        check_cut(s, stop, &want, &told);
    model_free(&want);
    dataset_free(&d);
}

static void test_every_step(void)
{
    static const struct set_up sets[] = {
        {.optimizer = OPTIMIZER_ADAM},
        {.optimizer = OPTIMIZER_ADAMW, .schedule = SCHEDULE_COSINE},
        {.optimizer = OPTIMIZER_SGD, .nesterov = 1},
        {.optimizer = OPTIMIZER_ADAM, .keep_best = 1},
        {.optimizer = OPTIMIZER_ADAM, .frozen = {"conv1", "conv2"}},
        {.optimizer = OPTIMIZER_SGD, .frozen = {"conv2"}, .keep_best = 1},
        {.optimizer = OPTIMIZER_ADAM, .average = 0.9},
        {.optimizer = OPTIMIZER_SGD, .frozen = {"conv1"}, .mixup = 0.4},
        {.optimizer = OPTIMIZER_ADAMW, .frozen = {"conv2"}, .keep_best = 1, .average = 0.5},
        {.optimizer = OPTIMIZER_ADAM, .unlabelled = 1},
        {.optimizer = OPTIMIZER_SGD, .average = 0.9, .unlabelled = 3, .align = 1},
        {.optimizer = OPTIMIZER_ADAM,
         .frozen = {"conv1"},
         .keep_best = 1,
         .average = 0.9,
         .unlabelled = 2,
         .rotation = 0.5},
    };

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        check_set_up(&sets[i]);
}

/* What is saved at the end of all is resumed to the same end, in no step. */
static void test_after_the_end(void)
{
    struct set_up s = {.optimizer = OPTIMIZER_ADAM};
    struct dataset d = dataset(20, (struct extent){7, 6, 1}, 3);
    struct train_options o = options(&s, &d);
    struct heard h = {0};
    struct model want, m;
    struct error e;

    o.save = path;
    begin(&want, &s, &d);
    CHECK(train_on(&want, &d, &o, 1, &h, &e) == 0);
    o.save = NULL;
    o.resume = path;
    begin(&m, &s, &d);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0);
    CHECK(h.steps == 0 && h.resumed == 9 && h.end.steps == 9 && same_parameters(&m, &want));
    model_free(&m);
    model_free(&want);
    dataset_free(&d);
}

/* The state in `path` taken up by another training: what is said. */
static void refused(const char *says, struct train_options *o, const struct dataset *d,
                    const char *net, int frozen)
{
    struct heard h = {0};
    struct model m;
    struct error e = {0};

    o->resume = path;
    start_model(&m, net, d, 3);
    m.net.layer[0].frozen = frozen;
    CHECK(train_on(&m, d, o, 1, &h, &e) == -1 && h.steps == 0);
    if (!CHECK(strstr(e.text, says) != NULL))
        printf("# %s\n", e.text);
    model_free(&m);
}

static void test_of_another_training(void)
{
    struct set_up s = {.optimizer = OPTIMIZER_ADAM, .keep_best = 1};
    struct dataset d = dataset(20, (struct extent){7, 6, 1}, 3);
    struct train_options o = options(&s, &d), p;
    struct heard h = {.stop_at = 4};
    struct model m;
    struct error e;

    o.save = path;
    begin(&m, &s, &d);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0);
    model_free(&m);
    p = options(&s, &d);
    p.settings = "set 1 --up 1";
    refused("was saved with different settings: 'set 1 up' in the file, '--up 1' now", &p, &d,
            "c5 r p c4 r d6 r", 0);
    p.settings = "set 2 up";
    refused("was saved by set 1, and this is set 2, whose results may differ", &p, &d,
            "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    refused("was saved while training a different model", &p, &d, "c5 r p c4 r d7 r", 0);
    refused("was saved while training a different model", &p, &d, "c5 r p c4 r d6 r", 1);
    p.seed = 1;
    refused("'train.generator': does not match the seed", &p, &d, "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    p.epochs = 1;
    refused("'train.position': invalid", &p, &d, "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    p.batch = 5;
    refused("'train.position': invalid", &p, &d, "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    p.optimizer = OPTIMIZER_SGD;
    refused("'conv1.weight.momentum_buffer' is missing", &p, &d, "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    p.average = 0.9;
    refused("'conv1.weight.average' is missing", &p, &d, "c5 r p c4 r d6 r", 0);
    p = options(&s, &d);
    d.label[7] ^= 1;
    refused("was saved with different training data", &p, &d, "c5 r p c4 r d6 r", 0);
    dataset_free(&d);
}

/* A loss may be finite and its gradient not: an error in that step, and the last state stays. */
static void test_gradient_not_finite(void)
{
    struct dataset d = dataset(8, (struct extent){4, 4, 1}, 2);
    struct train_options o = train_defaults();
    struct heard h = {0};
    size_t bias, weight;
    struct model m, saved;
    struct error e = {0};

    o.save = path;
    o.settings = "set 1 up";
    start_model(&m, "d1", &d, 2);
    m.std[0] = 1e-6f;
    bias = slot_find(&m.net, net_find(&m.net, "dense1"), "bias")->at;
    weight = slot_find(&m.net, net_find(&m.net, "head"), "weight")->at;
    memset(m.parameters, 0, m.net.parameters * sizeof(float));
    m.parameters[bias] = 1e-37f;
    m.parameters[weight] = 3e37f;
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == -1);
    if (!CHECK(strstr(e.text, "step 1: a gradient is not finite at learning rate") != NULL))
        printf("# %s\n", e.text);
    CHECK(model_load_with(&saved, path, &e) == 0);
    CHECK(saved.parameters[bias] == 1e-37f && saved.parameters[weight] == 3e37f);
    model_free(&saved);
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    int fd = mkstemp(path);

    if (fd < 0)
        return 1;
    close(fd);
    RUN(test_every_step);
    RUN(test_after_the_end);
    RUN(test_of_another_training);
    RUN(test_gradient_not_finite);
    unlink(path);
    return check_status();
}
