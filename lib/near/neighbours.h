/*
 * The k nearest neighbours of each point among the others: exactly, nearly, or whichever is
 * quicker.
 */
#ifndef ROTPIPE_NEAR_NEIGHBOURS_H
#define ROTPIPE_NEAR_NEIGHBOURS_H

#include "near/search.h"

enum neighbours {
    NEIGHBOURS_AUTO, /* the descent where that pays, unless it misses more than a tenth of them */
    NEIGHBOURS_EXACT,
    NEIGHBOURS_DESCENT
};

/* What they are called; ends with NULL. */
extern const char *const neighbours_names[];

/*
 * As near_search, for s->others, by near_search or by near_descent with this seed. 0 or -1.
 */
int neighbours_find(const struct near_search *s, enum neighbours how, uint64_t seed,
                    uint32_t *index, float *distance, struct error *e);

#endif
