/* Every layer's gradient against central differences of what it computes. */
#include "check.h"
#include "net/layers/plain.h"
#include "net/reference.h"
#include "nets.h"

enum { MOST = 4096 };

/*
 * A function of floats to a number: the sum of a layer's outputs, each times a fixed random weight.
 * That makes these weights the gradient by the output.
 */
struct probe {
    double (*value)(const struct probe *p);
    struct view x, y;
    float *weight, *bias, *out; /* out: the weights of the outputs, laid out as y */
    size_t weights;
    struct taps taps;
    uint8_t *winner;
};

/* The gradient of *at by a central difference; the step that was really taken is the divisor. */
static double slope(const struct probe *p, float *at, float step)
{
    float keep = *at, up = keep + step, down = keep - step;
    double above, below;

    *at = up;
    above = p->value(p);
    *at = down;
    below = p->value(p);
    *at = keep;
    return (above - below) / ((double)up - down);
}

static double weighted_sum(const struct view *y, const float *out)
{
    double sum = 0;

    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int k = 0; k < y->c; k++)
                sum += (double)view_pixel(y, i, j)[k] * out[view_pixel(y, i, j) + k - y->at];
    return sum;
}

/* A tensor in memory of its own, rows and pixels a little apart so that strides matter. */
static struct view tensor(int h, int w, int c, float scale, struct rng *r)
{
    struct view t = {NULL, h, w, c, 0, (size_t)c + 1};

    t.row = t.pixel * (size_t)w + 3;
    t.at = floats(t.row * (size_t)h);
    fill(t.at, t.row * (size_t)h, scale, r);
    return t;
}

/* Checks dx, laid out as p->x, at every channel of every pixel. */
static void check_input(const struct probe *p, const float *dx, float step, double most)
{
    for (int i = 0; i < p->x.h; i++)
        for (int j = 0; j < p->x.w; j++)
            for (int k = 0; k < p->x.c; k++) {
                float *at = view_pixel(&p->x, i, j) + k;
                CHECK_NEAR(dx[at - p->x.at], slope(p, at, step), most);
            }
}

/* ---- convolution: linear in each of x, w and b, so that large steps are exact but for rounding */

static double conv_value(const struct probe *p)
{
    struct view y = p->y;

    plain_conv_forward(&p->x, p->weight, p->taps, p->bias, &y);
    return weighted_sum(&y, p->out);
}

static void check_conv(int h, int w, int in, int out, int kernel, int stride, int image,
                       struct rng *r)
{
    size_t all = (size_t)(kernel * kernel), weights = all * (size_t)in * (size_t)out;
    struct taps taps = image ? (struct taps){kernel, stride, 1, (size_t)(in * out), (size_t)out}
                             : (struct taps){kernel, stride, all * (size_t)in, (size_t)in, 1};
    struct probe p = {.value = conv_value, .taps = taps, .weights = weights};
    float *dw = floats(weights), *db = floats((size_t)out);
    struct view dx, dy;

    p.x = tensor(h, w, in, 1, r);
    h = (h + stride - 1) / stride, w = (w + stride - 1) / stride;
    p.y = tensor(h, w, out, 1, r);
    dy = tensor(h, w, out, 1, r);
    dx = tensor(p.x.h, p.x.w, in, 1, r); /* rubbish, to be overwritten */
    p.out = dy.at;
    p.weight = floats(weights);
    p.bias = floats((size_t)out);
    fill(p.weight, weights, 1, r);
    fill(p.bias, (size_t)out, 1, r);
    plain_conv_backward(&p.x, p.weight, taps, &dy, dw, db, &dx);
    for (size_t i = 0; i < weights; i++)
        CHECK_NEAR(dw[i], slope(&p, p.weight + i, 1), 1e-4);
    for (int i = 0; i < out; i++)
        CHECK_NEAR(db[i], slope(&p, p.bias + i, 1), 1e-4);
    check_input(&p, dx.at, 1, 1e-4);
    /* Gradients are added to what is there; without places for them only dx is made. */
    plain_conv_backward(&p.x, p.weight, taps, &dy, dw, db, NULL);
    CHECK_NEAR(dw[0], 2 * slope(&p, p.weight, 1), 2e-4);
    plain_conv_backward(&p.x, p.weight, taps, &dy, NULL, NULL, &dx);
    check_input(&p, dx.at, 1, 1e-4);
    free(p.x.at), free(p.y.at), free(dy.at), free(dx.at);
    free(p.weight), free(p.bias), free(dw), free(db);
}

