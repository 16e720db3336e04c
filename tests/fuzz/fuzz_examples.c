/* A data set through a filter that keeps every example: what comes out holds what went in. */
#include "fuzz.h"

#include "rts/gather.h"

#include <zlib.h>

static struct file input;

/* What was seen of a data set, however it is cut into chunks. */
struct digest {
    uint64_t examples;
    uLong crc;
};

static void see(struct digest *d, const void *bytes, size_t n)
{
    d->crc = crc32_z(d->crc, bytes, n);
}

static void see_chunk(struct digest *d, const struct chunk *c)
{
    uint64_t stride = rts_dtype_size(c->head.dtype);

    REQUIRE(c->n == c->head.shape[0] && c->n * c->stride == c->head.size);
    for (uint32_t i = 1; i < c->head.ndim; i++)
        stride *= c->head.shape[i];
    REQUIRE(stride == c->stride && c->stride > 0 && c->stride <= EXAMPLES_CHUNK_MAX);
    for (uint64_t i = 0; i < c->n; i++, d->examples++) {
        unsigned char kind[2] = {c->kind == CHUNK_IMAGES, c->label != NULL};
        see(d, kind, sizeof kind);
        see(d, c->head.shape + 1, sizeof c->head.shape - sizeof c->head.shape[0]);
        see(d, (const char *)c->data + i * c->stride, c->stride);
        if (c->label)
            see(d, &c->label[i], sizeof c->label[i]);
        if (c->soft)
            see(d, c->soft + i * c->classes, c->classes * sizeof *c->soft);
        see(d, c->file ? c->file[i] : "", c->file ? strlen(c->file[i]) + 1 : 0);
    }
}

/* Reads the source to its end; with out, all of it is passed on. */
static int pass(struct source *s, struct gather *out, struct digest *d, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next(s, &c, e)) > 0) {
        see_chunk(d, &c);
        if (out && gather_add(out, &c, c.n, e) < 0)
            return -1;
    }
    return got < 0 ? -1 : 0;
}

/* The same as one pass over the file that the filter has written. */
static void read_back(struct file *output, const struct digest *want, const char *names)
{
    char *path = (char *)(uintptr_t)file_path(output);
    struct digest d = {0};
    struct error e;
    struct source *s = source_open(&path, 1, &e);
    const struct history *h;

    REQUIRE(s && pass(s, NULL, &d, &e) == 0);
    REQUIRE(d.examples == want->examples && d.crc == want->crc);
    REQUIRE(names ? source_names(s) && strcmp(names, source_names(s)) == 0 : !source_names(s));
    h = source_history(s);
    REQUIRE(h->text && history_holds(h, "fuzz step\n"));
    source_close(s);
}

/* files: the input once, or twice as two operands. */
static void filter(int files)
{
    struct file output;
    struct gather gather = {.out = file_writer(&output)};
    struct digest d = {0};
    struct error e;
    char *paths[2] = {input.path, input.path};
    struct source *s = source_open(paths, files, &e);
    int status;

    REQUIRE(s && source_pass(s, gather.out, "fuzz step", SOURCE_KEEP_ALL, &e) == 0);
    source_before(s, gather_before, &gather);
    status = pass(s, &gather, &d, &e);
    if (status == 0) {
        REQUIRE(gather_flush(&gather, &e) == 0 && rts_finish(gather.out, &e) == 0);
        if (d.examples)
            read_back(&output, &d, source_names(s));
    } else {
        require_error(&e);
        rts_abandon(gather.out);
    }
    gather_free(&gather);
    source_close(s);
    file_close(&output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    file_fill(&input, data, size);
    filter(1);
    file_path(&input);
    filter(2);
    return 0;
}
