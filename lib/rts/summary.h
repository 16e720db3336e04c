/*
 * What a stream holds, gathered record by record in constant memory: a data set, a model, or
 * neither. For rtsinfo.
 */
#ifndef ROTPIPE_RTS_SUMMARY_H
#define ROTPIPE_RTS_SUMMARY_H

#include "rts/history.h"
#include "rts/reader.h"

/* Labels from SUMMARY_CLASSES on are counted together; so are layers past SUMMARY_LAYERS. */
enum { SUMMARY_CLASSES = 4096, SUMMARY_LAYERS = 512, SUMMARY_CHANNELS = 16 };

/* Examples of one kind, `image` or `feature`. */
struct summary_examples {
    uint64_t count;
    uint64_t chunks;
    int mixed; /* not all have the shape of the first chunk */
    uint32_t ndim;
    uint64_t shape[RTS_DIMS_MAX];
};

/* A layer of a model: the tensors LAYER.weight and LAYER.bias. */
struct summary_layer {
    char name[RTS_NAME_BYTES];
    uint64_t parameters;
    uint32_t ndim; /* of the weights */
    uint64_t shape[RTS_DIMS_MAX];
};

struct summary {
    struct summary_examples images, features;
    uint64_t labels, other_labels;
    uint64_t files;               /* names of files that examples came from */
    uint64_t softs, soft_classes; /* soft labels, and the classes of the last of them */
    uint64_t class_count[SUMMARY_CLASSES];
    char *names;             /* class names, one a line, or NULL */
    char *net;               /* the net of a model, or NULL: no model */
    char *frozen;            /* names of frozen layers, one a line, or NULL */
    uint64_t input_shape[3]; /* height, width, channels; 0 if not known */
    float mean[SUMMARY_CHANNELS], std[SUMMARY_CHANNELS];
    uint64_t means, stds; /* how many channels they are for */
    struct summary_layer layer[SUMMARY_LAYERS];
    unsigned layers;
    uint64_t more_parameters; /* of layers past the last */
    char *training;           /* the settings of a saved training state, or NULL: none */
    uint64_t position[4];     /* its steps, epoch in hand, images of that, of these recognized */
    struct history history;
    struct history digest; /* of the sources, as lines */
    struct history_seen history_seen, digest_seen;
    void *scratch;
    size_t scratch_size;
};

/*
 * Takes the record on whose header rts_next has just returned, payload and all. A record under a
 * known name that is not as rts(5) has it counts as unknown. 0 or -1.
 */
int summary_take(struct summary *s, struct rts_reader *r, const struct rts_header *h,
                 struct error *e);

/* Empties it for the next stream. */
void summary_reset(struct summary *s);

#endif
