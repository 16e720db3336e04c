/*
 * The options that classdump, evalacc, evalpng and rtslabel share: the models that judge images,
 * the views that they judge, and the threads.
 */
#ifndef ROTPIPE_CLI_MODELOPTIONS_H
#define ROTPIPE_CLI_MODELOPTIONS_H

#include "cli/cli.h"
#include "eval/ensemble.h"

enum { OPT_SHIFT_VIEWS = OPT_END - 2, OPT_FLIP_VIEWS };

/* clang-format off */
#define MODEL_OPTIONS                                                                              \
    {"model", required_argument, NULL, 'm'},                                                       \
    {"flip", no_argument, NULL, OPT_FLIP_VIEWS},                                                   \
    {"shift", required_argument, NULL, OPT_SHIFT_VIEWS},                                           \
    {"threads", required_argument, NULL, 'j'}
/* clang-format on */

#define MODEL_HELP                                                                                 \
    "  -m, --model FILE     model; several -m vote by mean probability\n"                          \
    "      --flip           average over every image and its mirror image\n"                       \
    "      --shift N        average over every image and its shifts by N pixels\n"                 \
    "  -j, --threads N      number of threads (default: all available processors)\n"

struct model_options {
    const char *path[ENSEMBLE_MODELS_MAX];
    int models;
    struct views views;
    int threads;
};

/* The rows that set a struct model_options; the views are told in a history. */
extern const struct setting model_rows[];

/* Takes one of MODEL_OPTIONS; false: it is none of them. */
int model_option(struct model_options *m, int option, const char *argument);

/*
 * When all options are read: no model at all, or standard input for two of models and the n
 * operands, is misuse.
 */
void model_settle(const struct model_options *m, char **operands, int n);

/* Opens the ensemble, and says which of the models come from a training that was stopped. 0 or -1;
 * g is to be closed in either case. */
int model_open(const struct model_options *m, struct ensemble *g, struct error *e);

/* The views as options, each behind a blank, for a line of a history; returns text. */
enum { MODEL_VIEWS_BYTES = 32 };
const char *model_views(const struct model_options *m, char text[MODEL_VIEWS_BYTES]);

#endif
