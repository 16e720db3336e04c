/* The training loop: threads, frozen layers, learning rates, what it reports and when it gives up.
 */
#include "training.h"

#include "train/spans.h"

/* 70 images in batches of 32: the last one is smaller. Frozen bases run from a cache. */
static void test_any_number_of_threads(void)
{
    static const int batches[] = {1, 7, 32, 128, 200};
    struct dataset d = dataset(70, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct error e;

    o.epochs = 2;
    for (int frozen = 0; frozen < 2; frozen++)
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            struct model one, other;
            o.batch = batches[b];
            for (int threads = 1; threads <= 7; threads += 3) {
                struct model *m = threads == 1 ? &one : &other;
                start_model(m, "c5 r p c4 r d6 r", &d, 3);
                m->net.layer[0].frozen = frozen;
                CHECK(train_on(m, &d, &o, threads, &h, &e) == 0);
                if (threads == 1)
                    continue;
                CHECK(same_parameters(&one, &other));
                model_free(&other);
            }
            model_free(&one);
        }
    dataset_free(&d);
}

static void test_it_learns(void)
{
    struct dataset d = dataset(300, (struct extent){6, 5, 3}, 3);
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct model m;
    struct error e;

    o.batch = 16;
    o.lr = 0.01;
    start_model(&m, "c8 r p d8 r", &d, 3);
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
    CHECK(h.epochs == 10 && h.steps == 10 * 19);
    CHECK(h.epoch[0].number == 1 && h.epoch[9].number == 10);
    CHECK(h.epoch[9].loss < 0.3 * h.epoch[0].loss);
    CHECK(h.epoch[9].accuracy > 0.9 && h.epoch[9].valid_accuracy > 0.9);
    CHECK(h.epoch[9].has_valid);
    model_free(&m);
    dataset_free(&d);
}

static int layer_is(const struct model *a, const struct model *b, const char *name)
{
    int layer = net_find(&a->net, name);
    const struct slot *first = slot_find(&a->net, layer, "weight"),
                      *last = slot_find(&a->net, layer, "bias");

    return memcmp(a->parameters + first->at, b->parameters + first->at,
                  (last->at + last->floats - first->at) * sizeof(float)) == 0;
}

/* Frozen layers below, in the middle and above stay as they were, bit for bit. */
static void check_frozen(const char *const *frozen, enum optimizer optimizer)
{
    static const char *const layers[] = {"conv1", "conv2", "dense1", "dense2", "head"};
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct model before, m;
    struct heard h = {0};
    struct error e;

    o.optimizer = optimizer;
    o.weight_decay = 0.1;
    o.batch = 16;
    o.epochs = 2;
    start_model(&before, "c5 r p c20 r d9 r d6 r", &d, 3);
    start_model(&m, "c5 r p c20 r d9 r d6 r", &d, 3);
    for (const char *const *f = frozen; *f; f++)
        m.net.layer[net_find(&m.net, *f)].frozen = 1;
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
    for (size_t i = 0; i < 5; i++) {
        int is_frozen = m.net.layer[net_find(&m.net, layers[i])].frozen;
        if (!CHECK(layer_is(&before, &m, layers[i]) == is_frozen))
            printf("# %s\n", layers[i]);
    }
    model_free(&before);
    model_free(&m);
    dataset_free(&d);
}

static void test_frozen_layers(void)
{
    static const char *const sets[][6] = {{"conv1"},
                                          {"conv2"},
                                          {"dense1"},
                                          {"conv1", "dense1"},
                                          {"conv1", "conv2", "dense1", "dense2"},
                                          {"dense2", "head"}};

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        check_frozen(sets[i], OPTIMIZER_ADAM);
        check_frozen(sets[i], OPTIMIZER_ADAMW);
        check_frozen(sets[i], OPTIMIZER_SGD);
    }
}

