/*
 * The examples of a stream in a random order, every order as likely as any other, in bounded
 * memory.
 *
 * Every example draws a random key of 64 bits, in the order of the stream, and the keys are sorted.
 * What does not fit into memory is dealt to temporary files by the first bits of the keys, each to
 * be sorted by itself, and dealt once more where that is still too much. So the order depends on
 * the seed and the number of examples alone, not on the memory.
 */
#ifndef ROTPIPE_RTS_SHUFFLE_H
#define ROTPIPE_RTS_SHUFFLE_H

#include "rts/examples.h"

enum { SHUFFLE_MEMORY_MIN = 1 << 20 };

struct shuffle;

/*
 * memory: bytes for examples with their labels, soft ones, file names and keys; 2 MiB of buffers
 * are beside them once there are temporary files. NULL on error.
 */
struct shuffle *shuffle_new(uint64_t seed, uint64_t memory, struct error *e);

/*
 * 0 if the examples of this chunk can lie among those before: of the same kind and shape, and all
 * with labels or all without; if some have soft labels and others only labels, these must be
 * classes of the soft ones. -1 and why.
 */
int shuffle_check(const struct shuffle *s, const struct chunk *c, struct error *e);

/* Takes the examples of a chunk that shuffle_check has accepted. 0 or -1. */
int shuffle_add(struct shuffle *s, const struct chunk *c, struct error *e);

/*
 * After the last chunk, of which there must have been one: writes all examples. If some have names
 * of files, the others get empty ones; if some have soft labels, the others those that give their
 * class the probability 1. 0 or -1.
 */
int shuffle_put(struct shuffle *s, struct rts_writer *out, struct error *e);

/* NULL is allowed. */
void shuffle_free(struct shuffle *s);

#endif
