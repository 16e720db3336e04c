/* The names of the distances. */
#include "cli/metric.h"

#include "cli/cli.h"

static const char *const names[] = {[NEAR_EUCLIDEAN] = "euclidean", [NEAR_COSINE] = "cosine"};

enum near_metric metric_argument(const char *text)
{
    return (enum near_metric)choice_argument(text, names, 2);
}

const char *metric_name(enum near_metric metric)
{
    return names[metric];
}
