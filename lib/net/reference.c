/* The kernels' interface on top of the plain layers. */
#include "net/reference.h"

#include "net/layers/plain.h"

/* Rounded twice, as the plain kernels have it. */
static inline float multiply_add_one(float a, float b, float c)
{
    return a * b + c;
}

#include "net/kernels/optimizer.h"

/* The convolution's own output, before ReLU and pool, in scratch. */
static struct view middle(const struct conv *c, float *scratch)
{
    int h = (c->x.h + c->stride - 1) / c->stride, w = (c->x.w + c->stride - 1) / c->stride;
    size_t lanes = (size_t)c->y.lanes;

    return (struct view){scratch, h, w, c->y.lanes, (size_t)w * lanes, lanes};
}

static struct taps strides(const struct conv *c)
{
    size_t in = (size_t)c->x.lanes, out = (size_t)c->y.lanes;

    if (conv_by_tap(c->kernel, c->stride, c->x.h, c->x.w, c->image))
        return (struct taps){c->kernel, c->stride, 1, in * out, out};
    return (struct taps){c->kernel, c->stride, 9 * in, in, 1};
}

static size_t packed(const struct conv *c)
{
    (void)c;
    return 0;
}

static size_t scratch_size(const struct conv *c)
{
    return (size_t)c->x.h * (size_t)c->x.w * (size_t)c->y.lanes;
}

static void pack(const struct conv *c, const float *weight, float *to, int backward, int task,
                 int tasks)
{
    (void)c, (void)weight, (void)to, (void)backward, (void)task, (void)tasks;
}

static void forward(const struct conv *c, const float *weight, const float *bias,
                    const float *packed, const struct samples *s, float *scratch)
{
    (void)packed;
    for (int i = 0; i < s->n; i++) {
        struct view x = view_of(&c->x, s->x + (size_t)i * s->x_stride);
        struct view y = view_of(&c->y, s->y + (size_t)i * s->y_stride);
        struct view z = c->pool ? middle(c, scratch) : y;
        plain_conv_forward(&x, weight, strides(c), bias, &z);
        if (c->relu)
            plain_relu_forward(&z);
        if (c->pool)
            plain_pool_forward(&z, &y, s->kept + (size_t)i * s->kept_stride, (size_t)c->y.lanes);
    }
}

static void backward(const struct conv *c, const float *weight, const float *packed,
                     const struct samples *s, float *dw, float *db, float *scratch)
{
    (void)packed;
    for (int i = 0; i < s->n; i++) {
        struct view x = view_of(&c->x, s->x + (size_t)i * s->x_stride);
        struct view y = view_of(&c->y, s->y + (size_t)i * s->y_stride);
        struct view dy = view_of(&c->y, s->dy + (size_t)i * s->y_stride);
        struct view dz = c->pool ? middle(c, scratch) : dy;
        struct view dx = {0};
        if (s->dx)
            dx = view_of(&c->x, s->dx + (size_t)i * s->x_stride);
        if (c->relu)
            plain_relu_backward(&y, &dy);
        if (c->pool)
            plain_pool_backward(&dy, s->kept + (size_t)i * s->kept_stride, (size_t)c->y.lanes, &dz);
        plain_conv_backward(&x, weight, strides(c), &dz, dw, db, s->dx ? &dx : NULL);
    }
}

static void dense_forward_all(const struct dense *d, const float *weight, const float *bias,
                              const struct samples *s)
{
    for (int i = 0; i < s->n; i++) {
        float *y = s->y + (size_t)i * s->y_stride;
        struct view t = {y, 1, 1, d->out, 0, 0};
        plain_dense_forward(s->x + (size_t)i * s->x_stride, weight, bias, d->in, d->out, y);
        if (d->relu)
            plain_relu_forward(&t);
    }
}

static void dense_backward_all(const struct dense *d, const float *weight, const struct samples *s,
                               float *dw, float *db)
{
    for (int i = 0; i < s->n; i++) {
        float *y = s->y + (size_t)i * s->y_stride, *dy = s->dy + (size_t)i * s->y_stride;
        struct view t = {y, 1, 1, d->out, 0, 0}, dt = {dy, 1, 1, d->out, 0, 0};
        if (d->relu)
            plain_relu_backward(&t, &dt);
        plain_dense_backward(s->x + (size_t)i * s->x_stride, weight, dy, d->in, d->out, dw, db,
                             s->dx ? s->dx + (size_t)i * s->x_stride : NULL);
    }
}

static void sum(float *from, size_t stride, int count, size_t n)
{
    optimizer_sum(from, stride, count, n);
}

static void add(float *to, const float *from, size_t n)
{
    optimizer_add(to, from, n);
}

static void adam(const struct adam *a, float *w, const float *grad, float *m, float *v, size_t n)
{
    optimizer_adam(a, w, grad, m, v, n);
}

static void sgd(const struct sgd *a, float *w, const float *grad, float *m, size_t n)
{
    optimizer_sgd(a, w, grad, m, n);
}

#define LAYER(NAME) extern const struct operation_kind NAME##_operation_reference;
#include "net/layers/kinds.def"
#undef LAYER

#define LAYER(NAME) &NAME##_operation_reference,
const struct kernels kernels_reference = {
    .name = "reference",
    .operation =
        {
#include "net/layers/kinds.def"
        },
    .conv_packed = packed,
    .conv_scratch = scratch_size,
    .conv_pack = pack,
    .conv_forward = forward,
    .conv_backward = backward,
    .dense_forward = dense_forward_all,
    .dense_backward = dense_backward_all,
    .sum = sum,
    .add = add,
    .adam = adam,
    .sgd = sgd,
};
