/*
 * The option --metric, which programs share that look for neighbours.
 */
#ifndef ROTPIPE_CLI_METRIC_H
#define ROTPIPE_CLI_METRIC_H

#include "near/search.h"

/* The argument of --metric; one that is not known is misuse. */
enum near_metric metric_argument(const char *text);

/* What the metric is called. */
const char *metric_name(enum near_metric metric);

#endif
