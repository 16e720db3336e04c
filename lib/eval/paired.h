/*
 * Two classifiers on the same images: how many images each gets right that the other does not, what
 * difference of accuracies that shows, and whether chance alone would show as much. The formulas
 * see only the images that one gets right and the other wrong; those that both get right, or both
 * wrong, tell nothing about which is better.
 */
#ifndef ROTPIPE_EVAL_PAIRED_H
#define ROTPIPE_EVAL_PAIRED_H

#include <stdint.h>

/* Numbers of images by who gets them right. Zeroed: no images yet. */
struct paired {
    uint64_t both, only_a, only_b, neither;
};

/* Counts an image; a, b: whether A and B get it right. */
void paired_add(struct paired *p, int a, int b);

uint64_t paired_images(const struct paired *p);

/* Of one image or more: the accuracies, and that of B minus that of A. */
double paired_accuracy_a(const struct paired *p);
double paired_accuracy_b(const struct paired *p);
double paired_difference(const struct paired *p);

/*
 * The score interval of the difference at 95 %, of one image or more (T. Tango, "Equivalence test
 * and confidence interval for the difference in proportions for the paired-sample design",
 * Statistics in Medicine 17, 1998): all differences d with |z(d)| < 1.96, where, with b = only_b,
 * c = only_a and n images,
 *
 *     z(d) = (b - c - n d) / sqrt(n (2 q + d (1 - d)))
 *
 * and q is the likeliest probability of an image that only A gets right if the difference is d.
 * It holds for small counts, and for none. Exchanging A and B exchanges the limits and their signs,
 * to the last bit.
 */
void paired_interval(const struct paired *p, double *low, double *high);

/*
 * McNemar's exact test: if A and B were equally good, each image that only one of them gets right
 * would be a toss of a coin. The probability that so many tosses would be at least as uneven as
 * these, two-sided; 1 if there are none. Never above 1, and never below DBL_MIN, though the true
 * value may be. Takes a time that grows with the smaller count.
 */
double paired_exact(const struct paired *p);

/*
 * The same as a mid-p value: of the outcomes that are as uneven as this one, half counts (M. W.
 * Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data: mid-p and
 * asymptotic are better than exact conditional", BMC Medical Research Methodology 13, 2013).
 */
double paired_mid(const struct paired *p);

/* The exact test finds nothing at 5 % where fewer images than this tell A from B. */
enum { PAIRED_LEAST = 6 };

#endif
