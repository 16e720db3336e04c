/* Images without labels that are turned: what they add to a step, and the outputs that tell of it.
 */
#include "training.h"

#include <unistd.h>

#include "augment/augment.h"
#include "img/rotate.h"

enum { LABELLED = 20, OTHERS = 60, RATIO = 2, CLASSES = 3, MOST = 1 << 14 };

static const struct extent shape = {7, 7, 1};
static const char net[] = "c6 r p d8 r";
static char path[] = "/tmp/rotpipe-turned-XXXXXX";

/* The views of the first step, labelled by their quarters. */
static struct dataset views(const struct dataset *u, uint64_t seed, const char *strong)
{
    struct dataset d = dataset(LABELLED, shape, ROTATIONS);
    size_t stride = dataset_stride(u);
    uint8_t *room = malloc(2 * stride);
    struct augments changes;
    struct error e;
    struct rng drawn, turn;

    CHECK(augments_parse(&changes, strong ? strong : "", &e) == 0);
    rng_counter(&drawn, seed, RNG_UNLABELLED, 0, 0);
    for (uint64_t i = 0; i < LABELLED; i++) {
        const uint8_t *image = u->images + rng_below(&drawn, OTHERS) * stride;
        augments_apply(&changes, (struct pixels){image, shape.w, shape.h, shape.c}, seed, 0,
                       ((uint64_t)1 << 41) + i, room, room + stride);
        rng_counter(&turn, seed, RNG_TURNED, 0, i);
        d.label[i] = (uint16_t)rng_below(&turn, ROTATIONS);
        rotate_image(changes.n ? room : image, d.images + i * stride, 7, 7, 1, d.label[i]);
    }
    free(room);
    return d;
}

/* A slot of the head, from the row that follows the model's classes on or from the first. */
static float *rows(const struct model *m, int slot, int from_classes, uint64_t *n)
{
    const struct net *t = &m->net;
    const struct slot *s = &t->slot[t->layer[t->layers - 1].slot + slot];
    uint64_t row = s->count / s->shape[0], skip = from_classes ? row * CLASSES : 0;
    float *values = malloc(s->count * sizeof *values);

    slot_read(t, s, m->parameters + s->at, values);
    *n = ROTATIONS * row;
    memmove(values, values + skip, *n * sizeof *values);
    return values;
}

/* Floats before the head, where both kinds of models have the same. */
static size_t body(const struct model *m)
{
    return m->net.slot[m->net.layer[m->net.layers - 1].slot].at;
}

/* The model of rotations alone that training has inside: the same body, and as its head the outputs
 * beside the classes. */
static void start_rotations(struct model *m, const struct dataset *d, uint64_t seed)
{
    struct model wide;
    struct error e;

    start_model(&wide, net, d, CLASSES);
    CHECK(model_set_side(&wide, ROTATIONS, seed, &e) == 0);
    start_model(m, net, d, ROTATIONS);
    memcpy(m->parameters, wide.parameters, body(m) * sizeof *m->parameters);
    for (int k = 0; k < 2; k++) {
        const struct slot *s = &m->net.slot[m->net.layer[m->net.layers - 1].slot + k];
        uint64_t n;
        float *values = rows(&wide, k, 1, &n);
        slot_write(&m->net, s, values, m->parameters + s->at);
        free(values);
    }
    model_free(&wide);
}

/* The share of these images of which the model tells the label. */
static double told(struct model *m, const struct dataset *d)
{
    struct error e;
    struct team *team = team_new(1, &e);
    struct engine *g = engine_new(&m->net, m->parameters, kernels_list(0), team, 0, &e);
    float *table = model_pixel_table(m, &e);
    struct evaluation all;

    CHECK(infer_evaluate(g, table, d->images, d->label, d->n, &all, &e) == 0);
    free(table);
    engine_free(g);
    team_free(team);
    return (double)all.correct / (double)all.n;
}

/* The outputs beside the classes have moved, in the state, `weight` times as far as the head of the
 * model of rotations has. */
