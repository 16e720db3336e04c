/* Chunks of examples read from streams and written to them. */
#include "rts/examples.h"

#include "rts/filename.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char standard_input[] = "-";

struct source {
    char **paths;
    char *only[1];
    int count, opened;
    struct rts_reader *reader; /* of the operand in hand */
    struct rts_writer *writer; /* NULL unless the program is a filter */
    char *step;
    unsigned drop;
    int (*before)(void *context, struct error *e);
    void *before_context;
    int history_passed; /* at least one history record has been written */
    int seen_chunk;
    struct history history, digest;
    struct history_seen history_seen, digest_seen;
    char *names;
    struct rts_header chunk_head; /* of the chunk in hand, and where it begins */
    uint64_t chunk_offset;
    const char *chunk_file;
    void *data;
    size_t data_size;
    void *label;
    size_t label_size;
    char *file_text; /* the names of the chunk's files, and where each begins */
    size_t file_text_size;
    const char **file;
    uint64_t file_room;
};

struct source *source_open(char **paths, int n, struct error *e)
{
    struct source *s = calloc(1, sizeof *s);

    if (!s) {
        error_memory(e, "input");
        return NULL;
    }
    s->only[0] = standard_input;
    s->paths = n ? paths : s->only;
    s->count = n ? n : 1;
    s->reader = rts_open(s->paths[0], e);
    if (!s->reader) {
        source_close(s);
        return NULL;
    }
    s->opened = 1;
    return s;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    rts_close(s->reader);
    history_free(&s->history);
    history_free(&s->digest);
    history_seen_free(&s->history_seen);
    history_seen_free(&s->digest_seen);
    free(s->step);
    free(s->names);
    free(s->data);
    free(s->label);
    free(s->file_text);
    free(s->file);
    free(s);
}

int source_pass(struct source *s, struct rts_writer *w, const char *step, unsigned drop,
                struct error *e)
{
    s->writer = w;
    s->drop = drop;
    s->step = strdup(step);
    return s->step ? 0 : error_memory(e, "history");
}

void source_before(struct source *s, int (*call)(void *context, struct error *e), void *context)
{
    s->before = call;
    s->before_context = context;
}

