/*
 * A decoded picture, in memory that is used again for the next.
 */
#ifndef ROTPIPE_IMPORT_RASTER_H
#define ROTPIPE_IMPORT_RASTER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What was decoded is done; the file is at fault, *e being the reason without its name; or it is
 * not, *e being a whole message. */
enum photo_result { PHOTO_MADE = 0, PHOTO_BROKEN = 1, PHOTO_FAILED = -1 };

/* Zeroed: empty. Freed by raster_free. */
struct raster {
    int width, height; /* of the pixels */
    int channels;      /* 1 or 3 */
    uint8_t *pixels;   /* rows without gaps, from the top */
    size_t room;
    uint8_t *spare; /* for raster_turn */
    size_t spare_room;
    /*
     * The picture, of which the pixels may be a reduced copy: a pixel is the mean of a square with
     * this side. The squares of the last row and column may reach beyond the picture.
     */
    int full_width, full_height;
    double reduction;
    int orientation; /* as EXIF counts: 1 is upright; 5 to 8 lie on their side */
};

/* What of the picture is wanted. */
struct raster_wanted {
    int channels;          /* 1 or 3 */
    uint8_t background[3]; /* behind transparent pixels; grey is the mean by brightness */
    int upright;           /* the orientation is asked for; without it, it is 1 */
    /*
     * For formats that can decode a reduced copy: how much smaller than a picture of this size,
     * when upright, the pixels may be.
     */
    double (*scale)(const void *context, int width, int height);
    const void *context;
};

/* So many pixels may a picture have, in all and on a side. */
enum { RASTER_PIXELS_MAX = 100000000, RASTER_SIDE_MAX = 1000000 };

/* Refuses a picture that is too large. */
enum photo_result raster_check_size(uint64_t width, uint64_t height, struct error *e);

/* Gives it this size, and room for its pixels. */
enum photo_result raster_resize(struct raster *r, int width, int height, int channels,
                                struct error *e);

/* Puts it upright, as its orientation says, which is 1 then. */
enum photo_result raster_turn(struct raster *r, struct error *e);

void raster_free(struct raster *r);

#endif
