/* A data set read into memory, its statistics and class weights. */
#include "eval/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rts/examples.h"

size_t dataset_stride(const struct dataset *d)
{
    return (size_t)extent_size(d->image);
}

/* Room for n more images. The memory that realloc adds costs nothing until it is written to. */
static int reserve(struct dataset *d, uint64_t n, struct error *e)
{
    uint64_t want = d->n + n;
    void *images, *label;

    if (want <= d->capacity)
        return 0;
    if (want < 2 * d->capacity)
        want = 2 * d->capacity;
    images = realloc(d->images, want * dataset_stride(d));
    if (!images)
        return error_memory(e, "images");
    d->images = images;
    if (!d->unlabelled) {
        label = realloc(d->label, want * sizeof *d->label);
        if (!label)
            return error_memory(e, "labels");
        d->label = label;
    }
    if (d->soft) {
        float *soft = realloc(d->soft, want * (uint64_t)d->classes * sizeof *soft);
        if (!soft)
            return error_memory(e, "soft labels");
        d->soft = soft;
    }
    d->capacity = want;
    return 0;
}

/* Whether labels can be classes. What has soft ones has them from a program. */
static int has_classes(const struct chunk *c)
{
    for (uint64_t i = 0; c->label && i < c->n; i++)
        if (c->label[i] >= NET_CLASSES_MAX)
            return 0;
    return c->label && !c->soft;
}

static int check_chunk(struct dataset *d, const struct source *s, const struct chunk *c,
                       struct error *e)
{
    const uint64_t *shape = c->head.shape;

    if (d->optional && c->n && !has_classes(c))
        d->unlabelled = 1;
    if (!d->unlabelled && !c->label && !c->soft && c->n)
        return source_complain(s, e, "images without labels");
    if (d->image.h == 0) {
        if (shape[1] > NET_SIDE_MAX || shape[2] > NET_SIDE_MAX || shape[3] > LAYER_WIDTH_MAX)
            return source_complain(s, e,
                                   "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                                   ", but at most %d x %d x %d are possible",
                                   shape[1], shape[2], shape[3], NET_SIDE_MAX, NET_SIDE_MAX,
                                   LAYER_WIDTH_MAX);
        d->image = (struct extent){(int)shape[1], (int)shape[2], (int)shape[3]};
    }
    if (shape[1] != (uint64_t)d->image.h || shape[2] != (uint64_t)d->image.w ||
        shape[3] != (uint64_t)d->image.c)
        return source_complain(
            s, e, "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64 " in a data set of %d x %d x %d",
            shape[1], shape[2], shape[3], d->image.h, d->image.w, d->image.c);
    if (c->soft && !d->unlabelled && c->classes > NET_CLASSES_MAX)
        return source_complain(s, e,
                               "soft labels of %" PRIu64 " classes, but at most %d are possible",
                               c->classes, NET_CLASSES_MAX);
    for (uint64_t i = 0; i < c->n && c->label && !d->unlabelled; i++)
        if (c->label[i] >= NET_CLASSES_MAX)
            return source_complain(s, e, "label %" PRIu32 ", but at most %d classes are possible",
                                   c->label[i], NET_CLASSES_MAX);
    return 0;
}

static uint16_t most_probable(const float *soft, uint64_t classes)
{
    uint64_t most = 0;

    for (uint64_t k = 1; k < classes; k++)
        if (soft[k] > soft[most])
            most = k;
    return (uint16_t)most;
}

/* Gives images `first` to end - 1 the soft labels that say what their labels say. */
static int harden(struct dataset *d, const struct source *s, uint64_t first, uint64_t end,
                  struct error *e)
{
    size_t classes = (size_t)d->classes;

    for (uint64_t i = first; i < end; i++) {
        if (d->label[i] >= classes)
            return source_complain(s, e, "label %d in a data set with soft labels of %d classes",
                                   d->label[i], d->classes);
        memset(d->soft + i * classes, 0, classes * sizeof *d->soft);
        d->soft[i * classes + d->label[i]] = 1;
    }
    return 0;
}

/* The labels of a chunk, of both kinds, for which there is room. */
static int add_labels(struct dataset *d, const struct source *s, const struct chunk *c,
                      struct error *e)
{
    for (uint64_t i = 0; i < c->n; i++)
        d->label[d->n + i] =
            c->label ? (uint16_t)c->label[i] : most_probable(c->soft + i * c->classes, c->classes);
    if (c->soft && !d->soft) {
        d->classes = (int)c->classes;
        if (!(d->soft = malloc(d->capacity * c->classes * sizeof *d->soft)))
            return error_memory(e, "soft labels");
        if (harden(d, s, 0, d->n, e) < 0)
            return -1;
    }
    if (!d->soft)
        return 0;
    if (!c->soft)
        return harden(d, s, d->n, d->n + c->n, e);
    memcpy(d->soft + d->n * c->classes, c->soft, c->n * c->classes * sizeof *d->soft);
    return 0;
}

