/*
 * A random sample of a stream of examples: of so many in all or of each class, a share of each
 * class, or one of several parts of equal size, as cross-validation needs them.
 *
 * Every example draws a random key, in the order of the stream; of each class, those with the
 * smallest keys are the sample (bottom-k sampling: all subsets are equally likely). So the choice
 * depends on the seed and the stream alone, a smaller sample of the same seed lies within a larger
 * one, and memory holds 16 bytes for each example that may still be chosen, whatever the stream's
 * length; a part may get any of them. How many there are need only be known beforehand for a share:
 * then all are counted first.
 */
#ifndef ROTPIPE_RTS_SAMPLE_H
#define ROTPIPE_RTS_SAMPLE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { SAMPLE_CLASSES_MAX = 1 << 16 };

struct sample;

enum sample_how {
    SAMPLE_COUNT,     /* n examples in all, evenly over the classes */
    SAMPLE_PER_CLASS, /* n examples of each class */
    SAMPLE_AT_MOST,   /* n examples of each class, or all where there are fewer */
    SAMPLE_SHARE,     /* n / SAMPLE_WHOLE of the examples of each class */
    SAMPLE_FOLD,      /* part `part` of n parts, each with as many examples of every class */
    SAMPLE_FIRST      /* the first n examples: nothing is random, and none need be offered */
};

enum { SAMPLE_WHOLE = 1000000000, SAMPLE_FOLDS_MAX = 1 << 16 };

/* What sample is to be taken. */
struct sample_rule {
    enum sample_how how;
    uint64_t n, part; /* part: from 0; with SAMPLE_FOLD only */
    uint64_t seed;
};

/*
 * Reads "20%" or "0.2" as parts of SAMPLE_WHOLE; a share is at most 100% and, as a fraction, has at
 * most nine decimals. 0 or -1.
 */
int sample_parse_share(const char *text, uint64_t *share);

/*
 * Reads "2/5", the second of five parts: at least 2 parts, at most SAMPLE_FOLDS_MAX. Sets n and
 * part of the rule. 0 or -1.
 */
int sample_parse_fold(const char *text, struct sample_rule *rule);

/* NULL on error. */
struct sample *sample_new(const struct sample_rule *rule, struct error *e);

/*
 * With SAMPLE_SHARE, to be called for every example before the first is offered; label NULL: it has
 * none. 0 or -1.
 */
int sample_count(struct sample *s, const uint32_t *label, struct error *e);

/*
 * Offers the next example; label NULL: it has none. The caller numbers the examples: position must
 * grow from one that is taken to the next. Returns 1 if it may be in the sample, 0 if it certainly
 * is not (its position may then be given to the next example), -1 on error.
 */
int sample_offer(struct sample *s, uint64_t position, const uint32_t *label, struct error *e);

/*
 * After the last example: fixes the sample. Its classes are the labels seen; if n does not divide
 * evenly, the first classes get one more. A share is rounded to the nearest whole number, halves
 * upwards, but to one at least unless it is 0. The sizes of parts differ by at most one, in each
 * class and in all. A class with fewer examples than SAMPLE_COUNT or SAMPLE_PER_CLASS need is an
 * error, which gives its name (names: one per line, or NULL), and so are fewer examples than parts.
 */
int sample_settle(struct sample *s, const char *names, struct error *e);

/*
 * How many classes have a name but no example, and `list` with the names of the first few of them
 * (as they are: control characters may be among them); 0 if the examples have no labels. -1 on
 * error.
 */
int64_t sample_passed_over(const struct sample *s, const char *names, char *list, size_t size,
                           struct error *e);

/* After sample_settle, for positions in ascending order: true if that one is in the sample. */
int sample_has(struct sample *s, uint64_t position);

/* NULL is allowed. */
void sample_free(struct sample *s);

#endif