static void test_conv_gradient(void)
{
    struct rng r;

    rng_seed(&r, 1, 1);
    for (int image = 0; image < 2; image++) {
        check_conv(5, 7, 3, 4, 3, 1, image, &r);
        check_conv(5, 7, 1, 2, 3, 1, image, &r);
        check_conv(1, 1, 3, 2, 3, 1, image, &r);
        check_conv(2, 3, 2, 1, 3, 1, image, &r);
        check_conv(1, 4, 1, 3, 3, 1, image, &r);
        check_conv(5, 6, 2, 3, 3, 2, image, &r);
        check_conv(4, 5, 2, 3, 1, 2, image, &r);
        check_conv(7, 6, 1, 2, 5, 1, image, &r);
        check_conv(6, 7, 2, 2, 7, 2, image, &r);
    }
}

/* One pixel in the middle finds each tap where the formula says it is. */
static void test_conv_taps(void)
{
    float x[25] = {0}, y[25], w[9], b = 0.5f;
    struct view tx = {x, 5, 5, 1, 5, 1}, ty = {y, 5, 5, 1, 5, 1};

    for (int t = 0; t < 9; t++)
        w[t] = (float)(t + 1);
    x[12] = 1;
    plain_conv_forward(&tx, w, (struct taps){3, 1, 9, 1, 1}, &b, &ty);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            int u = 2 - i + 1, v = 2 - j + 1;
            float want = u >= 0 && u < 3 && v >= 0 && v < 3 ? w[3 * u + v] : 0;
            CHECK_NEAR(y[5 * i + j], want + 0.5, 0);
        }
}

/* ---- ReLU and pool: no value lies so near to a kink that a step crosses it ---- */

/* Values k + 1/2 in steps of 1 for k from -n/2, in random order. */
static void spread(struct view *t, struct rng *r)
{
    int n = t->h * t->w * t->c;
    float value[MOST];

    for (int i = 0; i < n; i++)
        value[i] = (float)(i - n / 2) + 0.5f;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)rng_below(r, (uint64_t)i + 1);
        float keep = value[i];
        value[i] = value[k];
        value[k] = keep;
    }
    for (int i = 0; i < n; i++)
        view_pixel(t, i / t->c / t->w, i / t->c % t->w)[i % t->c] = value[i];
}

static double relu_value(const struct probe *p)
{
    struct view y = p->y;

    memcpy(y.at, p->x.at, y.row * (size_t)y.h * sizeof *y.at);
    plain_relu_forward(&y);
    return weighted_sum(&y, p->out);
}

static void test_relu_gradient(void)
{
    struct probe p = {.value = relu_value};
    struct view dy;
    struct rng r;

    rng_seed(&r, 2, 1);
    p.x = tensor(5, 7, 3, 1, &r);
    p.y = tensor(5, 7, 3, 1, &r);
    dy = tensor(5, 7, 3, 1, &r);
    p.out = floats(dy.row * 5);
    memcpy(p.out, dy.at, dy.row * 5 * sizeof *p.out);
    spread(&p.x, &r);
    relu_value(&p);
    plain_relu_backward(&p.y, &dy);
    check_input(&p, dy.at, 0.25f, 1e-4);
    free(p.x.at), free(p.y.at), free(dy.at), free(p.out);
}

