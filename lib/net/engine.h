/*
 * A network ready to run: its plan, its parameters packed for the kernels, and a workspace for each
 * thread.
 *
 * Samples are carried through the whole net a few at a time (PLAN_GROUP), so that what one
 * operation writes is still in the core's own cache when the next one reads it.
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
    const float *parameters; /* the caller's, who calls engine_pack after changes */
    struct team *team;
    float *packed;
    float *workspace, *scratch; /* one for each thread */
    int threads;
};

/*
 * Plans the net and allocates; parameters are read when packed and run. training: workspaces get
 * room for gradients; layers not frozen train. NULL on error.
 */
struct engine *engine_new(const struct net *net, const float *parameters,
                          const struct kernels *kernels, struct team *team, int training,
                          struct error *e);
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

/* Runs operations from..to-1 on n samples whose input lies in the workspace. */
void engine_forward(struct engine *g, int thread, int from, int to, int n);

/*
 * Operations from-1 down to `to`, from the gradient by the last one's output; adds to grad, which
 * has plan.gradients floats. The workspace must hold what engine_forward left there. To the first
 * that trains: engine_backward(g, thread, g->plan.operations, g->plan.first, n, grad).
 */
void engine_backward(struct engine *g, int thread, int from, int to, int n, float *grad);

/* Sets the input of one sample: bytes [h,w,c], each through table[channel * 256 + byte]. */
void engine_set_image(const struct engine *g, int thread, int sample, const uint8_t *bytes,
                      const float *table);

#endif
