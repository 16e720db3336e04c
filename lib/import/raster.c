/* Room for the pixels of pictures, and their limits. */
#include "import/raster.h"

#include <stdlib.h>
#include <string.h>

enum photo_result raster_check_size(uint64_t width, uint64_t height, struct error *e)
{
    if (width && height && width <= RASTER_SIDE_MAX && height <= RASTER_SIDE_MAX &&
        width <= RASTER_PIXELS_MAX / height)
        return PHOTO_MADE;
    error_set(e, "%llu x %llu pixels: a picture may have 1 to %d, and %d on a side",
              (unsigned long long)width, (unsigned long long)height, RASTER_PIXELS_MAX,
              RASTER_SIDE_MAX);
    return PHOTO_BROKEN;
}

/* Room for n bytes; what was there is lost. */
static enum photo_result make_room(uint8_t **pixels, size_t *room, size_t n, struct error *e)
{
    if (n <= *room)
        return PHOTO_MADE;
    free(*pixels);
    *room = 0;
    if (!(*pixels = malloc(n))) {
        error_memory(e, "a picture");
        return PHOTO_FAILED;
    }
    *room = n;
    return PHOTO_MADE;
}

static size_t size_of(const struct raster *r)
{
    return (size_t)r->width * (size_t)r->height * (size_t)r->channels;
}

enum photo_result raster_resize(struct raster *r, int width, int height, int channels,
                                struct error *e)
{
    r->width = width;
    r->height = height;
    r->channels = channels;
    return make_room(&r->pixels, &r->room, size_of(r), e);
}

/* Where the upright picture's pixel x, y is in one of width x height that lies as EXIF says. */
static size_t turned(int orientation, int x, int y, int width, int height)
{
    int right = width - 1, bottom = height - 1;
    const int at[9][2] = {{x, y},          {x, y}, {right - x, y},  {right - x, bottom - y},
                          {x, bottom - y}, {y, x}, {y, bottom - x}, {right - y, bottom - x},
                          {right - y, x}};

    return (size_t)at[orientation][1] * (size_t)width + (size_t)at[orientation][0];
}

static void exchange(int *a, int *b)
{
    int c = *a;

    *a = *b;
    *b = c;
}

enum photo_result raster_turn(struct raster *r, struct error *e)
{
    size_t channels = (size_t)r->channels, room;
    int width = r->width, height = r->height;
    uint8_t *from = r->pixels, *to;

    if (r->orientation == 1)
        return PHOTO_MADE;
    if (make_room(&r->spare, &r->spare_room, size_of(r), e) != PHOTO_MADE)
        return PHOTO_FAILED;
    if (r->orientation > 4) {
        exchange(&r->width, &r->height);
        exchange(&r->full_width, &r->full_height);
    }
    to = r->spare;
    for (int y = 0; y < r->height; y++)
        for (int x = 0; x < r->width; x++, to += channels)
            memcpy(to, from + channels * turned(r->orientation, x, y, width, height), channels);
    room = r->room;
    r->pixels = r->spare;
    r->room = r->spare_room;
    r->spare = from;
    r->spare_room = room;
    r->orientation = 1;
    return PHOTO_MADE;
}

void raster_free(struct raster *r)
{
    free(r->pixels);
    free(r->spare);
    *r = (struct raster){0};
}
