/*
 * A model: a net, its parameters, and all that is needed to use it on images; and its file, an
 * rts stream of these records in any order (rts(5)):
 *
 *     history      text         how it was made; optional
 *     digest       text         checksums of the files that it learnt from; optional
 *     net          text         "c32 r p c64 r p d16 r"
 *     input.shape  u8 [3]       height, width, channels of an image
 *     input.mean   f4 [c]       a pixel v of 0 to 255 becomes (v / 255 - mean) / std
 *     input.std    f4 [c]
 *     names        text         class names, one a line; optional
 *     frozen       text         names of the frozen layers, one a line; absent if there are none
 *     LAYER.SLOT   f4           every slot of every layer (net/slots.h), in PyTorch's layouts:
 *                               conv1.weight [out,in,3,3], conv1.bias [out], bn1.running_mean, ...,
 *                               head.weight [classes,in]
 */
#ifndef ROTPIPE_MODEL_MODEL_H
#define ROTPIPE_MODEL_MODEL_H

#include "net/net.h"
#include "rts/history.h"
#include "rts/records.h"

enum { MODEL_CHANNELS_MAX = 64 };

struct model {
    struct net net;
    float *parameters; /* net.parameters floats, 64-byte aligned, in net.h's layout */
    float mean[MODEL_CHANNELS_MAX], std[MODEL_CHANNELS_MAX];
    char *names; /* class names, one a line, or NULL; not more than the head has classes */
    struct history history, digest;
    struct record *extras; /* records not known here, written back as they came */
};

/* A model of fresh weights (head included); normalization left at mean 0, std 1. 0 or -1. */
int model_new(struct model *m, const char *net, struct extent image, int classes, uint64_t seed,
              struct error *e);

/* Reads one model from path ("-": standard input). 0 or -1. */
int model_load(struct model *m, const char *path, struct error *e);

/* The same from a file that holds more, such as a training state: what else it has is in extras. */
int model_load_with(struct model *m, const char *path, struct error *e);

/*
 * Whether data are of the classes that the model is for. names: what they call their classes, or
 * NULL; largest: their largest label, -1 if there is none. Labels without names say little, so all
 * that names can tell must be right. 0, or -1 and what is wrong, without a word of where.
 */
int model_check_names(const struct model *m, const char *names, int64_t largest, struct error *e);

/* Writes all records of it; the caller finishes the writer. 0 or -1. */
int model_save(const struct model *m, struct rts_writer *w, struct error *e);

/*
 * A fresh head of `classes` classes behind the first `layers` layers (1 to net.layers - 1); the
 * layers behind these are dropped, and the class names with them. 0 or -1.
 */
int model_swap_head(struct model *m, int layers, int classes, uint64_t seed, struct error *e);

/*
 * Layer `first` and those behind it, the head too, become as those of a fresh model of that seed,
 * and are not frozen. 0 or -1.
 */
int model_reinit(struct model *m, int first, uint64_t seed, struct error *e);

/*
 * Gives the head so many outputs behind those of the classes, drawn by the seed, in the place of
 * those that it had; 0: none. A model must have none when it is written as a model. 0 or -1.
 */
int model_set_side(struct model *m, int side, uint64_t seed, struct error *e);

/* Forgets how it was made: its history and digest. */
void model_drop_history(struct model *m);

/* Frees what it holds, not m itself. */
void model_free(struct model *m);

/*
 * table[channel * 256 + byte]: the normalized value of a pixel; 256 floats a channel, to be freed.
 */
float *model_pixel_table(const struct model *m, struct error *e);

#endif
