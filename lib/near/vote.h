/*
 * Classification by the labels of the nearest neighbours.
 */
#ifndef ROTPIPE_NEAR_VOTE_H
#define ROTPIPE_NEAR_VOTE_H

#include <stdint.h>

/*
 * The label that most of the k nearest have; of several, that of the nearest neighbour among
 * theirs. neighbour: k indices into label, the nearest first; k at least 1. scratch: room for k
 * labels and counts, 2 k numbers.
 */
uint32_t vote(const uint32_t *neighbour, int k, const uint32_t *label, uint32_t *scratch);

#endif
