/* A file through a reader, the decoder of its format, and the scaler. */
#include "import/photo.h"

#include "base/crc.h"
#include "base/filekind.h"
#include "import/jpegin.h"
#include "import/pngin.h"

#include <stdlib.h>
#include <string.h>

struct photo_maker {
    struct wholefile file;
    const struct wholefile *loaded; /* that one, or the caller's */
    struct raster raster;
    struct jpegin *jpeg;
    struct fitter fitter;
};

const char *photo_formats(void)
{
    return jpegin_there() ? "PNG and JPEG" : "PNG";
}

uint64_t photo_stride(const struct photo_form *form)
{
    return (uint64_t)form->width * (uint64_t)form->height * (uint64_t)form->channels;
}

struct photo_maker *photo_maker_new(struct error *e)
{
    struct photo_maker *m = calloc(1, sizeof *m);

    if (!m) {
        error_memory(e, "images");
        return NULL;
    }
    if (!(m->jpeg = jpegin_new(e))) {
        free(m);
        return NULL;
    }
    return m;
}

void photo_maker_free(struct photo_maker *m)
{
    if (!m)
        return;
    wholefile_free(&m->file);
    raster_free(&m->raster);
    jpegin_free(m->jpeg);
    fitter_free(&m->fitter);
    free(m);
}

/* How much smaller a picture may be decoded for this form. */
static double least_scale(const void *context, int width, int height)
{
    const struct photo_form *form = context;

    return form->width ? fit_scale(form->fit, width, height, form->width, form->height) : 1;
}

/* Decodes the file as it lies. */
static enum photo_result decode_file(struct photo_maker *m, const struct photo_form *form,
                                     struct error *e)
{
    const unsigned char *bytes = m->loaded->bytes;
    size_t n = m->loaded->n;
    struct raster_wanted wanted = {.channels = form->channels,
                                   .upright = form->upright,
                                   .scale = least_scale,
                                   .context = form};
    const char *kind;

    memcpy(wanted.background, form->background, sizeof wanted.background);
    if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return pngin_decode(&m->raster, bytes, n, &wanted, e);
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return jpegin_decode(m->jpeg, &m->raster, bytes, n, &wanted, e);
    kind = n ? filekind_of(bytes, n) : NULL;
    if (n == 0)
        error_set(e, "empty");
    else if (kind)
        error_set(e, "neither PNG nor JPEG: it is %s%s", kind, filekind_hint(kind));
    else
        error_set(e, "neither PNG nor JPEG");
    return PHOTO_BROKEN;
}

static enum photo_result decode(struct photo_maker *m, const struct photo_form *form,
                                struct error *e)
{
    enum photo_result result = decode_file(m, form, e);

    return result == PHOTO_MADE ? raster_turn(&m->raster, e) : result;
}

enum photo_result photo_load(struct photo_maker *m, const struct photo_form *form, const char *path,
                             int any, struct error *e)
{
    enum wholefile_result read = wholefile_read(&m->file, path, any, PHOTO_FILE_MAX, e);

    m->loaded = &m->file;
    if (read != WHOLEFILE_READ)
        return read == WHOLEFILE_FAILED ? PHOTO_FAILED : PHOTO_BROKEN;
    return decode(m, form, e);
}

enum photo_result photo_decode(struct photo_maker *m, const struct photo_form *form,
                               const struct wholefile *f, struct error *e)
{
    m->loaded = f;
    return decode(m, form, e);
}

struct photo_facts photo_facts(const struct photo_maker *m)
{
    return (struct photo_facts){m->raster.full_width, m->raster.full_height, m->loaded->n};
}

uint32_t photo_crc(const struct photo_maker *m, uint32_t crc)
{
    return crc_add(crc, m->loaded->bytes, m->loaded->n);
}

enum photo_result photo_make(struct photo_maker *m, const struct photo_form *form, uint8_t *to,
                             struct error *e)
{
    struct photo_facts facts = photo_facts(m);
    const struct raster *r = &m->raster;

    if (!form->sized && (facts.width != form->width || facts.height != form->height)) {
        error_set(e, "%d x %d pixels, but the first picture has %d x %d (--size makes them alike)",
                  facts.width, facts.height, form->width, form->height);
        return PHOTO_BROKEN;
    }
    return fit_image(&m->fitter, (struct pixels){r->pixels, r->width, r->height, r->channels},
                     (struct fit_full){facts.width, facts.height, r->reduction}, form->fit,
                     form->width, form->height, form->background, to, e) < 0
               ? PHOTO_FAILED
               : PHOTO_MADE;
}
