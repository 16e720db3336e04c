/* The header of IDX files, and their images and labels. */
#include "import/idx.h"

#include "base/crc.h"
#include "base/filekind.h"
#include "base/input.h"
#include "base/parse.h"
#include "import/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIMS_MAX = 4, PIECE = 4096 };

/* The n bytes at the file's beginning are not those of an IDX file; why: if their kind is unknown.
 */
static int complain_of_kind(const struct idx *f, const void *bytes, size_t n, const char *why,
                            struct error *e)
{
    const char *kind = input_offset(f->in) == n ? filekind(f->in, bytes, n) : NULL;

    if (!kind || strcmp(kind, "an IDX file") == 0)
        return error_set(e, "%s: not an IDX file: %s", idx_name(f), why);
    if (strcmp(kind, "an rts stream") == 0)
        return error_set(e,
                         "%s: not an IDX file: it is already %s (rts2png draws it, rtsinfo "
                         "describes it)",
                         idx_name(f), kind);
    return error_set(e, "%s: not an IDX file: it is %s; images must be in the IDX format%s",
                     idx_name(f), kind, filekind_hint(kind));
}

/* Reads n bytes of the header. */
static int read_header(struct idx *f, unsigned char *to, size_t n, struct error *e)
{
    int64_t got = input_read(f->in, to, n, e);

    if (got < 0)
        return -1;
    if (got == 0 && input_offset(f->in) == 0)
        return error_set(e, "%s: empty, not an IDX file", idx_name(f));
    if ((size_t)got < n)
        return complain_of_kind(f, to, (size_t)got, "cut short in the header", e);
    f->crc = crc_add(f->crc, to, n);
    return 0;
}

static int check_magic(const struct idx *f, const unsigned char m[4], struct error *e)
{
    const char *wanted = f->kind == IDX_IMAGES ? "images have 3 or 4 (labels are the second file)"
                                               : "labels have 1 (images are the first file)";

    if (m[0] || m[1] || !element_name(m[2]) || m[3] == 0) {
        char magic[32];
        snprintf(magic, sizeof magic, "magic number %02x%02x%02x%02x", m[0], m[1], m[2], m[3]);
        return complain_of_kind(f, m, 4, magic, e);
    }
    if (f->kind == IDX_IMAGES ? m[3] != 3 && m[3] != 4 : m[3] != 1)
        return error_set(e, "%s: IDX of %d dimension%s: %s", idx_name(f), m[3],
                         m[3] == 1 ? "" : "s", wanted);
    if (f->kind == IDX_IMAGES && m[2] != ELEMENT_UNSIGNED_BYTE && !f->ranged)
        return error_set(e,
                         "%s: images of type %s, expected unsigned bytes; use --range LOW:HIGH to "
                         "scale other types",
                         idx_name(f), element_name(m[2]));
    if (f->kind == IDX_LABELS && (m[2] == ELEMENT_FLOAT || m[2] == ELEMENT_DOUBLE))
        return error_set(e, "%s: labels of type %s: labels must be integers", idx_name(f),
                         element_name(m[2]));
    return 0;
}

static int check_shape(struct idx *f, struct error *e)
{
    uint64_t row = f->width * f->channels; /* below 2^34: cannot overflow */

    if (f->channels != 1 && f->channels != 3)
        return error_set(e, "%s: images of %llu channels, expected 1 or 3", idx_name(f),
                         (unsigned long long)f->channels);
    if (row == 0 || f->height == 0)
        return error_set(e, "%s: images of %llu x %llu pixels", idx_name(f),
                         (unsigned long long)f->height, (unsigned long long)f->width);
    if (f->height > UINT64_MAX / row || (f->n && f->height * row > UINT64_MAX / f->n))
        return error_set(e, "%s: the product of the dimensions overflows", idx_name(f));
    f->stride = f->height * row;
    if (f->stride > IDX_IMAGE_MAX)
        return error_set(e, "%s: images of %llu bytes, but at most %d are possible", idx_name(f),
                         (unsigned long long)f->stride, IDX_IMAGE_MAX);
    return 0;
}

int idx_range_parse(const char *text, struct idx_range *range)
{
    const double most = 1e100; /* lest the difference of two overflow */
    const char *colon = strchr(text, ':');
    char low[64];

    if (!colon || (size_t)(colon - text) >= sizeof low)
        return -1;
    memcpy(low, text, (size_t)(colon - text));
    low[colon - text] = '\0';
    if (parse_real(low, -most, most, &range->low) < 0 ||
        parse_real(colon + 1, -most, most, &range->high) < 0)
        return -1;
    return range->low < range->high ? 0 : -1;
}

int idx_open(struct idx *f, const char *path, enum idx_kind kind, const struct idx_range *range,
             struct error *e)
{
    unsigned char magic[4], dims[4 * DIMS_MAX];
    uint64_t d[DIMS_MAX] = {1, 1, 1, 1};

    memset(f, 0, sizeof *f);
    f->kind = kind;
    if (range) {
        f->ranged = 1;
        f->range = *range;
    }
    f->in = input_open(path, e);
    if (!f->in || read_header(f, magic, sizeof magic, e) < 0 || check_magic(f, magic, e) < 0 ||
        read_header(f, dims, 4u * magic[3], e) < 0)
        return -1;
    for (int i = 0; i < magic[3]; i++)
        d[i] = (uint64_t)dims[4 * i] << 24 | (uint64_t)dims[4 * i + 1] << 16 |
               (uint64_t)dims[4 * i + 2] << 8 | dims[4 * i + 3];
    f->type = magic[2];
    f->n = d[0];
    f->height = d[1];
    f->width = d[2];
    f->channels = d[3];
    return check_shape(f, e);
}

