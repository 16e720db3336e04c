/*
 * The state of a training in a file, to go on from.
 */
#ifndef ROTPIPE_TRAIN_STATE_H
#define ROTPIPE_TRAIN_STATE_H

#include "train/trainer.h"

void state_fingerprint(const struct dataset *d, struct fingerprint *f);

/*
 * Writes o->save, whole or not at all: the model as it is by now, and all that the rest of the
 * training depends on. 0 or -1.
 */
int state_save(const struct trainer *t, struct error *e);

/*
 * Takes up what state_save has written to o->resume, in a trainer that is prepared and has done no
 * step yet. A state of other settings, data or another model is refused; but it may have been
 * planned for fewer epochs, if the steps so far were the same. 0 or -1.
 */
int state_load(struct trainer *t, struct error *e);

/*
 * An error if o->save is there already and is the state of another training that has got on, not
 * the one to resume: the first state that is saved would end it. 0 or -1.
 */
int train_may_save(const struct train_options *o, struct error *e);

/*
 * Where o->save and o->resume are one file and nothing is there yet, training starts: sets
 * o->resume to NULL.
 */
void train_find_state(struct train_options *o);

/* Removes the state of a training that is complete; a link to it stays. 0 or -1. */
int train_remove_state(const char *path, struct error *e);

#endif
