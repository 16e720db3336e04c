/*
 * A net's parameters, and what belongs to each of them, as records in PyTorch's layouts and under
 * PyTorch's names: LAYER.SLOT (model.h), with a suffix for an optimizer's moments.
 *
 * to: where each slot lies in the vector of values, as slots_trained has it; slots that do not
 * train have no records. NULL: the vector is that of all parameters.
 */
#ifndef ROTPIPE_MODEL_TENSORS_H
#define ROTPIPE_MODEL_TENSORS_H

#include "net/net.h"
#include "rts/records.h"

/* Writes one record a slot. 0 or -1. */
int tensors_put(const struct net *n, const char *suffix, const float *values, const size_t *to,
                struct rts_writer *w, struct error *e);

/* 0 if all of them are there; -1. Before memory is taken because a net's text asks for it. */
int tensors_check(const struct net *n, const char *suffix, const size_t *to,
                  const struct record *list, const char *file, struct error *e);

/* Takes them out of the list; all must be there. Values between the slots' stay. 0 or -1. */
int tensors_take(const struct net *n, const char *suffix, float *values, const size_t *to,
                 struct record **list, const char *file, struct error *e);

#endif
