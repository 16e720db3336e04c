/*
 * Every tensor that layers have, one after the other: whoever saves, loads, initializes, freezes or
 * counts parameters walks these, and knows no kind of layer.
 */
#ifndef ROTPIPE_NET_SLOTS_H
#define ROTPIPE_NET_SLOTS_H

#include <stddef.h>
#include <stdint.h>

enum { SLOTS_OF_A_LAYER = 4, SLOT_DIMS_MAX = 4 };

/* What a slot of a fresh net holds: zeros; ones; numbers drawn after He (see net_init_body). */
enum slot_start { SLOT_ZERO, SLOT_ONE, SLOT_HE };

struct slot {
    const char *name; /* behind the layer's: "weight", "bias" */
    int layer;
    uint32_t ndim;
    uint64_t shape[SLOT_DIMS_MAX]; /* PyTorch's */
    uint64_t count;                /* the product */
    size_t at, floats; /* in the parameter vector, with padding; at: a multiple of NET_LANES */
    enum slot_start start;
    int nonnegative; /* no value below 0 makes sense */
    int buffer;      /* belongs to the model, but is not trained */
    int is_weight;   /* a factor of the inputs: what weight decay may be restricted to */
};

struct net;

/* Floats rounded up to whole vectors. */
size_t slot_floats(size_t floats);

/* Gives a layer of n, which has its shape, its slots, behind those of the layers before it. */
void slots_add(struct net *n, int layer);

/* The slot of that name of a layer; NULL if it has none such. */
const struct slot *slot_find(const struct net *n, int layer, const char *name);

/* Where element i of a slot, counted as the file has them, lies in the parameter vector. */
size_t slot_index(const struct net *n, const struct slot *s, uint64_t i);

/* To and from what files hold: count floats. vector: where the slot begins, in whatever vector. */
void slot_read(const struct net *n, const struct slot *s, const float *vector, float *plain);
void slot_write(const struct net *n, const struct slot *s, const float *plain, float *vector);

/*
 * Which slots train: those of layers that are not frozen, but for buffers. A vector of these alone
 * has slot i at to[i]; to[i] is SLOT_FIXED for all others. Returns the floats of such a vector.
 */
#define SLOT_FIXED SIZE_MAX
size_t slots_trained(const struct net *n, size_t *to);

#endif
