/*
 * A random sample of a stream of examples, of so many in all or of each class, without knowing
 * beforehand how many there are.
 *
 * Every example draws a random key, in the order of the stream; of each class, those with the
 * smallest keys are the sample (bottom-k sampling: all subsets are equally likely). So the choice
 * depends on the seed and the stream alone, a smaller sample of the same seed lies within a larger
 * one, and memory holds 16 bytes for each example that may still be chosen, whatever the stream's
 * length.
 */
#ifndef ROTPIPE_IMG_SAMPLE_H
#define ROTPIPE_IMG_SAMPLE_H

#include "base/error.h"

#include <stdint.h>

enum { SAMPLE_CLASSES_MAX = 1 << 16 };

struct sample;

/* n examples: of each class, or in all, evenly over the classes. NULL on error. */
struct sample *sample_new(uint64_t n, int per_class, uint64_t seed, struct error *e);

/*
 * Offers the next example; label NULL: it has none. The caller numbers the examples: position must
 * grow from one that is taken to the next. Returns 1 if it may be in the sample, 0 if it certainly
 * is not (its position may then be given to the next example), -1 on error.
 */
int sample_offer(struct sample *s, uint64_t position, const uint32_t *label, struct error *e);

/*
 * After the last example: fixes the sample. Its classes are the labels seen and those with a name
 * (names: one a line, or NULL); if n does not divide evenly, the first classes get one more. A
 * class with too few examples is an error.
 */
int sample_settle(struct sample *s, const char *names, struct error *e);

/* After sample_settle, for positions in ascending order: true if that one is in the sample. */
int sample_has(struct sample *s, uint64_t position);

/* NULL is allowed. */
void sample_free(struct sample *s);

#endif
