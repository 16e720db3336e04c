/* Consistency on images without labels: which are taken, by whose word, and what their loss adds.
 */
#include "training.h"

#include "augment/augment.h"

enum {
    LABELLED = 20,
    OTHERS = 60,
    RATIO = 2,
    DRAWN = RATIO * LABELLED,
    CLASSES = 3,
    MOST = 1 << 14
};

static const struct extent shape = {7, 6, 1};
static const char net[] = "c6 r p d8 r";

static void start_sharp(struct model *m, const struct dataset *d)
{
    start_model(m, net, d, CLASSES);
    for (size_t i = 0; i < m->net.parameters; i++)
        m->parameters[i] *= 2.5f; /* probabilities far from even */
}

/* The images that a step takes. */
static void drawn_in(uint64_t seed, uint64_t step, uint64_t *number)
{
    struct rng r;

    rng_counter(&r, seed, RNG_UNLABELLED, step, 0);
    for (int i = 0; i < DRAWN; i++)
        number[i] = rng_below(&r, OTHERS);
}

/* What the model says of these images: probabilities [DRAWN][CLASSES]. */
static void classify(struct model *m, const uint8_t *images, double *p)
{
    struct error e;
    struct team *team = team_new(1, &e);
    struct engine *g = engine_new(&m->net, m->parameters, kernels_list(0), team, 0, &e);
    float *table = model_pixel_table(m, &e), logits[DRAWN * CLASSES];

    CHECK(infer_logits(g, table, images, DRAWN, logits, NULL) == DRAWN);
    for (int i = 0; i < DRAWN; i++) {
        double sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += exp(logits[i * CLASSES + k]);
        for (int k = 0; k < CLASSES; k++)
            p[i * CLASSES + k] = exp(logits[i * CLASSES + k]) / sum;
    }
    free(table);
    engine_free(g);
    team_free(team);
}

static void classify_drawn(struct model *m, const struct dataset *u, const uint64_t *number,
                           double *p)
{
    size_t stride = dataset_stride(u);
    uint8_t *images = malloc(DRAWN * stride);

    for (int i = 0; i < DRAWN; i++)
        memcpy(images + (size_t)i * stride, u->images + number[i] * stride, stride);
    classify(m, images, p);
    free(images);
}

static int best_of(const double *p)
{
    int best = 0;

    for (int k = 1; k < CLASSES; k++)
        best = p[k] > p[best] ? k : best;
    return best;
}

/* Those at or above the threshold, as a data set with the classes as labels; and how many of them
 * have another label in u. */
static struct dataset believed(const struct dataset *u, const uint64_t *number, const double *p,
                               double threshold, int *wrong)
{
    size_t stride = dataset_stride(u);
    struct dataset d = {.image = shape, .images = malloc(DRAWN * stride)};

    d.label = malloc(DRAWN * sizeof *d.label);
    *wrong = 0;
    for (int i = 0; i < DRAWN; i++) {
        int best = best_of(p + i * CLASSES);
        if (p[i * CLASSES + best] < threshold)
            continue;
        memcpy(d.images + d.n * stride, u->images + number[i] * stride, stride);
        *wrong += best != u->label[number[i]];
        d.label[d.n++] = (uint16_t)best;
    }
    return d;
}

/* A threshold between two of the probabilities, so that rounding decides nothing. */
static double middle(const double *p)
{
    double low = 0, high = 1;

    for (int i = 0; i < DRAWN; i++) {
        double best = p[i * CLASSES + best_of(p + i * CLASSES)];
        if (best <= 0.7 && best > low)
            low = best;
        if (best > 0.7 && best < high)
            high = best;
    }
    CHECK(low > 0.4 && high < 1 && high - low > 1e-5);
    return (low + high) / 2;
}

/* Sets `to` to how far one step moves each parameter; returns how many there are. */
static size_t move(float *to, const struct dataset *d, const struct dataset *start,
                   const struct train_options *o, int threads, struct heard *h)
{
    struct error e = {.text = ""};
    struct model m, before;
    size_t n;

    start_sharp(&before, start);
    start_sharp(&m, start);
    if (!CHECK(train_on(&m, d, o, threads, h, &e) == 0))
        printf("# %s\n", e.text);
    n = m.net.parameters;
    CHECK(n <= MOST);
    for (size_t i = 0; i < n; i++)
        to[i] = m.parameters[i] - before.parameters[i];
    model_free(&m);
    model_free(&before);
    return n;
}

