/*
 * The option that all programs share which write a stream: to say nothing of how it was made.
 */
#ifndef ROTPIPE_CMD_STREAM_H
#define ROTPIPE_CMD_STREAM_H

#include "cmd.h"

/* clang-format off */
#define STREAM_OPTIONS {"no-history", no_argument, NULL, OPT_NO_HISTORY}
/* clang-format on */

#endif
