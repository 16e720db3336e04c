/*
 * The functions that one instruction set's table (table.c) is made of; kernels.h says what each
 * does. 3x3 convolutions with stride 1 run forward by winograd.c, backward by winograd_gradient.c
 * or, behind a pool, by sparse.c; on the image by image.c. All others run by direct.c.
 */
#ifndef ROTPIPE_NET_KERNELS_VARIANT_H
#define ROTPIPE_NET_KERNELS_VARIANT_H

#include "base/simd.h"
#include "net/kernels.h"

size_t VARIANT(winograd_packed)(const struct conv *c);
size_t VARIANT(winograd_scratch)(const struct conv *c);
void VARIANT(winograd_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                            int task, int tasks);
void VARIANT(winograd_forward)(const struct conv *c, const float *bias, const float *packed,
                               const struct samples *s, float *scratch);
void VARIANT(winograd_backward)(const struct conv *c, const float *packed, const struct samples *s,
                                float *dw, float *db, float *scratch);

/* packed here is what sparse_pack made. */
size_t VARIANT(sparse_packed)(const struct conv *c);
size_t VARIANT(sparse_scratch)(const struct conv *c);
void VARIANT(sparse_pack)(const struct conv *c, const float *weight, float *packed, int task,
                          int tasks);
void VARIANT(sparse_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch);

/* Any kernel and stride. */
size_t VARIANT(direct_packed)(const struct conv *c);
size_t VARIANT(direct_scratch)(const struct conv *c);
void VARIANT(direct_pack)(const struct conv *c, const float *weight, float *packed, int backward,
                          int task, int tasks);
void VARIANT(direct_forward)(const struct conv *c, const float *packed, const float *bias,
                             const struct samples *s, float *scratch);
void VARIANT(direct_backward)(const struct conv *c, const float *packed, const struct samples *s,
                              float *dw, float *db, float *scratch);

/* The 3x3 convolution on the input image, with its one or three channels. */
void VARIANT(image_forward)(const struct conv *c, const float *weight, const float *bias,
                            const struct samples *s);
void VARIANT(image_backward)(const struct conv *c, const struct samples *s, float *dw, float *db);

void VARIANT(dense_forward)(const struct dense *d, const float *weight, const float *bias,
                            const struct samples *s);
void VARIANT(dense_backward)(const struct dense *d, const float *weight, const struct samples *s,
                             float *dw, float *db);

#endif
