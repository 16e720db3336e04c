/*
 * The model that rottrain starts from, and whether data suit it.
 */
#ifndef ROTPIPE_CLI_TRAINMODEL_H
#define ROTPIPE_CLI_TRAINMODEL_H

#include "eval/dataset.h"
#include "model/model.h"
#include "train/options.h"

/* What the options say of it. */
struct trainmodel {
    const char *model; /* a file, or NULL: a fresh one of */
    const char *net;   /* these layers; NULL: NET_DEFAULT */
    int classes;       /* and so many classes; 0: as many as the data have */
    int no_history;    /* forget how it was made */
};

/*
 * Loads or makes the model that is to be trained on d, whose largest label is this, by o. A loaded
 * one that was stopped is told of on standard error. 0, or -1 where it does not suit d, or nothing
 * of it trains.
 */
int trainmodel_start(const struct trainmodel *s, const struct train_options *o,
                     const struct dataset *d, int largest, struct model *m, struct error *e);

/* A model is for images of one shape and for the classes of its head. what: the data's name. */
int trainmodel_suits(const struct model *m, const struct dataset *d, int largest, const char *what,
                     struct error *e);

/* The same of images whose labels do not matter. */
int trainmodel_suits_images(const struct model *m, const struct dataset *d, const char *what,
                            struct error *e);

#endif
