/*
 * A net's parameters, and what belongs to each of them, as records in PyTorch's layouts and under
 * PyTorch's names: LAYER.weight and LAYER.bias (model.h), with a suffix for an optimizer's moments.
 *
 * values: those of the parameter vector from number `first` on, which is where a layer begins;
 * layers before it have no records.
 */
#ifndef ROTPIPE_MODEL_TENSORS_H
#define ROTPIPE_MODEL_TENSORS_H

#include "net/net.h"
#include "rts/records.h"

/* Writes two records a layer; names are layer.weight and layer.bias, then suffix. 0 or -1. */
int tensors_put(const struct net *n, const char *suffix, const float *values, size_t first,
                struct rts_writer *w, struct error *e);

/* 0 if all of them are there; -1. Before memory is taken because a net's text asks for it. */
int tensors_check(const struct net *n, const char *suffix, size_t first, const struct record *list,
                  const char *file, struct error *e);

/* Takes them out of the list; all must be there. values between the layers' stay. 0 or -1. */
int tensors_take(const struct net *n, const char *suffix, float *values, size_t first,
                 struct record **list, const char *file, struct error *e);

#endif
