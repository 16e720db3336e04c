/* What a step is told beside its optimizer: clipping. */
#include "training.h"

enum { SOME_IMAGES = 40, MOST = 1 << 14 };

/* One step of plain SGD on all images at a rate of 1, so that parameters move by their gradients.
 */
static struct train_options one_step(void)
{
    struct train_options o = train_defaults();

    o.optimizer = OPTIMIZER_SGD;
    o.momentum = 0;
    o.epochs = 1;
    o.warmup = 0;
    o.batch = SOME_IMAGES;
    o.lr = 1;
    return o;
}

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
    struct train_options o = one_step();

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

int main(void)
{
    RUN(test_clip);
    return check_status();
}
