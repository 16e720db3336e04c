/*
 * Labels for points that have none, by the neighbour graph of these and of points that have some.
 */
#ifndef ROTPIPE_EVAL_DIFFUSE_H
#define ROTPIPE_EVAL_DIFFUSE_H

#include "eval/choice.h"
#include "near/neighbours.h"
#include "near/spread.h"

/* What the mean share of each class over the points without labels is made to be. */
enum diffuse_prior {
    PRIOR_NONE,    /* nothing: it is what it is */
    PRIOR_UNIFORM, /* the same for all */
    PRIOR_LABELLED /* that which the class has of the labelled points */
};

/* What they are called; ends with NULL. */
extern const char *const diffuse_priors[];

struct diffuse_options {
    int neighbors; /* at least 1; where there are fewer other points, these */
    enum near_metric metric;
    enum neighbours search;
    int method;   /* an enum spread_method */
    double alpha; /* of SPREAD_SPREADING */
    enum diffuse_prior prior;
};

struct diffuse {
    const struct diffuse_options *options;
    const struct near_kernels *kernels;
    struct team *team;
    void (*tell_search)(void *context, uint64_t points); /* as of struct near_search */
    void (*tell_steps)(void *context, uint64_t steps);   /* as of struct spread */
    void *context;
    /* The points: those with labels, at least 1, come first. */
    const float *x; /* [n][d] */
    uint64_t n, labelled;
    size_t d;
    const uint32_t *own; /* [labelled]: classes, each below */
    uint32_t classes;
};

/*
 * Adds to the choice for each point without label its class and the share of that (near/share.h).
 * A point that no label reaches has the class of the labelled point nearest to it, with the share
 * 0; *astray is how many these are. 0 or -1.
 */
int diffuse(const struct diffuse *f, struct choice *choice, uint64_t *astray, struct error *e);

#endif