static void check_side(const struct model *start, const struct model *end, double weight)
{
    struct model saved;
    struct error e;

    if (!CHECK(model_load_with(&saved, path, &e) == 0))
        return;
    CHECK(saved.net.classes == CLASSES + ROTATIONS);
    for (int k = 0; k < 2; k++) {
        uint64_t n, m;
        float *a = rows(start, k, 0, &n), *b = rows(end, k, 0, &n), *c = rows(&saved, k, 1, &m);
        double most = 0;
        CHECK(n == m);
        for (uint64_t i = 0; i < n; i++) {
            CHECK_NEAR(c[i] - a[i], weight * (b[i] - a[i]), 1e-5);
            most = fmax(most, fabs(b[i] - a[i]));
        }
        CHECK(most > 0.01);
        free(a), free(b), free(c);
    }
    model_free(&saved);
}

/* The step is what it is without turned images and, so many times, that of supervised training on
 * these as images of four classes. */
static void check_step(double weight, double lambda, const char *strong, double average)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   turned;
    struct train_options o = one_step_beside(LABELLED, &u, RATIO),
                         plain = one_step_beside(LABELLED, NULL, RATIO);
    struct heard h = {0};
    struct model none, both, again, start, end;
    struct error e;
    double worst = 0, most = 0, share;

    o.lambda = lambda;
    o.strong = strong;
    turned = views(&u, o.seed, strong);
    start_rotations(&start, &d, o.seed);
    start_rotations(&end, &d, o.seed);
    share = told(&start, &turned);
    CHECK(train_on(&end, &turned, &plain, 1, &h, &e) == 0);
    start_model(&none, net, &d, CLASSES);
    CHECK(train_on(&none, &d, &o, 1, &h, &e) == 0);
    CHECK(h.epoch[0].has_unlabelled && !h.epoch[0].has_rotation);
    o.rotation = weight;
    o.save = path;
    o.average = average;
    start_model(&both, net, &d, CLASSES);
    CHECK(train_on(&both, &d, &o, 1, &h, &e) == 0);
    CHECK(both.net.parameters == none.net.parameters && both.net.side == 0);
    CHECK(h.epoch[0].has_unlabelled == (lambda > 0) && h.epoch[0].has_rotation);
    CHECK_NEAR(h.epoch[0].rotation, share, 1e-12);
    for (size_t i = 0; i < both.net.parameters && average == 0; i++) {
        double moved = i < body(&both) ? weight * (end.parameters[i] - start.parameters[i]) : 0;
        worst = fmax(worst, fabs(both.parameters[i] - none.parameters[i] - moved));
        most = fmax(most, fabs(moved));
    }
    CHECK(worst < 1e-5 && (average > 0 || most > 1e-3));
    check_side(&start, &end, weight);
    start_model(&again, net, &d, CLASSES);
    CHECK(train_on(&again, &d, &o, 3, &h, &e) == 0 && same_parameters(&both, &again));
    model_free(&none);
    model_free(&both);
    model_free(&again);
    model_free(&start);
    model_free(&end);
    dataset_free(&turned);
    dataset_free(&d);
    dataset_free(&u);
}

static void test_step(void)
{
    check_step(1, 0, NULL, 0);
    check_step(0.5, 0, "shift2 flip", 0);
    check_step(2, 1, "contrast0.9 flip", 0);
    check_step(1, 1, NULL, 0.9);
}

/* Alone, no image is classified: weak view, threshold and alignment mean nothing. */
static void test_alone(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES);
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct model a, b;
    struct error e;

    o.rotation = 1;
    o.lambda = 0;
    o.epochs = 3;
    o.lr = 0.1;
    start_model(&a, net, &d, CLASSES);
    CHECK(train_on(&a, &d, &o, 2, &h, &e) == 0);
    o.weak = "flip";
    o.threshold = 0.9;
    o.align = 1;
    start_model(&b, net, &d, CLASSES);
    CHECK(train_on(&b, &d, &o, 2, &h, &e) == 0 && same_parameters(&a, &b));
    CHECK(h.epoch[2].has_rotation && !h.epoch[2].has_unlabelled && !h.epoch[2].has_wrong);
    model_free(&a);
    model_free(&b);
    dataset_free(&d);
    dataset_free(&u);
}

