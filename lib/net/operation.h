/*
 * One operation of a plan: what it reads and writes, what it covers, and how it runs. Every kind of
 * layer has an operation for each set of kernels.
 *
 * Tensors are floats, channels last, channels ("lanes") padded to a multiple of NET_LANES with
 * zeros, but for the image, whose pixels have as many lanes as channels. Who wants a border, as
 * convolutions do, gets one of zeros, b pixels wide: b rows above, b columns to the left, and b or
 * b + 1 below and to the right, so that with b = 1 it holds whole 4x4 tiles at steps of 2:
 * (2 * ceil(h / 2) + 2 b) rows. A pointer to such a tensor is to the border's first float.
 */
#ifndef ROTPIPE_NET_OPERATION_H
#define ROTPIPE_NET_OPERATION_H

#include "net/slots.h"

#include <stddef.h>
#include <stdint.h>

struct kernels;
struct layer;

enum { NET_LANES = 16 };

/* n rounded up to whole vectors. */
static inline int net_pad(int n)
{
    return (n + NET_LANES - 1) / NET_LANES * NET_LANES;
}

/* How one sample's tensor lies in memory. */
struct layout {
    int h, w;     /* pixels, without the border */
    int lanes;    /* floats of a pixel */
    int border;   /* its width, or 0 */
    size_t row;   /* floats from one row to the next */
    size_t first; /* floats before the first pixel that is not border */
    size_t size;  /* floats of a sample, a multiple of NET_LANES */
};

/* Samples in a row: sample i's tensor begins i * stride floats (bytes for kept) further on. */
struct samples {
    int n;
    const float *x;
    size_t x_stride;
    float *y;
    size_t y_stride;
    uint8_t *kept; /* from forward to backward, whatever the operation wants to */
    size_t kept_stride;
    float *dy; /* the loss's gradient by y; may be overwritten */
    float *dx; /* where the gradient by x goes, laid out as x (strides as x); or NULL */

    /* The same of what an operation that ends a residual block reads besides. */
    const float *skip;
    size_t skip_stride;
    float *dskip;
};

struct operation {
    const struct operation_kind *kind;
    const struct kernels *kernels;
    const struct layer *layer; /* the first that it covers */
    int at, last;              /* its index, and that of the last one */
    int from, to;              /* tensors of the plan */
    int skip;                  /* another that it reads, or -1 */
    int adds, adds_skip;       /* a later reader has set its dx or dskip before: add to it */
    struct layout x, y;
    struct layout shortcut;            /* of `skip` */
    int relu, pool;                    /* it covers these, too */
    int trains;                        /* its slots want gradients */
    int draws;                         /* in training it draws random numbers */
    int whole;                         /* in training it takes the whole batch at once */
    size_t slot[SLOTS_OF_A_LAYER];     /* where they lie among the parameters, */
    size_t gradient[SLOTS_OF_A_LAYER]; /* and their gradients in a vector of these */
    const struct batch_kind *folded; /* in evaluation: that of the layer behind it, which it does */
    size_t folded_slot[SLOTS_OF_A_LAYER];
    size_t packed;          /* where what it packs lies, in floats */
    size_t shared;          /* where that of a batch_kind lies, in floats */
    size_t kept, kept_size; /* bytes: where in a workspace, and for each sample */
};

enum way_back {
    READS_X = 1, /* backward, or gather_back, reads x */
    READS_Y = 2,
    READS_SKIP = 4,
    CAN_REPEAT = 8 /* forward is so little work that it may as well be run again before y is read */
};

/* A group of samples on its way through an operation. */
struct pass {
    struct samples s;
    const float *parameters; /* of the net */
    const float *packed;     /* what `pack` has made */
    float *gradients;        /* a vector to add to, or NULL: nothing of this operation trains */
    float *scratch;
    const float *shared; /* of the whole batch in training, see struct batch_kind; or NULL */

    /* If it draws, a number for each sample, from which all that is drawn follows, whatever thread
     * or set of kernels draws it; or NULL. */
    const uint64_t *key;
};

static inline const float *pass_slot(const struct operation *o, const struct pass *p, int k)
{
    return p->parameters + o->slot[k];
}

/* NULL: it wants no gradient. */
static inline float *pass_gradient(const struct operation *o, const struct pass *p, int k)
{
    return p->gradients ? p->gradients + o->gradient[k] : NULL;
}

/*
 * What an operation that takes the whole batch at once, such as batch norm, brings along besides.
 * Sums over each group are gathered before it runs, added up by the same tree as gradients, and
 * settled once: for forward and backward into what all groups share. Where it does not train
 * (`whole` is 0) it is an operation like any other, and `shared` is NULL.
 */
