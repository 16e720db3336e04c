/*
 * A network ready to run: its plan, its parameters packed for the kernels, and workspaces.
 *
 * Samples are carried through the whole net a few at a time (PLAN_GROUP), so that what one
 * operation writes is still in the core's own cache when the next one reads it. A thread has a
 * workspace for that. If an operation takes the whole batch in training, every group of the batch
 * needs a workspace of its own, into which threads move by engine_enter.
 */
#ifndef ROTPIPE_NET_ENGINE_H
#define ROTPIPE_NET_ENGINE_H

#include "base/threads.h"
#include "net/kernels.h"
#include "net/net.h"
#include "net/plan.h"

struct engine {
    const struct net *net;
    struct plan plan;
    float *parameters; /* the caller's, who calls engine_pack after changes */
    struct team *team;
    float *packed;
    int workspaces;
    float *workspace;
    float *scratch; /* for each thread */
    int *at;        /* the workspace that each thread is in, ENGINE_APART ints from the next's */
    double *sums;   /* of each group of the batch: plan.sums */
    float *shared;  /* plan.shared */
    uint64_t *keys; /* of the samples in each workspace: PLAN_GROUP */
    int threads;
};

enum { ENGINE_APART = 16 };

/*
 * Plans the net and allocates; parameters are read when packed and run. batch: the samples of the
 * largest batch to train on, for which there is room for gradients; layers not frozen train. 0: no
 * training. NULL on error.
 */
struct engine *engine_new(const struct net *net, float *parameters, const struct kernels *kernels,
                          struct team *team, int batch, struct error *e);
void engine_free(struct engine *g);

/* Packs the parameters of operations from `first` on, anew, by all threads. */
void engine_pack(struct engine *g, int first);

/* Where sample i (below PLAN_GROUP) of an operation's input lies in a thread's workspace. */
float *engine_input(const struct engine *g, int thread, int operation, int sample);

/* And of its output, and the gradient by its output. */
float *engine_output(const struct engine *g, int thread, int operation, int sample);
float *engine_gradient(const struct engine *g, int thread, int operation, int sample);

/* The same of the net's own output. */
float *engine_logits(const struct engine *g, int thread, int sample);
float *engine_logits_gradient(const struct engine *g, int thread, int sample);

/* Runs operations from..to-1 on n samples whose input lies in the workspace; not as in training. */
void engine_forward(struct engine *g, int thread, int from, int to, int n);

/* ---- training: segment by segment, each for all groups before the next; see plan.h ---- */

/* The images that every batch must have; *layer needs them. */
int engine_least(const struct engine *g, const struct layer **layer);

/* From here on the thread is in this workspace: that of a group, if there are segments. */
void engine_enter(struct engine *g, int thread, int workspace);

/* And all threads are in their own again. */
void engine_leave(struct engine *g);

/* Sets what operations that draw random numbers draw them from, for sample i of the workspace that
 * the thread is in: once for each step, for forward and backward alike. */
void engine_set_key(struct engine *g, int thread, int sample, uint64_t key);

/* Segments: 1, and one more for each operation that takes the whole batch. */
int engine_segments(const struct engine *g);

/*
 * Runs a segment, from operation `from` on if that lies in it, for a group of n samples in the
 * workspace that the thread is in; the group's number counts where there are several segments.
 */
void engine_forward_segment(struct engine *g, int thread, int segment, int group, int from, int n);

/* Between a segment and the next: what all groups of the batch, so many samples, have in common.
 * Buffers among the parameters move on. */
void engine_settle(struct engine *g, int segment, int groups, uint64_t samples);

/*
 * Backward from the gradient by the last operation's output, or by that of the segment's end, to
 * the first operation that trains; adds to grad, which has plan.gradients floats, of which
 * engine_segment_gradients tells those of a segment. The workspace must hold what the forward run
 * left there.
 */
void engine_backward_segment(struct engine *g, int thread, int segment, int group, int n,
                             float *grad);
void engine_settle_back(struct engine *g, int segment, int groups, uint64_t samples);
void engine_segment_gradients(const struct engine *g, int segment, size_t *at, size_t *n);

/* One operation alone, for benchmarks. */
void engine_backward_one(struct engine *g, int thread, int operation, int n, float *grad);

/* Sets the input of one sample: bytes [h,w,c], each through table[channel * 256 + byte]. */
void engine_set_image(const struct engine *g, int thread, int sample, const uint8_t *bytes,
                      const float *table);

#endif
