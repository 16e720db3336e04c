/* The exact search, or the descent and a look at what it has found. */
#include "near/neighbours.h"

#include "near/descent.h"
#include "near/found.h"

const char *const neighbours_names[] = {"auto", "exact", "descent", NULL};

/* Which part of the nearest neighbours must have been found where nobody asked for the descent. */
static const double FOUND_LEAST = 0.9;

int neighbours_find(const struct near_search *s, enum neighbours how, uint64_t seed,
                    uint32_t *index, float *distance, struct error *e)
{
    double part = 1;

    if (how == NEIGHBOURS_EXACT ||
        (how == NEIGHBOURS_AUTO && !near_descent_pays(s->base.n, s->d, s->k)))
        return near_search(s, index, distance, e);
    if (near_descent(s, seed, index, distance, e) < 0)
        return -1;
    if (how == NEIGHBOURS_AUTO && near_found(s, distance, &part, e) < 0)
        return -1;
    return part < FOUND_LEAST ? near_search(s, index, distance, e) : 0;
}
