/* Cross-entropy: weighted, smoothed, by soft labels, mixed. */
#include "train/criterion.h"

#include "net/loss.h"

/*
 * Adds a part of a label's weighted target: of every class its weight's part of the smoothing, and
 * its weight's part of the rest, which a soft label spreads and a label has alone (soft: NULL). So
 * PyTorch joins `weight` with `label_smoothing`.
 */
static void add_target(const struct trainer *t, int label, const float *soft, double part,
                       double *target)
{
    int classes = t->m->net.classes;
    double smooth = t->o->smooth;

    for (int k = 0; smooth > 0 && k < classes; k++)
        target[k] += part * (smooth / classes) * trainer_class_weight(t, k);
    if (!soft)
        target[label] += part * (1 - smooth) * trainer_class_weight(t, label);
    for (int k = 0; soft && k < t->data->classes; k++)
        target[k] += part * (1 - smooth) * trainer_class_weight(t, k) * (double)soft[k];
}

static int recognized(const struct trainer *t, const float *logits, int label)
{
    int best = 0;

    for (int k = 1; k < t->m->net.classes; k++)
        if (logits[k] > logits[best])
            best = k;
    return best == label;
}

/* The loss by a whole target, which is that of this label. */
static void add_loss(const struct trainer *t, int label, const double *target, const float *logits,
                     float *grad, struct tally *tally)
{
    tally->correct += recognized(t, logits, label);
    tally->loss += soft_cross_entropy(logits, t->m->net.classes, target, 1 / t->weight, grad);
}

void criterion_add(const struct trainer *t, int label, const float *logits, float *grad,
                   struct tally *tally)
{
    float weight = trainer_class_weight(t, label);

    if (t->o->smooth > 0) {
        double target[NET_CLASSES_MAX] = {0};
        add_target(t, label, NULL, 1, target);
        add_loss(t, label, target, logits, grad, tally);
        return;
    }
    tally->correct += recognized(t, logits, label);
    tally->loss +=
        weight * softmax_cross_entropy(logits, t->m->net.classes, label, weight / t->weight, grad);
}

void criterion_add_image(const struct trainer *t, uint64_t image, const float *logits, float *grad,
                         struct tally *tally)
{
    const float *soft = dataset_soft(t->data, image);
    int label = t->data->label[image];

    if (soft) {
        double target[NET_CLASSES_MAX] = {0};
        add_target(t, label, soft, 1, target);
        add_loss(t, label, target, logits, grad, tally);
    } else {
        criterion_add(t, label, logits, grad, tally);
    }
}

void criterion_add_mixed(const struct trainer *t, uint64_t image, uint64_t other, double share,
                         const float *logits, float *grad, struct tally *tally)
{
    const struct dataset *d = t->data;
    double target[NET_CLASSES_MAX] = {0};

    add_target(t, d->label[image], dataset_soft(d, image), share, target);
    add_target(t, d->label[other], dataset_soft(d, other), 1 - share, target);
    add_loss(t, d->label[share >= 0.5 ? image : other], target, logits, grad, tally);
}
