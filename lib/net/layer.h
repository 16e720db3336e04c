/*
 * What a layer is, and what a kind of layer has to bring along. A kind is one file in layers/,
 * named as the kind, and one row in layers/kinds.def; nobody outside layers/ asks which kind a
 * layer is.
 *
 * Such a file is compiled several times: once as it is, for the kind itself and for its plain and
 * slow operation, the reference; and once for each instruction set, with KERNEL_VARIANT (see
 * base/simd.h), for its fast operation alone. It ends with DEFINE_LAYER(NAME).
 */
#ifndef ROTPIPE_NET_LAYER_H
#define ROTPIPE_NET_LAYER_H

#include "base/error.h"
#include "net/operation.h"
#include "net/slots.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LAYER_WIDTH_MAX = 4096, /* channels or features of a layer */
    LAYER_NAME_BYTES = 20
};

/* Height, width and channels; features without rows and columns are 1 x 1 x c. */
struct extent {
    int h, w, c;
};

/* Elements of an extent. */
static inline uint64_t extent_size(struct extent x)
{
    return (uint64_t)x.h * (uint64_t)x.w * (uint64_t)x.c;
}

struct net;
struct plan;

/* Why a word is not one of a kind; NULL if it is. */
typedef const char *layer_reason;

struct layer {
    const struct layer_kind *kind;
    char name[LAYER_NAME_BYTES];  /* conv1, relu1, pool1, dense1, ..., head */
    int width;                    /* the number in its word: channels, features; or 0 */
    double rate;                  /* another number in its word, between 0 and 1 */
    int kernel, stride, unbiased; /* of a convolution, or what adds one */
    struct extent in, out;
    int in_lanes;  /* floats of an input pixel in memory: channels, padded but for the image's */
    int out_lanes; /* the same of an output pixel */
    int frozen;
    int in_image;       /* the layer's input is the image itself */
    int begin;          /* of a layer that ends a block: the layer that begins it, */
    struct extent skip; /* and what goes into that one */
    int skip_lanes;
    int slot, slots; /* its tensors: the first, and how many */
};

enum layer_trait {
    LAYER_FLATTENS = 1, /* what comes out has no rows and columns */
    LAYER_SPATIAL = 2,  /* what goes in must have them */
    LAYER_BEGINS = 4,   /* begins a block of layers; and ends one, whose input it reads besides */
    LAYER_ENDS = 8,
    LAYER_RANDOM = 16 /* draws random numbers in training */
};

struct layer_kind {
    int index;            /* in kinds.def */
    const char *name;     /* of layers, with a number behind: "conv" */
    const char *token;    /* the beginning of its words in a net string: "c" */
    const char *form;     /* such a word as the manual has it: "cN" */
    const char *about;    /* what it is, in one line */
    const char *torch;    /* the same in PyTorch, of n (its width), channels, height, width, inplace
                             and flat (behind a layer that flattens) */
    const char *examples; /* nets with such layers, one on each line, for the tests */
    int traits;

    /* Reads what follows the token, `length` characters, into the layer. */
    layer_reason (*parse)(const char *rest, int length, struct layer *l);

    /* Sets `out` of a layer that has everything else but slots. 0 or -1. */
    int (*shape)(struct layer *l, struct error *e);

    /* Describes its tensors, at most SLOTS_OF_A_LAYER, but for their places; returns how many. */
    int (*slots)(const struct layer *l, struct slot *s);

    /* Where element i of slot k, counted as in PyTorch's shape, lies behind the slot's begin. */
    size_t (*place)(const struct layer *l, int k, uint64_t i);

    /* Adds layer `at` to the plan, and with it those behind it that its operation covers too.
     * Returns the last layer covered. */
    int (*lower)(struct plan *p, const struct net *n, int at);

    /* Products of one image's forward run, computed directly. */
    uint64_t (*multiply_adds)(const struct layer *l);
};

