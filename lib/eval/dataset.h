/*
 * A data set held in memory as bytes, for training.
 */
#ifndef ROTPIPE_EVAL_DATASET_H
#define ROTPIPE_EVAL_DATASET_H

#include "net/net.h"
#include "rts/history.h"

struct dataset {
    struct extent image;
    uint64_t n;
    uint8_t *images; /* [n][h][w][c] */
    uint16_t *label; /* [n]; NULL: without labels */
    float *soft;     /* [n][classes]: probabilities of the classes; NULL: no image has any */
    int classes;     /* of soft labels */
    char *names;     /* class names, one a line, or NULL */
    struct history history, digest;
    /* private to dataset.c */
    uint64_t capacity;
    int unlabelled, optional;
};

/*
 * Reads all streams of n operands (none: standard input). All images must have
 * one shape and each a label or a soft label; an empty data set is an error. An image without a
 * label gets the most probable class, the first of equals, as its label; where some images have
 * soft labels, those without get one in which their label has the probability 1. 0 or -1.
 */
int dataset_read(struct dataset *d, char **paths, int n, struct error *e);

/* The same; if an image has no label, one that no class can have, or a soft one, which came from a
 * program, labels are left out of all, and so are the class names. */
int dataset_read_any(struct dataset *d, char **paths, int n, struct error *e);

/* The same of images alone: labels, soft ones and class names, where there are any, are left out.
 */
int dataset_read_images(struct dataset *d, char **paths, int n, struct error *e);
void dataset_free(struct dataset *d);

/* The largest label, the same but with the classes of soft labels, and the bytes of one image. */
int dataset_largest_label(const struct dataset *d);
int dataset_largest_class(const struct dataset *d);
size_t dataset_stride(const struct dataset *d);

/* The soft label of an image; NULL: no image has any. */
const float *dataset_soft(const struct dataset *d, uint64_t image);

/*
 * Mean and standard deviation of each channel over all pixels, of values v / 255; a channel that
 * never changes gets deviation 1. Exact sums, so that nothing depends on the order.
 */
void dataset_statistics(const struct dataset *d, float *mean, float *std);

/*
 * A weight for each class so that all classes that occur weigh the same in total: n / (present *
 * count), where n is the number of images, present that of the classes that occur and count that of
 * the class's images (scikit-learn's "balanced"). A class without images gets 0. All weights of the
 * images add up to n. weight: one for each of `classes` classes, above the largest label.
 */
void dataset_balance(const struct dataset *d, int classes, float *weight);

#endif
