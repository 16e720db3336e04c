/* Small lots of examples collected into chunks. */
#include "rts/gather.h"

#include <stdlib.h>
#include <string.h>

/* True if an example of c may lie beside those that are held. */
static int is_alike(const struct gather *g, const struct chunk *c)
{
    return g->held.data && chunk_same_shape(&g->held.head, &c->head) &&
           chunk_same_companions(&g->held, c);
}

/* Room for a chunk of examples like c's. */
static int begin(struct gather *g, const struct chunk *c, struct error *e)
{
    struct chunk *held = &g->held;

    gather_free(g);
    *held = (struct chunk){
        .kind = c->kind, .head = c->head, .stride = c->stride, .classes = c->classes};
    g->most = examples_per_chunk_like(c);
    if (!(held->data = malloc(g->most * c->stride)) ||
        (c->label && !(held->label = malloc(g->most * sizeof *held->label))) ||
        (c->soft && !(held->soft = malloc(g->most * c->classes * sizeof *held->soft))) ||
        (c->file && !(held->file = malloc(g->most * sizeof *held->file)))) {
        gather_free(g);
        return error_memory(e, "examples");
    }
    return 0;
}

/* Copies the name of a file. */
static int hold_name(struct gather *g, const char *name, struct error *e)
{
    size_t size = strlen(name) + 1;

    if (size > g->names_room - g->names_used) {
        size_t room = 2 * (g->names_room + size);
        char *names = realloc(g->names, room);
        if (!names)
            return error_memory(e, "file names");
        g->names = names;
        g->names_room = room;
    }
    memcpy(g->names + g->names_used, name, size);
    g->names_used += size;
    return 0;
}

/* Copies n examples from place `from` of c; there is room for them. */
static int hold(struct gather *g, const struct chunk *c, uint64_t from, uint64_t n, struct error *e)
{
    struct chunk *held = &g->held;

    memcpy((char *)held->data + held->n * held->stride, (char *)c->data + from * c->stride,
           n * c->stride);
    if (c->label)
        memcpy(held->label + held->n, c->label + from, n * sizeof *c->label);
    if (c->soft)
        memcpy(held->soft + held->n * c->classes, c->soft + from * c->classes,
               n * c->classes * sizeof *c->soft);
    for (uint64_t i = 0; c->file && i < n; i++)
        if (hold_name(g, c->file[from + i], e) < 0)
            return -1;
    held->n += n;
    return 0;
}

int gather_add(struct gather *g, const struct chunk *c, uint64_t n, struct error *e)
{
    if (!g->begun) {
        g->begun = 1;
        g->first = c->head;
        g->first_labelled = c->label != NULL;
        g->first_classes = c->soft ? c->classes : 0;
    }
    if (n == 0)
        return 0;
    if (!is_alike(g, c) && (gather_flush(g, e) < 0 || begin(g, c, e) < 0))
        return -1;
    for (uint64_t done = 0, take; done < n; done += take) {
        uint64_t room = g->most - g->held.n;
        take = n - done < room ? n - done : room;
        if (hold(g, c, done, take, e) < 0 || (take == room && gather_flush(g, e) < 0))
            return -1;
    }
    return 0;
}

int gather_flush(struct gather *g, struct error *e)
{
    struct chunk *held = &g->held;
    const char *name = g->names;
    int status;

    if (held->n == 0)
        return 0;
    for (uint64_t i = 0; held->file && i < held->n; i++, name += strlen(name) + 1)
        held->file[i] = name;
    status = examples_put_chunk(g->out, held, e);
    g->written = 1;
    held->n = 0;
    g->names_used = 0;
    return status;
}

int gather_finish(struct gather *g, struct error *e)
{
    uint32_t none = 0;
    float nothing = 0;
    struct chunk empty = {.head = g->first,
                          .label = g->first_labelled ? &none : NULL,
                          .soft = g->first_classes ? &nothing : NULL,
                          .classes = g->first_classes};

    if (gather_flush(g, e) < 0)
        return -1;
    return g->written || !g->begun ? 0 : examples_put_chunk(g->out, &empty, e);
}

int gather_before(void *context, struct error *e)
{
    return gather_flush(context, e);
}

void gather_free(struct gather *g)
{
    free(g->held.data);
    free(g->held.label);
    free(g->held.soft);
    free(g->held.file);
    free(g->names);
    g->held = (struct chunk){0};
    g->names = NULL;
    g->names_used = g->names_room = 0;
}
