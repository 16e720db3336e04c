/*
 * PNG files decoded.
 */
#ifndef ROTPIPE_IMPORT_PNGIN_H
#define ROTPIPE_IMPORT_PNGIN_H

#include "import/raster.h"

/*
 * Decodes the PNG file of n bytes; all of them are checked, to the last. Samples of 16 bits become
 * the nearest of 8, palettes colours; what is transparent shows the background. The
 * pixels are never a reduced copy.
 */
enum photo_result pngin_decode(struct raster *r, const unsigned char *bytes, size_t n,
                               const struct raster_wanted *wanted, struct error *e);

#endif
