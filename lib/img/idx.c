#include "img/idx.h"

#include "base/filekind.h"
#include "base/input.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { TYPE_U8 = 8, DIMS_MAX = 4, LABEL_PIECE = 4096 };

static const char *type_name(unsigned type)
{
    switch (type) {
    case 0x09:
        return "signed byte";
    case 0x0b:
        return "short";
    case 0x0c:
        return "int";
    case 0x0d:
        return "float";
    case 0x0e:
        return "double";
    default:
        return NULL;
    }
}

/* The n bytes at the file's beginning are none of an IDX file; why: if nothing else is known. */
static int complain_of_kind(const struct idx *f, const void *bytes, size_t n, const char *why,
                            struct error *e)
{
    const char *kind = input_offset(f->in) == n ? filekind(f->in, bytes, n) : NULL;

    if (!kind || strcmp(kind, "an IDX file") == 0)
        return error_set(e, "%s: not an IDX file: %s", idx_name(f), why);
    if (strcmp(kind, "an rts stream") == 0)
        return error_set(e,
                         "%s: not an IDX file: it is %s already (rts2png draws one, rtsinfo says "
                         "what it holds)",
                         idx_name(f), kind);
    return error_set(e, "%s: not an IDX file: it is %s; images must be in the IDX format",
                     idx_name(f), kind);
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
    f->crc = (uint32_t)crc32_z(f->crc, to, n);
    return 0;
}

static int check_magic(const struct idx *f, const unsigned char m[4], struct error *e)
{
    const char *wanted = f->kind == IDX_IMAGES ? "images have 3 or 4 (labels are the second file)"
                                               : "labels have 1 (images are the first file)";

    if (m[0] || m[1] || (m[2] != TYPE_U8 && !type_name(m[2])) || m[3] == 0) {
        char magic[32];
        snprintf(magic, sizeof magic, "magic number %02x%02x%02x%02x", m[0], m[1], m[2], m[3]);
        return complain_of_kind(f, m, 4, magic, e);
    }
    if (m[2] != TYPE_U8)
        return error_set(e, "%s: IDX elements of type %s: only unsigned bytes are read",
                         idx_name(f), type_name(m[2]));
    if (f->kind == IDX_IMAGES ? m[3] != 3 && m[3] != 4 : m[3] != 1)
        return error_set(e, "%s: IDX of %d dimension%s: %s", idx_name(f), m[3],
                         m[3] == 1 ? "" : "s", wanted);
    return 0;
}

static int check_shape(struct idx *f, struct error *e)
{
    uint64_t row = f->width * f->channels; /* below 2^34: cannot overflow */

    if (f->channels != 1 && f->channels != 3)
        return error_set(e, "%s: images of %llu channels: 1 or 3 are read", idx_name(f),
                         (unsigned long long)f->channels);
    if (row == 0 || f->height == 0)
        return error_set(e, "%s: images of %llu x %llu pixels", idx_name(f),
                         (unsigned long long)f->height, (unsigned long long)f->width);
    if (f->height > UINT64_MAX / row || (f->n && f->height * row > UINT64_MAX / f->n))
        return error_set(e, "%s: the product of the dimensions overflows", idx_name(f));
    f->stride = f->height * row;
    if (f->stride > IDX_IMAGE_MAX)
        return error_set(e, "%s: images of %llu bytes: at most %d are allowed", idx_name(f),
                         (unsigned long long)f->stride, IDX_IMAGE_MAX);
    return 0;
}

int idx_open(struct idx *f, const char *path, enum idx_kind kind, struct error *e)
{
    unsigned char magic[4], dims[4 * DIMS_MAX];
    uint64_t d[DIMS_MAX] = {1, 1, 1, 1};

    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->in = input_open(path, e);
    if (!f->in || read_header(f, magic, sizeof magic, e) < 0 || check_magic(f, magic, e) < 0 ||
        read_header(f, dims, 4u * magic[3], e) < 0)
        return -1;
    for (int i = 0; i < magic[3]; i++)
        d[i] = (uint64_t)dims[4 * i] << 24 | (uint64_t)dims[4 * i + 1] << 16 |
               (uint64_t)dims[4 * i + 2] << 8 | dims[4 * i + 3];
    f->n = d[0];
    f->height = d[1];
    f->width = d[2];
    f->channels = d[3];
    return check_shape(f, e);
}

int idx_read(struct idx *f, void *to, uint64_t n, struct error *e)
{
    const char *item = f->kind == IDX_IMAGES ? "image" : "label";
    int64_t got = input_read(f->in, to, n * f->stride, e);

    if (got < 0)
        return -1;
    if ((uint64_t)got < n * f->stride)
        return error_set(e, "%s: cut short at offset %llu, in %s %llu of %llu", idx_name(f),
                         (unsigned long long)input_offset(f->in), item,
                         (unsigned long long)(f->done + (uint64_t)got / f->stride),
                         (unsigned long long)f->n);
    if (got)
        f->crc = (uint32_t)crc32_z(f->crc, to, (size_t)got);
    f->done += n;
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

int idx_pair_open(struct idx_pair *p, const char *images, const char *labels, struct error *e)
{
    memset(p, 0, sizeof *p);
    if (idx_open(&p->images, images, IDX_IMAGES, e) < 0)
        return -1;
    if (!labels)
        return 0;
    p->labelled = 1;
    if (idx_open(&p->labels, labels, IDX_LABELS, e) < 0)
        return -1;
    if (p->labels.n != p->images.n)
        return error_set(e, "%s: %llu labels for the %llu images of %s", idx_name(&p->labels),
                         (unsigned long long)p->labels.n, (unsigned long long)p->images.n,
                         idx_name(&p->images));
    return 0;
}

/* Labels are bytes in the file and 32 bits wide everywhere else. */
static int read_labels(struct idx *f, uint64_t n, uint32_t *label, uint64_t classes,
                       struct error *e)
{
    uint8_t piece[LABEL_PIECE];

    while (n) {
        uint64_t first = f->done, take = n < sizeof piece ? n : sizeof piece;
        if (idx_read(f, piece, take, e) < 0)
            return -1;
        for (uint64_t i = 0; i < take; i++) {
            if (classes && piece[i] >= classes)
                return error_set(e, "%s: label %d of image %llu: names go from 0 to %llu only",
                                 idx_name(f), piece[i], (unsigned long long)(first + i),
                                 (unsigned long long)(classes - 1));
            label[i] = piece[i];
        }
        label += take;
        n -= take;
    }
    return 0;
}

int idx_pair_read(struct idx_pair *p, uint64_t n, uint8_t *image, uint32_t *label, uint64_t classes,
                  struct error *e)
{
    if (idx_read(&p->images, image, n, e) < 0)
        return -1;
    return p->labelled ? read_labels(&p->labels, n, label, classes, e) : 0;
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