/* Nothing to train: nothing changes, and what is reported is what an evaluation says. */
static void test_all_frozen(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct model before, m;
    struct heard h = {0};
    struct error e;

    o.batch = 16;
    o.epochs = 2;
    start_model(&before, "c5 r p d6 r", &d, 3);
    start_model(&m, "c5 r p d6 r", &d, 3);
    for (int i = 0; i < m.net.layers; i++)
        m.net.layer[i].frozen = 1;
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0);
    CHECK(same_parameters(&before, &m));
    CHECK_NEAR(h.epoch[0].loss, h.epoch[0].valid_loss, 1e-6);
    CHECK_NEAR(h.epoch[1].loss, h.epoch[0].loss, 1e-6);
    CHECK(h.epoch[0].accuracy == h.epoch[0].valid_accuracy);
    model_free(&before);
    model_free(&m);
    dataset_free(&d);
}

/* One step an epoch, so that every step's rate is told. */
static void hear_rates(enum schedule schedule, int64_t warmup, int epochs, struct heard *h)
{
    struct dataset d = dataset(8, (struct extent){4, 4, 1}, 2);
    struct train_options o = train_defaults();
    struct model m;
    struct error e;

    o.schedule = schedule;
    o.warmup = warmup;
    o.epochs = epochs;
    o.lr = 0.01;
    start_model(&m, "d4 r", &d, 2);
    CHECK(train_on(&m, &d, &o, 1, h, &e) == 0);
    model_free(&m);
    dataset_free(&d);
}

static void test_learning_rates(void)
{
    static const double cycle_of_ten[] = {
        0.0004,         0.0052,          0.01,           0.009504846320, 0.008117456539,
        0.006112620219, 0.0038874197806, 0.001882583460, 0.000495193680, 4e-8};
    static const double cycle_of_three[] = {0.009944154354509, 0.004626371026670, 4e-8};
    struct heard h = {0};

    hear_rates(SCHEDULE_CONSTANT, 0, 3, &h);
    for (int i = 0; i < 3; i++)
        CHECK_NEAR(h.epoch[i].lr, 0.01, 1e-9);
    hear_rates(SCHEDULE_CONSTANT, 4, 6, &h);
    for (int i = 0; i < 6; i++)
        CHECK_NEAR(h.epoch[i].lr, i < 4 ? 0.01 * (i + 1) / 4 : 0.01, 1e-9);
    hear_rates(SCHEDULE_COSINE, 2, 10, &h);
    for (int i = 0; i < 10; i++)
        CHECK_NEAR(h.epoch[i].lr,
                   i < 2 ? 0.01 * (i + 1) / 2 : 0.005 * (1 + cos(acos(-1) * (i - 2) / 8)), 1e-9);
    hear_rates(SCHEDULE_COSINE, 100, 3, &h); /* the warm-up is longer than all */
    CHECK_NEAR(h.epoch[2].lr, 0.01 * 3 / 100, 1e-9);
    hear_rates(SCHEDULE_ONECYCLE, TRAIN_WARMUP_TENTH, 10, &h); /* what PyTorch's OneCycleLR says */
    for (int i = 0; i < 10; i++)
        CHECK_NEAR(h.epoch[i].lr, cycle_of_ten[i], 1e-9);
    hear_rates(SCHEDULE_ONECYCLE, TRAIN_WARMUP_TENTH, 3, &h);
    for (int i = 0; i < 3; i++)
        CHECK_NEAR(h.epoch[i].lr, cycle_of_three[i], 1e-9);
    hear_rates(SCHEDULE_CONSTANT, TRAIN_WARMUP_TENTH, 30, &h);
    CHECK_NEAR(h.epoch[0].lr, 0.01 / 3, 1e-9);
    CHECK_NEAR(h.epoch[2].lr, 0.01, 1e-9);
}

