/*
 * The arithmetic of a network behind one interface. Every set of kernels computes the same
 * functions; they differ in the instructions they use and in the order of their sums, so results
 * of two sets agree within rounding. Results of one set never depend on the thread, nor on the
 * compiler and its flags: which products and sums are rounded together is written in the kernels
 * (see multiply_add in base/simd.h). Nor do they depend on how many samples are handed over at
 * once, but for the gradient by weights, whose sum over these samples may be taken first: a batch
 * is always cut into the same groups.
 *
 * operation.h says how tensors lie in memory.
 */
#ifndef ROTPIPE_NET_KERNELS_H
#define ROTPIPE_NET_KERNELS_H

#include "net/layer.h"

#include <stddef.h>

/*
 * A convolution with what follows it: bias, then ReLU and 2x2 max pool if there; which of the four
 * pixels won (0 to 3, row by row) is kept: [h][w][lanes] of y. The kernel is odd, and what it finds
 * beyond x is zero: x has a border of (kernel - 1) / 2, y may have one. Biases are [out_pad], or
 * NULL; weights [out_pad][9][in_pad] or, where conv_by_tap is true, [kernel * kernel][in_pad]
 * [out_pad], with in not padded if x is the image.
 */
struct conv {
    struct layout x, y;
    int kernel, stride; /* 1, 3, 5, 7; 1 or 2 */
    int image;          /* x is the image: no gradient for x */
    int relu, pool;
};

/* Whether it is none of the 3x3 convolutions with stride 1 for which there are kernels of their
 * own: those on the image, and by Winograd's tiles where x, [h][w], has the pixels that they need.
 */
static inline int conv_is_direct(int kernel, int stride, int h, int w, int image)
{
    return kernel != 3 || stride != 1 || (!image && h * w < 16);
}

/* Whether the weights lie tap by tap: all but those of Winograd's convolutions do. */
static inline int conv_by_tap(int kernel, int stride, int h, int w, int image)
{
    return image || conv_is_direct(kernel, stride, h, w, image);
}

/* A dense layer with the ReLU that follows it: y = W x + b, W [out][in], b [out_pad]. */
struct dense {
    int in;  /* floats of x, a multiple of NET_LANES */
    int out; /* outputs; y has net_pad(out) floats, the padding zero */
    int relu;
};

struct adam {
    float lr, beta1, beta2, eps;
    float weight_decay; /* added to the gradient */
    float decoupled;    /* 1 - lr * weight decay, multiplied into the weight: AdamW */
    float gain1, gain2; /* 1 - beta1 and 1 - beta2, rounded once: 1 - 0.999f is 1e-5 off */
    float correction1;  /* 1 - beta1^t */
    float correction2;  /* sqrt(1 - beta2^t) */
};

struct sgd {
    float lr, momentum, weight_decay;
    int nesterov;
    int first; /* the momentum buffer starts as the gradient, as in PyTorch */
};

struct kernels {
    const char *name;

    /* Of each kind of layer, in the order of kinds.def. */
    const struct operation_kind *operation[LAYER_KINDS];

    /* Floats of what conv_pack makes of a layer's weights for fast use (0: nothing), and of the
     * scratch memory that forward and backward of one thread need. */
    size_t (*conv_packed)(const struct conv *c);
    size_t (*conv_scratch)(const struct conv *c);

    /* Packs the weights; a call does the share `task` of `tasks`. backward: for dx too. */
    void (*conv_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                      int task, int tasks);
    void (*conv_forward)(const struct conv *c, const float *weight, const float *bias,
                         const float *packed, const struct samples *s, float *scratch);
    /* Adds to dw and db (laid out as weight and bias), unless they are NULL. */
    void (*conv_backward)(const struct conv *c, const float *weight, const float *packed,
                          const struct samples *s, float *dw, float *db, float *scratch);

    void (*dense_forward)(const struct dense *d, const float *weight, const float *bias,
                          const struct samples *s);
    void (*dense_backward)(const struct dense *d, const float *weight, const struct samples *s,
                           float *dw, float *db);

    /* Vectors k = 0..count-1 begin at from + k * stride; their first n floats are summed by a
     * binary tree (0 and 1, 2 and 3, ..., then the sums) in place: the sum is then in vector 0. */
    void (*sum)(float *from, size_t stride, int count, size_t n);

    /* to[i] += from[i]. */
    void (*add)(float *to, const float *from, size_t n);

    /*
     * One optimizer step over n parameters, as torch.optim has it: Adam (Kingma and Ba, 2015) and
     * AdamW (Loshchilov and Hutter, 2019); SGD with momentum (Sutskever et al., 2013).
     */
    void (*adam)(const struct adam *a, float *w, const float *grad, float *m, float *v, size_t n);
    void (*sgd)(const struct sgd *a, float *w, const float *grad, float *m, size_t n);
};

/*
 * The best set that this processor runs, or the one called name (NULL or "": best; "reference",
 * "plain", "avx2", "avx512", "neon"). NULL if there is no such set here.
 */
const struct kernels *kernels_pick(const char *name);

/* Set i of those that this processor runs, NULL past the last: for tests. */
const struct kernels *kernels_list(int i);

#endif
