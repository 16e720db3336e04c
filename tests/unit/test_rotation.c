/* Rotations drawn inside the step are those of a data set that holds them. */
#include "training.h"

#include "augment/augment.h"

enum { SIDE = 6, CHANNELS = 2, PIXELS = SIDE * SIDE * CHANNELS, IMAGES = 12 };

static struct dataset images(void)
{
    struct dataset d = dataset(IMAGES, (struct extent){SIDE, SIDE, CHANNELS}, 3);

    free(d.label);
    d.label = NULL;
    return d;
}

/* By quarters counter-clockwise: pixel after pixel, one quarter after the other. */
static void turn(const uint8_t *from, uint8_t *to, int quarters)
{
    uint8_t last[PIXELS];

    memcpy(to, from, PIXELS);
    for (; quarters > 0; quarters--) {
        memcpy(last, to, PIXELS);
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++)
                memcpy(to + (i * SIDE + j) * CHANNELS, last + (j * SIDE + SIDE - 1 - i) * CHANNELS,
                       CHANNELS);
    }
}

/* What rotgen makes of d: every image four times, labelled 0 to 3. */
static struct dataset all_turned(const struct dataset *d)
{
    struct dataset t = {.image = d->image, .n = 4 * d->n};

    t.images = malloc(t.n * PIXELS);
    t.label = malloc(t.n * sizeof *t.label);
    for (uint64_t i = 0; i < t.n; i++) {
        t.label[i] = (uint16_t)(i % 4);
        turn(d->images + i / 4 * PIXELS, t.images + i * PIXELS, (int)(i % 4));
    }
    return t;
}

static struct train_options options(enum rotate rotate)
{
    struct train_options o = one_step(4 * IMAGES);

    o.rotate = rotate;
    o.lr = 0.5;
    return o;
}

static void train_one(struct model *m, const struct dataset *d, const struct train_options *o,
                      int frozen, int threads, struct heard *h)
{
    struct error e = {.text = ""};

    start_model(m, "c9 r p c5 bn d8 r", d, 4);
    m->net.layer[0].frozen = frozen;
    if (!CHECK(train_on(m, d, o, threads, h, &e) == 0))
        printf("# %s\n", e.text);
}

static double apart(const struct model *a, const struct model *b)
{
    return largest_difference(a->parameters, b->parameters, a->net.parameters);
}

/* One step on everything: the same sum in another order. A frozen base is run but once. */
static void test_all(void)
{
    struct dataset d = images(), t = all_turned(&d);
    struct train_options o = options(ROTATE_ALL), plain = options(ROTATE_NONE);
    struct heard h = {0}, g = {0};
    struct model a, b;

    for (int frozen = 0; frozen < 2; frozen++) {
        train_one(&a, &d, &o, frozen, 2, &h);
        train_one(&b, &t, &plain, frozen, 2, &g);
        CHECK(memcmp(a.mean, b.mean, sizeof a.mean) == 0 &&
              memcmp(a.std, b.std, sizeof a.std) == 0);
        CHECK(apart(&a, &b) < 1e-6);
        CHECK_NEAR(h.epoch[0].loss, g.epoch[0].loss, 1e-6);
        CHECK_NEAR(h.epoch[0].valid_loss, g.epoch[0].valid_loss, 1e-6);
        CHECK(h.epoch[0].accuracy == g.epoch[0].accuracy);
        model_free(&a);
        model_free(&b);
    }
    /* The same weights give the same evaluation, to the last bit. */
    o.lr = plain.lr = 0;
    train_one(&a, &d, &o, 1, 2, &h);
    train_one(&b, &t, &plain, 1, 2, &g);
    CHECK(h.epoch[0].valid_accuracy == g.epoch[0].valid_accuracy);
    CHECK_NEAR(h.epoch[0].valid_loss, g.epoch[0].valid_loss, 1e-7);
    model_free(&a);
    model_free(&b);
    dataset_free(&d);
    dataset_free(&t);
}

