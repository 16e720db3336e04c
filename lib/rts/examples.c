/* Chunks of examples read from streams and written to them. */
#include "rts/examples.h"

#include "rts/filename.h"

#include <math.h>
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
    void *soft;
    size_t soft_size;
    uint64_t classes; /* of the soft labels, in all operands alike; 0: there were none yet */
    char *file_text;  /* the names of the chunk's files, and where each begins */
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
    free(s->soft);
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

int source_tell_origin(const struct source *s, struct history *step, const char *indent,
                       struct error *e)
{
    const char *digest = source_digest(s)->text, *history = source_history(s)->text;

    if (digest && history_add(step, indent, digest, e) < 0)
        return -1;
    return history ? history_add(step, indent, history, e) : 0;
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
    if (strcmp(h->name, "soft") == 0)
        return rts_complain(s->reader, e, "soft labels without examples before them");
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

/* How far the probabilities of an example may be from adding up to 1. */
static const double SOFT_TOLERANCE = 1e-3;

/* Refuses what is no probability of every class. */
static int check_soft(const struct source *s, const struct chunk *c, struct error *e)
{
    for (uint64_t i = 0; i < c->n; i++) {
        const float *p = c->soft + i * c->classes;
        double sum = 0;
        for (uint64_t k = 0; k < c->classes; k++) {
            if (!(p[k] >= 0 && isfinite(p[k])))
                return rts_complain(
                    s->reader, e,
                    "soft label of example %llu: %g is not the probability of a class",
                    (unsigned long long)i, (double)p[k]);
            sum += (double)p[k];
        }
        if (!(fabs(sum - 1) <= SOFT_TOLERANCE))
            return rts_complain(s->reader, e,
                                "soft label of example %llu: the probabilities add up to %g, not 1",
                                (unsigned long long)i, sum);
    }
    return 0;
}

/* The soft labels of the chunk in hand. */
static int take_soft(struct source *s, const struct rts_header *h, struct chunk *c, struct error *e)
{
    if (h->dtype != RTS_F4 || h->ndim != 2 || h->shape[1] == 0)
        return rts_complain(s->reader, e, "soft labels must be f4 [n,classes]");
    if (h->shape[0] != c->n)
        return rts_complain(s->reader, e, "%llu soft labels for %llu examples",
                            (unsigned long long)h->shape[0], (unsigned long long)c->n);
    if (s->classes && h->shape[1] != s->classes)
        return rts_complain(s->reader, e, "soft labels of %llu classes behind some of %llu",
                            (unsigned long long)h->shape[1], (unsigned long long)s->classes);
    if (h->shape[1] > EXAMPLES_CHUNK_MAX / sizeof(float))
        return rts_complain(s->reader, e, "one soft label has more than %d bytes",
                            EXAMPLES_CHUNK_MAX);
    if (rts_load(s->reader, EXAMPLES_CHUNK_MAX, &s->soft, &s->soft_size, e) < 0)
        return -1;
    c->soft = s->soft;
    c->classes = s->classes = h->shape[1];
    return check_soft(s, c, e);
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

/* What belongs to the chunk besides its examples: the records `label`, `soft` and `file` that
 * follow, each at most once. */
static int take_companions(struct source *s, struct chunk *c, struct error *e)
{
    struct rts_header h;
    int got, status;

    while ((got = rts_next(s->reader, &h, e)) > 0) {
        /* Index 0: the stream has ended, and what follows belongs to the next. */
        if (h.index && !c->label && strcmp(h.name, "label") == 0)
            status = take_labels(s, &h, c, e);
        else if (h.index && !c->soft && strcmp(h.name, "soft") == 0)
            status = take_soft(s, &h, c, e);
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
