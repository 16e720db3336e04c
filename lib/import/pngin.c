/* PNG by libpng, whose errors come back by longjmp. */
#include "import/pngin.h"

#include "img/colour.h"
#include "import/exif.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct decoder {
    png_structp png;
    png_infop info;
    const unsigned char *next; /* of the file */
    size_t left;
    unsigned char *samples; /* rows with as many channels as the file has */
    png_bytep *row;
    struct error *e;
    int memory; /* it has run out */
};

static void on_error(png_structp png, png_const_charp message)
{
    struct decoder *d = png_get_error_ptr(png);

    error_set(d->e, "damaged PNG: %s", message);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t n)
{
    struct decoder *d = png_get_mem_ptr(png);
    void *memory = malloc(n);

    d->memory |= !memory;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    struct decoder *d = png_get_io_ptr(png);

    if (n > d->left)
        png_error(png, "cut short");
    memcpy(to, d->next, n);
    d->next += n;
    d->left -= n;
}

/* One row: samples of 1 to 4 channels become pixels of as many as are wanted. */
static void convert_row(const unsigned char *from, int channels, uint8_t *to, int width,
                        const struct raster_wanted *w)
{
    const uint8_t *b = w->background;
    unsigned colours = channels > 2 ? 3 : 1, alpha = 255, grey = grey_level(b);

    for (int x = 0; x < width; x++, from += channels, to += w->channels) {
        unsigned v[3], behind[3] = {b[0], b[1], b[2]};
        if (w->channels == 1)
            behind[0] = behind[1] = behind[2] = grey;
        if (channels % 2 == 0)
            alpha = from[colours];
        for (unsigned c = 0; c < 3; c++)
            v[c] = from[colours == 3 ? c : 0];
        if (w->channels == 1 && colours == 3)
            v[0] = grey_level(from);
        for (int c = 0; c < w->channels; c++)
            to[c] = (uint8_t)((v[c] * alpha + behind[c] * (255 - alpha) + 127) / 255);
    }
}

/* What reads the file; everything that libpng does is in here, and its errors lead out of it. */
static enum photo_result read_samples(struct decoder *d, struct raster *r,
                                      const struct raster_wanted *w)
{
    size_t stride, height;

    if (setjmp(png_jmpbuf(d->png)))
        return d->memory ? PHOTO_FAILED : PHOTO_BROKEN;
    png_set_read_fn(d->png, d, read_bytes);
    png_set_crc_action(d->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    /* Of text, profiles and the like nothing is kept: for some, memory is taken that the file only
     * says it fills. */
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(d->png, d->info);
    height = png_get_image_height(d->png, d->info);
    if (raster_check_size(png_get_image_width(d->png, d->info), height, d->e) != PHOTO_MADE)
        return PHOTO_BROKEN;
    png_set_expand(d->png);
    png_set_scale_16(d->png);
    png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    stride = png_get_rowbytes(d->png, d->info);
    d->samples = malloc(stride * height);
    d->row = malloc(height * sizeof *d->row);
    if (!d->samples || !d->row) {
        error_memory(d->e, "a picture");
        return PHOTO_FAILED;
    }
    for (size_t y = 0; y < height; y++)
        d->row[y] = d->samples + y * stride;
    png_read_image(d->png, d->row);
    png_read_end(d->png, NULL);
    return raster_resize(r, (int)png_get_image_width(d->png, d->info), (int)height, w->channels,
                         d->e);
}

/* What the first eXIf chunk of a file that libpng has read says. */
static int orientation_of(const unsigned char *bytes, size_t n)
{
    size_t at = 8;

    /* Every chunk: its length in four bytes, its name, its contents, a CRC. */
    while (n - at >= 12) {
        size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                        (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > n - at - 12)
            break;
        if (memcmp(bytes + at + 4, "eXIf", 4) == 0)
            return exif_tiff_orientation(bytes + at + 8, length);
        at += 12 + length;
    }
    return 1;
}

enum photo_result pngin_decode(struct raster *r, const unsigned char *bytes, size_t n,
                               const struct raster_wanted *wanted, struct error *e)
{
    struct decoder d = {.next = bytes, .left = n, .e = e};
    enum photo_result result = PHOTO_FAILED;

    error_memory(e, "a picture");
    d.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning, &d,
                                     take_memory, give_memory);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    if (d.info)
        result = read_samples(&d, r, wanted);
    for (int y = 0; result == PHOTO_MADE && y < r->height; y++)
        convert_row(d.row[y], png_get_channels(d.png, d.info),
                    r->pixels + (size_t)y * (size_t)r->width * (size_t)r->channels, r->width,
                    wanted);
    r->full_width = r->width;
    r->full_height = r->height;
    r->reduction = 1;
    r->orientation = result == PHOTO_MADE && wanted->upright ? orientation_of(bytes, n) : 1;
    if (d.png)
        png_destroy_read_struct(&d.png, &d.info, NULL);
    free(d.samples);
    free(d.row);
    return result;
}
