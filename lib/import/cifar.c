/* Records of CIFAR-10 and CIFAR-100 batches. */
#include "import/cifar.h"

#include "base/crc.h"
#include "base/filekind.h"
#include "base/input.h"

#include <string.h>

enum { PIXELS = CIFAR_SIDE * CIFAR_SIDE, LABELS_MOST = 2 };

/* What a kind of batch is. */
static const struct record_layout {
    const char *set, *names_file;
    unsigned labels;               /* bytes before the pixels */
    unsigned used;                 /* which of them is the label */
    unsigned classes[LABELS_MOST]; /* of each */
    const char *label[LABELS_MOST];
} layouts[] = {
    [CIFAR_10] = {"CIFAR-10", "batches.meta.txt", 1, 0, {10}, {"label"}},
    [CIFAR_100_FINE] =
        {"CIFAR-100", "fine_label_names.txt", 2, 1, {20, 100}, {"coarse label", "fine label"}},
    [CIFAR_100_COARSE] =
        {"CIFAR-100", "coarse_label_names.txt", 2, 0, {20, 100}, {"coarse label", "fine label"}},
};

const char *cifar_names_file(enum cifar_kind kind)
{
    return layouts[kind].names_file;
}

int cifar_open(struct cifar *f, const char *path, enum cifar_kind kind, struct error *e)
{
    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->in = input_open(path, e);
    return f->in ? 0 : -1;
}

/* The beginning of the file is `head`, of n bytes: true if it is a file of another kind. */
static int is_other(const struct cifar *f, const void *head, size_t n, struct error *e)
{
    const char *kind = filekind(f->in, head, n);

    if (kind && strcmp(kind, "an rts stream") == 0)
        error_set(e, "%s: not a CIFAR batch: it is already %s (rtsinfo describes it)",
                  input_name(f->in), kind);
    else if (kind)
        error_set(e, "%s: not a CIFAR batch: it is %s; batches of the binary version are needed",
                  input_name(f->in), kind);
    return kind != NULL;
}

/* What to try with a file that cannot be CIFAR-10. */
static const char *hint(const struct cifar *f)
{
    return f->kind == CIFAR_10 ? " (use --fine or --coarse for CIFAR-100)" : "";
}

/* The labels at the head of a record, which begins at this offset. */
static int check_labels(const struct cifar *f, const uint8_t *record, uint64_t n, uint64_t named,
                        struct error *e)
{
    const struct record_layout *l = &layouts[f->kind];
    unsigned long long offset = n * (PIXELS * CIFAR_CHANNELS + l->labels);
    const char *name = input_name(f->in);

    for (unsigned i = 0; i < l->labels; i++)
        if (record[i] >= l->classes[i])
            return error_set(e, "%s: record %llu at offset %llu: %s %u, but %s has 0 to %u%s", name,
                             (unsigned long long)n, offset, l->label[i], record[i], l->set,
                             l->classes[i] - 1, hint(f));
    if (named && record[l->used] >= named)
        return error_set(
            e, "%s: record %llu at offset %llu: %s %u has no name: labels 0 to %llu have names",
            name, (unsigned long long)n, offset, l->label[l->used], record[l->used],
            (unsigned long long)(named - 1));
    return 0;
}

/* Planes to pixels. */
static void interleave(const uint8_t *planes, uint8_t *image)
{
    for (unsigned i = 0; i < PIXELS; i++)
        for (unsigned c = 0; c < CIFAR_CHANNELS; c++)
            image[CIFAR_CHANNELS * i + c] = planes[PIXELS * c + i];
}

/* Reads one record. 1, 0 at the end of the file, -1. */
static int read_record(struct cifar *f, uint8_t *image, uint32_t *label, uint64_t named,
                       struct error *e)
{
    const struct record_layout *l = &layouts[f->kind];
    uint8_t record[LABELS_MOST + CIFAR_IMAGE];
    size_t size = l->labels + CIFAR_IMAGE;
    int64_t got = input_read(f->in, record, size, e);

    if (got < 0)
        return -1;
    if (got == 0)
        return f->n ? 0 : error_set(e, "%s: empty, not a CIFAR batch", input_name(f->in));
    if ((size_t)got == size && check_labels(f, record, f->n, named, e) == 0) {
        f->crc = crc_add(f->crc, record, size);
        *label = record[l->used];
        interleave(record + l->labels, image);
        return 1;
    }
    if (f->n == 0 && is_other(f, record, (size_t)got, e))
        return -1;
    if ((size_t)got < size)
        error_set(e, "%s: cut short: record %llu at offset %llu has %llu of %zu bytes%s",
                  input_name(f->in), (unsigned long long)f->n,
                  (unsigned long long)(f->n * (uint64_t)size), (unsigned long long)got, size,
                  hint(f));
    return -1;
}

int64_t cifar_read(struct cifar *f, uint8_t *image, uint32_t *label, uint64_t n, uint64_t named,
                   struct error *e)
{
    for (uint64_t i = 0; i < n; i++, f->n++) {
        int got = read_record(f, image + i * CIFAR_IMAGE, label + i, named, e);
        if (got <= 0)
            return got < 0 ? -1 : (int64_t)i;
    }
    return (int64_t)n;
}

void cifar_close(struct cifar *f)
{
    input_close(f->in);
    f->in = NULL;
}
