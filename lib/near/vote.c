/* The vote. */
#include "near/vote.h"

uint32_t vote(const uint32_t *neighbour, int k, const uint32_t *label, uint32_t *scratch)
{
    uint32_t *seen = scratch, *count = scratch + k;
    int labels = 0, best = 0;

    /* Labels in the order of their nearest neighbours: of equals, the first wins. */
    for (int i = 0; i < k; i++) {
        int at = 0;
        while (at < labels && seen[at] != label[neighbour[i]])
            at++;
        if (at == labels) {
            seen[labels] = label[neighbour[i]];
            count[labels++] = 0;
        }
        count[at]++;
    }
    for (int at = 1; at < labels; at++)
        if (count[at] > count[best])
            best = at;
    return seen[best];
}
