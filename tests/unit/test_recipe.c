/* What trainings are told beside their optimizer: clipping, averages, mixup. */
#include "training.h"

#include "train/average.h"
#include "train/mixup.h"

enum { SOME_IMAGES = 40, MOST = 1 << 14 };

/* Sets `to` to how far each parameter moves; those of conv1 do not if it is frozen. */
static size_t move(float *to, const struct train_options *o, int threads, int frozen)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    struct heard h = {0};
    struct error e = {.text = ""};
    struct model m, before;
    size_t n;

    start_model(&before, "c9 r c20 r p d30 r", &d, 3);
    start_model(&m, "c9 r c20 r p d30 r", &d, 3);
    m.net.layer[0].frozen = frozen;
    if (!CHECK(train_on(&m, &d, o, threads, &h, &e) == 0))
        printf("# %s\n", e.text);
    n = m.net.parameters;
    CHECK(n > 4096 && n <= MOST); /* more than two slices of an update */
    for (size_t i = 0; i < n; i++)
        to[i] = m.parameters[i] - before.parameters[i];
    model_free(&m);
    model_free(&before);
    dataset_free(&d);
    return n;
}

static double norm_of(const float *x, size_t n)
{
    double squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * x[i];
    return sqrt(squares);
}

/* A norm above the limit becomes the limit, by one factor for all; one below stays as it is. */
static void test_clip(void)
{
    static float plain[MOST], clipped[MOST], other[MOST];
    struct train_options o = one_step(SOME_IMAGES);

    for (int frozen = 0; frozen < 2; frozen++) {
        size_t n;
        double norm;
        o.clip = 0;
        n = move(plain, &o, 1, frozen);
        norm = norm_of(plain, n);
        o.clip = norm / 3;
        move(clipped, &o, 1, frozen);
        CHECK_NEAR(norm_of(clipped, n), norm / 3, 1e-5 * norm);
        for (size_t i = 0; i < n; i++)
            CHECK_NEAR(clipped[i], plain[i] / 3, 1e-6);
        for (int threads = 2; threads < 6; threads++) {
            move(other, &o, threads, frozen);
            CHECK(memcmp(other, clipped, n * sizeof *other) == 0);
        }
        o.clip = norm * 1.01;
        move(other, &o, 2, frozen);
        CHECK(memcmp(other, plain, n * sizeof *other) == 0);
    }
}

/* ---- the average ---- */

/* The average of what each epoch left, by the definition. */
struct mean {
    const struct model *m;
    double value[MOST], decay;
    int epochs;
    struct epoch last;
};

static void hear_mean(void *context, const struct epoch *e)
{
    struct mean *a = context;
    double t = ++a->epochs, d = fmin(a->decay, (1 + t) / (10 + t));

    for (size_t i = 0; i < a->m->net.parameters; i++)
        a->value[i] = d * a->value[i] + (1 - d) * a->m->parameters[i];
    a->last = *e;
}

/* A model on d as it is. */
static struct evaluation evaluate(const struct model *m, const struct dataset *d, struct team *team)
{
    struct error e;
    struct evaluation v = {0};
    float *table = model_pixel_table(m, &e);
    struct engine *g = engine_new(&m->net, m->parameters, kernels_list(0), team, 0, &e);

    CHECK(g && infer_evaluate(g, table, d->images, d->label, d->n, &v, &e) == 0);
    engine_free(g);
    free(table);
    return v;
}

/* One step an epoch. Running statistics are averaged, frozen layers stay. */
static void check_average(double decay, int frozen, int keep_best)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    static struct mean a;
    struct train_listener tell = {.context = &a, .epoch = hear_mean};
    struct train_options o = train_defaults();
    struct error e = {.text = ""};
    struct team *team = team_new(2, &e);
    struct evaluation v;
    struct model m;

    o.batch = SOME_IMAGES;
    o.epochs = 12;
    o.warmup = 0;
    o.lr = 0.01;
    o.average = decay;
    o.keep_best = keep_best;
    start_model(&m, "c9 bn r c20 r p d30 bn r", &d, 3);
    m.net.layer[0].frozen = m.net.layer[1].frozen = frozen;
    a = (struct mean){.m = &m, .decay = decay};
    CHECK(m.net.parameters > 4096 && m.net.parameters <= MOST);
    for (size_t i = 0; i < m.net.parameters; i++)
        a.value[i] = m.parameters[i];
    CHECK(train(&m, &d, &d, &o, kernels_list(0), team, &tell, &e) == 0 && a.epochs == 12);
    /* Accuracy rises to the end, so that the last epoch is the best. */
    for (size_t i = 0; i < m.net.parameters; i++)
        CHECK_NEAR(m.parameters[i], a.value[i], 2e-6);
    v = evaluate(&m, &d, team);
    CHECK_NEAR(v.loss, a.last.valid_loss, 1e-6);
    CHECK(v.correct == (uint64_t)lround(a.last.valid_accuracy * (double)d.n));
    model_free(&m);
    team_free(team);
    dataset_free(&d);
}

