/*
 * The options that classdump, evalacc, evalpng and rtslabel share: the models that judge images,
 * the views that they judge, and the threads. evalcmp, whose models are those of two sides, shares
 * some.
 */
#ifndef ROTPIPE_CLI_MODELOPTIONS_H
#define ROTPIPE_CLI_MODELOPTIONS_H

#include "cli/cli.h"
#include "eval/ensemble.h"

struct model_options {
    const char *path[ENSEMBLE_MODELS_MAX];
    int models;
    struct views views;
    int threads;
};

/* The rows that set a struct model_options; the views are told in a history. view_rows: all but
 * that of the models. */
extern const struct setting model_rows[], view_rows[];

/* What such a row of models does: adds one to the struct model_options at `options`. */
void model_take(void *options, const struct setting *s, char *path);

/*
 * When all options are read: no model at all, or standard input for two of models and the n
 * operands, is misuse.
 */
void model_settle(const struct model_options *m, char **operands, int n);

/* Opens the ensemble, and says which of the models come from a training that was stopped. 0 or -1;
 * g is to be closed in either case. */
int model_open(const struct model_options *m, struct ensemble *g, struct error *e);

#endif
