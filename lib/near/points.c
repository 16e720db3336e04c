/* Examples of a stream collected as points. */
#include "near/points.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more points. The memory that realloc adds costs nothing until it is written to. */
static int reserve(struct points *p, uint64_t n, struct error *e)
{
    uint64_t want = p->n + n;
    void *x, *label;

    if (want <= p->capacity)
        return 0;
    if (want < p->capacity + p->capacity / 2)
        want = p->capacity + p->capacity / 2;
    if (want > SIZE_MAX / sizeof *p->x / p->d || !(x = realloc(p->x, want * p->d * sizeof *p->x)))
        return error_memory(e, "points");
    p->x = x;
    if (!(label = realloc(p->label, want * sizeof *p->label)))
        return error_memory(e, "labels");
    p->label = label;
    p->capacity = want;
    return 0;
}

/* "images of 4 x 9 x 1", "features of 36" */
static void name_shape(const struct rts_header *h, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "%ss of ", h->name);

    for (uint32_t i = 1; i < h->ndim && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%" PRIu64, i > 1 ? " x " : "", h->shape[i]);
}

int points_alike(const struct rts_header *a, const struct rts_header *b, char *why, size_t size)
{
    char here[128], there[128];
    int alike = strcmp(a->name, b->name) == 0 && a->ndim == b->ndim;

    for (uint32_t i = 1; alike && i < a->ndim; i++)
        alike = a->shape[i] == b->shape[i];
    name_shape(b, here, sizeof here);
    name_shape(a, there, sizeof there);
    snprintf(why, size, "%s, expected %s", here, there);
    return alike;
}

static int check_chunk(struct points *p, const struct source *s, const struct chunk *c, size_t d,
                       struct error *e)
{
    char why[256];

    if (p->d == 0) {
        p->d = d;
        p->like = c->head;
    }
    if (!points_alike(&p->like, &c->head, why, sizeof why))
        return source_complain(s, e, "%s", why);
    if (c->n > POINTS_MAX - p->n)
        return source_complain(s, e, "more than %" PRIu64 " examples", POINTS_MAX);
    return 0;
}

/* The chunk's values behind those that are there already. */
static int add_values(struct points *p, const struct source *s, const struct chunk *c,
                      struct error *e)
{
    float *to = p->x + p->n * p->d;
    const uint8_t *pixel = c->data;
    size_t count = c->n * p->d;

    if (c->kind == CHUNK_IMAGES) {
        for (size_t i = 0; i < count; i++)
            to[i] = pixel[i];
        return 0;
    }
    memcpy(to, c->data, count * sizeof *to);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(to[i]))
            return source_complain(s, e, "value %zu of example %zu is not finite", i % p->d,
                                   i / p->d);
    return 0;
}

/* The names of the chunk's files behind those that are there already. */
static int add_files(struct points *p, const struct chunk *c, struct error *e)
{
    for (uint64_t i = 0; i < c->n; i++) {
        size_t size = strlen(c->file[i]) + 1;
        if (size > p->files_room - p->files_used) {
            size_t room = 2 * (p->files_room + size);
            char *files = realloc(p->files, room);
            if (!files)
                return error_memory(e, "file names");
            p->files = files;
            p->files_room = room;
        }
        memcpy(p->files + p->files_used, c->file[i], size);
        p->files_used += size;
    }
    return 0;
}

/* The chunk's soft labels behind those that are there already. */
static int add_soft(struct points *p, const struct chunk *c, struct error *e)
{
    p->classes = c->classes;
    if (c->n > p->softs_room - p->softs) {
        size_t room = 2 * (p->softs_room + c->n);
        float *soft = realloc(p->soft, room * c->classes * sizeof *soft);
        if (!soft)
            return error_memory(e, "soft labels");
        p->soft = soft;
        p->softs_room = room;
    }
    memcpy(p->soft + p->softs * c->classes, c->soft, c->n * c->classes * sizeof *c->soft);
    p->softs += c->n;
    return 0;
}

static int add_run(struct points *p, struct points_run next, struct error *e)
{
    struct points_run *run = p->runs ? &p->run[p->runs - 1] : NULL;

    if (run && run->labelled == next.labelled && run->named == next.named &&
        run->soft == next.soft) {
        run->n += next.n;
        return 0;
    }
    if (!(run = realloc(p->run, (p->runs + 1) * sizeof *run)))
        return error_memory(e, "points");
    p->run = run;
    run[p->runs++] = next;
    return 0;
}

int points_add(struct points *p, const struct source *s, const struct chunk *c, struct error *e)
{
    size_t d = c->stride / (c->kind == CHUNK_IMAGES ? 1 : sizeof(float));
    struct points_run run = {.n = c->n,
                             .labelled = c->label != NULL,
                             .named = p->keeps_all && c->file,
                             .soft = p->keeps_all && c->soft};

    if (check_chunk(p, s, c, d, e) < 0)
        return -1;
    if (c->n == 0)
        return 0;
    if (reserve(p, c->n, e) < 0 || add_values(p, s, c, e) < 0 || add_run(p, run, e) < 0 ||
        (run.named && add_files(p, c, e) < 0) || (run.soft && add_soft(p, c, e) < 0))
        return -1;
    if (c->label)
        memcpy(p->label + p->n, c->label, c->n * sizeof *p->label);
    else
        memset(p->label + p->n, 0, c->n * sizeof *p->label);
    p->n += c->n;
    return 0;
}

int points_read(struct points *p, struct source *s, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next(s, &c, e)) > 0)
        if (points_add(p, s, &c, e) < 0)
            return -1;
    return got;
}

void points_free(struct points *p)
{
    free(p->x);
    free(p->label);
    free(p->run);
    free(p->files);
    free(p->soft);
    memset(p, 0, sizeof *p);
}
