/* Softmax and cross-entropy. */
#include "net/loss.h"

#include <math.h>
#include <stddef.h>

double softmax_cross_entropy(const float *logits, int classes, int label, float scale, float *grad)
{
    float largest = logits[0];
    double sum = 0;

    for (int k = 1; k < classes; k++)
        if (logits[k] > largest)
            largest = logits[k];
    /* Shifted by the largest, so that no exp overflows. */
    for (int k = 0; k < classes; k++)
        sum += exp((double)logits[k] - largest);
    for (int k = 0; k < classes && grad; k++)
        grad[k] = (float)(scale * (exp((double)logits[k] - largest) / sum - (k == label)));
    return log(sum) - ((double)logits[label] - largest);
}