static void test_relu_edges(void)
{
    float x[] = {-1, -0.0f, 0, 1e-45f, INFINITY, -INFINITY, NAN}, dy[] = {1, 1, 1, 1, 1, 1, 1};
    struct view t = {x, 1, 7, 1, 7, 1}, d = {dy, 1, 7, 1, 7, 1};
    static const float y[] = {0, 0, 0, 1e-45f, INFINITY, 0}, dx[] = {0, 0, 0, 1, 1, 0};

    plain_relu_forward(&t);
    plain_relu_backward(&t, &d);
    CHECK(memcmp(x, y, sizeof y) == 0); /* no negative zero either */
    CHECK(isnan(x[6]));
    CHECK(memcmp(dy, dx, sizeof dx) == 0);
}

static double pool_value(const struct probe *p)
{
    struct view y = p->y;

    plain_pool_forward(&p->x, &y, p->winner, (size_t)y.c);
    return weighted_sum(&y, p->out);
}

static void check_pool(int h, int w, int c, struct rng *r)
{
    struct probe p = {.value = pool_value};
    struct view dy, dx;
    uint8_t winner[MOST];

    p.x = tensor(h, w, c, 1, r);
    p.y = tensor(h / 2, w / 2, c, 1, r);
    dy = tensor(h / 2, w / 2, c, 1, r);
    dx = tensor(h, w, c, 1, r);
    p.out = dy.at;
    p.winner = winner;
    spread(&p.x, r);
    pool_value(&p);
    plain_pool_backward(&dy, winner, (size_t)c, &dx);
    check_input(&p, dx.at, 0.25f, 1e-4);
    free(p.x.at), free(p.y.at), free(dy.at), free(dx.at);
}

static void test_pool_gradient(void)
{
    struct rng r;

    rng_seed(&r, 3, 1);
    check_pool(4, 6, 2, &r);
    check_pool(5, 7, 3, &r);
    check_pool(2, 2, 1, &r);
    check_pool(3, 2, 1, &r);
}

/* Of equals the first wins; a NaN wins. */
static void test_pool_winner(void)
{
    static const float window[][4] = {{1, 1, 1, 1},      {0, 1, 1, 0},       {-3, -2, -3, -2},
                                      {1, NAN, 2, 3},    {0, 0, 0, 1},       {NAN, 1, 2, 3},
                                      {-0.0f, 0, 0, -1}, {1, 2, INFINITY, 4}};
    static const int want[] = {0, 1, 1, 1, 3, 0, 0, 2};

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        float x[4], y;
        uint8_t winner;
        struct view tx = {x, 2, 2, 1, 2, 1}, ty = {&y, 1, 1, 1, 1, 1};
        memcpy(x, window[i], sizeof x);
        plain_pool_forward(&tx, &ty, &winner, 1);
        CHECK_NEAR(winner, want[i], 0);
    }
}

/* ---- dense and loss ---- */

static double dense_value(const struct probe *p)
{
    plain_dense_forward(p->x.at, p->weight, p->bias, p->x.c, p->y.c, p->y.at);
    return weighted_sum(&p->y, p->out);
}

static void check_dense(int in, int out, struct rng *r)
{
    size_t n = (size_t)in, m = (size_t)out;
    struct probe p = {.value = dense_value, .weights = n * m};
    float *dw = floats(n * m), *db = floats(m), *dx = floats(n);

    p.x = (struct view){floats(n), 1, 1, in, n, n};
    p.y = (struct view){floats(m), 1, 1, out, m, m};
    p.out = floats(m);
    p.weight = floats(n * m);
    p.bias = floats(m);
    fill(p.x.at, n, 1, r), fill(p.out, m, 1, r), fill(p.weight, n * m, 1, r), fill(p.bias, m, 1, r);
    plain_dense_backward(p.x.at, p.weight, p.out, in, out, dw, db, dx);
    for (size_t i = 0; i < n * m; i++)
        CHECK_NEAR(dw[i], slope(&p, p.weight + i, 1), 1e-5);
    for (size_t i = 0; i < m; i++)
        CHECK_NEAR(db[i], slope(&p, p.bias + i, 1), 1e-5);
    check_input(&p, dx, 1, 1e-5);
    free(p.x.at), free(p.y.at), free(p.out), free(p.weight), free(p.bias);
    free(dw), free(db), free(dx);
}

