/*
 * Whether a saved training has the settings that it is to go on with.
 */
#ifndef ROTPIPE_TRAIN_SAMESETTINGS_H
#define ROTPIPE_TRAIN_SAMESETTINGS_H

#include "base/error.h"

/*
 * Compares the settings in a state's file with those of now, as train_options has them. *then,
 * which the caller sets to the epochs of now, becomes those of the file. 0, or -1 and the option in
 * which they differ.
 */
int samesettings_check(const char *saved, const char *now, const char *file, int *then,
                       struct error *e);

#endif
