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

static void loss(const struct trainer *t, uint64_t image, const float *logits, float *grad,
                 struct tally *tally)
{
    int classes = t->m->net.classes, label = t->data->label[image], best = 0;
    float weight = trainer_weight(t, image);

    for (int k = 1; k < classes; k++)
        if (logits[k] > logits[best])
            best = k;
    tally->correct += best == label;
    tally->loss += weight * softmax_cross_entropy(logits, classes, label, weight / t->weight, grad);
}

const struct objective objective_supervised = {"supervised", input, loss};
