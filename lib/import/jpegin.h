/*
 * JPEG files decoded, where it was built with libjpeg.
 */
#ifndef ROTPIPE_IMPORT_JPEGIN_H
#define ROTPIPE_IMPORT_JPEGIN_H

#include "import/raster.h"

/* True if it was. */
int jpegin_there(void);

struct jpegin;

/* What decodes one file after the other; NULL on error. Freed by jpegin_free. */
struct jpegin *jpegin_new(struct error *e);
void jpegin_free(struct jpegin *j);

/*
 * Decodes the JPEG file of n bytes, baseline or progressive, in grey, colour or CMYK. What libjpeg
 * would only warn of, such as a file that is cut short, is an error.
 */
enum photo_result jpegin_decode(struct jpegin *j, struct raster *r, const unsigned char *bytes,
                                size_t n, const struct raster_wanted *wanted, struct error *e);

#endif
