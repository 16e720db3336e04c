/* Every set of kernels that this processor runs against the plain layers: dense layers, sums; and
 * optimizers against their formulas in double precision. */
#include "check.h"
#include "net/reference.h"
#include "nets.h"

enum { MOST_SAMPLES = 11 };
static const float mark = 12345.5f;

/* How far two sets may be apart, times what the sum of random terms amounts to. */
static const double rounding = 3e-6;

struct dense_data {
    struct dense d;
    size_t in, out, pad, weights;
    float *x, *weight, *bias, *dy;
    float *y, *dx, *dw, *db; /* results */
};

static void fresh_dense(struct dense_data *d, int n)
{
    d->y = floats((size_t)n * d->pad);
    d->dx = floats((size_t)n * d->in);
    d->dw = floats(d->weights);
    d->db = floats(d->pad);
    for (size_t i = 0; i < d->weights; i++)
        d->dw[i] = 0.25f;
    for (size_t i = 0; i < (size_t)n * d->in; i++)
        d->dx[i] = mark;
}

static void free_dense(struct dense_data *d)
{
    free(d->y), free(d->dx), free(d->dw), free(d->db);
}

/* Forward and backward, `step` samples at a time. y: taken for the ReLU's gradient, or NULL. */
static void run_dense(const struct kernels *k, struct dense_data *d, int n, int step,
                      const float *y)
{
    float *dy = copy(d->dy, (size_t)n * d->pad);

    for (int pass = 0; pass < 2; pass++) {
        for (int s = 0; s < n; s += step) {
            size_t at = (size_t)s;
            struct samples all = {.n = s + step < n ? step : n - s,
                                  .x = d->x + at * d->in,
                                  .x_stride = d->in,
                                  .y = d->y + at * d->pad,
                                  .y_stride = d->pad,
                                  .dy = dy + at * d->pad,
                                  .dx = d->dx + at * d->in};
            if (pass == 0)
                k->dense_forward(&d->d, d->weight, d->bias, &all);
            else
                k->dense_backward(&d->d, d->weight, &all, d->dw, d->db);
        }
        if (pass == 0 && y)
            memcpy(d->y, y, (size_t)n * d->pad * sizeof *y);
    }
    free(dy);
}

static void check_near_all(const char *what, const struct kernels *k, const struct dense_data *d,
                           const float *got, const float *want, size_t n, double magnitude)
{
    double off = largest_difference(got, want, n);
    char text[128];

    if (off <= rounding * magnitude)
        return;
    snprintf(text, sizeof text, "%s: dense %d to %d%s: %s is off by %g", k->name, d->d.in, d->d.out,
             d->d.relu ? " relu" : "", what, off);
    check_note(0, __FILE__, __LINE__, text);
}

static void check_dense_set(const struct kernels *k, const struct dense_data *want, int n)
{
    struct dense_data got = *want;
    float *y = floats((size_t)n * want->pad);
    double terms = sqrt((double)want->in);

    /* Forward first, then backward from the reference's y, so that both have the same ReLU. */
    fresh_dense(&got, n);
    run_dense(k, &got, n, n, NULL);
    memcpy(y, got.y, (size_t)n * want->pad * sizeof *y);
    check_near_all("y", k, want, y, want->y, (size_t)n * want->pad, terms);
    for (size_t i = 0; i < (size_t)n * want->pad; i++)
        if (i % want->pad >= want->out)
            CHECK_NEAR(y[i], 0, 0);
    free_dense(&got);
    fresh_dense(&got, n);
    run_dense(k, &got, n, n, want->y);
    check_near_all("dw", k, want, got.dw, want->dw, want->weights, n);
    check_near_all("db", k, want, got.db, want->db, want->pad, n);
    check_near_all("dx", k, want, got.dx, want->dx, (size_t)n * want->in, sqrt((double)want->out));
    free_dense(&got);
    /* All at once and one by one: the same bits. */
    fresh_dense(&got, n);
    run_dense(k, &got, n, 1, NULL);
    CHECK(memcmp(got.y, y, (size_t)n * want->pad * sizeof *y) == 0);
    struct dense_data all = *want;
    fresh_dense(&all, n);
    run_dense(k, &all, n, n, NULL);
    CHECK(memcmp(got.dw, all.dw, want->weights * sizeof(float)) == 0);
    CHECK(memcmp(got.db, all.db, want->pad * sizeof(float)) == 0);
    CHECK(memcmp(got.dx, all.dx, (size_t)n * want->in * sizeof(float)) == 0);
    free_dense(&all);
    free_dense(&got);
    free(y);
}

