/*
 * How a photograph must be turned, as its EXIF record says.
 */
#ifndef ROTPIPE_IMPORT_EXIF_H
#define ROTPIPE_IMPORT_EXIF_H

#include <stddef.h>

/*
 * The orientation of the JPEG file of n bytes: 1 to 8, as EXIF counts (1: the first row is the top,
 * the first column the left); 1 if it has none, or one that makes no sense.
 */
int exif_orientation(const unsigned char *bytes, size_t n);

/* The same of what EXIF is in, n bytes of TIFF, which PNG files have in a chunk of its own. */
int exif_tiff_orientation(const unsigned char *bytes, size_t n);

#endif