static void test_average(void)
{
    check_average(0.99, 0, 0);
    check_average(0.5, 1, 0);
    check_average(0.25, 0, 1);
}

static void test_average_decay(void)
{
    CHECK_NEAR(average_decay(0.999, 1), 2.0 / 11, 1e-15);
    CHECK_NEAR(average_decay(0.999, 8990), 8991.0 / 9000, 1e-15);
    CHECK(average_decay(0.999, 8991) == 0.999 && average_decay(0.1, 1) == 0.1);
}

/* ---- mixup ---- */

/* Every sample is the partner of one; what is drawn depends on seed and step alone. */
static void test_mixup_draws(void)
{
    struct mixup m = {0}, n = {0};
    struct error e;
    double shares = 0;

    CHECK(mixup_new(&m, 50, 1, 1, &e) == 0 && mixup_new(&n, 50, 2, 1, &e) == 0);
    for (uint64_t step = 0; step < 400; step++) {
        int batch = 1 + (int)(step % 50), seen[50] = {0}, differs = 0;
        mixup_draw(&m, 0.5, 3, step, batch);
        mixup_draw(&n, 0.5, 3, 400, 50);
        mixup_draw(&n, 0.5, 3, step, batch);
        CHECK(m.share == n.share && m.share >= 0 && m.share <= 1);
        for (int i = 0; i < batch; i++) {
            CHECK(m.partner[i] == n.partner[i] && m.partner[i] >= 0 && m.partner[i] < batch);
            seen[m.partner[i]]++;
        }
        for (int i = 0; i < batch; i++)
            CHECK(seen[i] == 1);
        mixup_draw(&n, 0.5, 4, step, batch);
        for (int i = 0; i < batch; i++)
            differs |= m.partner[i] != n.partner[i];
        CHECK(differs || batch < 10);
        CHECK(m.share != n.share);
        shares += m.share / 400;
    }
    CHECK_NEAR(shares, 0.5, 0.07);
    mixup_free(&m);
    mixup_free(&n);
}

/* One step moves by the gradient of the mixed loss, which finite differences tell from it. */
static void test_mixup_gradient(void)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    struct train_options o = one_step(SOME_IMAGES);
    struct heard h = {0};
    struct error e;
    struct model m, start;
    const struct slot *bias;

    o.mixup = 0.7;
    o.smooth = 0.1;
    start_model(&m, "c4 r p", &d, 3);
    start_model(&start, "c4 r p", &d, 3);
    CHECK(train_on(&m, &d, &o, 3, &h, &e) == 0);
    bias = slot_find(&m.net, m.net.layers - 1, "bias");
    o.lr = 0;
    for (size_t i = bias->at; i < bias->at + 3; i++) {
        double loss[2], gradient = (double)start.parameters[i] - m.parameters[i];
        for (int k = 0; k < 2; k++) {
            float keep = start.parameters[i];
            start.parameters[i] += k ? 0x1p-6f : -0x1p-6f;
            CHECK(train_on(&start, &d, &o, 2, &h, &e) == 0);
            loss[k] = h.epoch[0].loss;
            start.parameters[i] = keep;
        }
        CHECK_NEAR(gradient, (loss[1] - loss[0]) / 0x1p-5, 1e-4);
    }
    model_free(&m);
    model_free(&start);
    dataset_free(&d);
}

/* Images of one class, mixed with one another, have its label: all are recognized, or none. */
static void test_mixup_accuracy(void)
{
    struct dataset d = dataset(SOME_IMAGES, (struct extent){7, 6, 1}, 3);
    struct train_options o = one_step(SOME_IMAGES);
    struct heard h = {0};
    struct error e;
    struct model m;

    o.mixup = 1;
    o.lr = 0;
    start_model(&m, "c4 r p", &d, 3);
    m.parameters[slot_find(&m.net, m.net.layers - 1, "bias")->at + 1] = 100;
    for (uint64_t i = 0; i < d.n; i++)
        d.label[i] = 1;
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0 && h.epoch[0].accuracy == 1);
    /* Half of each: a sample is told rightly if the label of the larger share is. */
    for (uint64_t i = 0; i < d.n; i++)
        d.label[i] = (uint16_t)(i % 2);
    CHECK(train_on(&m, &d, &o, 1, &h, &e) == 0 && h.epoch[0].accuracy == 0.5);
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    RUN(test_clip);
    RUN(test_average);
    RUN(test_average_decay);
    RUN(test_mixup_draws);
    RUN(test_mixup_gradient);
    RUN(test_mixup_accuracy);
    return check_status();
}