static void check_dense(int in, int out, int relu, int n, struct rng *r)
{
    struct dense_data d = {.d = {in, out, relu}, .in = (size_t)in, .out = (size_t)out};
    const struct kernels *k;

    d.pad = (size_t)net_pad(out);
    d.weights = d.in * d.out;
    d.x = floats((size_t)n * d.in);
    d.dy = floats((size_t)n * d.pad);
    d.weight = floats(d.weights);
    d.bias = floats(d.pad);
    fill(d.x, (size_t)n * d.in, 1, r);
    fill(d.weight, d.weights, 1, r);
    fill(d.bias, d.out, 1, r);
    for (int s = 0; s < n; s++)
        fill(d.dy + (size_t)s * d.pad, d.out, 1, r);
    fresh_dense(&d, n);
    run_dense(&kernels_reference, &d, n, n, NULL);
    for (int i = 0; (k = kernels_list(i)); i++)
        check_dense_set(k, &d, n);
    free_dense(&d);
    free(d.x), free(d.dy), free(d.weight), free(d.bias);
}

static void test_dense(void)
{
    static const int ins[] = {16, 48, 448, 464, 1008, 3136},
                     outs[] = {1, 4, 10, 16, 17, 20, 35, 128};
    struct rng r;
    int n = 0;

    rng_seed(&r, 4, 1);
    for (size_t i = 0; i < sizeof ins / sizeof ins[0]; i++)
        for (size_t o = 0; o < sizeof outs / sizeof outs[0]; o++, n++)
            if (ins[i] * outs[o] < 200000)
                check_dense(ins[i], outs[o], n % 2, 1 + n % MOST_SAMPLES, &r);
    for (n = 1; n <= MOST_SAMPLES; n++)
        check_dense(48, 18, 1, n, &r);
}

/* ---- sums and optimizers ---- */

/* ((0 + 1) + (2 + 3)) + ..., as a recursion has it. */
static float tree(const float *from, int count, int stride)
{
    int left = 1;

    if (count == 1)
        return from[0];
    while (2 * left < count)
        left *= 2;
    return tree(from, left, stride) + tree(from + left * stride, count - left, stride);
}

static void test_sum_by_tree(void)
{
    enum { N = 103, STRIDE = 128, COUNT = 9 };
    float from[COUNT * STRIDE], sum[COUNT * STRIDE];
    const struct kernels *k;
    struct rng r;

    rng_seed(&r, 5, 1);
    fill(from, COUNT * STRIDE, 1, &r);
    for (int i = 0; (k = kernels_list(i)); i++)
        for (int count = 1; count <= COUNT; count++) {
            memcpy(sum, from, sizeof sum);
            k->sum(sum, STRIDE, count, N);
            for (int j = 0; j < N; j++) {
                float want = tree(from + j, count, STRIDE);
                CHECK(memcmp(&sum[j], &want, sizeof want) == 0);
            }
            CHECK(memcmp(sum + N, from + N, (STRIDE - N) * sizeof *sum) == 0);
        }
}

/* Five steps of an optimizer on one parameter, in double precision, written from the papers. */
static double adam_in_double(const struct adam *a, double lr, double decay, double w,
                             const float *grad)
{
    double m = 0, v = 0;

    for (int t = 1; t <= 5; t++) {
        double g = grad[t - 1] + a->weight_decay * w;
        w *= 1 - lr * decay;
        m = a->beta1 * m + a->gain1 * g;
        v = a->beta2 * v + a->gain2 * g * g;
        w -= lr * (m / (1 - pow(a->beta1, t))) / (sqrt(v / (1 - pow(a->beta2, t))) + a->eps);
    }
    return w;
}

