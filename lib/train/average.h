/*
 * An exponential moving average of a net's parameters, which is often the better model.
 *
 * Running statistics are averaged as weights are, as timm's ModelEma and PyTorch's AveragedModel
 * with use_buffers do: the activations that averaged weights give lie between those of the weights
 * that they are made of. What is frozen does not move, and is not held.
 */
#ifndef ROTPIPE_TRAIN_AVERAGE_H
#define ROTPIPE_TRAIN_AVERAGE_H

#include "base/threads.h"
#include "net/net.h"

struct average {
    const struct net *net;
    size_t to[NET_SLOTS_MAX]; /* where each slot lies in it; SLOT_FIXED: its layer is frozen */
    size_t count;
    float *values; /* NULL: there is none */
};

/* Begins with these parameters. 0, or -1 if memory runs out. */
int average_new(struct average *a, const struct net *n, const float *parameters, struct error *e);
void average_free(struct average *a);

/*
 * The decay of a step, from 1: that which was asked for, but first less, (1 + step) / (10 + step),
 * so that the parameters that training started from are soon forgotten (TensorFlow's
 * ExponentialMovingAverage with num_updates).
 */
double average_decay(double decay, uint64_t step);

/* The average becomes decay times itself plus 1 - decay times the parameters. */
void average_follow(struct average *a, const float *parameters, double decay, struct team *team);

/* Exchanges the average with the parameters. */
void average_swap(struct average *a, float *parameters);

#endif
