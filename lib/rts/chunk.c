/* Examples moved within chunks, cut out of them, and written as records. */
#include "rts/chunk.h"

#include <stdlib.h>
#include <string.h>

int chunk_same_shape(const struct rts_header *a, const struct rts_header *b)
{
    return strcmp(a->name, b->name) == 0 && a->ndim == b->ndim &&
           memcmp(a->shape + 1, b->shape + 1, sizeof a->shape - sizeof *a->shape) == 0;
}

int chunk_same_companions(const struct chunk *a, const struct chunk *b)
{
    return !a->label == !b->label && !a->file == !b->file && !a->soft == !b->soft &&
           (!a->soft || a->classes == b->classes);
}

void chunk_move(struct chunk *c, uint64_t to, uint64_t from)
{
    if (to == from)
        return;
    memcpy((char *)c->data + to * c->stride, (char *)c->data + from * c->stride, c->stride);
    if (c->label)
        c->label[to] = c->label[from];
    if (c->file)
        c->file[to] = c->file[from];
    if (c->soft)
        memcpy(c->soft + to * c->classes, c->soft + from * c->classes,
               c->classes * sizeof *c->soft);
}

uint64_t examples_per_chunk(uint64_t stride)
{
    uint64_t n = (1 << 20) / stride;

    return n < 1 ? 1 : n > 1024 ? 1024 : n;
}

uint64_t examples_per_chunk_like(const struct chunk *c)
{
    uint64_t most = examples_per_chunk(c->stride), soft = most;

    if (c->soft)
        soft = examples_per_chunk(c->classes * sizeof *c->soft);
    return soft < most ? soft : most;
}

/* Writes the names of the files that n examples came from. */
static int put_files(struct rts_writer *w, const char *const *file, uint64_t n, struct error *e)
{
    size_t size = 1, used = 0;
    char *text;
    int status;

    for (uint64_t i = 0; i < n; i++)
        size += strlen(file[i]) + 1;
    if (!(text = malloc(size)))
        return error_memory(e, "file names");
    for (uint64_t i = 0; i < n; i++) {
        size_t length = strlen(file[i]);
        memcpy(text + used, file[i], length);
        used += length;
        text[used++] = '\n';
    }
    text[used] = '\0';
    status = rts_put_text(w, "file", text, e);
    free(text);
    return status;
}

int examples_put_chunk(struct rts_writer *w, const struct chunk *c, struct error *e)
{
    struct rts_header h;
    uint64_t shape[RTS_DIMS_MAX];

    memcpy(shape, c->head.shape, sizeof shape);
    shape[0] = c->n;
    rts_describe(&h, c->head.name, c->head.dtype, c->head.ndim, shape);
    if (rts_put(w, &h, c->data, e) < 0)
        return -1;
    rts_describe(&h, "label", RTS_U4, 1, shape);
    if (c->label && rts_put(w, &h, c->label, e) < 0)
        return -1;
    if (c->file && put_files(w, c->file, c->n, e) < 0)
        return -1;
    /* The last of them: readers that do not know it have found all that they do know by then. */
    rts_describe(&h, "soft", RTS_F4, 2, (uint64_t[]){c->n, c->classes});
    return c->soft ? rts_put(w, &h, c->soft, e) : 0;
}

struct chunk chunk_like(const char *name, enum rts_dtype dtype, uint32_t ndim,
                        const uint64_t *shape)
{
    struct chunk c = {.kind = strcmp(name, "image") == 0 ? CHUNK_IMAGES : CHUNK_FEATURES,
                      .stride = rts_dtype_size(dtype)};

    rts_describe(&c.head, name, dtype, ndim, shape);
    for (uint32_t i = 1; i < ndim; i++)
        c.stride *= shape[i];
    return c;
}

struct chunk chunk_part(const struct chunk *c, uint64_t first, uint64_t n)
{
    struct chunk part = *c;

    part.n = n;
    part.data = c->data ? (char *)c->data + first * c->stride : NULL;
    part.label = c->label ? c->label + first : NULL;
    part.file = c->file ? c->file + first : NULL;
    part.soft = c->soft ? c->soft + first * c->classes : NULL;
    return part;
}

int examples_put(struct rts_writer *w, const struct chunk *c, struct error *e)
{
    uint64_t most = examples_per_chunk_like(c), done = 0;

    do {
        uint64_t n = c->n - done < most ? c->n - done : most;
        struct chunk part = chunk_part(c, done, n);
        if (examples_put_chunk(w, &part, e) < 0)
            return -1;
        done += n;
    } while (done < c->n);
    return 0;
}
