/* Room for the pixels of pictures, and their limits. */
#include "import/raster.h"

#include <stdlib.h>

enum photo_result raster_check_size(uint64_t width, uint64_t height, struct error *e)
{
    if (width && height && width <= RASTER_PIXELS_MAX / height)
        return PHOTO_MADE;
    error_set(e, "%llu x %llu pixels: a picture may have 1 to %d", (unsigned long long)width,
              (unsigned long long)height, RASTER_PIXELS_MAX);
    return PHOTO_BROKEN;
}

enum photo_result raster_resize(struct raster *r, int width, int height, int channels,
                                struct error *e)
{
    size_t size = (size_t)width * (size_t)height * (size_t)channels;

    if (size > r->room) {
        free(r->pixels);
        r->room = 0;
        r->pixels = malloc(size);
        if (!r->pixels) {
            error_memory(e, "a picture");
            return PHOTO_FAILED;
        }
        r->room = size;
    }
    r->width = width;
    r->height = height;
    r->channels = channels;
    return PHOTO_MADE;
}

uint8_t raster_grey(unsigned red, unsigned green, unsigned blue)
{
    return (uint8_t)((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

void raster_free(struct raster *r)
{
    free(r->pixels);
    *r = (struct raster){0};
}
