/* Cross-entropy with the labels. */
#include "train/supervised.h"

#include "net/loss.h"
#include "train/trainer.h"

static void input(struct trainer *t, int thread, int sample, uint64_t image)
{
    if (t->augments.n)
        trainer_set_augmented(t, thread, sample, image);
    else
        trainer_set_input(t, thread, sample, image);
}

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

static void loss(const struct trainer *t, uint64_t image, const float *logits, float *grad,
                 struct tally *tally)
{
    int classes = t->m->net.classes, label = t->data->label[image], best = 0;
    float weight = trainer_weight(t, image);
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

const struct objective objective_supervised = {"supervised", input, loss};
