/* Cross-entropy: weighted, smoothed, mixed. */
#include "train/criterion.h"

#include "net/loss.h"

/*
 * Adds a part of a label's weighted target: of every class its weight's part of the smoothing, of
 * the label's the rest of its weight. So PyTorch joins `weight` with `label_smoothing`.
 */
static void add_target(const struct trainer *t, int label, double part, double *target)
{
    int classes = t->m->net.classes;
    double smooth = t->o->smooth;

    for (int k = 0; smooth > 0 && k < classes; k++)
        target[k] += part * (smooth / classes) * trainer_class_weight(t, k);
    target[label] += part * (1 - smooth) * trainer_class_weight(t, label);
}

static int recognized(const struct trainer *t, const float *logits, int label)
{
    int best = 0;

    for (int k = 1; k < t->m->net.classes; k++)
        if (logits[k] > logits[best])
            best = k;
    return best == label;
}

void criterion_add(const struct trainer *t, int label, const float *logits, float *grad,
                   struct tally *tally)
{
    float weight = trainer_class_weight(t, label);

    if (t->o->smooth > 0) {
        criterion_add_mixed(t, label, label, 1, logits, grad, tally);
        return;
    }
    tally->correct += recognized(t, logits, label);
    tally->loss +=
        weight * softmax_cross_entropy(logits, t->m->net.classes, label, weight / t->weight, grad);
}

void criterion_add_mixed(const struct trainer *t, int label, int other, double share,
                         const float *logits, float *grad, struct tally *tally)
{
    double target[NET_CLASSES_MAX];

    for (int k = 0; k < t->m->net.classes; k++)
        target[k] = 0;
    add_target(t, label, share, target);
    add_target(t, other, 1 - share, target);
    tally->correct += recognized(t, logits, share >= 0.5 ? label : other);
    tally->loss += soft_cross_entropy(logits, t->m->net.classes, target, 1 / t->weight, grad);
}
