/*
 * How right a classifier is: counts over a data set, and what is told of them.
 */
#ifndef ROTPIPE_EVAL_SCORE_H
#define ROTPIPE_EVAL_SCORE_H

#include "base/error.h"

#include <stdint.h>
#include <stdio.h>

struct score {
    int classes;
    uint64_t n, correct;
    double loss;         /* sum of cross-entropies */
    uint64_t *confusion; /* [true][predicted] */
};

int score_init(struct score *s, int classes, struct error *e);
void score_free(struct score *s);
void score_add(struct score *s, int label, int predicted, double loss);

/*
 * Wilson's score interval of a share of successes at 95 % (E. B. Wilson, "Probable inference, the
 * law of succession, and statistical inference", JASA 22, 1927); n > 0.
 */
void score_interval(uint64_t correct, uint64_t n, double *low, double *high);

/* Of one class; 0 where there is nothing to divide by. */
struct class_score {
    uint64_t support; /* examples of the class */
    double precision, recall, f1;
};
struct class_score score_class(const struct score *s, int label);

/*
 * True if the accuracy, within its interval, is no better than the share of the most frequent
 * class, *class, which is what always answering that class gives. Never true with fewer than
 * SCORE_CHANCE_MIN examples, or examples of one class only.
 */
enum { SCORE_CHANCE_MIN = 100 };
int score_is_chance(const struct score *s, int *class);

/* The mean recall of the classes that have examples; n > 0. */
double score_balanced(const struct score *s);

enum { SCORE_CONFUSION = 1, SCORE_REPORT = 2 };

/*
 * Prints, tab-separated, one fact a line: accuracy, interval, loss, correct, examples, then the
 * parts asked for, the balanced accuracy as the first line of the report. names: class names, one a
 * line, or NULL (numbers then).
 */
void score_print(const struct score *s, const char *names, unsigned parts, FILE *f);

/* The same, all of it, as one JSON object on one line. */
void score_print_json(const struct score *s, const char *names, FILE *f);

#endif
