/*
 * IDX files written: their header, and their elements, which are big-endian; see import/idx.h.
 */
#ifndef ROTPIPE_EXPORT_IDX_H
#define ROTPIPE_EXPORT_IDX_H

#include "base/output.h"
#include "import/element.h"

#include <stdint.h>

enum { IDX_DIMS_MAX = 255 };

/*
 * Writes the header of a file of ndim dimensions (1 to IDX_DIMS_MAX) with elements of this type. A
 * dimension that does not fit into 32 bits is an error. 0 or -1.
 */
int idx_put_header(struct output *out, enum element type, uint32_t ndim, const uint64_t *dims,
                   struct error *e);

/* Writes n elements of type ELEMENT_FLOAT. 0 or -1. */
int idx_put_floats(struct output *out, const float *x, uint64_t n, struct error *e);

/*
 * The smallest of the types that idx_put_labels writes, unsigned byte or int, for labels up to this
 * one; 0 if there is none.
 */
unsigned idx_label_type(uint32_t largest);

/* Writes n labels as elements of a type that idx_label_type has returned. 0 or -1. */
int idx_put_labels(struct output *out, unsigned type, const uint32_t *label, uint64_t n,
                   struct error *e);

#endif
