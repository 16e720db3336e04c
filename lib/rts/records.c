/* A list of records, searched and taken apart by name. */
#include "rts/records.h"

#include "rts/examples.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a file of a few kilobytes, compressed, may ask for: so many records, and so many bytes of
 * text and of all that is neither text nor a tensor of a net.
 */
enum { RECORDS_MAX = 1024, TEXT_BYTES_MAX = 4 << 20, OTHER_BYTES_MAX = 16 << 20 };

/* True for the name of a layer's tensor, or of one that a training keeps beside it: "head" or a
 * kind and a number, "conv1"; a slot, ".weight"; and perhaps what it is of that. */
static int is_tensor(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_", digits[] = "0123456789";
    static const char *const suffixes[] = {"", ".best", ".exp_avg", ".exp_avg_sq",
                                           ".momentum_buffer"};
    size_t kind = strspn(name, letters), number = strspn(name + kind, digits), slot;

    if (kind == 0 || (number == 0 && strncmp(name, "head.", 5) != 0))
        return 0;
    name += kind + number;
    slot = *name == '.' ? strspn(name + 1, letters) : 0;
    for (size_t i = 0; slot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(name + 1 + slot, suffixes[i]) == 0)
            return 1;
    return 0;
}

/* What has been read so far, against the limits. */
struct amounts {
    int count;
    uint64_t text, other;
};

/* Looks at a record before its payload is read. 0 or -1. */
static int allow(struct amounts *had, const struct record *list, struct rts_reader *r,
                 const struct rts_header *h, struct error *e)
{
    if (strcmp(h->name, "image") == 0 || strcmp(h->name, "feature") == 0)
        return rts_complain(
            r, e, "the file is a data set, but a model is needed (rottrain makes one from it)");
    if (++had->count > RECORDS_MAX)
        return rts_complain(r, e, "more than %d records: not a model", RECORDS_MAX);
    /* The second would be taken for one that is not known, and outlive the first. */
    if (rts_streams(r) == 0 && records_find(list, h->name))
        return rts_complain(r, e, "duplicate record name");
    if (h->dtype == RTS_TEXT) {
        if (h->size <= RTS_TEXT_MAX && (had->text += h->size) > TEXT_BYTES_MAX)
            return rts_complain(r, e, "more than %d bytes of text: not a model", TEXT_BYTES_MAX);
    } else if (!is_tensor(h->name)) {
        if (h->size > OTHER_BYTES_MAX || (had->other += h->size) > OTHER_BYTES_MAX)
            return rts_complain(r, e, "more than %d bytes besides weights: not a model",
                                OTHER_BYTES_MAX);
    }
    return 0;
}

int records_load(struct record **list, struct rts_reader *r, uint64_t most, struct error *e)
{
    struct record **last = list;
    struct rts_header h;
    struct amounts had = {0};
    int got;

    while (*last)
        last = &(*last)->next;
    while ((got = rts_next(r, &h, e)) > 0) {
        struct record *record;
        size_t capacity = 0;
        uint64_t limit = h.dtype == RTS_TEXT ? RTS_TEXT_MAX : most;
        if (allow(&had, *list, r, &h, e) < 0)
            return -1;
        record = calloc(1, sizeof *record);
        if (!record)
            return error_memory(e, rts_file_name(r));
        record->head = h;
        *last = record;
        last = &record->next;
        if (rts_load(r, limit, &record->payload, &capacity, e) < 0)
            return -1;
    }
    if (got == 0 && rts_streams(r) != 1)
        return error_set(e, "%s: contains %" PRIu64 " streams, but one model is needed",
                         rts_file_name(r), rts_streams(r));
    return got;
}

int records_put(const struct record *list, struct rts_writer *w, struct error *e)
{
    for (const struct record *r = list; r; r = r->next) {
        struct rts_part part = {r->payload, r->head.size};
        if (rts_put_parts(w, &r->head, &part, 1, e) < 0)
            return -1;
    }
    return 0;
}

void record_free(struct record *r)
{
    if (r)
        free(r->payload);
    free(r);
}

void records_free(struct record **list)
{
    while (*list) {
        struct record *next = (*list)->next;
        record_free(*list);
        *list = next;
    }
}

const struct record *records_find(const struct record *list, const char *name)
{
    while (list && strcmp(list->head.name, name) != 0)
        list = list->next;
    return list;
}

/* Takes the record called name out of the list; NULL if there is none. */
static struct record *take(struct record **list, const char *name)
{
    for (struct record **p = list; *p; p = &(*p)->next)
        if (strcmp((*p)->head.name, name) == 0) {
            struct record *found = *p;
            *p = found->next;
            return found;
        }
    return NULL;
}

int records_take_text(struct record **list, const char *name, const char *file, char **text,
                      struct error *e)
{
    struct record *r = take(list, name);
    uint64_t n;

    if (!r)
        return 0;
    n = r->head.size;
    if (r->head.dtype != RTS_TEXT || n > RTS_TEXT_MAX || memchr(r->payload, '\0', n)) {
        record_free(r);
        return error_set(e, "%s: record '%s': is not valid text", file, name);
    }
    *text = malloc(n + 1);
    if (*text) {
        memcpy(*text, r->payload, n);
        (*text)[n] = '\0';
    }
    record_free(r);
    return *text ? 0 : error_memory(e, file);
}

static int wrong_shape(const char *name, const char *file, enum rts_dtype dtype, uint32_t ndim,
                       const uint64_t *shape, struct error *e)
{
    struct rts_header want;
    char text[128] = "";

    rts_describe(&want, name, dtype, ndim, shape);
    for (uint32_t i = 0; i < ndim; i++)
        sprintf(text + strlen(text), "%s%" PRIu64, i ? "," : "", shape[i]);
    return error_set(e, "%s: record '%s': is not %s [%s]", file, name, want.dtype_text, text);
}

int records_check(const struct record *list, const char *name, const char *file,
                  enum rts_dtype dtype, uint32_t ndim, const uint64_t *shape, struct error *e)
{
    const struct record *r = records_find(list, name);

    if (!r)
        return error_set(e, "%s: record '%s' is missing", file, name);
    if (r->head.dtype != dtype || r->head.ndim != ndim ||
        memcmp(r->head.shape, shape, ndim * sizeof *shape) != 0)
        return wrong_shape(name, file, dtype, ndim, shape, e);
    return 0;
}

struct record *records_take(struct record **list, const char *name, const char *file,
                            enum rts_dtype dtype, uint32_t ndim, const uint64_t *shape,
                            struct error *e)
{
    return records_check(*list, name, file, dtype, ndim, shape, e) < 0 ? NULL : take(list, name);
}

int records_copy(struct record **list, const char *name, const char *file, enum rts_dtype dtype,
                 uint32_t ndim, const uint64_t *shape, void *to, struct error *e)
{
    struct record *r = records_take(list, name, file, dtype, ndim, shape, e);

    if (!r)
        return -1;
    if (r->head.size)
        memcpy(to, r->payload, r->head.size);
    record_free(r);
    return 0;
}