static int add_chunk(struct dataset *d, const struct source *s, const struct chunk *c,
                     struct error *e)
{
    size_t stride;

    if (check_chunk(d, s, c, e) < 0 || reserve(d, c->n, e) < 0)
        return -1;
    stride = dataset_stride(d);
    if (c->n)
        memcpy(d->images + d->n * stride, c->data, c->n * stride);
    if (c->n && !d->unlabelled && add_labels(d, s, c, e) < 0)
        return -1;
    d->n += c->n;
    return 0;
}

/* Keeps what the stream said about itself. */
static int keep_texts(struct dataset *d, const struct source *s, struct error *e)
{
    const char *names = source_names(s), *history = source_history(s)->text;
    const char *digest = source_digest(s)->text;

    if (names && !d->unlabelled && !(d->names = strdup(names)))
        return error_memory(e, "class names");
    if (digest && history_add(&d->digest, "", digest, e) < 0)
        return -1;
    return history ? history_add(&d->history, "", history, e) : 0;
}

static int read_all(struct dataset *d, char **paths, int n, struct error *e)
{
    struct source *s = source_open(paths, n, e);
    struct chunk c;
    int got = -1;

    if (!s)
        return -1;
    while ((got = source_next_images(s, &c, e)) > 0)
        if (add_chunk(d, s, &c, e) < 0) {
            got = -1;
            break;
        }
    if (got == 0 && d->n == 0)
        got = error_set(e, "%s: contains no images", n ? paths[0] : "standard input");
    if (got == 0)
        got = keep_texts(d, s, e);
    source_close(s);
    if (got < 0)
        dataset_free(d);
    return got;
}

int dataset_read(struct dataset *d, char **paths, int n, struct error *e)
{
    *d = (struct dataset){0};
    return read_all(d, paths, n, e);
}

int dataset_read_any(struct dataset *d, char **paths, int n, struct error *e)
{
    int status;

    *d = (struct dataset){.optional = 1};
    status = read_all(d, paths, n, e);
    if (status == 0 && d->unlabelled) {
        free(d->label);
        d->label = NULL;
    }
    return status;
}

int dataset_read_images(struct dataset *d, char **paths, int n, struct error *e)
{
    *d = (struct dataset){.unlabelled = 1};
    return read_all(d, paths, n, e);
}

void dataset_free(struct dataset *d)
{
    free(d->images);
    free(d->label);
    free(d->soft);
    free(d->names);
    history_free(&d->history);
    history_free(&d->digest);
    memset(d, 0, sizeof *d);
}

int dataset_largest_label(const struct dataset *d)
{
    int largest = 0;

    for (uint64_t i = 0; i < d->n; i++)
        if (d->label[i] > largest)
            largest = d->label[i];
    return largest;
}

int dataset_largest_class(const struct dataset *d)
{
    int largest = dataset_largest_label(d);

    return d->classes > largest ? d->classes - 1 : largest;
}

const float *dataset_soft(const struct dataset *d, uint64_t image)
{
    return d->soft ? d->soft + image * (uint64_t)d->classes : NULL;
}

void dataset_statistics(const struct dataset *d, float *mean, float *std)
{
    uint64_t pixels = d->n * (uint64_t)d->image.h * (uint64_t)d->image.w;
    size_t channels = (size_t)d->image.c;

    for (size_t k = 0; k < channels; k++) {
        uint64_t count[4][256] = {{0}};
        const uint8_t *p = d->images + k;
        double sum = 0, squares = 0, m;
        /* Four tables: equal neighbours then do not wait for each other's count. */
        for (uint64_t i = 0; i < pixels; i++)
            count[i & 3][p[i * channels]]++;
        for (int v = 0; v < 256; v++) {
            double n = (double)(count[0][v] + count[1][v] + count[2][v] + count[3][v]);
            sum += n * v;
            squares += n * v * v;
        }
        m = sum / (double)pixels;
        mean[k] = (float)(m / 255);
        std[k] = (float)(sqrt(squares / (double)pixels - m * m) / 255);
        if (!(std[k] > 1e-6f))
            std[k] = 1;
    }
}

void dataset_balance(const struct dataset *d, int classes, float *weight)
{
    uint64_t count[NET_CLASSES_MAX] = {0};
    int present = 0;

    for (uint64_t i = 0; i < d->n; i++)
        count[d->label[i]]++;
    for (int k = 0; k < classes; k++)
        present += count[k] > 0;
    for (int k = 0; k < classes; k++)
        weight[k] = count[k] ? (float)((double)d->n / ((double)present * (double)count[k])) : 0;
}
