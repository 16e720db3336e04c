/*
 * A network as text and as layers.
 *
 * The text names the layers from input to output, separated by blanks; layers/ has a file for each
 * kind of them, and layers/kinds.def lists the kinds. A last dense layer to the number of classes,
 * "head", is added by net_build.
 *
 * Parameters of a net lie in one vector of floats. Inside this program images and activations are
 * channels-last and their channels padded to a multiple of 16 (NET_LANES) so that every kernel
 * runs on whole vectors; padding weights are zero and stay zero. How a tensor lies in the vector
 * is a matter of its kind (layer.h).
 *
 * In files they have PyTorch's layouts (model.h).
 */
#ifndef ROTPIPE_NET_NET_H
#define ROTPIPE_NET_NET_H

#include "base/error.h"
#include "net/layer.h"
#include "net/slots.h"

#include <stddef.h>
#include <stdint.h>

enum {
    NET_LAYERS_MAX = 128,
    NET_TEXT_MAX = 1024,
    NET_SIDE_MAX = 2048,               /* pixels of an image's side */
    NET_CLASSES_MAX = 1000,            /* of the head */
    NET_PARAMETERS_MAX = 1 << 27,      /* floats in the parameter vector */
    NET_ACTIVATIONS_MAX = 1 << 24,     /* floats of one example in one layer */
    NET_ALL_ACTIVATIONS_MAX = 1 << 26, /* and in all layers: a short text can ask for terabytes */
    NET_SLOTS_MAX = (NET_LAYERS_MAX + 1) * SLOTS_OF_A_LAYER
};

#define NET_DEFAULT "c32 r p c64 r p d16 r"

struct net {
    char text[NET_TEXT_MAX];
    struct extent image;
    int classes;
    int side;   /* outputs of the head behind those of the classes, which only a training reads */
    int layers; /* the head is the last one */
    struct layer layer[NET_LAYERS_MAX + 1];
    int slots; /* in the order of the layers */
    struct slot slot[NET_SLOTS_MAX];
    size_t parameters; /* floats in the parameter vector, with padding */
};

/* Checks the text alone; the error names the token and its position. Returns 0 or -1. */
int net_check(const char *text, struct error *e);

/* Fills n: the layers that text names over images of this extent, and a head. 0 or -1. */
int net_build(struct net *n, const char *text, struct extent image, int classes, struct error *e);

/*
 * Gives the head, whose parameters so move, so many outputs more than there are classes. What reads
 * the first `classes` outputs alone reads the same as before. 0 or -1.
 */
int net_set_side(struct net *n, int side, struct error *e);

/*
 * The net that ends with the layer called `name` (its output is the net's), for dumping features;
 * parameters keep their offsets. -1 if there is no such layer.
 */
int net_truncate(struct net *n, const char *name, struct error *e);

/* The index of the layer called name, or -1. */
int net_find(const struct net *n, const char *name);

/*
 * The same, but a name that is missing is an error that lists the layers of the net.
 */
int net_find_or_list(const struct net *n, const char *name, struct error *e);

/* The layer that ends the outermost residual block in which layer i lies, or begins; -1 if none. */
int net_block_end(const struct net *n, int i);

/*
 * Writes the part of n->text that names the first `layers` layers (1 to n->layers - 1, the head is
 * not in the text) to text.
 */
void net_text_until(const struct net *n, int layers, char text[NET_TEXT_MAX]);

/*
 * What slots.h says of each slot: zeros, ones, or He initialization (He et al., 2015, eq. 10, in
 * its uniform form): uniform in +-sqrt(6 / fan_in); in the head, which no ReLU follows, a tenth of
 * that, so that training starts from nearly even probabilities. (With a head at full size the first
 * steps are so large that on Fashion-MNIST most of the default net's 16 features die for good, in
 * PyTorch as here: 19 to 82 % accuracy over six seeds, 82 to 83 % with the smaller head.) The
 * body draws from one stream of the seed and the head from
 * another, so that a fresh head is the same one for rottrain and headswap. Uniform, because it
 * needs no function whose last bit differs between C libraries. Values are drawn in the order of
 * PyTorch's layout.
 */
void net_init_body(const struct net *n, float *parameters, uint64_t seed);
#define NET_HEAD_GAIN 0.1f
void net_init_head(const struct net *n, float *parameters, uint64_t seed);

/* The same of the head's outputs behind the classes, from a stream of their own. */
void net_init_side(const struct net *n, float *parameters, uint64_t seed);

/*
 * Zeroed floats, aligned for any vector, with room to read a vector past the end; to be freed with
 * free. NULL if memory runs out. (Zeros: borders stay what they are, scratch holds numbers.)
 */
float *net_allocate(size_t floats);

#endif
