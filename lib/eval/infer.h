/*
 * Forward runs over many images by all threads.
 */
#ifndef ROTPIPE_EVAL_INFER_H
#define ROTPIPE_EVAL_INFER_H

#include "eval/activity.h"
#include "net/engine.h"

/* What a classifier says of one image. */
struct prediction {
    int label;   /* the class with the largest logit, the first of equals */
    float p;     /* its probability (softmax) */
    double loss; /* cross-entropy against the true label; 0 if none was given */
};

/*
 * Classifies n images (bytes, [n][h][w][c]) by the engine's net, whose last layer is the head.
 * table: model_pixel_table. label: the true ones, or NULL. out: n of them. Returns n, or the first
 * image with an output that is not finite, as finite weights may give it, too: an error for
 * every caller, since such an output says nothing of its image. activity (or NULL) notes the
 * features that the head reads.
 */
uint64_t infer_predict(struct engine *g, const float *table, const uint8_t *images,
                       const uint16_t *label, uint64_t n, struct prediction *out,
                       struct activity *activity) __attribute__((warn_unused_result));

/*
 * The last layer's output for n images: out [n][h][w][c] of that layer, channels without padding.
 * Returns n, or the first image with an output that is not finite.
 */
uint64_t infer_features(struct engine *g, const float *table, const uint8_t *images, uint64_t n,
                        float *out) __attribute__((warn_unused_result));

/*
 * The same of a net whose last layer is the head: out [n][classes]. activity (or NULL) notes the
 * features that the head reads.
 */
uint64_t infer_logits(struct engine *g, const float *table, const uint8_t *images, uint64_t n,
                      float *out, struct activity *activity) __attribute__((warn_unused_result));

/* What to say of such an image, by its number in the data, from 0. */
enum { INFER_WHAT_MAX = 128 };
void infer_not_finite(const struct net *net, uint64_t image, char *what, size_t size);

/* Sums over a data set, in the order of its images. */
struct evaluation {
    uint64_t n;
    uint64_t bad; /* n, or the first image with an output that is not finite: no sums then */
    uint64_t correct;
    double loss; /* mean cross-entropy */
};

/*
 * Adds n images to sums, all zero at first, whose loss is a sum here; no image of theirs was bad so
 * far. 0 or -1 (out of memory).
 */
int infer_evaluate_more(struct engine *g, const float *table, const uint8_t *images,
                        const uint16_t *label, uint64_t n, struct evaluation *sums,
                        struct error *e);

/* Classifies a complete data set. 0 or -1 (out of memory). */
int infer_evaluate(struct engine *g, const float *table, const uint8_t *images,
                   const uint16_t *label, uint64_t n, struct evaluation *out, struct error *e);

#endif
