/* Small lots of examples collected into chunks. */
#include "rts/gather.h"

#include <stdlib.h>
#include <string.h>

/* True if an example of c may lie beside those that are held. */
static int is_alike(const struct gather *g, const struct chunk *c)
{
    return g->data && strcmp(g->like.name, c->head.name) == 0 && g->like.ndim == c->head.ndim &&
           memcmp(g->like.shape + 1, c->head.shape + 1, sizeof g->like.shape - sizeof(uint64_t)) ==
               0 &&
           g->labelled == (c->label != NULL);
}

/* Room for a chunk of examples like c's. */
static int begin(struct gather *g, const struct chunk *c, struct error *e)
{
    gather_free(g);
    g->like = c->head;
    g->stride = c->stride;
    g->most = examples_per_chunk(c->stride);
    g->labelled = c->label != NULL;
    g->data = malloc(g->most * g->stride);
    g->label = malloc(g->most * sizeof *g->label);
    return g->data && g->label ? 0 : error_memory(e, "examples");
}

int gather_add(struct gather *g, const struct chunk *c, uint64_t n, struct error *e)
{
    uint64_t done = 0;

    if (n && !is_alike(g, c) && (gather_flush(g, e) < 0 || begin(g, c, e) < 0))
        return -1;
    while (done < n) {
        uint64_t take = n - done < g->most - g->n ? n - done : g->most - g->n;
        memcpy((char *)g->data + g->n * g->stride, (const char *)c->data + done * g->stride,
               take * g->stride);
        if (g->labelled)
            memcpy(g->label + g->n, c->label + done, take * sizeof *g->label);
        g->n += take;
        done += take;
        if (g->n == g->most && gather_flush(g, e) < 0)
            return -1;
    }
    return 0;
}

int gather_flush(struct gather *g, struct error *e)
{
    uint64_t n = g->n;

    g->n = 0;
    return n ? examples_put(g->out, &g->like, n, g->data, g->labelled ? g->label : NULL, e) : 0;
}

int gather_before(void *context, struct error *e)
{
    return gather_flush(context, e);
}

void gather_free(struct gather *g)
{
    free(g->data);
    free(g->label);
    g->data = NULL;
    g->label = NULL;
    g->n = 0;
}
