/* PNG through libpng. */
#include "draw/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

/*
 * libpng reports errors by a call that must not return. Every function here that calls libpng
 * sets `escape` first; what must survive the jump lives in struct pngout, not in locals.
 */
struct pngout {
    jmp_buf escape;
    png_structp png;
    png_infop info;
    struct output *out;
    struct error *error; /* the caller's, of the call in hand */
    int told;            /* it holds a message already */
};

static void on_error(png_structp png, png_const_charp message)
{
    struct pngout *w = png_get_error_ptr(png);

    if (!w->told)
        error_set(w->error, "PNG: %s", message);
    longjmp(w->escape, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep bytes, size_t n)
{
    struct pngout *w = png_get_io_ptr(png);

    if (output_write(w->out, bytes, n, w->error) < 0) {
        w->told = 1;
        png_error(png, "write");
    }
}

static void on_flush(png_structp png)
{
    (void)png;
}

/* The calls of pngout_begin that may jump, apart from the function that allocates. */
static int write_head(struct pngout *w, png_uint_32 width, png_uint_32 height, int channels)
{
    if (setjmp(w->escape))
        return -1;
    w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
    w->info = w->png ? png_create_info_struct(w->png) : NULL;
    if (!w->info)
        return error_memory(w->error, "PNG");
    png_set_write_fn(w->png, w, on_write, on_flush);
    png_set_user_limits(w->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(w->png, w->info, width, height, 8,
                 channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    return 0;
}

struct pngout *pngout_begin(struct output *out, uint64_t width, uint64_t height, int channels,
                            struct error *e)
{
    struct pngout *w;

    if (width > PNG_UINT_31_MAX || height > PNG_UINT_31_MAX) {
        error_set(e, "PNG: %llu x %llu pixels, but at most %lu per side are possible",
                  (unsigned long long)width, (unsigned long long)height,
                  (unsigned long)PNG_UINT_31_MAX);
        return NULL;
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        error_memory(e, "PNG");
        return NULL;
    }
    w->out = out;
    w->error = e;
    if (write_head(w, (png_uint_32)width, (png_uint_32)height, channels) < 0) {
        pngout_free(w);
        return NULL;
    }
    return w;
}

int pngout_row(struct pngout *w, const uint8_t *row, struct error *e)
{
    w->error = e;
    if (setjmp(w->escape))
        return -1;
    png_write_row(w->png, row);
    return 0;
}

int pngout_end(struct pngout *w, struct error *e)
{
    w->error = e;
    if (setjmp(w->escape))
        return -1;
    png_write_end(w->png, NULL);
    return 0;
}

void pngout_free(struct pngout *w)
{
    if (!w)
        return;
    png_destroy_write_struct(&w->png, &w->info);
    free(w);
}
