/* The kernels of one instruction set behind the interface of kernels.h. */
#include "net/kernels/variant.h"

/* Which needs multiply_add_one from there. */
#include "net/kernels/optimizer.h"

static int is_direct(const struct conv *c)
{
    return conv_is_direct(c->kernel, c->stride, c->x.h, c->x.w, c->image);
}

static size_t packed(const struct conv *c)
{
    if (is_direct(c))
        return VARIANT(direct_packed)(c);
    if (c->image)
        return 0;
    return VARIANT(winograd_packed)(c) + (c->pool ? VARIANT(sparse_packed)(c) : 0);
}

static size_t scratch(const struct conv *c)
{
    size_t dense, sparse;

    if (is_direct(c))
        return VARIANT(direct_scratch)(c);
    if (c->image)
        return 0;
    dense = VARIANT(winograd_scratch)(c);
    sparse = c->pool ? VARIANT(sparse_scratch)(c) : 0;
    return dense > sparse ? dense : sparse;
}

static void pack(const struct conv *c, const float *weight, float *to, int backward, int task,
                 int tasks)
{
    if (is_direct(c))
        VARIANT(direct_pack)(c, weight, to, backward, task, tasks);
    if (is_direct(c) || c->image)
        return;
    VARIANT(winograd_pack)(c, weight, to, backward, task, tasks);
    if (c->pool && backward)
        VARIANT(sparse_pack)(c, weight, to + VARIANT(winograd_packed)(c), task, tasks);
}

static void forward(const struct conv *c, const float *weight, const float *bias,
                    const float *packed, const struct samples *s, float *scratch)
{
    if (is_direct(c))
        VARIANT(direct_forward)(c, packed, bias, s, scratch);
    else if (c->image)
        VARIANT(image_forward)(c, weight, bias, s);
    else
        VARIANT(winograd_forward)(c, bias, packed, s, scratch);
}

static void backward(const struct conv *c, const float *weight, const float *packed,
                     const struct samples *s, float *dw, float *db, float *scratch)
{
    (void)weight;
    if (is_direct(c))
        VARIANT(direct_backward)(c, packed, s, dw, db, scratch);
    else if (c->image)
        VARIANT(image_backward)(c, s, dw, db);
    else if (c->pool)
        VARIANT(sparse_backward)(c, packed + VARIANT(winograd_packed)(c), s, dw, db, scratch);
    else
        VARIANT(winograd_backward)(c, packed, s, dw, db, scratch);
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

#define TEXT_EXPAND(x) TEXT(x)
#define TEXT(x) #x

#define LAYER(NAME) extern const struct operation_kind OPERATION(NAME);
#include "net/layers/kinds.def"
#undef LAYER

#define LAYER(NAME) &OPERATION(NAME),
const struct kernels VARIANT(kernels) = {
    .name = TEXT_EXPAND(KERNEL_VARIANT),
    .operation =
        {
#include "net/layers/kinds.def"
        },
    .conv_packed = packed,
    .conv_scratch = scratch,
    .conv_pack = pack,
    .conv_forward = forward,
    .conv_backward = backward,
    .dense_forward = VARIANT(dense_forward),
    .dense_backward = VARIANT(dense_backward),
    .sum = sum,
    .add = add,
    .adam = adam,
    .sgd = sgd,
};
