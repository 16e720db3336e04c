/*
 * One file becomes one image: read, decoded, and brought to the form that all images of a stream
 * have.
 */
#ifndef ROTPIPE_IMPORT_PHOTO_H
#define ROTPIPE_IMPORT_PHOTO_H

#include "base/wholefile.h"
#include "img/fit.h"
#include "import/raster.h"

#include <stdint.h>

struct photo_form {
    int channels;          /* 1 or 3 */
    int width, height;     /* 0: that of the picture itself */
    int sized;             /* a picture of another size gets this one; without it, it is broken */
    enum fit fit;          /* how a picture of another size gets this one */
    uint8_t background[3]; /* behind transparent pixels, and beside the picture */
    int upright;           /* a picture is turned as its EXIF orientation says */
};

/* Bytes of one image. */
uint64_t photo_stride(const struct photo_form *form);

/* What one thread needs to make photos: memory that is used again. */
struct photo_maker;

/* NULL on error. Freed by photo_maker_free. */
struct photo_maker *photo_maker_new(struct error *e);
void photo_maker_free(struct photo_maker *m);

/* Reads and decodes the file at path; any: see wholefile_read. */
enum photo_result photo_load(struct photo_maker *m, const struct photo_form *form, const char *path,
                             int any, struct error *e);

/* The same of a file that is in memory. */
enum photo_result photo_decode(struct photo_maker *m, const struct photo_form *form,
                               const struct wholefile *f, struct error *e);

/* Of what was loaded last: the size of the picture, upright, and the file's length. */
struct photo_facts {
    int width, height;
    uint64_t bytes;
};
struct photo_facts photo_facts(const struct photo_maker *m);

/* The CRC-32 of bytes of which this is the CRC-32, and of the file that was loaded last behind. */
uint32_t photo_crc(const struct photo_maker *m, uint32_t crc);

/* Makes the image of what was loaded last: photo_stride(form) bytes. form must have a size. */
enum photo_result photo_make(struct photo_maker *m, const struct photo_form *form, uint8_t *to,
                             struct error *e);

/* The formats that are read, "PNG and JPEG" if it was built with all. */
const char *photo_formats(void);

/* Bytes of the largest file that is read. */
enum { PHOTO_FILE_MAX = 256 << 20 };

#endif
