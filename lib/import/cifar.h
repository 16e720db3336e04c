/*
 * Batches of CIFAR-10 and CIFAR-100 in their binary version
 * (https://www.cs.toronto.edu/~kriz/cifar.html), plain or gzip: records of one or two labels and
 * the 3072 bytes of an image of 32 x 32 pixels, first its red, then its green, then its blue ones,
 * each row by row.
 *
 *     CIFAR-10     label (0 to 9)                                     3073 bytes a record
 *     CIFAR-100    coarse label (0 to 19), fine label (0 to 99)       3074 bytes a record
 */
#ifndef ROTPIPE_IMPORT_CIFAR_H
#define ROTPIPE_IMPORT_CIFAR_H

#include "base/error.h"

#include <stdint.h>

enum { CIFAR_SIDE = 32, CIFAR_CHANNELS = 3, CIFAR_IMAGE = 32 * 32 * 3 };

/* What is read, and which of the labels becomes that of the example. */
enum cifar_kind { CIFAR_10, CIFAR_100_FINE, CIFAR_100_COARSE };

struct cifar {
    enum cifar_kind kind;
    uint64_t n;   /* records read so far */
    uint32_t crc; /* CRC-32 of the uncompressed file so far */
    struct input *in;
};

/* The file of class names that stands beside the batches of this kind. */
const char *cifar_names_file(enum cifar_kind kind);

/* Opens path ("-": standard input). 0 or -1; cifar_close is needed in either case. */
int cifar_open(struct cifar *f, const char *path, enum cifar_kind kind, struct error *e);

/*
 * Reads up to n more records (n > 0) into image, channels last, CIFAR_IMAGE bytes each, and label.
 * A file that holds nothing, one that ends within a record, a label out of range, or one that is
 * not below `named`, if that is not 0, is an error. Returns how many there were, 0 at the end; -1.
 */
int64_t cifar_read(struct cifar *f, uint8_t *image, uint32_t *label, uint64_t n, uint64_t named,
                   struct error *e);

/* Closes; f zeroed or closed already is allowed. */
void cifar_close(struct cifar *f);

#endif