/* A rate that blows the weights up ends in an error: at the loss, or at the last step's weights. */
static void test_not_finite(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct model m;
    struct heard h = {0};
    size_t bias;
    struct error e = {0};

    o.optimizer = OPTIMIZER_SGD;
    o.lr = 1e6;
    o.warmup = 0;
    o.batch = 4;
    start_model(&m, "c5 p d6", &d, 3); /* no ReLU: nothing dies, all explodes */
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == -1);
    CHECK(strstr(e.text, "the loss is not finite at learning rate 1e+06; try a smaller one") !=
          NULL);
    model_free(&m);
    o.lr = 1e38;
    o.epochs = 1;
    o.batch = 40;
    start_model(&m, "c5 r p d6 r", &d, 3);
    bias = slot_find(&m.net, m.net.layers - 1, "bias")->at;
    m.parameters[bias] = 3e38f;
    m.parameters[bias + 1] = -3e38f;
    o.weight_decay = 1e5;
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == -1);
    CHECK(strstr(e.text, "step 1: the weights are not finite") != NULL);
    model_free(&m);
    dataset_free(&d);
}

static void test_no_epochs(void)
{
    struct dataset d = dataset(8, (struct extent){4, 4, 1}, 2);
    struct train_options o = train_defaults();
    struct model before, m;
    struct heard h = {0};
    struct error e;

    o.epochs = 0;
    start_model(&before, "c3 p", &d, 2);
    start_model(&m, "c3 p", &d, 2);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0);
    CHECK(h.epochs == 0 && same_parameters(&before, &m));
    model_free(&before);
    model_free(&m);
    dataset_free(&d);
}

/* Mean and deviation of each channel; one that never changes is only shifted. */
static void test_statistics(void)
{
    uint8_t images[] = {0, 7, 255, 7, 255, 7, 0, 7};
    struct dataset d = {.image = {2, 1, 2}, .n = 2, .images = images};
    float mean[2], std[2];

    dataset_statistics(&d, mean, std);
    CHECK_NEAR(mean[0], 0.5, 1e-7);
    CHECK_NEAR(std[0], 0.5, 1e-7);
    CHECK_NEAR(mean[1], 7 / 255.0, 1e-8);
    CHECK_NEAR(std[1], 1, 0);
}

