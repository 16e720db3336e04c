/*
 * Convolutions with stride 1 of so few pixels that much of what the kernel meets is the zeros
 * beyond them: of 3x3 pixels, 3x3 taps meet 49 and not 81.
 */
#ifndef ROTPIPE_NET_KERNELS_TINY_H
#define ROTPIPE_NET_KERNELS_TINY_H

#include "net/kernels.h"
#include "net/kernels/gemm.h"
#include "net/kernels/panels.h"

enum { TINY_PIXELS = 15 };

static inline int tiny_fits(const struct conv *c)
{
    return c->kernel > 1 && c->stride == 1 && !c->image && !c->pool &&
           c->x.h * c->x.w <= TINY_PIXELS;
}

/* y; weights in panels: [kernel * kernel][lanes of x][lanes of y]. */
void VARIANT(tiny_forward)(const struct conv *c, const float *weights, const float *bias,
                           const struct samples *s);

/*
 * Adds to dw (unless NULL) and sets dx (unless NULL) of samples first .. first + n - 1 of s. dz:
 * the gradient by the convolution's output, of these samples, laid out with a border as far as the
 * kernel reaches; weights in panels: [kernel * kernel][lanes of y][lanes of x], turned by half.
 */
void VARIANT(tiny_backward)(const struct conv *c, const struct layout *l, float *dz,
                            const float *weights, const struct samples *s, int first, int n,
                            float *dw);

#endif
