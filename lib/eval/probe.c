/* A linear probe: a regularized regression whose penalty is chosen on held-out images. */
#include "eval/probe.h"

#include "eval/regression.h"
#include "net/loss.h"
#include "net/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOLD_EVERY = 5, LOGITS = 1 << 14 };

static const double lambdas[] = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
enum { LAMBDAS = sizeof lambdas / sizeof *lambdas };

/* ---- which images are held out ---- */

uint64_t probe_order(const uint16_t *label, uint64_t n, int classes, uint64_t *order,
                     struct error *e)
{
    uint64_t *count = calloc(2 * (size_t)classes, sizeof *count), *seen = count + classes;
    uint64_t fitted = 0, held = 0;

    if (!count) {
        error_memory(e, "linear probe");
        return 0;
    }
    for (uint64_t i = 0; i < n; i++)
        count[label[i]]++;
    /* Held-out indices are collected from the end, and then turned around. */
    for (uint64_t i = 0; i < n; i++) {
        int hold = count[label[i]] > 1 && seen[label[i]] % HOLD_EVERY == 0;
        seen[label[i]]++;
        if (hold)
            order[n - ++held] = i;
        else
            order[fitted++] = i;
    }
    for (uint64_t i = fitted, k = n; i + 1 < k; i++) {
        uint64_t keep = order[--k];
        order[k] = order[i];
        order[i] = keep;
    }
    free(count);
    return fitted;
}

/* ---- the features ---- */

struct scaling {
    float *mean; /* [d] */
    float scale;
};

/* Centres the features and scales them to a mean squared length of 1. */
static int normalize(const struct probe_data *data, struct scaling *to, struct error *e)
{
    size_t d = data->d;
    double *sum = calloc(d, sizeof *sum), squares = 0;

    to->mean = net_allocate(d);
    if (!sum || !to->mean) {
        free(sum);
        return error_memory(e, "linear probe");
    }
    for (uint64_t i = 0; i < data->n; i++)
        for (size_t k = 0; k < d; k++)
            sum[k] += data->x[i * d + k];
    for (size_t k = 0; k < d; k++)
        to->mean[k] = (float)(sum[k] / (double)data->n);
    free(sum);
    for (uint64_t i = 0; i < data->n; i++) {
        double length = 0;
        for (size_t k = 0; k < d; k++) {
            float v = data->x[i * d + k] -= to->mean[k];
            length += (double)v * v;
        }
        squares += length;
    }
    to->scale = squares > 0 ? (float)sqrt((double)data->n / squares) : 1;
    for (uint64_t i = 0; i < data->n * d; i++)
        data->x[i] *= to->scale;
    return 0;
}

/* Weights and biases for features as they came. */
static void undo(struct probe *p, const struct scaling *s)
{
    for (int c = 0; c < p->classes; c++) {
        float *w = p->weight + (size_t)c * p->d;
        double shift = 0;
        for (size_t k = 0; k < p->d; k++) {
            w[k] *= s->scale;
            shift += (double)w[k] * s->mean[k];
        }
        p->bias[c] -= (float)shift;
    }
}

/* ---- the probe ---- */

static int best_class(const float *logits, int classes)
{
    int best = 0;

    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[best])
            best = k;
    return best;
}

/* The mean loss on the held-out images, and how many of them are classified correctly. */
static double held_out_loss(const struct regression *r, uint64_t *right)
{
    double loss = 0;

    *right = 0;
    for (uint64_t i = r->fitted; i < r->n; i++) {
        const float *logits = r->logits + i * r->stride;
        *right += best_class(logits, r->classes) == r->label[i];
        loss += softmax_cross_entropy(logits, r->classes, r->label[i], 1, NULL);
    }
    return loss / (double)(r->n - r->fitted);
}

/* From the strongest penalty on, each search from where the last one has ended. */
static int choose_lambda(struct regression *r, struct probe *p, struct error *e)
{
    uint64_t held = r->n - r->fitted;
    double best = INFINITY;

    p->lambda = PROBE_LAMBDA;
    p->held_out = NAN;
    for (int i = 0; i < LAMBDAS && held; i++) {
        uint64_t right;
        double loss;
        r->lambda = lambdas[i];
        if (regression_minimize(r, e) < 0)
            return -1;
        loss = held_out_loss(r, &right);
        if (loss < best) {
            best = loss;
            p->lambda = lambdas[i];
            p->held_out = (double)right / (double)held;
        }
    }
    return 0;
}

int probe_fit(struct probe *p, const struct probe_data *data, const struct kernels *kernels,
              struct team *team, struct error *e)
{
    struct regression r = {.x = data->x,
                           .n = data->n,
                           .d = data->d,
                           .label = data->label,
                           .classes = data->classes,
                           .fitted = data->fitted,
                           .kernels = kernels,
                           .team = team};
    struct scaling scaling = {0};
    int status = -1;

    memset(p, 0, sizeof *p);
    p->d = data->d;
    p->classes = data->classes;
    p->weight = net_allocate((size_t)p->classes * p->d);
    p->bias = net_allocate((size_t)net_pad(p->classes));
    if (!p->weight || !p->bias)
        return error_memory(e, "linear probe");
    if (normalize(data, &scaling, e) == 0 && regression_start(&r, e) == 0 &&
        choose_lambda(&r, p, e) == 0) {
        r.fitted = r.n;
        r.lambda = p->lambda;
        status = regression_minimize(&r, e);
    }
    if (status == 0) {
        regression_weights(&r, p->weight, p->bias);
        undo(p, &scaling);
    }
    regression_free(&r);
    free(scaling.mean);
    return status;
}

void probe_free(struct probe *p)
{
    free(p->weight);
    free(p->bias);
    p->weight = p->bias = NULL;
}

/* ---- using it ---- */

uint64_t probe_correct(const struct probe *p, const float *x, const uint16_t *label, uint64_t n,
                       const struct kernels *kernels)
{
    struct dense layer = {.in = (int)p->d, .out = p->classes};
    size_t stride = (size_t)net_pad(p->classes);
    float y[LOGITS];
    uint64_t right = 0, most = LOGITS / stride;

    for (uint64_t i = 0; i < n; i += most) {
        struct samples all = {.n = n - i < most ? (int)(n - i) : (int)most,
                              .x = x + i * p->d,
                              .x_stride = p->d,
                              .y = y,
                              .y_stride = stride};
        kernels->dense_forward(&layer, p->weight, p->bias, &all);
        for (int s = 0; s < all.n; s++)
            right += best_class(y + (size_t)s * stride, p->classes) == label[i + (uint64_t)s];
    }
    return right;
}
