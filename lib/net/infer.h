/*
 * Forward runs over many images by all threads.
 */
#ifndef ROTPIPE_NET_INFER_H
#define ROTPIPE_NET_INFER_H

#include "net/engine.h"

/* What a classifier says of one image. */
struct prediction {
    int label;   /* the class with the largest logit, the first of equals */
    float p;     /* its probability (softmax) */
    double loss; /* cross-entropy against the true label; 0 if none was given */
};

/*
 * Classifies n images (bytes, [n][h][w][c]) by the engine's net, whose last layer is the head.
 * table: model_pixel_table. label: the true ones, or NULL. out: n of them.
 */
void infer_predict(struct engine *g, const float *table, const uint8_t *images,
                   const uint16_t *label, uint64_t n, struct prediction *out);

/*
 * The last layer's output for n images: out [n][h][w][c] of that layer, channels without padding.
 */
void infer_features(struct engine *g, const float *table, const uint8_t *images, uint64_t n,
                    float *out);

/* Sums over a data set, in the order of its images. */
struct evaluation {
    uint64_t n, correct;
    double loss; /* mean cross-entropy */
};

/* Classifies a whole data set. 0 or -1 (out of memory). */
int infer_evaluate(struct engine *g, const float *table, const uint8_t *images,
                   const uint16_t *label, uint64_t n, struct evaluation *out, struct error *e);

#endif
