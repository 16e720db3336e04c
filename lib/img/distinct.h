/*
 * A set of images by content: their shape and their pixels, nothing else. If wished, images that
 * are one another's quarter turns count as one.
 *
 * Images are looked up by a hash of 128 bits and then compared byte by byte: two that differ are
 * never taken for the same, whatever their hashes. Memory holds every distinct image once and about
 * 100 bytes beside it.
 */
#ifndef ROTPIPE_IMG_DISTINCT_H
#define ROTPIPE_IMG_DISTINCT_H

#include "base/error.h"

#include <stdint.h>

struct image_shape {
    uint32_t height, width, channels; /* none of them 0 */
};

struct distinct;

/* turned: images that are rotations of one another are the same. NULL on error. */
struct distinct *distinct_new(int turned, struct error *e);

/* NULL is allowed. */
void distinct_free(struct distinct *d);

/*
 * Looks for an image. Returns 1 if it is there and its number, from 0 in the order in which they
 * came, in *number; 0 if it is not; -1 on error.
 */
int distinct_find(struct distinct *d, struct image_shape shape, const uint8_t *pixels,
                  uint64_t *number, struct error *e);

/* The same, but an image that is not there is put there, under *number; 0 says that it was new. */
int distinct_add(struct distinct *d, struct image_shape shape, const uint8_t *pixels,
                 uint64_t *number, struct error *e);

/* How many there are. */
uint64_t distinct_count(const struct distinct *d);

#endif
