/*
 * The optimizers' arithmetic, element by element, written once: reference.c compiles it plainly
 * and kernels/table.c for each instruction set, where the compiler makes vectors of it. The
 * includer defines multiply_add_one(a, b, c), a b + c as simd.h has it.
 */
#ifndef ROTPIPE_NET_KERNELS_OPTIMIZER_H
#define ROTPIPE_NET_KERNELS_OPTIMIZER_H

#include <math.h>

#include "net/kernels.h"

static inline void optimizer_add(float *restrict to, const float *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

static inline void optimizer_sum(float *from, size_t stride, int count, size_t n)
{
    for (int step = 1; step < count; step *= 2)
        for (int k = 0; k + step < count; k += 2 * step)
            optimizer_add(from + (size_t)k * stride, from + (size_t)(k + step) * stride, n);
}

static inline void optimizer_adam(const struct adam *a, float *restrict w,
                                  const float *restrict grad, float *restrict m, float *restrict v,
                                  size_t n)
{
    const struct adam p = *a;
    const float step = p.lr / p.correction1;

    for (size_t i = 0; i < n; i++) {
        float g = multiply_add_one(p.weight_decay, w[i], grad[i]);
        m[i] = multiply_add_one(p.beta1, m[i], p.gain1 * g);
        v[i] = multiply_add_one(p.beta2, v[i], p.gain2 * g * g);
        w[i] = multiply_add_one(p.decoupled, w[i],
                                -(step * m[i] / (sqrtf(v[i]) / p.correction2 + p.eps)));
    }
}

static inline void optimizer_sgd(const struct sgd *a, float *restrict w, const float *restrict grad,
                                 float *restrict m, size_t n)
{
    const struct sgd p = *a;
    const float keep = p.first ? 0 : p.momentum;

    for (size_t i = 0; i < n; i++) {
        float g = multiply_add_one(p.weight_decay, w[i], grad[i]);
        m[i] = multiply_add_one(keep, m[i], g);
        w[i] = multiply_add_one(-p.lr, p.nesterov ? multiply_add_one(p.momentum, m[i], g) : m[i],
                                w[i]);
    }
}

#endif
