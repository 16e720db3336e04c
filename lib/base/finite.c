/* A test of many floats at once for infinity and NaN. */
#include "base/finite.h"

#include <math.h>

/* In lanes, which a compiler makes vectors of: infinity and NaN times zero are NaN, and stay it. */
int all_finite(const float *x, size_t n)
{
    float lane[16] = {0}, all = 0;
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++)
            lane[k] += x[i + k] * 0.0f;
    for (; i < n; i++)
        all += x[i] * 0.0f;
    for (size_t k = 0; k < 16; k++)
        all += lane[k];
    return !isnan(all);
}