/* Reads n more elements as the file has them. */
static int read_elements(struct idx *f, void *to, uint64_t n, struct error *e)
{
    const char *item = f->kind == IDX_IMAGES ? "image" : "label";
    unsigned size = element_size(f->type);
    int64_t got = input_read(f->in, to, n * size, e);

    if (got < 0)
        return -1;
    if ((uint64_t)got < n * size)
        return error_set(e, "%s: cut short at offset %llu, in %s %llu of %llu", idx_name(f),
                         (unsigned long long)input_offset(f->in), item,
                         (unsigned long long)((f->elements + (uint64_t)got / size) / f->stride),
                         (unsigned long long)f->n);
    if (got)
        f->crc = crc_add(f->crc, to, (size_t)got);
    f->elements += n;
    f->done = f->elements / f->stride;
    return 0;
}

/* From the range to 0..255, to the nearest; what lies outside of it to the nearer end. */
static uint8_t level(const struct idx_range *r, double v)
{
    double x = (v - r->low) * 255 / (r->high - r->low);

    return x <= 0 ? 0 : x >= 255 ? 255 : (uint8_t)(x + 0.5);
}

/* Reads n more elements and scales each. */
static int read_scaled(struct idx *f, uint8_t *to, uint64_t n, struct error *e)
{
    unsigned char piece[PIECE];
    unsigned size = element_size(f->type);

    while (n) {
        uint64_t first = f->elements, take = n < PIECE / size ? n : PIECE / size;
        if (read_elements(f, piece, take, e) < 0)
            return -1;
        for (uint64_t i = 0; i < take; i++) {
            double v = element_number(f->type, piece + i * size);
            if (isnan(v))
                return error_set(e, "%s: image %llu has a pixel that is not a number (NaN)",
                                 idx_name(f), (unsigned long long)((first + i) / f->stride));
            *to++ = level(&f->range, v);
        }
        n -= take;
    }
    return 0;
}

int idx_read(struct idx *f, uint8_t *to, uint64_t n, struct error *e)
{
    return f->ranged ? read_scaled(f, to, n * f->stride, e)
                     : read_elements(f, to, n * f->stride, e);
}

int idx_read_labels(struct idx *f, uint32_t *to, uint64_t n, uint64_t classes, struct error *e)
{
    unsigned char piece[PIECE];
    unsigned size = element_size(f->type);

    while (n) {
        uint64_t first = f->done, take = n < PIECE / size ? n : PIECE / size;
        if (read_elements(f, piece, take, e) < 0)
            return -1;
        for (uint64_t i = 0; i < take; i++) {
            int32_t label = element_integer(f->type, piece + i * size);
            if (label < 0)
                return error_set(e, "%s: label %ld of image %llu: labels must not be negative",
                                 idx_name(f), (long)label, (unsigned long long)(first + i));
            if (classes && (uint32_t)label >= classes)
                return error_set(
                    e, "%s: label %ld of image %llu has no name: labels 0 to %llu have names",
                    idx_name(f), (long)label, (unsigned long long)(first + i),
                    (unsigned long long)(classes - 1));
            *to++ = (uint32_t)label;
        }
        n -= take;
    }
    return 0;
}

int idx_end(struct idx *f, struct error *e)
{
    uint64_t end = input_offset(f->in);
    unsigned char byte;
    int64_t got = input_read(f->in, &byte, 1, e);

    if (got > 0)
        return error_set(e, "%s: bytes left over at offset %llu, after %llu %s", idx_name(f),
                         (unsigned long long)end, (unsigned long long)f->n,
                         f->kind == IDX_IMAGES ? "images" : "labels");
    return got < 0 ? -1 : 0;
}

const char *idx_name(const struct idx *f)
{
    return input_name(f->in);
}

void idx_close(struct idx *f)
{
    input_close(f->in);
    f->in = NULL;
}

int idx_pair_open(struct idx_pair *p, const char *images, const char *labels,
                  const struct idx_range *range, struct error *e)
{
    memset(p, 0, sizeof *p);
    if (idx_open(&p->images, images, IDX_IMAGES, range, e) < 0)
        return -1;
    if (!labels)
        return 0;
    p->labelled = 1;
    if (idx_open(&p->labels, labels, IDX_LABELS, NULL, e) < 0)
        return -1;
    if (p->labels.n != p->images.n)
        return error_set(e, "%s: %llu labels for the %llu images of %s", idx_name(&p->labels),
                         (unsigned long long)p->labels.n, (unsigned long long)p->images.n,
                         idx_name(&p->images));
    return 0;
}

int idx_pair_read(struct idx_pair *p, uint64_t n, uint8_t *image, uint32_t *label, uint64_t classes,
                  struct error *e)
{
    if (idx_read(&p->images, image, n, e) < 0)
        return -1;
    return p->labelled ? idx_read_labels(&p->labels, label, n, classes, e) : 0;
}

int idx_pair_end(struct idx_pair *p, struct error *e)
{
    if (idx_end(&p->images, e) < 0)
        return -1;
    return p->labelled ? idx_end(&p->labels, e) : 0;
}

void idx_pair_close(struct idx_pair *p)
{
    idx_close(&p->images);
    idx_close(&p->labels);
}