/* Stopped behind its first epoch, training leaves what one epoch makes. */
static void test_stopped(void)
{
    struct dataset d = dataset(70, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct model one, other;
    struct error e;

    o.batch = 32; /* three steps an epoch */
    o.warmup = 0;
    o.epochs = 1;
    start_model(&one, "c5 r p", &d, 3);
    CHECK(train_on(&one, &d, &o, 2, &h, &e) == 0);
    CHECK(h.end.steps == 3 && h.end.planned == 3 && h.end.best_epoch == 0);
    o.epochs = 4;
    h.stop_at = 3;
    start_model(&other, "c5 r p", &d, 3);
    CHECK(train_on(&other, &d, &o, 2, &h, &e) == 0);
    CHECK(h.end.steps == 3 && h.end.planned == 12 && h.steps == 3);
    CHECK(same_parameters(&one, &other));
    model_free(&other);
    /* In the second epoch the first is the best that there is. */
    o.keep_best = 1;
    h.stop_at = 5;
    start_model(&other, "c5 r p", &d, 3);
    CHECK(train_on(&other, &d, &o, 2, &h, &e) == 0);
    CHECK(h.end.steps == 5 && h.end.best_epoch == 1);
    CHECK(same_parameters(&one, &other));
    model_free(&other);
    model_free(&one);
    dataset_free(&d);
}

enum { MOST = 1 << 14 };

/* One step of plain SGD: how far each slot moves. */
static void move(float *to, const struct dataset *d, enum decay decay, double weight_decay,
                 const char *lr_scale, struct net *net)
{
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct error e = {.text = ""};
    struct model m, before;

    o.optimizer = OPTIMIZER_SGD;
    o.momentum = 0;
    o.epochs = 1;
    o.warmup = 0;
    o.batch = 40;
    o.lr = 0.5;
    o.decay = decay;
    o.weight_decay = weight_decay;
    o.lr_scale = lr_scale;
    start_model(&before, "c5 bn r p d6 r", d, 3);
    start_model(&m, "c5 bn r p d6 r", d, 3);
    if (!CHECK(train_on(&m, d, &o, 2, &h, &e) == 0))
        printf("# %s\n", e.text);
    for (size_t i = 0; i < m.net.parameters; i++)
        to[i] = m.parameters[i] - before.parameters[i];
    *net = m.net;
    model_free(&m);
    model_free(&before);
}

/* Weight decay on weights alone leaves biases and batch norm as they are without it. */
static void test_decay_on_weights(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    static float none[MOST], all[MOST], weights[MOST];
    struct net net;

    move(none, &d, DECAY_ALL, 0, NULL, &net);
    move(all, &d, DECAY_ALL, 0.5, NULL, &net);
    move(weights, &d, DECAY_WEIGHTS, 0.5, NULL, &net);
    CHECK(net.parameters <= MOST);
    for (int i = 0; i < net.slots; i++) {
        const struct slot *s = &net.slot[i];
        const float *want = s->is_weight ? all : none;
        CHECK(memcmp(weights + s->at, want + s->at, s->floats * sizeof(float)) == 0);
        if (s->is_weight || s->start == SLOT_ONE)
            CHECK(s->buffer || memcmp(all + s->at, none + s->at, s->floats * sizeof(float)) != 0);
    }
    dataset_free(&d);
}

/* A layer's rate times X moves it X times as far, times 0 not at all, and all others as before. */
static void test_lr_scale(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    static float plain[MOST], scaled[MOST];
    struct net net;

    move(plain, &d, DECAY_ALL, 0, NULL, &net);
    move(scaled, &d, DECAY_ALL, 0, "conv1=0,head=0.25,bn1=2", &net);
    for (int i = 0; i < net.slots; i++) {
        const struct slot *s = &net.slot[i];
        const char *name = net.layer[s->layer].name;
        double factor = strcmp(name, "conv1") == 0  ? 0
                        : strcmp(name, "head") == 0 ? 0.25
                        : strcmp(name, "bn1") == 0  ? 2
                                                    : 1;
        for (size_t k = s->at; k < s->at + s->floats && !s->buffer; k++)
            CHECK_NEAR(scaled[k], factor * (double)plain[k], 1e-6);
    }
    dataset_free(&d);
}

static void test_bad_lr_scales(void)
{
    static const char *const bad[][2] = {
        {"conv2=1", "--lr-scale: no layer 'conv2': the model has conv1 relu1 head"},
        {"conv1", "--lr-scale: conv1: '' is not a number between 0 and 1000"},
        {"head=1,conv1=-1", "--lr-scale: conv1: '-1' is not a number between 0 and 1000"},
        {"=1", "--lr-scale: no layer '': the model has conv1 relu1 head"},
    };
    float scale[NET_LAYERS_MAX + 1];
    struct error e;
    struct net n;

    CHECK(net_build(&n, "c4 r", (struct extent){7, 6, 1}, 3, &e) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(spans_parse_scales(bad[i][0], &n, scale, &e) == -1);
        CHECK_TEXT(e.text, bad[i][1]);
    }
    CHECK(spans_parse_scales("", &n, scale, &e) == 0);
    CHECK(scale[0] == 1 && scale[1] == 1 && scale[2] == 1);
}

/* A channel of one value has no deviation. */
static void test_batch_of_one(void)
{
    struct dataset d = dataset(41, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct error e = {.text = ""};
    struct model m;

    o.batch = 20;
    start_model(&m, "c3 bn r d5 bn r", &d, 3);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == -1);
    CHECK_TEXT(e.text, "layer bn2 needs at least 2 images in every batch, but the last one of an "
                       "epoch has 1: choose another size (-b)");
    model_free(&m);
    start_model(&m, "c3 bn r d5 r", &d, 3);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0);
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    RUN(test_stopped);
    RUN(test_any_number_of_threads);
    RUN(test_it_learns);
    RUN(test_frozen_layers);
    RUN(test_all_frozen);
    RUN(test_learning_rates);
    RUN(test_not_finite);
    RUN(test_no_epochs);
    RUN(test_statistics);
    RUN(test_decay_on_weights);
    RUN(test_lr_scale);
    RUN(test_bad_lr_scales);
    RUN(test_batch_of_one);
    return check_status();
}
