/* The linear probe: its optimum against PyTorch's, what it holds out, and odd cases. */
#include "check.h"
#include "eval/lbfgs.h"
#include "eval/probe.h"
#include "net/net.h"

#include "probe_torch.h"

#include <stdlib.h>

enum { CLASSES = 3 };

/* The features and labels of make-probe.py, in the order that probe_order asks for. */
static struct probe_data problem(uint64_t n, size_t d, uint64_t *order)
{
    uint16_t *label = malloc(n * sizeof *label), *ordered = malloc(n * sizeof *ordered);
    struct probe_data data = {.x = net_allocate(n * d), .n = n, .d = d, .classes = CLASSES};
    struct error e;

    for (uint64_t i = 0; i < n; i++)
        label[i] = (uint16_t)((i * i + i / 4) % CLASSES);
    data.fitted = probe_order(label, n, CLASSES, order, &e);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t o = order[i];
        ordered[i] = label[o];
        for (uint64_t k = 0; k < d; k++)
            data.x[i * d + k] = (float)((o * 7 + k * 13 + o * k % 11 * 5) % 29) / 8 +
                                (float)(label[o] * (k % 3)) / 2;
    }
    free(label);
    data.label = ordered;
    return data;
}

static void free_problem(struct probe_data *data)
{
    free(data->x);
    free((void *)data->label);
}

static void check_probe(uint64_t n, size_t d, const struct kernels *kernels, int threads,
                        double lambda, double held_out, const double *logits)
{
    uint64_t order[128];
    struct probe_data data = problem(n, d, order), raw = problem(n, d, order);
    struct error e;
    struct team *team = team_new(threads, &e);
    struct probe p;

    CHECK(probe_fit(&p, &data, kernels, team, &e) == 0);
    CHECK_NEAR(p.lambda, lambda, 0);
    CHECK_NEAR(p.held_out, held_out, 1e-6);
    for (uint64_t i = 0; i < n; i++)
        for (int c = 0; c < CLASSES; c++) {
            double sum = p.bias[c];
            for (size_t k = 0; k < d; k++)
                sum += (double)p.weight[(size_t)c * d + k] * raw.x[i * d + k];
            CHECK_NEAR(sum, logits[order[i] * CLASSES + (uint64_t)c], 4e-3);
        }
    probe_free(&p);
    free_problem(&data);
    free_problem(&raw);
    team_free(team);
}

/* More features than images, by the Gram matrix; more images than features, by the weights. */
static void test_torch(void)
{
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++) {
        check_probe(30, 48, k, 1, wide_lambda, wide_held_out, wide_logits);
        check_probe(90, 16, k, 1, long_lambda, long_held_out, long_logits);
    }
}

static void test_threads(void)
{
    uint64_t order[128];
    struct probe p[3];
    struct error e;

    for (int t = 0; t < 3; t++) {
        struct probe_data data = problem(90, 16, order);
        struct team *team = team_new(1 + 2 * t, &e);
        CHECK(probe_fit(&p[t], &data, kernels_pick(NULL), team, &e) == 0);
        free_problem(&data);
        team_free(team);
    }
    CHECK(memcmp(p[0].weight, p[1].weight, CLASSES * 16 * sizeof(float)) == 0);
    CHECK(memcmp(p[0].weight, p[2].weight, CLASSES * 16 * sizeof(float)) == 0);
    for (int t = 0; t < 3; t++)
        probe_free(&p[t]);
}

static void test_order(void)
{
    static const uint16_t label[] = {0, 1, 0, 0, 2, 0, 0, 0, 1, 0};
    /* Class 0: the first and the sixth of seven; class 1: the first of two; of class 2 there is
     * only one, which is needed to fit on. */
    static const uint64_t want[] = {2, 3, 4, 5, 6, 8, 9, 0, 1, 7};
    uint64_t order[10];
    struct error e;

    CHECK(probe_order(label, 10, 3, order, &e) == 7);
    CHECK(memcmp(order, want, sizeof want) == 0);
}

/* One image of each class: nothing can be held out. Equal features: the commonest class. */
static void test_odd(void)
{
    struct error e;
    struct team *team = team_new(1, &e);
    const struct kernels *kernels = kernels_pick(NULL);
    float *x = net_allocate(3 * 16), *same = net_allocate(5 * 32);
    uint16_t three[] = {0, 1, 2}, five[] = {1, 0, 1, 1, 0};
    struct probe_data few = {x, 3, 3, 16, three, 3}, equal = {same, 5, 3, 32, five, 2};
    struct probe p;

    for (int i = 0; i < 3; i++)
        x[17 * i] = 1;
    CHECK(probe_fit(&p, &few, kernels, team, &e) == 0);
    CHECK_NEAR(p.lambda, PROBE_LAMBDA, 0);
    CHECK(isnan(p.held_out));
    memset(x, 0, 3 * 16 * sizeof *x);
    for (int i = 0; i < 3; i++)
        x[17 * i] = 1;
    CHECK(probe_correct(&p, x, three, 3, kernels) == 3);
    probe_free(&p);
    for (int i = 0; i < 5 * 32; i++)
        same[i] = 7;
    CHECK(probe_fit(&p, &equal, kernels, team, &e) == 0);
    for (int i = 0; i < 5 * 32; i++)
        same[i] = 7;
    CHECK(probe_correct(&p, same, five, 5, kernels) == 3);
    probe_free(&p);
    free(x);
    free(same);
    team_free(team);
}

/* Rosenbrock's valley in ten dimensions; its minimum is where all are 1. */
static double valley(void *context, const double *x, double *gradient)
{
    double sum = 0;

    (void)context;
    memset(gradient, 0, 10 * sizeof *gradient);
    for (int i = 0; i < 9; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        sum += 100 * a * a + b * b;
        gradient[i] += -400 * x[i] * a - 2 * b;
        gradient[i + 1] += 200 * a;
    }
    return sum;
}

static double plain_dot(void *context, const double *a, const double *b)
{
    double sum = 0;

    (void)context;
    for (int i = 0; i < 10; i++)
        sum += a[i] * b[i];
    return sum;
}

static void test_minimize(void)
{
    double x[10];
    struct error e;

    for (int i = 0; i < 10; i++)
        x[i] = i % 2 ? 1 : -0.5;
    CHECK(lbfgs_minimize(&(struct lbfgs){10, 1000, 1e-9, NULL, valley, plain_dot}, x, &e) == 0);
    for (int i = 0; i < 10; i++)
        CHECK_NEAR(x[i], 1, 1e-8);
}

int main(void)
{
    RUN(test_torch);
    RUN(test_threads);
    RUN(test_order);
    RUN(test_odd);
    RUN(test_minimize);
    return check_status();
}
