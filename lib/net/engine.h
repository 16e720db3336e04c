/*
 * A network ready to run: its layers fused into stages (convolution, ReLU and pool in one), its
 * weights packed for the kernels, and a workspace for each thread.
 *
 * Samples are carried through the whole net a few at a time (ENGINE_GROUP), so that what one
 * stage writes is still in the core's own cache when the next one reads it.
 */
#ifndef ROTPIPE_NET_ENGINE_H
#define ROTPIPE_NET_ENGINE_H

#include "base/threads.h"
#include "net/kernels.h"
#include "net/net.h"

enum { ENGINE_GROUP = 8 };

enum stage_kind { STAGE_CONV, STAGE_DENSE, STAGE_RELU, STAGE_POOL };

struct stage {
    enum stage_kind kind;
    int layer, last;    /* the first and the last layer that it covers */
    struct layout x, y; /* y has a border if the next stage is a convolution */
    struct conv conv;   /* STAGE_CONV */
    struct dense dense; /* STAGE_DENSE */
    size_t packed;      /* where its packed weights lie */
    size_t y_at, dy_at; /* floats from a workspace's start: ENGINE_GROUP samples of y and dy */
    size_t winner_at;   /* bytes from a workspace's winners: of a pool */
    int train;          /* its parameters want gradients, which lie at: */
    size_t dw_at, db_at;
};

struct engine {
    const struct net *net;
    const struct kernels *kernels;
    const float
        *parameters; /* in net.h's layout; the caller's, who calls engine_pack after changes */
    struct team *team;
    int stages;
    struct stage stage[NET_LAYERS_MAX + 1];
    struct layout input; /* of the image */
    int first;           /* the first stage that trains; stages if none does */
    size_t gradients;    /* floats of a vector of gradients */
    float *packed;
    size_t workspace_floats; /* of one thread */
    size_t scratch_at, winners_at;
    float *workspace;
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

/* Packs the weights of stages from `first` on, anew, by all threads. */
void engine_pack(struct engine *g, int first);

/* Where sample i (below ENGINE_GROUP) of a stage's input lies in a thread's workspace. */
float *engine_input(const struct engine *g, int thread, int stage, int sample);

/* And of its output, and the gradient by its output. */
float *engine_output(const struct engine *g, int thread, int stage, int sample);
float *engine_gradient(const struct engine *g, int thread, int stage, int sample);

/* Runs stages from..to-1 on n samples whose input lies in the workspace. */
void engine_forward(struct engine *g, int thread, int from, int to, int n);

/*
 * Backward from the last stage's gradient (by its output) to the first that trains; adds to grad,
 * which has g->gradients floats, laid out as slots_trained says. The workspace must hold what
 * engine_forward left there.
 */
void engine_backward(struct engine *g, int thread, int n, float *grad);

/* Sets the input of one sample: bytes [h,w,c], each through table[channel * 256 + byte]. */
void engine_set_image(const struct engine *g, int thread, int sample, const uint8_t *bytes,
                      const float *table);

#endif
