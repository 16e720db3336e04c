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
    char *names;     /* class names, one a line, or NULL */
    struct history history, digest;
    /* private to dataset.c */
    uint64_t capacity;
    int unlabelled, optional;
};

/*
 * Reads all streams of n operands (none: standard input). Every image must have a label and all
 * must have one shape; an empty data set is an error. 0 or -1.
 */
int dataset_read(struct dataset *d, char **paths, int n, struct error *e);

/* The same; if an image has no label, they are left out of all, and so are the class names. */
int dataset_read_any(struct dataset *d, char **paths, int n, struct error *e);

/* The same of images alone: labels and class names, where there are any, are left out. */
int dataset_read_images(struct dataset *d, char **paths, int n, struct error *e);
void dataset_free(struct dataset *d);

/* The largest label and the bytes of one image. */
int dataset_largest_label(const struct dataset *d);
size_t dataset_stride(const struct dataset *d);

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