/* It is learnt, in the end, of images that are dark above; unless it counts next to nothing. */
static void test_learnt(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES);
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct model m;
    struct error e;

    for (size_t i = 0; i < OTHERS * dataset_stride(&u); i++)
        if (i % 49 < 14)
            u.images[i] = 0;
    o.optimizer = OPTIMIZER_ADAM;
    o.lr = 0.01;
    o.lambda = 0;
    o.epochs = 60;
    for (int k = 0; k < 2; k++) {
        o.rotation = k ? 1 : 1e-9;
        o.optimizer = k ? OPTIMIZER_ADAM : OPTIMIZER_SGD;
        start_model(&m, net, &d, CLASSES);
        CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
        CHECK(k ? h.epoch[59].rotation > 0.9 : h.epoch[59].rotation < 0.5);
        model_free(&m);
    }
    dataset_free(&d);
    dataset_free(&u);
}

/* No epoch leaves the model as it was; and training complains of what cannot be turned, or has too
 * many outputs. */
static void test_ends(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   wide;
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct model m, same;
    struct error e;

    o.rotation = 1;
    o.epochs = 0;
    start_model(&m, net, &d, CLASSES);
    start_model(&same, net, &d, CLASSES);
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
    CHECK(m.net.parameters == same.net.parameters && same_parameters(&m, &same));
    model_free(&m);
    start_model(&m, net, &d, NET_CLASSES_MAX - ROTATIONS + 1);
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == -1);
    CHECK(strcmp(e.text, "net: 997 classes and 4 outputs beside them, but at most 1000 are "
                         "possible") == 0);
    model_free(&m);
    wide = dataset(LABELLED, (struct extent){7, 6, 1}, CLASSES);
    o.unlabelled = &wide;
    start_model(&m, net, &wide, CLASSES);
    CHECK(train_on(&m, &wide, &o, 2, &h, &e) == -1);
    CHECK(strcmp(e.text, "training data: images of 7 x 6 are not square, so they cannot be "
                         "rotated") == 0);
    CHECK(m.net.side == 0 && m.net.classes == CLASSES);
    model_free(&m);
    model_free(&same);
    dataset_free(&d);
    dataset_free(&u);
    dataset_free(&wide);
}

/* Outputs beside the classes leave these as they are, come from a stream of their own, and go
 * without a trace. */
static void test_side(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES);
    struct model m, same, other;
    struct error e;
    float bound = NET_HEAD_GAIN * sqrtf(6.0f / 8);

    start_model(&m, net, &d, CLASSES);
    start_model(&same, net, &d, CLASSES);
    start_model(&other, net, &d, CLASSES);
    m.net.layer[m.net.layers - 1].frozen = 1;
    CHECK(model_set_side(&m, ROTATIONS, 7, &e) == 0 &&
          model_set_side(&other, ROTATIONS, 8, &e) == 0);
    CHECK(m.net.classes == CLASSES && m.net.side == ROTATIONS);
    CHECK(m.net.layer[m.net.layers - 1].frozen && !other.net.layer[other.net.layers - 1].frozen);
    CHECK_NEAR(told(&m, &d), told(&same, &d), 0);
    for (int k = 0; k < 2; k++) {
        uint64_t n;
        float *a = rows(&m, k, 1, &n), *b = rows(&other, k, 1, &n), most = 0;
        CHECK(n == (k == 0 ? ROTATIONS * 8 : ROTATIONS));
        CHECK((memcmp(a, b, n * sizeof *a) == 0) == (k == 1));
        for (uint64_t i = 0; i < n; i++)
            most = fmaxf(most, fabsf(a[i]));
        CHECK(k == 0 ? most > bound / 2 && most <= bound : most == 0);
        free(a);
        free(b);
    }
    CHECK(model_set_side(&m, 0, 0, &e) == 0 && m.net.parameters == same.net.parameters);
    CHECK(same_parameters(&m, &same) && m.net.slots == same.net.slots);
    model_free(&m);
    model_free(&same);
    model_free(&other);
    dataset_free(&d);
}

int main(void)
{
    int fd = mkstemp(path);

    if (!CHECK(fd >= 0))
        return check_status();
    close(fd);
    RUN(test_side);
    RUN(test_step);
    RUN(test_alone);
    RUN(test_learnt);
    RUN(test_ends);
    unlink(path);
    return check_status();
}
