/* Softmax and cross-entropy. */
#include "net/loss.h"

#include <math.h>
#include <stddef.h>

/* The largest logit. Shifted by it, no exp overflows; *sum: of the exp of all that are. */
static float shift_and_sum(const float *logits, int classes, double *sum)
{
    float largest = logits[0];

    for (int k = 1; k < classes; k++)
        if (logits[k] > largest)
            largest = logits[k];
    *sum = 0;
    for (int k = 0; k < classes; k++)
        *sum += exp((double)logits[k] - largest);
    return largest;
}

double softmax_cross_entropy(const float *logits, int classes, int label, float scale, float *grad)
{
    double sum;
    float largest = shift_and_sum(logits, classes, &sum);

    for (int k = 0; k < classes && grad; k++)
        grad[k] = (float)(scale * (exp((double)logits[k] - largest) / sum - (k == label)));
    return log(sum) - ((double)logits[label] - largest);
}

double soft_cross_entropy(const float *logits, int classes, const double *target, float scale,
                          float *grad)
{
    double sum, total = 0, loss = 0;
    float largest = shift_and_sum(logits, classes, &sum);

    for (int k = 0; k < classes; k++) {
        total += target[k];
        loss += target[k] * (log(sum) - ((double)logits[k] - largest));
    }
    for (int k = 0; k < classes && grad; k++)
        grad[k] = (float)(scale * (total * exp((double)logits[k] - largest) / sum - target[k]));
    return loss;
}