/* The images in the order of the epoch. */
static void shuffled(uint64_t order[IMAGES], uint64_t seed)
{
    struct rng r;

    rng_seed(&r, seed, RNG_SHUFFLE);
    for (uint64_t i = 0; i < IMAGES; i++)
        order[i] = i;
    for (uint64_t i = IMAGES - 1; i > 0; i--) {
        uint64_t k = rng_below(&r, i + 1), keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
}

/* Batches of four are the rotations of one image each. */
static void test_rotations_stand_together(void)
{
    struct dataset d = images(), t = all_turned(&d), one = t;
    struct train_options o = options(ROTATE_ALL), plain = options(ROTATE_NONE);
    struct heard h = {0};
    struct model a, b;
    struct error e;
    uint64_t order[IMAGES];

    o.batch = plain.batch = 4;
    o.seed = 5;
    shuffled(order, o.seed);
    train_one(&a, &d, &o, 0, 3, &h);
    CHECK(h.end.steps == IMAGES && h.end.planned == IMAGES);
    plain.epochs = 0;
    train_one(&b, &d, &plain, 0, 1, &h);
    plain.epochs = 1;
    one.n = 4;
    for (int i = 0; i < IMAGES; i++) {
        one.images = t.images + 4 * order[i] * PIXELS;
        CHECK(train_on(&b, &one, &plain, 1, &h, &e) == 0);
    }
    CHECK(apart(&a, &b) < 1e-5);
    model_free(&a);
    model_free(&b);
    dataset_free(&d);
    dataset_free(&t);
}

/* One rotation an image, by counter: of three epochs, and for any number of threads. */
static void test_one(void)
{
    struct dataset d = images(), t = all_turned(&d);
    struct train_options o = options(ROTATE_ONE), plain = options(ROTATE_NONE);
    struct heard h = {0};
    struct model a, b, before;
    struct error e;
    int seen[4] = {0};

    o.batch = 5;
    o.seed = plain.seed = 7;
    /* The first epoch is one on images that lie there turned, to the last bit. */
    t.n = IMAGES;
    for (uint64_t i = 0; i < IMAGES; i++) {
        struct rng r;
        rng_counter(&r, o.seed, RNG_TURN, 1, i);
        t.label[i] = (uint16_t)rng_below(&r, 4);
        seen[t.label[i]]++;
        turn(d.images + i * PIXELS, t.images + i * PIXELS, t.label[i]);
    }
    CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
    plain.batch = 5;
    train_one(&a, &d, &o, 0, 1, &h);
    train_one(&b, &t, &plain, 0, 2, &h);
    CHECK(same_parameters(&a, &b));
    model_free(&b);
    /* A second one is another, and its threads do not matter. */
    o.epochs = 2;
    before = a;
    train_one(&a, &d, &o, 0, 1, &h);
    train_one(&b, &d, &o, 0, 3, &h);
    CHECK(same_parameters(&a, &b));
    plain.epochs = 1;
    CHECK(train_on(&before, &t, &plain, 1, &h, &e) == 0);
    CHECK(!same_parameters(&a, &before));
    model_free(&a);
    model_free(&b);
    model_free(&before);
    dataset_free(&d);
    dataset_free(&t);
}

/* Changes come first, and are the same in all rotations of an image. */
static void test_augmented(void)
{
    struct dataset d = images(), changed = images(), t;
    struct train_options o = options(ROTATE_ALL), plain = options(ROTATE_NONE);
    struct heard h = {0};
    struct augments augments;
    struct model a, b;
    struct error e;
    uint8_t spare[PIXELS];

    CHECK(augments_parse(&augments, "shift2 flip", &e) == 0);
    for (uint64_t i = 0; i < IMAGES; i++)
        augments_apply(&augments, (struct pixels){d.images + i * PIXELS, SIDE, SIDE, CHANNELS},
                       o.seed, 1, i, changed.images + i * PIXELS, spare);
    CHECK(memcmp(changed.images, d.images, IMAGES * PIXELS) != 0);
    t = all_turned(&changed);
    o.augment = "shift2 flip";
    train_one(&a, &d, &o, 0, 2, &h);
    start_model(&b, "c9 r p c5 bn d8 r", &d, 4);
    CHECK(train_on(&b, &t, &plain, 2, &h, &e) == 0);
    CHECK(apart(&a, &b) < 1e-6);
    model_free(&a);
    model_free(&b);
    dataset_free(&d);
    dataset_free(&changed);
    dataset_free(&t);
}

static void test_not_square(void)
{
    struct dataset d = dataset(8, (struct extent){6, 5, 1}, 3);
    struct train_options o = options(ROTATE_ONE);
    struct heard h = {0};
    struct model m;
    struct error e;

    start_model(&m, "c4 r", &d, 4);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == -1);
    CHECK_TEXT(e.text, "training data: images of 6 x 5 are not square, so they cannot be rotated");
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    RUN(test_all);
    RUN(test_rotations_stand_together);
    RUN(test_one);
    RUN(test_augmented);
    RUN(test_not_square);
    return check_status();
}
