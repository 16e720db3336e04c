/*
 * The mean of a few measurements, and how far it can be trusted: Student's t ("The probable error
 * of a mean", Biometrika 6, 1908).
 */
#ifndef ROTPIPE_EVAL_STUDENT_H
#define ROTPIPE_EVAL_STUDENT_H

/*
 * The probability that |t| is at most this, t >= 0, with so many degrees of freedom, from 1 on: the
 * finite series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 */
double student_within(double t, int freedom);

/* The t for which that probability is `share`, from 0 to less than 1. */
double student_bound(double share, int freedom);

struct student_mean {
    double mean;
    double deviation; /* standard deviation, with n - 1 below; exactly 0 if all are equal */
    double low, high; /* the 95 % interval of the mean that they are drawn around */
};

/* Of n measurements, 2 or more. */
struct student_mean student_mean(const double *x, int n);

#endif
