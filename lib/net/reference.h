/*
 * The plain layers of layers/plain.h behind the kernels' interface: small, slow, what the others
 * are tested against.
 */
#ifndef ROTPIPE_NET_REFERENCE_H
#define ROTPIPE_NET_REFERENCE_H

#include "net/kernels.h"

extern const struct kernels kernels_reference;

#endif
