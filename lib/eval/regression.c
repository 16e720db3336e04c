/* Logistic regression: a dense layer, taken to its optimum by L-BFGS on the layer's own kernels. */
#include "eval/regression.h"

#include "eval/gram.h"
#include "eval/lbfgs.h"
#include "net/loss.h"
#include "net/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 16, ITERATIONS = 300 };
#define TOLERANCE 1e-4 /* on the length of the gradient; the features' mean squared length is 1 */

/* ---- vectors of the search ---- */

/* Numbers before the biases: of c, and again of K c; or of W. */
static size_t coefficients(const struct regression *r)
{
    return r->gram ? r->n * (size_t)r->classes : (size_t)r->classes * r->d;
}

static size_t biases_at(const struct regression *r)
{
    return (r->gram ? 2 : 1) * coefficients(r);
}

static size_t vector_size(const struct regression *r)
{
    return biases_at(r) + (size_t)r->classes;
}

static double sum_products(const double *a, const double *b, size_t n)
{
    double sum[4] = {0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* W . W' of two vectors' weights: with coefficients, c . K c'. */
static double weights_product(const struct regression *r, const double *a, const double *b)
{
    size_t n = coefficients(r);

    return sum_products(a, r->gram ? b + n : b, n);
}

static double product(void *context, const double *a, const double *b)
{
    const struct regression *r = context;
    size_t at = biases_at(r);

    return weights_product(r, a, b) + sum_products(a + at, b + at, (size_t)r->classes);
}

/* ---- the loss ---- */

static int images_of(const struct regression *r, int task, uint64_t *first)
{
    uint64_t from = (uint64_t)task * r->share, left = from < r->n ? r->n - from : 0;

    *first = from;
    return (int)(left < r->share ? left : r->share);
}

static struct samples rows(const struct regression *r, const float *x, size_t d, uint64_t first,
                           int n, float *y, float *dy)
{
    return (struct samples){.n = n,
                            .x = x + first * d,
                            .x_stride = d,
                            .y = y + first * r->stride,
                            .y_stride = r->stride,
                            .dy = dy ? dy + first * r->stride : NULL};
}

/* Logits from the vector: x W' + b by the layer, or K c + b as in the header. */
static void set_logits(struct regression *r, const double *at, uint64_t first, int n)
{
    const double *known = at + coefficients(r), *bias = at + biases_at(r);
    size_t classes = (size_t)r->classes;

    if (!r->gram) {
        struct dense layer = {.in = (int)r->d, .out = r->classes};
        struct samples all = rows(r, r->x, r->d, first, n, r->logits, NULL);
        r->kernels->dense_forward(&layer, r->weight, r->weight + classes * r->d, &all);
        return;
    }
    for (uint64_t i = first; i < first + (uint64_t)n; i++)
        for (size_t k = 0; k < classes; k++)
            r->logits[i * r->stride + k] = (float)(known[i * classes + k] + bias[k]);
}

struct job {
    struct regression *r;
    const double *at;
};

/* The loss of some images, its gradient by their logits, and that by the weights. */
static void loss_task(void *context, int thread, int task)
{
    struct job *job = context;
    struct regression *r = job->r;
    size_t weights = (size_t)r->classes * r->d;
    float *part = r->gram ? NULL : r->part + (size_t)task * (weights + r->stride);
    uint64_t first;
    int n = images_of(r, task, &first);

    (void)thread;
    set_logits(r, job->at, first, n);
    r->loss[task] = 0;
    for (uint64_t i = first; i < first + (uint64_t)n; i++) {
        float *g = r->g + i * r->stride;
        if (i < r->fitted)
            r->loss[task] += softmax_cross_entropy(r->logits + i * r->stride, r->classes,
                                                   r->label[i], 1.0f / (float)r->fitted, g);
        else
            memset(g, 0, r->stride * sizeof *g);
    }
    if (part) {
        struct dense layer = {.in = (int)r->d, .out = r->classes};
        struct samples all = rows(r, r->x, r->d, first, n, r->logits, r->g);
        memset(part, 0, (weights + r->stride) * sizeof *part);
        r->kernels->dense_backward(&layer, r->weight, &all, part, part + weights);
    }
}

/* ---- the gradient ---- */

/* By W and b: the sum of the tasks' parts, in their order. */
static void weights_gradient(struct regression *r, double *gradient)
{
    size_t size = (size_t)r->classes * r->d + r->stride;

    for (size_t i = 0; i < vector_size(r); i++) {
        double sum = 0;
        for (int t = 0; t < r->tasks; t++)
            sum += r->part[(size_t)t * size + i];
        gradient[i] = sum;
    }
}

/* K g for some images; the logits have been used and make room. */
static void gram_task(void *context, int thread, int task)
{
    struct regression *r = context;
    struct dense layer = {.in = (int)r->columns, .out = r->classes};
    uint64_t first;
    int n = images_of(r, task, &first);
    struct samples all = rows(r, r->gram, r->columns, first, n, r->logits, NULL);

    (void)thread;
    r->kernels->dense_forward(&layer, r->weight, r->weight + (size_t)r->classes * r->columns, &all);
}

/* By c and b: g, with K g behind it for the vector, and the sum of g. */
static void coefficients_gradient(struct regression *r, double *gradient)
{
    size_t classes = (size_t)r->classes, n = coefficients(r);
    double *known = gradient + n, *bias = gradient + biases_at(r);

    memset(bias, 0, classes * sizeof *bias);
    for (uint64_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < classes; k++)
            r->weight[k * r->columns + i] = r->g[i * r->stride + k];
    team_run(r->team, gram_task, r, r->tasks);
    for (uint64_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < classes; k++) {
            double g = r->g[i * r->stride + k];
            gradient[i * classes + k] = g;
            known[i * classes + k] = r->logits[i * r->stride + k];
            bias[k] += g;
        }
}

static double objective(void *context, const double *at, double *gradient)
{
    struct regression *r = context;
    struct job job = {r, at};
    double loss = 0;

    if (!r->gram)
        for (size_t i = 0; i < vector_size(r); i++)
            r->weight[i] = (float)at[i];
    team_run(r->team, loss_task, &job, r->tasks);
    for (int t = 0; t < r->tasks; t++)
        loss += r->loss[t];
    if (r->gram)
        coefficients_gradient(r, gradient);
    else
        weights_gradient(r, gradient);
    for (size_t i = 0; i < biases_at(r); i++)
        gradient[i] += r->lambda * at[i];
    return loss / (double)r->fitted + r->lambda / 2 * weights_product(r, at, at);
}

/* ---- from start to end ---- */

int regression_start(struct regression *r, struct error *e)
{
    size_t columns = (size_t)net_pad((int)r->n), row;

    r->stride = (size_t)net_pad(r->classes);
    r->tasks = r->n < TASKS_MAX ? (int)r->n : TASKS_MAX;
    r->share = (r->n + (uint64_t)r->tasks - 1) / (uint64_t)r->tasks;
    if (columns < r->d) {
        r->columns = columns;
        if (!(r->gram = net_allocate(r->n * columns)))
            return error_memory(e, "linear probe");
    }
    row = r->gram ? columns : r->d;
    r->logits = net_allocate(r->n * r->stride);
    r->g = net_allocate(r->n * r->stride);
    r->weight = net_allocate((size_t)r->classes * row + r->stride);
    r->part = net_allocate(r->gram ? 0 : (size_t)r->tasks * ((size_t)r->classes * row + r->stride));
    r->loss = calloc((size_t)r->tasks, sizeof *r->loss);
    r->at = calloc(vector_size(r), sizeof *r->at);
    if (!r->logits || !r->g || !r->weight || !r->part || !r->loss || !r->at)
        return error_memory(e, "linear probe");
    return r->gram ? gram_matrix(r->x, r->n, r->d, r->gram, columns, r->kernels, r->team, e) : 0;
}

/* The logits at the end; the search's last look may have been elsewhere. */
static void logits_task(void *context, int thread, int task)
{
    struct regression *r = context;
    uint64_t first;
    int n = images_of(r, task, &first);

    (void)thread;
    set_logits(r, r->at, first, n);
}

int regression_minimize(struct regression *r, struct error *e)
{
    struct lbfgs how = {vector_size(r), ITERATIONS, TOLERANCE, r, objective, product};

    if (lbfgs_minimize(&how, r->at, e) < 0)
        return -1;
    if (!r->gram)
        for (size_t i = 0; i < vector_size(r); i++)
            r->weight[i] = (float)r->at[i];
    team_run(r->team, logits_task, r, r->tasks);
    return 0;
}

void regression_weights(const struct regression *r, float *weight, float *bias)
{
    size_t classes = (size_t)r->classes;

    for (size_t k = 0; k < classes; k++)
        bias[k] = (float)r->at[biases_at(r) + k];
    if (!r->gram) {
        for (size_t i = 0; i < classes * r->d; i++)
            weight[i] = (float)r->at[i];
        return;
    }
    memset(weight, 0, classes * r->d * sizeof *weight);
    for (uint64_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < classes; k++) {
            float c = (float)r->at[i * classes + k], *w = weight + k * r->d;
            for (size_t j = 0; j < r->d; j++)
                w[j] += c * r->x[i * r->d + j];
        }
}

void regression_free(struct regression *r)
{
    free(r->gram);
    free(r->logits);
    free(r->g);
    free(r->weight);
    free(r->part);
    free(r->loss);
    free(r->at);
}