int source_complain(const struct source *s, struct error *e, const char *format, ...)
{
    char what[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    if (!s->seen_chunk)
        return rts_complain(s->reader, e, "%s", what);
    /* The reader is past the chunk by now: it has looked for labels. */
    return error_set(e, "%s: record %llu '%s' at offset %llu: %s", s->chunk_file,
                     (unsigned long long)s->chunk_head.index, s->chunk_head.name,
                     (unsigned long long)s->chunk_offset, what);
}

const char *source_names(const struct source *s)
{
    return s->names;
}

const struct history *source_history(const struct source *s)
{
    return &s->history;
}

const struct history *source_digest(const struct source *s)
{
    return &s->digest;
}

/* True if provenance goes into what is written. */
static int tells(const struct source *s)
{
    return s->writer && !(s->drop & SOURCE_DROP_HISTORY);
}

/* Writes one history record: the lines of a stream that was read (or none), and this step. */
static int pass_history(struct source *s, const char *lines, struct error *e)
{
    struct history h = {0};
    int status = -1;

    if (history_add(&h, "", lines, e) == 0 && history_add(&h, "", s->step, e) == 0)
        status = rts_put_text(s->writer, "history", h.text, e);
    history_free(&h);
    s->history_passed = 1;
    return status;
}

static int take_history(struct source *s, struct error *e)
{
    char *lines = rts_load_text(s->reader, RTS_TEXT_MAX, e);
    /* Streams of one origin, joined by cat, repeat it: once is enough. */
    int status = lines ? history_seen(&s->history_seen, lines, e) : -1;

    if (status == 0) {
        status = history_add(&s->history, "", lines, e);
        if (status == 0 && tells(s))
            status = pass_history(s, lines, e);
    }
    free(lines);
    return status < 0 ? -1 : 0;
}

/* As with the history, once is enough. */
static int take_digest(struct source *s, struct error *e)
{
    char *lines = rts_load_text(s->reader, RTS_TEXT_MAX, e);
    int status = lines ? history_seen(&s->digest_seen, lines, e) : -1;

    if (status == 0) {
        status = history_add(&s->digest, "", lines, e);
        if (status == 0 && tells(s))
            status = rts_put_text(s->writer, "digest", lines, e);
    }
    free(lines);
    return status < 0 ? -1 : 0;
}

static int take_names(struct source *s, struct error *e)
{
    char *names = rts_load_text(s->reader, RTS_TEXT_MAX, e);

    if (!names)
        return -1;
    if (s->names) {
        int same = strcmp(s->names, names) == 0;
        free(names);
        return same ? 0
                    : rts_complain(s->reader, e, "class names differ from the earlier class names");
    }
    if (s->writer && !(s->drop & SOURCE_DROP_NAMES) &&
        rts_put_text(s->writer, "names", names, e) < 0) {
        free(names);
        return -1;
    }
    s->names = names;
    return 0;
}

static int is_file_names(const struct rts_header *h)
{
    return strcmp(h->name, "file") == 0 && h->dtype == RTS_TEXT;
}

/* A record that is no example. */
static int take_other(struct source *s, const struct rts_header *h, struct error *e)
{
    if (s->before && s->before(s->before_context, e) < 0)
        return -1;
    if (strcmp(h->name, "history") == 0)
        return take_history(s, e);
    if (tells(s) && !s->history_passed && pass_history(s, "", e) < 0)
        return -1;
    if (strcmp(h->name, "digest") == 0 && h->dtype == RTS_TEXT)
        return take_digest(s, e);
    if (strcmp(h->name, "names") == 0)
        return take_names(s, e);
    if (strcmp(h->name, "net") == 0)
        return rts_complain(
            s->reader, e,
            "the file is a model, but a data set is needed (use a model with -m, or "
            "with filtdump, headswap or rtsinfo)");
    if (strcmp(h->name, "train.settings") == 0)
        return rts_complain(s->reader, e,
                            "the file is a saved training state, but a data set is needed "
                            "(rottrain --resume continues it)");
    if (strcmp(h->name, "label") == 0)
        return rts_complain(s->reader, e, "labels without examples before them");
    if (is_file_names(h))
        return rts_complain(s->reader, e, "file names without examples before them");
    return s->writer ? rts_copy(s->reader, h, s->writer, e) : rts_skip(s->reader, e);
}

/* The labels of the chunk in hand. */
static int take_labels(struct source *s, const struct rts_header *h, struct chunk *c,
                       struct error *e)
{
    if (h->dtype != RTS_U4 || h->ndim != 1)
        return rts_complain(s->reader, e, "labels must be u4 [n]");
    if (h->shape[0] != c->n)
        return rts_complain(s->reader, e, "%llu labels for %llu examples",
                            (unsigned long long)h->shape[0], (unsigned long long)c->n);
    if (rts_load(s->reader, EXAMPLES_CHUNK_MAX, &s->label, &s->label_size, e) < 0)
        return -1;
    c->label = s->label;
    return 0;
}

/* The names of the files that the examples of the chunk in hand came from. */
static int take_files(struct source *s, struct chunk *c, struct error *e)
{
    struct error why;

    free(s->file_text);
    if (!(s->file_text = rts_load_text(s->reader, EXAMPLES_CHUNK_MAX, e)))
        return -1;
    if (c->n > s->file_room || !s->file) {
        free(s->file);
        s->file_room = c->n + 1;
        s->file = calloc(s->file_room, sizeof *s->file);
        if (!s->file)
            return error_memory(e, "file names");
    }
    if (filename_cut(s->file_text, strlen(s->file_text), s->file, c->n, &why) < 0)
        return rts_complain(s->reader, e, "%s", why.text);
    c->file = s->file;
    return 0;
}

/* What belongs to the chunk besides its examples: the records `label` and `file` that follow. */
static int take_companions(struct source *s, struct chunk *c, struct error *e)
{
    struct rts_header h;
    int got, status;

    while ((got = rts_next(s->reader, &h, e)) > 0) {
        /* Index 0: the stream has ended, and what follows belongs to the next. */
        if (h.index && !c->label && strcmp(h.name, "label") == 0)
            status = take_labels(s, &h, c, e);
        else if (h.index && !c->file && is_file_names(&h))
            status = take_files(s, c, e);
        else
            break;
        if (status < 0)
            return -1;
    }
    if (got > 0)
        rts_unread(s->reader);
    return got < 0 ? -1 : 0;
}

static int take_chunk(struct source *s, const struct rts_header *h, struct chunk *c,
                      struct error *e)
{
    int images = strcmp(h->name, "image") == 0;

    if (images ? h->dtype != RTS_U1 || h->ndim != 4 : h->dtype != RTS_F4 || h->ndim < 2)
        return rts_complain(s->reader, e, "must be %s", images ? "u1 [n,h,w,c]" : "f4 [n,...]");
    for (uint32_t i = 1; i < h->ndim; i++)
        if (h->shape[i] == 0 || h->shape[i] > EXAMPLES_CHUNK_MAX)
            return rts_complain(s->reader, e, "a dimension of %llu",
                                (unsigned long long)h->shape[i]);
    if (tells(s) && !s->history_passed && pass_history(s, "", e) < 0)
        return -1;
    c->kind = images ? CHUNK_IMAGES : CHUNK_FEATURES;
    c->head = *h;
    c->n = h->shape[0];
    c->stride = rts_dtype_size(h->dtype);
    for (uint32_t i = 1; i < h->ndim; i++)
        if ((c->stride *= h->shape[i]) > EXAMPLES_CHUNK_MAX)
            return rts_complain(s->reader, e, "one example has more than %d bytes",
                                EXAMPLES_CHUNK_MAX);
    if (rts_load(s->reader, EXAMPLES_CHUNK_MAX, &s->data, &s->data_size, e) < 0)
        return -1;
    c->data = s->data;
    s->chunk_head = *h;
    s->chunk_offset = rts_record_offset(s->reader);
    s->chunk_file = rts_file_name(s->reader);
    s->seen_chunk = 1;
    return take_companions(s, c, e) < 0 ? -1 : 1;
}

/* On to the next operand. 1, 0 if there is none, -1. */
static int next_file(struct source *s, struct error *e)
{
    if (s->opened == s->count)
        return 0;
    rts_close(s->reader);
    s->reader = rts_open(s->paths[s->opened++], e);
    return s->reader ? 1 : -1;
}

int source_next(struct source *s, struct chunk *c, struct error *e)
{
    struct rts_header h;

    *c = (struct chunk){0};
    for (;;) {
        int got = rts_next(s->reader, &h, e);
        if (got < 0)
            return -1;
        if (got == 0) {
            got = next_file(s, e);
            if (got < 0)
                return -1;
            if (got > 0)
                continue;
            if (!s->seen_chunk)
                return error_set(e, "%s: contains no examples", rts_file_name(s->reader));
            return 0;
        }
        if (strcmp(h.name, "image") == 0 || strcmp(h.name, "feature") == 0)
            return take_chunk(s, &h, c, e);
        if (take_other(s, &h, e) < 0)
            return -1;
    }
}

int source_next_images(struct source *s, struct chunk *c, struct error *e)
{
    int got = source_next(s, c, e);

    if (got > 0 && c->kind != CHUNK_IMAGES)
        return source_complain(s, e,
                               "features, but images are needed (knneval, umap "
                               "and rts2tsv take features)");
    return got;
}

int chunk_same_shape(const struct rts_header *a, const struct rts_header *b)
{
    return strcmp(a->name, b->name) == 0 && a->ndim == b->ndim &&
           memcmp(a->shape + 1, b->shape + 1, sizeof a->shape - sizeof *a->shape) == 0;
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
}

uint64_t examples_per_chunk(uint64_t stride)
{
    uint64_t n = (1 << 20) / stride;

    return n < 1 ? 1 : n > 1024 ? 1024 : n;
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
    return c->file ? put_files(w, c->file, c->n, e) : 0;
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
    return part;
}

int examples_put(struct rts_writer *w, const struct chunk *c, struct error *e)
{
    uint64_t most = examples_per_chunk(c->stride), done = 0;

    do {
        uint64_t n = c->n - done < most ? c->n - done : most;
        struct chunk part = chunk_part(c, done, n);
        if (examples_put_chunk(w, &part, e) < 0)
            return -1;
        done += n;
    } while (done < c->n);
    return 0;
}