static void check_adam(const struct kernels *k, size_t n, double decay, int decoupled)
{
    struct adam a = {.lr = 0.01f,
                     .beta1 = 0.9f,
                     .beta2 = 0.999f,
                     .gain1 = 0.1f,
                     .gain2 = 0.001f,
                     .eps = 1e-8f,
                     .decoupled = 1};
    float *w = floats(n), *m = floats(n), *v = floats(n), *grad = floats(5 * n), *start;
    struct rng r;

    rng_seed(&r, 6, n);
    fill(w, n, 1, &r);
    fill(grad, 5 * n, 1, &r);
    start = copy(w, n);
    if (decoupled)
        a.decoupled = (float)(1 - (double)a.lr * decay);
    else
        a.weight_decay = (float)decay;
    for (int t = 1; t <= 5; t++) {
        a.correction1 = (float)(1 - pow(a.beta1, t));
        a.correction2 = (float)sqrt(1 - pow(a.beta2, t));
        k->adam(&a, w, grad + (size_t)(t - 1) * n, m, v, n);
    }
    for (size_t i = 0; i < n; i++) {
        float one[5];
        for (size_t t = 0; t < 5; t++)
            one[t] = grad[t * n + i];
        CHECK_NEAR(w[i], adam_in_double(&a, a.lr, decoupled ? decay : 0, start[i], one), 1e-6);
    }
    free(w), free(m), free(v), free(grad), free(start);
}

static double sgd_in_double(const struct sgd *a, double w, const float *grad)
{
    double m = 0;

    for (int t = 0; t < 5; t++) {
        double g = grad[t] + a->weight_decay * w;
        m = t ? a->momentum * m + g : g;
        w -= a->lr * (a->nesterov ? g + a->momentum * m : m);
    }
    return w;
}

static void check_sgd(const struct kernels *k, size_t n, float momentum, int nesterov)
{
    struct sgd a = {.lr = 0.1f, .momentum = momentum, .weight_decay = 0.05f, .nesterov = nesterov};
    float *w = floats(n), *m = floats(n), *grad = floats(5 * n), *start;
    struct rng r;

    rng_seed(&r, 7, n);
    fill(w, n, 1, &r);
    fill(grad, 5 * n, 1, &r);
    fill(m, n, 1e6f, &r); /* what is there before the first step does not matter */
    start = copy(w, n);
    for (size_t t = 0; t < 5; t++) {
        a.first = t == 0;
        k->sgd(&a, w, grad + t * n, m, n);
    }
    for (size_t i = 0; i < n; i++) {
        float one[5];
        for (size_t t = 0; t < 5; t++)
            one[t] = grad[t * n + i];
        CHECK_NEAR(w[i], sgd_in_double(&a, start[i], one), 1e-6);
    }
    free(w), free(m), free(grad), free(start);
}

static void test_optimizers(void)
{
    static const size_t sizes[] = {1, 7, 16, 100, 2048};
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            check_adam(k, sizes[s], 0, 0);
            check_adam(k, sizes[s], 0.1, 0);
            check_adam(k, sizes[s], 0.1, 1);
            check_sgd(k, sizes[s], 0, 0);
            check_sgd(k, sizes[s], 0.9f, 0);
            check_sgd(k, sizes[s], 0.9f, 1);
        }
}

/* Padding has a gradient of zero, is zero, and stays so. */
static void test_optimizers_keep_zero(void)
{
    const struct adam a = {0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.99f, 0.1f, 0.001f, 0.1f, 0.03f};
    const struct sgd b = {0.1f, 0.9f, 0.1f, 1, 1};
    static const float zero[32];
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++) {
        float w[32] = {0}, m[32] = {0}, v[32] = {0};
        k->adam(&a, w, zero, m, v, 32);
        CHECK(memcmp(w, zero, sizeof w) == 0);
        k->sgd(&b, w, zero, m, 32);
        for (int j = 0; j < 32; j++)
            CHECK(w[j] == 0);
    }
}

int main(void)
{
    RUN(test_dense);
    RUN(test_sum_by_tree);
    RUN(test_optimizers);
    RUN(test_optimizers_keep_zero);
    return check_status();
}
