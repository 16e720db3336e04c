/* Cross-entropy: weighted, smoothed. */
#include "train/criterion.h"

#include "net/loss.h"

/*
 * The weighted target with label smoothing: of every class its weight's part of the smoothing, of
 * the label's the rest of its weight. So PyTorch joins `weight` with `label_smoothing`.
 */
static void smooth_target(const struct trainer *t, int label, double *target)
{
    int classes = t->m->net.classes;
    double smooth = t->o->smooth;

    for (int k = 0; k < classes; k++)
        target[k] = smooth / classes * trainer_class_weight(t, k);
    target[label] += (1 - smooth) * trainer_class_weight(t, label);
}

void criterion_add(const struct trainer *t, int label, const float *logits, float *grad,
                   struct tally *tally)
{
    int classes = t->m->net.classes, best = 0;
    float weight = trainer_class_weight(t, label);
    double target[NET_CLASSES_MAX];

    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[best])
            best = k;
    tally->correct += best == label;
    if (t->o->smooth > 0) {
        smooth_target(t, label, target);
        tally->loss += soft_cross_entropy(logits, classes, target, 1 / t->weight, grad);
    } else {
        tally->loss +=
            weight * softmax_cross_entropy(logits, classes, label, weight / t->weight, grad);
    }
}