/* The step is that of the labelled images and, so many of them counting, that of supervised
 * training on those that are believed. */
static void check_gradient(double average, double weight)
{
    static float both[MOST], alone[MOST], beside[MOST], again[MOST];
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   taken;
    struct train_options o = one_step_beside(LABELLED, &u, RATIO),
                         plain = one_step_beside(LABELLED, NULL, RATIO);
    struct heard h = {0};
    struct model m;
    uint64_t number[DRAWN];
    double p[DRAWN * CLASSES], worst = 0, scale;
    int wrong;
    size_t n;

    start_sharp(&m, &d);
    drawn_in(o.seed, 0, number);
    classify_drawn(&m, &u, number, p);
    model_free(&m);
    o.threshold = middle(p);
    o.lambda = weight;
    taken = believed(&u, number, p, o.threshold, &wrong);
    CHECK(taken.n > 5 && taken.n < DRAWN - 5 && wrong > 0);
    move(alone, &d, &d, &plain, 1, &h);
    plain.batch = (int)taken.n;
    move(beside, &taken, &d, &plain, 1, &h);
    o.average = average;
    o.lr = average > 0 ? 0 : 1;
    n = move(both, &d, &d, &o, 1, &h);
    CHECK(h.epoch[0].has_unlabelled && h.epoch[0].has_wrong);
    CHECK_NEAR(h.epoch[0].confident, (double)taken.n / DRAWN, 1e-12);
    CHECK_NEAR(h.epoch[0].wrong, (double)wrong / (double)taken.n, 1e-12);
    scale = weight * (double)taken.n / DRAWN;
    for (size_t i = 0; i < n && average == 0; i++)
        worst = fmax(worst, fabs(both[i] - alone[i] - scale * beside[i]));
    CHECK(worst < 1e-5);
    move(again, &d, &d, &o, 3, &h);
    CHECK(memcmp(both, again, n * sizeof *both) == 0);
    dataset_free(&taken);
    dataset_free(&d);
    dataset_free(&u);
}

static void test_gradient(void)
{
    check_gradient(0, 1);
    check_gradient(0, 0.3);
    check_gradient(0.9, 1); /* the average is classified by, from the first step on */
}

/* In the second step the average of the weights classifies, not the weights. */
static void test_average(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   taken[2];
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct error e;
    struct model m;
    uint64_t number[DRAWN];
    double p[DRAWN * CLASSES];
    int wrong[2];

    o.threshold = 0.8;
    o.lr = 0.1;
    drawn_in(o.seed, 1, number);
    for (int k = 0; k < 2; k++) {
        o.average = k ? 0.99 : 0;
        start_sharp(&m, &d);
        CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
        classify_drawn(&m, &u, number, p);
        taken[k] = believed(&u, number, p, o.threshold, &wrong[k]);
        model_free(&m);
        o.epochs = 2;
        start_sharp(&m, &d);
        CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
        CHECK_NEAR(h.epoch[1].confident, (double)taken[k].n / DRAWN, 1e-12);
        CHECK_NEAR(h.epoch[1].wrong, (double)wrong[k] / (double)taken[k].n, 1e-12);
        model_free(&m);
        o.epochs = 1;
    }
    CHECK(taken[0].n != taken[1].n);
    dataset_free(&taken[0]);
    dataset_free(&taken[1]);
    dataset_free(&d);
    dataset_free(&u);
}

/* The probabilities that alignment makes in the first step, whose mean was even before it. */
static void test_alignment(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   taken, plain;
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct error e;
    struct model m;
    uint64_t number[DRAWN];
    double p[DRAWN * CLASSES], mean[CLASSES] = {0};
    int wrong;

    start_sharp(&m, &d);
    m.parameters[slot_find(&m.net, m.net.layers - 1, "bias")->at + 1] = 4;
    drawn_in(o.seed, 0, number);
    classify_drawn(&m, &u, number, p);
    plain = believed(&u, number, p, 0.75, &wrong);
    for (int i = 0; i < DRAWN * CLASSES; i++)
        mean[i % CLASSES] += p[i] / DRAWN;
    for (int i = 0; i < DRAWN; i++) {
        double *q = p + i * CLASSES, sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += q[k] /= 0.99 / CLASSES + 0.01 * mean[k];
        for (int k = 0; k < CLASSES; k++)
            q[k] /= sum;
    }
    taken = believed(&u, number, p, 0.75, &wrong);
    o.threshold = 0.75;
    o.align = 1;
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
    CHECK_NEAR(h.epoch[0].confident, (double)taken.n / DRAWN, 1e-12);
    CHECK_NEAR(h.epoch[0].wrong, (double)wrong / (double)taken.n, 1e-12);
    CHECK(taken.n <= plain.n);
    model_free(&m);
    dataset_free(&plain);
    dataset_free(&taken);
    dataset_free(&d);
    dataset_free(&u);
}

