/*
 * IDX files: the format of MNIST and its kin (http://yann.lecun.com/exdb/mnist/), plain or gzip.
 *
 *     offset size
 *          0    2  0
 *          2    1  type of the elements, see element.h
 *          3    1  number of dimensions d
 *          4  4*d  dimensions, outermost first, each big-endian
 *      4+4*d       the elements
 */
#ifndef ROTPIPE_IMPORT_IDX_H
#define ROTPIPE_IMPORT_IDX_H

#include "base/error.h"

#include <stdint.h>

enum { IDX_IMAGE_MAX = 4 << 20 }; /* bytes of one image; what a chunk of a stream may hold */

enum idx_kind { IDX_IMAGES, IDX_LABELS };

/*
 * The values that become 0 and 255 in a byte; those between become the nearest byte in proportion,
 * those beyond the nearer of 0 and 255.
 */
struct idx_range {
    double low, high;
};

/* Reads "LOW:HIGH", two decimal numbers within +-1e100, the first below the second. 0 or -1. */
int idx_range_parse(const char *text, struct idx_range *range);

struct idx {
    enum idx_kind kind;
    uint64_t n;                       /* images or labels */
    uint64_t height, width, channels; /* channels 1 or 3; all 1 for labels */
    uint64_t stride;                  /* elements of one item */
    unsigned type;                    /* enum element */
    int ranged;                       /* elements are scaled: */
    struct idx_range range;
    uint64_t elements; /* read so far */
    uint64_t done;     /* items read */
    uint32_t crc;      /* CRC-32 of the uncompressed file so far */
    struct input *in;
};

/*
 * Opens path ("-": standard input) and reads the header: images [n,h,w] or [n,h,w,1 or 3], of
 * unsigned bytes or, scaled by `range` (NULL: not scaled), of any type; labels [n] of any integer
 * type. Returns 0 or -1; idx_close is needed in either case.
 */
int idx_open(struct idx *f, const char *path, enum idx_kind kind, const struct idx_range *range,
             struct error *e);

/*
 * Reads the next n images (n * stride bytes). A file that ends before them is an error, and so is
 * an element that is not a number.
 */
int idx_read(struct idx *f, uint8_t *to, uint64_t n, struct error *e);

/*
 * Reads the next n labels. A label that is negative or not below `classes` is an error; classes 0:
 * there is no such bound.
 */
int idx_read_labels(struct idx *f, uint32_t *to, uint64_t n, uint64_t classes, struct error *e);

/* To be called after the last item: bytes left over are an error. */
int idx_end(struct idx *f, struct error *e);

/* What to call the file in messages. */
const char *idx_name(const struct idx *f);

/* Closes; f zeroed or closed already is allowed. */
void idx_close(struct idx *f);

/* A file of images and perhaps one of labels, read side by side. */
struct idx_pair {
    struct idx images, labels;
    int labelled;
};

/*
 * Opens both; labels NULL: none; range: of the images, or NULL. Counts that differ are an error.
 * Returns 0 or -1; idx_pair_close is needed in either case.
 */
int idx_pair_open(struct idx_pair *p, const char *images, const char *labels,
                  const struct idx_range *range, struct error *e);

/*
 * Reads the next n images (n * images.stride bytes) and their labels (label: n of them, left alone
 * if there are none), as idx_read and idx_read_labels do.
 */
int idx_pair_read(struct idx_pair *p, uint64_t n, uint8_t *image, uint32_t *label, uint64_t classes,
                  struct error *e);

/* idx_end for both. */
int idx_pair_end(struct idx_pair *p, struct error *e);

void idx_pair_close(struct idx_pair *p);

#endif
