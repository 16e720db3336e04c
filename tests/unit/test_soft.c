/* Training on soft labels: the loss and its gradient against PyTorch's, labels of both kinds. */
#include "training.h"

#include "net/loss.h"
#include "train/criterion.h"

#include "soft_torch.h"

enum { SAMPLES = 4, CLASSES = 5, SOME_IMAGES = 40 };

static const float weights[CLASSES] = {0.5f, 2, 1, 0.25f, 3};

/* ---- the criterion ---- */

/* As make-soft.py has them. */
static void fill_torch(float *logits, float *soft, uint16_t *label)
{
    for (int i = 0; i < SAMPLES; i++) {
        double q[CLASSES - 1], sum = 0;
        for (int k = 0; k < CLASSES; k++)
            logits[i * CLASSES + k] = (float)((i * 7 + k * 5 + i * k * 3) % 11 / 4.0 - 1);
        for (int k = 0; k < CLASSES - 1; k++)
            sum += q[k] = 1 + (i * 3 + k * k) % 5;
        for (int k = 0; k < CLASSES - 1; k++)
            soft[i * (CLASSES - 1) + k] = (float)(q[k] / sum);
        label[i] = (uint16_t)i;
    }
}

static void check_criterion(int weighted, double smooth, int mixed, const double *loss,
                            const double *grad)
{
    float logits[SAMPLES * CLASSES], soft[SAMPLES * (CLASSES - 1)], got[CLASSES];
    uint16_t label[SAMPLES];
    struct dataset d = {.n = SAMPLES, .label = label, .soft = soft, .classes = CLASSES - 1};
    struct train_options o = {.smooth = smooth};
    struct model m = {.net = {.classes = CLASSES}};
    float room[CLASSES];
    struct trainer t = {
        .m = &m, .data = &d, .o = &o, .weight = 1, .class_weight = weighted ? room : NULL};

    memcpy(room, weights, sizeof room);
    fill_torch(logits, soft, label);
    for (uint64_t i = 0; i < SAMPLES; i++) {
        struct tally tally = {0};
        const float *x = logits + i * CLASSES;
        int most = 0;
        if (mixed)
            criterion_add_mixed(&t, i, (i + 1) % SAMPLES, 0.625, x, got, &tally);
        else
            criterion_add_image(&t, i, x, got, &tally);
        CHECK_NEAR(tally.loss, loss[i], 1e-6);
        for (int k = 0; k < CLASSES; k++) {
            CHECK_NEAR(got[k], grad[i * CLASSES + (uint64_t)k], 1e-6);
            most = x[k] > x[most] ? k : most;
        }
        CHECK(tally.correct == (most == label[i]));
    }
}

static void test_torch(void)
{
    check_criterion(0, 0, 0, plain_loss, plain_grad);
    check_criterion(0, 0.25, 0, smooth_loss, smooth_grad);
    check_criterion(1, 0, 0, weighted_loss, weighted_grad);
    check_criterion(1, 0.25, 0, both_loss, both_grad);
    check_criterion(1, 0.25, 1, mixed_loss, mixed_grad);
}

/* ---- trainings ---- */

/* Soft labels that say what the labels say, or spread some of it. */
static void soften(struct dataset *d, int classes, float kept)
{
    d->classes = classes;
    d->soft = malloc(d->n * (uint64_t)classes * sizeof *d->soft);
    for (uint64_t i = 0; i < d->n; i++)
        for (int k = 0; k < classes; k++)
            d->soft[i * (uint64_t)classes + (uint64_t)k] =
                k == d->label[i] ? kept : (1 - kept) / (float)(classes - 1);
}

/* The model that a training makes of labels, and of soft ones. */
static void train_both(const struct train_options *o, float kept, struct model *hard,
                       struct model *soft, struct heard *told)
{
    for (int k = 0; k < 2; k++) {
        struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
        struct model *m = k ? soft : hard;
        struct error e;
        if (k)
            soften(&d, 3, kept);
        start_model(m, "c5 r p d6 r", &d, 3);
        CHECK(train_on(m, &d, o, 1 + 2 * k, &told[k], &e) == 0);
        dataset_free(&d);
    }
}

/* A label and a soft label with all its probability are the same to the last bit, whatever is mixed
 * and smoothed. */
static void test_certain(void)
{
    for (int way = 0; way < 8; way++) {
        struct train_options o = train_defaults();
        struct heard told[2] = {{0}};
        struct model hard, soft;
        o.epochs = 3;
        o.batch = 16;
        o.smooth = way & 1 ? 0.1 : 0;
        o.mixup = way & 2 ? 0.5 : 0;
        o.augment = way & 4 ? "shift1 flip" : NULL;
        train_both(&o, 1, &hard, &soft, told);
        CHECK(same_parameters(&hard, &soft));
        CHECK(told[0].epoch[2].loss == told[1].epoch[2].loss);
        CHECK(told[0].epoch[2].accuracy == told[1].epoch[2].accuracy);
        model_free(&hard);
        model_free(&soft);
    }
}

/* Smoothing is a soft label: (1 - share) of the label, and share / classes of each class. Rounding
 * of the soft label is all that differs. */
static void test_smoothed(void)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults(), smooth;
    struct heard told[2] = {{0}};
    struct model m[2];
    struct error e;

    o.epochs = 1;
    o.batch = 16;
    smooth = o;
    smooth.smooth = 0.375;
    start_model(&m[0], "c5 r p d6 r", &d, 3);
    start_model(&m[1], "c5 r p d6 r", &d, 3);
    CHECK(train_on(&m[0], &d, &smooth, 2, &told[0], &e) == 0);
    soften(&d, 3, 0.75f);
    CHECK(train_on(&m[1], &d, &o, 2, &told[1], &e) == 0);
    CHECK_NEAR(told[0].epoch[0].loss, told[1].epoch[0].loss, 1e-6);
    CHECK(told[0].epoch[0].accuracy == told[1].epoch[0].accuracy);
    /* What it is judged by are the labels. */
    CHECK_NEAR(told[0].epoch[0].valid_loss, told[1].epoch[0].valid_loss, 1e-5);
    model_free(&m[0]);
    model_free(&m[1]);
    dataset_free(&d);
}

/* Fitted to soft labels, the model has their probabilities: the loss is their entropy. */
static void test_fitted(void)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    double entropy = -(0.5 * log(0.5) + 2 * 0.25 * log(0.25));
    struct heard told = {0};
    struct model m;
    struct error e;

    soften(&d, 3, 0.5f);
    o.epochs = 60;
    o.batch = 8;
    o.lr = 0.01;
    o.schedule = SCHEDULE_COSINE;
    start_model(&m, "d16 r", &d, 3);
    CHECK(train_on(&m, &d, &o, 2, &told, &e) == 0);
    CHECK(told.epoch[59].loss > entropy && told.epoch[59].loss < entropy + 0.01);
    CHECK(told.epoch[59].accuracy == 1);
    CHECK_NEAR(told.epoch[59].valid_loss, log(2), 0.1);
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    RUN(test_torch);
    RUN(test_certain);
    RUN(test_smoothed);
    RUN(test_fitted);
    return check_status();
}