static void test_dense_gradient(void)
{
    struct rng r;

    rng_seed(&r, 4, 1);
    check_dense(1, 1, &r);
    check_dense(7, 3, &r);
    check_dense(16, 10, &r);
    check_dense(33, 17, &r);
}

static void test_softmax_gradient(void)
{
    float logits[10], grad[10];
    struct rng r;

    rng_seed(&r, 5, 1);
    for (int classes = 1; classes <= 10; classes++) {
        int label = (int)rng_below(&r, (uint64_t)classes);
        fill(logits, (size_t)classes, 3, &r);
        softmax_cross_entropy(logits, classes, label, 0.5f, grad);
        for (int k = 0; k < classes; k++) {
            float keep = logits[k], up = keep + 0x1p-7f, down = keep - 0x1p-7f;
            double above, below;
            logits[k] = up;
            above = softmax_cross_entropy(logits, classes, label, 1, NULL);
            logits[k] = down;
            below = softmax_cross_entropy(logits, classes, label, 1, NULL);
            logits[k] = keep;
            CHECK_NEAR(grad[k], 0.5 * (above - below) / ((double)up - down), 1e-5);
        }
    }
}

/* Targets that add up to 1, to more and to less. */
static void test_soft_gradient(void)
{
    float logits[10], grad[10], shares[10];
    double target[10];
    struct rng r;

    rng_seed(&r, 6, 1);
    for (int classes = 1; classes <= 10; classes++) {
        fill(logits, (size_t)classes, 3, &r);
        fill(shares, (size_t)classes, 1, &r);
        for (int k = 0; k < classes; k++)
            target[k] = fabs(shares[k]);
        soft_cross_entropy(logits, classes, target, 0.5f, grad);
        for (int k = 0; k < classes; k++) {
            float keep = logits[k], up = keep + 0x1p-7f, down = keep - 0x1p-7f;
            double above, below;
            logits[k] = up;
            above = soft_cross_entropy(logits, classes, target, 1, NULL);
            logits[k] = down;
            below = soft_cross_entropy(logits, classes, target, 1, NULL);
            logits[k] = keep;
            CHECK_NEAR(grad[k], 0.5 * (above - below) / ((double)up - down), 5e-5);
        }
    }
}

/* All of the target in one class is the plain loss; so is a sum of such targets. */
static void test_soft_values(void)
{
    static const float logits[3] = {1000, -1000, 999};
    static const double one[3] = {0, 2, 0}, two[3] = {0.25, 0.5, 0};
    float grad[3], plain[3];

    CHECK_NEAR(soft_cross_entropy(logits, 3, one, 1, grad),
               2 * softmax_cross_entropy(logits, 3, 1, 2, plain), 1e-9);
    CHECK(memcmp(grad, plain, sizeof grad) == 0);
    CHECK_NEAR(soft_cross_entropy(logits, 3, two, 1, grad),
               0.25 * softmax_cross_entropy(logits, 3, 0, 1, NULL) +
                   0.5 * softmax_cross_entropy(logits, 3, 1, 1, NULL),
               1e-9);
    CHECK(!isfinite(soft_cross_entropy((float[]){0, INFINITY}, 2, two, 1, NULL)));
}

static void test_softmax_values(void)
{
    static const float even[4] = {7, 7, 7, 7}, far[3] = {1000, -1000, 999};
    float grad[4];

    CHECK_NEAR(softmax_cross_entropy(even, 4, 2, 1, grad), log(4), 1e-12);
    CHECK_NEAR(grad[2], -0.75, 0);
    CHECK_NEAR(grad[0], 0.25, 0);
    CHECK_NEAR(softmax_cross_entropy(far, 3, 1, 1, grad), 2000 + log1p(exp(-1)), 1e-9);
    CHECK_NEAR(softmax_cross_entropy(far, 3, 0, 1, grad), log1p(exp(-1)), 1e-12);
    CHECK(isnan(softmax_cross_entropy((float[]){0, NAN}, 2, 0, 1, NULL)));
    CHECK(!isfinite(softmax_cross_entropy((float[]){0, INFINITY}, 2, 0, 1, NULL)));
}

