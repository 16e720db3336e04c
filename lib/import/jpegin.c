/* JPEG by libjpeg, whose errors come back by longjmp. */
#include "import/jpegin.h"

#include "img/colour.h"
#include "import/exif.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ROTPIPE_JPEG
#include <jerror.h>
#include <jpeglib.h>

/*
 * A progressive picture has about ten scans. Each may be a few bytes that cost as much time as the
 * picture is large, so that a file with thousands of them is an attack, not a picture.
 */
enum { SCANS_MAX = 100 };

struct jpegin {
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    char message[JMSG_LENGTH_MAX];
    int memory;         /* it has run out */
    unsigned char *row; /* of four channels */
    size_t room;
};

int jpegin_there(void)
{
    return 1;
}

/* What libjpeg cannot go on from, and what it could but is damage. */
static void on_error(j_common_ptr d)
{
    struct jpegin *j = d->client_data;

    j->errors.format_message(d, j->message);
    j->memory = j->errors.msg_code == JERR_OUT_OF_MEMORY;
    longjmp(j->back, 1);
}

static void on_message(j_common_ptr d, int level)
{
    if (level < 0)
        on_error(d);
}

/* Called many times a scan. */
static void on_progress(j_common_ptr d)
{
    struct jpegin *j = d->client_data;

    if (j->d.input_scan_number <= SCANS_MAX)
        return;
    snprintf(j->message, sizeof j->message, "more than %d scans", SCANS_MAX);
    longjmp(j->back, 1);
}

static void on_output(j_common_ptr d)
{
    (void)d;
}

static int create(struct jpegin *j)
{
    if (setjmp(j->back))
        return -1;
    jpeg_create_decompress(&j->d);
    j->progress.progress_monitor = on_progress;
    j->d.progress = &j->progress;
    return 0;
}

struct jpegin *jpegin_new(struct error *e)
{
    struct jpegin *j = calloc(1, sizeof *j);

    if (!j) {
        error_memory(e, "a picture");
        return NULL;
    }
    j->d.err = jpeg_std_error(&j->errors);
    j->d.client_data = j;
    j->errors.error_exit = on_error;
    j->errors.emit_message = on_message;
    j->errors.output_message = on_output;
    if (create(j) < 0) {
        error_memory(e, "a picture");
        jpegin_free(j);
        return NULL;
    }
    return j;
}

void jpegin_free(struct jpegin *j)
{
    if (!j)
        return;
    jpeg_destroy_decompress(&j->d);
    free(j->row);
    free(j);
}

/* Reads no more than is needed: a half, a quarter or an eighth of the pixels. */
static void choose_scale(struct jpeg_decompress_struct *d, double scale)
{
    unsigned eighths = 8;

    while (eighths > 1 && eighths / 2 >= 8 * scale)
        eighths /= 2;
    d->scale_num = eighths;
    d->scale_denom = 8;
}

/* Adobe's CMYK is inverted: 0 is full ink. */
static void convert_row(const unsigned char *from, uint8_t *to, int width, int channels)
{
    for (int x = 0; x < width; x++, from += 4, to += channels) {
        uint8_t v[3];
        for (int c = 0; c < 3; c++)
            v[c] = (uint8_t)((from[c] * from[3] + 127u) / 255);
        if (channels == 1)
            to[0] = grey_level(v);
        else
            memcpy(to, v, 3);
    }
}

static enum photo_result read_rows(struct jpegin *j, struct raster *r, int cmyk, struct error *e)
{
    size_t stride = (size_t)r->width * (size_t)r->channels;

    if (cmyk && 4 * (size_t)r->width > j->room) {
        free(j->row);
        j->room = 4 * (size_t)r->width;
        if (!(j->row = malloc(j->room))) {
            j->room = 0;
            error_memory(e, "a picture");
            return PHOTO_FAILED;
        }
    }
    while (j->d.output_scanline < j->d.output_height) {
        uint8_t *to = r->pixels + j->d.output_scanline * stride;
        JSAMPROW row = cmyk ? j->row : to;
        jpeg_read_scanlines(&j->d, &row, 1);
        if (cmyk)
            convert_row(j->row, to, r->width, r->channels);
    }
    return PHOTO_MADE;
}

/* Between its beginning and its end libjpeg's errors lead out of the caller. */
static enum photo_result read_picture(struct jpegin *j, struct raster *r, int channels,
                                      double scale, struct error *e)
{
    struct jpeg_decompress_struct *d = &j->d;
    int cmyk = d->num_components == 4;
    enum photo_result result;

    choose_scale(d, scale);
    r->reduction = (double)d->scale_denom / d->scale_num;
    d->out_color_space = cmyk ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(d);
    result = raster_resize(r, (int)d->output_width, (int)d->output_height, channels, e);
    if (result == PHOTO_MADE)
        result = read_rows(j, r, cmyk, e);
    if (result == PHOTO_MADE)
        jpeg_finish_decompress(d);
    return result;
}

enum photo_result jpegin_decode(struct jpegin *j, struct raster *r, const unsigned char *bytes,
                                size_t n, const struct raster_wanted *wanted, struct error *e)
{
    struct jpeg_decompress_struct *d = &j->d;
    enum photo_result result;
    int turned;

    r->orientation = wanted->upright ? exif_orientation(bytes, n) : 1;
    turned = r->orientation > 4;
    if (setjmp(j->back)) {
        result = j->memory ? PHOTO_FAILED : PHOTO_BROKEN;
        if (j->memory)
            error_memory(e, "a picture");
        else
            error_set(e, "damaged JPEG: %s", j->message);
        jpeg_abort_decompress(d);
        return result;
    }
    jpeg_mem_src(d, bytes, n);
    jpeg_read_header(d, TRUE);
    result = raster_check_size(d->image_width, d->image_height, e);
    r->full_width = (int)d->image_width;
    r->full_height = (int)d->image_height;
    if (result == PHOTO_MADE)
        result =
            read_picture(j, r, wanted->channels,
                         turned ? wanted->scale(wanted->context, r->full_height, r->full_width)
                                : wanted->scale(wanted->context, r->full_width, r->full_height),
                         e);
    if (result != PHOTO_MADE)
        jpeg_abort_decompress(d);
    return result;
}

#else

int jpegin_there(void)
{
    return 0;
}

struct jpegin *jpegin_new(struct error *e)
{
    struct jpegin *j = malloc(1);

    if (!j)
        error_memory(e, "a picture");
    return j;
}

void jpegin_free(struct jpegin *j)
{
    free(j);
}

enum photo_result jpegin_decode(struct jpegin *j, struct raster *r, const unsigned char *bytes,
                                size_t n, const struct raster_wanted *wanted, struct error *e)
{
    (void)j, (void)r, (void)bytes, (void)n, (void)wanted;
    error_set(e, "a JPEG image, but this program was built without JPEG");
    return PHOTO_BROKEN;
}

#endif
