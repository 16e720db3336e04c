/* Parameters to records in PyTorch's layouts, and back. */
#include "model/tensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The name of a slot's record. */
static void name_of(const struct net *n, const struct slot *s, const char *suffix,
                    char name[RTS_NAME_BYTES])
{
    snprintf(name, RTS_NAME_BYTES, "%s.%s%s", n->layer[s->layer].name, s->name, suffix);
}

/* Where slot i lies in a vector; SLOT_FIXED: not in it. */
static size_t place(const struct net *n, int i, const size_t *to)
{
    return to ? to[i] : n->slot[i].at;
}

static int put_slot(const struct net *n, const struct slot *s, const char *suffix,
                    const float *vector, struct rts_writer *w, struct error *e)
{
    float *plain = net_allocate(s->count);
    char name[RTS_NAME_BYTES];
    struct rts_header h;
    int status;

    if (!plain)
        return error_memory(e, "model");
    slot_read(n, s, vector, plain);
    name_of(n, s, suffix, name);
    rts_describe(&h, name, RTS_F4, s->ndim, s->shape);
    status = rts_put(w, &h, plain, e);
    free(plain);
    return status;
}

int tensors_put(const struct net *n, const char *suffix, const float *values, const size_t *to,
                struct rts_writer *w, struct error *e)
{
    for (int i = 0; i < n->slots; i++) {
        size_t at = place(n, i, to);
        if (at != SLOT_FIXED && put_slot(n, &n->slot[i], suffix, values + at, w, e) < 0)
            return -1;
    }
    return 0;
}

int tensors_check(const struct net *n, const char *suffix, const size_t *to,
                  const struct record *list, const char *file, struct error *e)
{
    for (int i = 0; i < n->slots; i++) {
        const struct slot *s = &n->slot[i];
        char name[RTS_NAME_BYTES];
        name_of(n, s, suffix, name);
        if (place(n, i, to) != SLOT_FIXED &&
            records_check(list, name, file, RTS_F4, s->ndim, s->shape, e) < 0)
            return -1;
    }
    return 0;
}

/* Nothing comes of a value that is not finite, and much later nobody would know where it is from.
 */
static int check_values(const struct slot *s, const char *name, const float *values,
                        const char *file, struct error *e)
{
    for (uint64_t i = 0; i < s->count; i++) {
        if (!isfinite(values[i]))
            return error_set(e, "%s: record '%s': value %" PRIu64 " is not finite", file, name, i);
        if (s->nonnegative && values[i] < 0)
            return error_set(e, "%s: record '%s': value %" PRIu64 " is negative", file, name, i);
    }
    return 0;
}

static int take_slot(const struct net *n, const struct slot *s, const char *suffix, float *vector,
                     struct record **list, const char *file, struct error *e)
{
    char name[RTS_NAME_BYTES];
    struct record *r;
    int status;

    name_of(n, s, suffix, name);
    r = records_take(list, name, file, RTS_F4, s->ndim, s->shape, e);
    if (!r)
        return -1;
    slot_write(n, s, r->payload, vector);
    status = check_values(s, name, r->payload, file, e);
    record_free(r);
    return status;
}

int tensors_take(const struct net *n, const char *suffix, float *values, const size_t *to,
                 struct record **list, const char *file, struct error *e)
{
    for (int i = 0; i < n->slots; i++) {
        size_t at = place(n, i, to);
        if (at != SLOT_FIXED && take_slot(n, &n->slot[i], suffix, values + at, list, file, e) < 0)
            return -1;
    }
    return 0;
}
