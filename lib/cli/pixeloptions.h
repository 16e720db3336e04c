/*
 * The options about pixels that programs share, for their rows: --range, of those that read IDX
 * files, and --background.
 */
#ifndef ROTPIPE_CLI_PIXELOPTIONS_H
#define ROTPIPE_CLI_PIXELOPTIONS_H

#include "cli/cli.h"

/* Of a struct idx_range. */
void take_range(void *range, const struct setting *s, char *text);
int put_range(const void *range, char *text, size_t size);

/* Of the uint8_t[3] of a colour. */
void take_background(void *colour, const struct setting *s, char *text);

#endif