/* Kinds in the order of kinds.def, and how many. */
#define LAYER(NAME) KIND_##NAME,
enum {
#include "net/layers/kinds.def"
    LAYER_KINDS
};
#undef LAYER

#define LAYER(NAME) extern const struct layer_kind layer_##NAME;
#include "net/layers/kinds.def"
#undef LAYER

/* What net_build puts behind the last layer. */
extern const struct layer_kind *const layer_head;

/* Kind i, NULL past the last. */
const struct layer_kind *layer_kind(int i);

/* The kind whose token begins the word of so many characters, the longest such; or NULL. */
const struct layer_kind *layer_kind_of(const char *word, int length);

/* "cN, r, p or dN": the forms of all kinds. */
void layer_forms(char *text, size_t size);

/* Weights, biases and whatever else a layer trains, without padding. */
uint64_t layer_parameters(const struct net *n, int layer);

/* ---- what kinds have in common ---- */

/* Nothing follows the token; or an integer from 1 to LAYER_WIDTH_MAX. */
layer_reason layer_parse_nothing(const char *rest, int length, struct layer *l);
layer_reason layer_parse_width(const char *rest, int length, struct layer *l);

/* out = in; or half as high and as wide, rounded down. */
int layer_shape_same(struct layer *l, struct error *e);
int layer_shape_halved(struct layer *l, struct error *e);

/* No tensors; those of one dimension, which lie as they are. */
int layer_slots_none(const struct layer *l, struct slot *s);
size_t layer_place_vector(const struct layer *l, int k, uint64_t i);

/* An operation for the layer alone; or for it and the ReLU that follows it, if one does. */
int layer_lower_alone(struct plan *p, const struct net *n, int at);
int layer_lower_with_relu(struct plan *p, const struct net *n, int at);

/* None. */
uint64_t layer_multiply_adds_none(const struct layer *l);

/*
 * The end of layers/NAME.c, which has defined NAME_token, NAME_form, NAME_about, NAME_torch,
 * NAME_examples, NAME_traits, NAME_parse, NAME_shape, NAME_slots, NAME_place, NAME_lower,
 * NAME_multiply_adds; and what DEFINE_OPERATION of operation.h asks for. What is missing does not
 * compile. A kind that takes the whole batch at once ends with DEFINE_BATCH_LAYER(NAME,
 * &NAME_batch); one whose layers add no operation to the plan with
 * DEFINE_LAYER_WITHOUT_OPERATION(NAME).
 */
#define DEFINE_LAYER(NAME)                                                                         \
    DEFINE_LAYER_KIND(NAME);                                                                       \
    DEFINE_OPERATION(NAME)
#define DEFINE_BATCH_LAYER(NAME, BATCH)                                                            \
    DEFINE_LAYER_KIND(NAME);                                                                       \
    DEFINE_BATCH_OPERATION(NAME, BATCH)
#define DEFINE_LAYER_WITHOUT_OPERATION(NAME)                                                       \
    DEFINE_LAYER_KIND(NAME);                                                                       \
    const struct operation_kind OPERATION(NAME) = {.batch = NULL}
#ifndef KERNEL_VARIANT
#define DEFINE_LAYER_KIND(NAME)                                                                    \
    const struct layer_kind layer_##NAME = {.index = KIND_##NAME,                                  \
                                            .name = #NAME,                                         \
                                            .token = NAME##_token,                                 \
                                            .form = NAME##_form,                                   \
                                            .about = NAME##_about,                                 \
                                            .torch = NAME##_torch,                                 \
                                            .examples = NAME##_examples,                           \
                                            .traits = NAME##_traits,                               \
                                            .parse = NAME##_parse,                                 \
                                            .shape = NAME##_shape,                                 \
                                            .slots = NAME##_slots,                                 \
                                            .place = NAME##_place,                                 \
                                            .lower = NAME##_lower,                                 \
                                            .multiply_adds = NAME##_multiply_adds}
#else
#define DEFINE_LAYER_KIND(NAME) struct layer_kind
#endif

#endif