struct batch_kind {
    size_t (*sums)(const struct operation *o);   /* doubles */
    size_t (*shared)(const struct operation *o); /* floats */

    int (*least)(const struct operation *o); /* images that a batch must have */

    /* In evaluation it is y = scale x + shift in each channel: what the operation before it may do
     * instead. slot: as in struct operation. */
    void (*affine)(const size_t *slot, int channels, const float *parameters, float *scale,
                   float *shift);

    /* Sets the sums of a group that is to go forward. */
    void (*gather)(const struct operation *o, const struct pass *p, double *sums);
    /* From the sums of all `samples`; buffers among the parameters move on. */
    void (*settle)(const struct operation *o, const double *sums, uint64_t samples,
                   float *parameters, float *shared);

    /* The same for backward, from dy, which `backward` reads again; adds to the gradients by the
     * slots, which `backward` then leaves alone. */
    void (*gather_back)(const struct operation *o, const struct pass *p, double *sums);
    void (*settle_back)(const struct operation *o, const double *sums, uint64_t samples,
                        float *shared);
};

struct operation_kind {
    const struct batch_kind *batch; /* NULL for all others */

    /*
     * What of the forward run is asked for on the way back: WAY_BACK bits. Where y is not, dy may
     * be where y was, and so dx where x was for what reads y: no kind's backward sets of dx what it
     * has still to read of x, nor anything of its border, nor of its padding but zeros.
     */
    int (*way_back)(const struct operation *o);

    /* Bytes that a sample keeps from forward to backward; floats of scratch for a thread; floats
     * that `pack` makes of the parameters for fast use, once after each change of them. */
    size_t (*kept)(const struct operation *o);
    size_t (*scratch)(const struct operation *o);
    size_t (*packed)(const struct operation *o);

    /* A call does the share `task` of `tasks`. backward: for dx too. */
    void (*pack)(const struct operation *o, const float *parameters, float *packed, int backward,
                 int task, int tasks);

    /* Sets y. Padding and borders of y are zero before, and stay so. */
    void (*forward)(const struct operation *o, const struct pass *p);

    /* Adds to the gradients by the slots, and sets dx, unless either is NULL. */
    void (*backward)(const struct operation *o, const struct pass *p);
};

/* ---- what kinds have in common ---- */

/* No memory of a kind; nothing to pack. */
size_t operation_none(const struct operation *o);
void operation_pack_nothing(const struct operation *o, const float *parameters, float *packed,
                            int backward, int task, int tasks);

/* The way back reads nothing; x; x, and y where a ReLU is covered. */
int operation_reads_nothing(const struct operation *o);
int operation_reads_x(const struct operation *o);
int operation_reads_x_relu(const struct operation *o);

/*
 * Rows of one sample's x and y whose floats correspond, for operations that take element by
 * element: whole rows of pixels where both have the same lanes, else (x is the image) the channels
 * of one pixel. Row k of operation_rows begins at place k.
 */
struct row {
    size_t x, y; /* floats from the sample's begin */
    size_t n;
};
int operation_rows(const struct operation *o);
struct row operation_row(const struct operation *o, int k);

/* Makes the gradient dx of one sample zero in an odd last row or column, which no pixel of a y half
 * as high and as wide takes. */
void operation_clear_odd(const struct operation *o, float *dx);

/*
 * Names an operation of this compilation: of an instruction set, or the reference; and defines it
 * from NAME_way_back, NAME_kept, NAME_scratch, NAME_packed, NAME_pack, NAME_forward and
 * NAME_backward. BATCH is a pointer to its struct batch_kind.
 */
#define OPERATION_PASTE(NAME, SET) NAME##_operation_##SET
#define OPERATION_EXPAND(NAME, SET) OPERATION_PASTE(NAME, SET)
#ifdef KERNEL_VARIANT
#define OPERATION(NAME) OPERATION_EXPAND(NAME, KERNEL_VARIANT)
#else
#define OPERATION(NAME) OPERATION_PASTE(NAME, reference)
#endif
#define DEFINE_OPERATION(NAME) DEFINE_BATCH_OPERATION(NAME, NULL)
#define DEFINE_BATCH_OPERATION(NAME, BATCH)                                                        \
    const struct operation_kind OPERATION(NAME) = {.batch = BATCH,                                 \
                                                   .way_back = NAME##_way_back,                    \
                                                   .kept = NAME##_kept,                            \
                                                   .scratch = NAME##_scratch,                      \
                                                   .packed = NAME##_packed,                        \
                                                   .pack = NAME##_pack,                            \
                                                   .forward = NAME##_forward,                      \
                                                   .backward = NAME##_backward}

#endif