/* Steps go by until the mean is what the model believes: classes that it overrates are taken less
 * often than without alignment. */
static void test_alignment_evens(void)
{
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES);
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct error e;
    struct model m;
    double last[2];

    o.lr = 0;
    o.epochs = 400;
    o.threshold = 0.9;
    for (int k = 0; k < 2; k++) {
        start_sharp(&m, &d);
        m.parameters[slot_find(&m.net, m.net.layers - 1, "bias")->at + 1] = 6;
        o.align = k;
        CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
        last[k] = h.epoch[399 % 64].confident;
        model_free(&m);
    }
    CHECK(last[0] > 0.5 && last[1] < last[0] / 2);
    dataset_free(&d);
    dataset_free(&u);
}

/* Views are the images as the texts change them: the weak one decides, the strong one is learnt. */
static void test_views(void)
{
    static float strong[MOST], none[MOST];
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES),
                   taken;
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    struct augments flip;
    struct error e;
    struct model m;
    size_t stride = dataset_stride(&u), n;
    uint8_t *views = malloc((DRAWN + 1) * stride);
    uint64_t number[DRAWN];
    double p[DRAWN * CLASSES];
    int wrong;

    drawn_in(o.seed, 0, number);
    CHECK(augments_parse(&flip, "shift2 flip", &e) == 0);
    for (int i = 0; i < DRAWN; i++)
        augments_apply(&flip, (struct pixels){u.images + number[i] * stride, 6, 7, 1}, o.seed, 0,
                       ((uint64_t)1 << 40) + 2 * (uint64_t)i, views + (size_t)i * stride,
                       views + DRAWN * stride);
    start_sharp(&m, &d);
    classify(&m, views, p);
    model_free(&m);
    o.threshold = middle(p);
    taken = believed(&u, number, p, o.threshold, &wrong);
    o.weak = "shift2 flip";
    n = move(none, &d, &d, &o, 1, &h);
    CHECK_NEAR(h.epoch[0].confident, (double)taken.n / DRAWN, 1e-12);
    CHECK_NEAR(h.epoch[0].wrong, (double)wrong / (double)taken.n, 1e-12);
    o.strong = "contrast0.9";
    move(strong, &d, &d, &o, 2, &h);
    CHECK_NEAR(h.epoch[0].confident, (double)taken.n / DRAWN, 1e-12);
    CHECK(memcmp(strong, none, n * sizeof *none) != 0);
    /* Without a strong text that of the labelled images holds, whose views are others. */
    o.strong = NULL;
    o.augment = "shift2";
    move(strong, &d, &d, &o, 2, &h);
    CHECK(memcmp(strong, none, n * sizeof *none) != 0);
    free(views);
    dataset_free(&taken);
    dataset_free(&d);
    dataset_free(&u);
}

/* Labels are looked at, never used: without them, or with wrong ones, the model is the same. */
static void test_labels_unused(void)
{
    static float known[MOST], unknown[MOST];
    struct dataset d = dataset(LABELLED, shape, CLASSES), u = other_dataset(OTHERS, shape, CLASSES);
    struct train_options o = one_step_beside(LABELLED, &u, RATIO);
    struct heard h = {0};
    uint16_t *label = u.label;
    size_t n;

    o.threshold = 0.6;
    n = move(known, &d, &d, &o, 1, &h);
    u.label = NULL;
    move(unknown, &d, &d, &o, 1, &h);
    CHECK(memcmp(known, unknown, n * sizeof *known) == 0);
    CHECK(h.epoch[0].has_unlabelled && !h.epoch[0].has_wrong);
    u.label = label;
    label[3] = CLASSES; /* no class of the model's: nothing is known of any */
    move(unknown, &d, &d, &o, 1, &h);
    CHECK(memcmp(known, unknown, n * sizeof *known) == 0 && !h.epoch[0].has_wrong);
    dataset_free(&d);
    dataset_free(&u);
}

int main(void)
{
    RUN(test_gradient);
    RUN(test_average);
    RUN(test_alignment);
    RUN(test_alignment_evens);
    RUN(test_views);
    RUN(test_labels_unused);
    return check_status();
}