/* ---- whole nets, through the engine with the plain layers ---- */

static double net_loss(struct ready *n, const float *input, int samples)
{
    const struct engine *g = n->engine;
    double loss = 0;

    memcpy(engine_input(g, 0, 0, 0), input,
           (size_t)samples * g->plan.tensor[0].layout.size * sizeof *input);
    engine_pack(n->engine, 0);
    forward_group(n->engine, samples);
    for (int s = 0; s < samples; s++)
        loss += softmax_cross_entropy(engine_logits(g, 0, s), n->net.classes, s % n->net.classes, 1,
                                      engine_logits_gradient(g, 0, s));
    return loss;
}

static double net_slope(struct ready *n, const float *input, int samples, size_t at, float step)
{
    float keep = n->parameters[at], up = keep + step, down = keep - step;
    double above, below;

    n->parameters[at] = up;
    above = net_loss(n, input, samples);
    n->parameters[at] = down;
    below = net_loss(n, input, samples);
    n->parameters[at] = keep;
    return (above - below) / ((double)up - down);
}

/* Every element of a slot, or some of them. Where two steps of different size do not agree
 * there is a kink between; few may be left out for that. */
static void check_parameters(struct ready *n, const float *input, const float *grad, int samples)
{
    int seen = 0, kinks = 0;

    for (int i = 0; i < n->net.slots; i++) {
        const struct slot *s = &n->net.slot[i];
        for (uint64_t k = 0; k < s->count; k += 1 + s->count / 60) {
            size_t at = slot_index(&n->net, s, k);
            double wide = net_slope(n, input, samples, at, 0x1p-8f);
            double narrow = net_slope(n, input, samples, at, 0x1p-9f);
            seen++;
            if (fabs(wide - narrow) > 1e-3)
                kinks++;
            else
                CHECK_NEAR(grad[at], narrow, 2e-3);
        }
    }
    CHECK(seen > 50 && kinks * 5 < seen);
}

static void check_net(const char *text, struct extent image)
{
    enum { SAMPLES = 2 };
    struct ready n;
    float *input, *grad;
    struct rng r;

    rng_seed(&r, 6, 1);
    ready_net(&n, text, image, 3, &kernels_reference, 1);
    input = floats(SAMPLES * n.engine->plan.tensor[0].layout.size);
    grad = floats(n.net.parameters);
    for (size_t s = 0; s < SAMPLES; s++)
        fill_layout(input + s * n.engine->plan.tensor[0].layout.size,
                    &n.engine->plan.tensor[0].layout, image.c, 1, &r);
    net_loss(&n, input, SAMPLES);
    backward_group(n.engine, SAMPLES, grad);
    check_parameters(&n, input, grad, SAMPLES);
    free(input), free(grad);
    ready_free(&n);
}

static void test_net_gradients(void)
{
    check_net("c3 r p c5 r p d7 r", (struct extent){5, 7, 1});
    check_net("c3 r c4 r p c2 r d5 r", (struct extent){5, 7, 3});
    check_net("c4 p r c3", (struct extent){6, 5, 3});
    check_net("d6 r d5", (struct extent){5, 7, 3});
    check_net("p c3 r r p p", (struct extent){17, 9, 2});
    check_net("r c3 p p d4 r r", (struct extent){8, 9, 1});
    check_net("r", (struct extent){5, 7, 1});
    check_net("p", (struct extent){8, 9, 1});
}

int main(void)
{
    RUN(test_conv_gradient);
    RUN(test_conv_taps);
    RUN(test_relu_gradient);
    RUN(test_relu_edges);
    RUN(test_pool_gradient);
    RUN(test_pool_winner);
    RUN(test_dense_gradient);
    RUN(test_softmax_gradient);
    RUN(test_softmax_values);
    RUN(test_soft_gradient);
    RUN(test_soft_values);
    RUN(test_net_gradients);
    return check_status();
}
