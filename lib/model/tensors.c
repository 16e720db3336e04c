/* Parameters to records in PyTorch's layouts, and back. */
#include "model/tensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A layer's tensors: their names, and their shapes in PyTorch's layout. */
struct tensor {
    char weight[RTS_NAME_BYTES], bias[RTS_NAME_BYTES];
    uint64_t shape[4];
    uint32_t ndim;
    uint64_t count; /* of the weights */
};

static void tensor_name(struct tensor *t, const struct layer *l, const char *suffix)
{
    snprintf(t->weight, sizeof t->weight, "%s.weight%s", l->name, suffix);
    snprintf(t->bias, sizeof t->bias, "%s.bias%s", l->name, suffix);
    t->shape[0] = (uint64_t)l->out.c;
    t->shape[1] = l->kind == LAYER_CONV ? (uint64_t)l->in.c : extent_size(l->in);
    t->shape[2] = t->shape[3] = 3;
    t->ndim = l->kind == LAYER_CONV ? 4 : 2;
    t->count = layer_parameters(l) - t->shape[0];
}

static int put_floats(struct rts_writer *w, const char *name, uint32_t ndim, const uint64_t *shape,
                      const float *values, struct error *e)
{
    struct rts_header h;

    rts_describe(&h, name, RTS_F4, ndim, shape);
    return rts_put(w, &h, values, e);
}

static int put_layer(const struct layer *l, const char *suffix, const float *values, size_t first,
                     struct rts_writer *w, struct error *e)
{
    struct tensor t;
    float *weights;
    int status;

    tensor_name(&t, l, suffix);
    weights = net_allocate(t.count);
    if (!weights)
        return error_memory(e, "model");
    for (uint64_t i = 0; i < t.count; i++)
        weights[i] = values[layer_weight_index(l, i) - first];
    status = put_floats(w, t.weight, t.ndim, t.shape, weights, e);
    free(weights);
    return status < 0 ? -1 : put_floats(w, t.bias, 1, t.shape, values + (l->bias - first), e);
}

int tensors_put(const struct net *n, const char *suffix, const float *values, size_t first,
                struct rts_writer *w, struct error *e)
{
    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        if (l->weights && l->weight >= first && put_layer(l, suffix, values, first, w, e) < 0)
            return -1;
    }
    return 0;
}

int tensors_check(const struct net *n, const char *suffix, size_t first, const struct record *list,
                  const char *file, struct error *e)
{
    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        struct tensor t;
        if (!l->weights || l->weight < first)
            continue;
        tensor_name(&t, l, suffix);
        if (records_check(list, t.weight, file, RTS_F4, t.ndim, t.shape, e) < 0 ||
            records_check(list, t.bias, file, RTS_F4, 1, t.shape, e) < 0)
            return -1;
    }
    return 0;
}

/* Nothing comes of a value that is not finite, and much later nobody would know where it is from.
 */
static int check_finite(const char *name, const float *values, uint64_t n, const char *file,
                        struct error *e)
{
    for (uint64_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return error_set(e, "%s: record '%s': value %" PRIu64 " is not finite", file, name, i);
    return 0;
}

static int take_layer(const struct layer *l, const char *suffix, float *values, size_t first,
                      struct record **list, const char *file, struct error *e)
{
    struct tensor t;
    struct record *r;
    const float *weights;
    float *bias = values + (l->bias - first);
    int status;

    tensor_name(&t, l, suffix);
    r = records_take(list, t.weight, file, RTS_F4, t.ndim, t.shape, e);
    if (!r)
        return -1;
    weights = r->payload;
    for (uint64_t i = 0; i < t.count; i++)
        values[layer_weight_index(l, i) - first] = weights[i];
    status = check_finite(t.weight, weights, t.count, file, e);
    record_free(r);
    if (status < 0 || records_copy(list, t.bias, file, RTS_F4, 1, t.shape, bias, e) < 0)
        return -1;
    return check_finite(t.bias, bias, t.shape[0], file, e);
}

int tensors_take(const struct net *n, const char *suffix, float *values, size_t first,
                 struct record **list, const char *file, struct error *e)
{
    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        if (l->weights && l->weight >= first &&
            take_layer(l, suffix, values, first, list, file, e) < 0)
            return -1;
    }
    return 0;
}
