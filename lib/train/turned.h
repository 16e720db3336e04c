/*
 * Images without labels that are turned, beside all that is learnt of classes: how often by 90
 * degrees is told by outputs of the head that are there in training alone. This is the loss of S4L
 * (Zhai, Oliver, Kolesnikov and Beyer, ICCV 2019), and of ReMixMatch (Berthelot et al., ICLR 2020),
 * which has it beside the consistency of views.
 *
 * Of the images that a step draws for consistency.h, the first `batch` give one view more each: as
 * the strong text changes images, then turned by 0 to 3 quarters. Changes and turn come from the
 * seed, the step and the image's place in the step. These views stand behind all others of the
 * batch, and the loss of the step gets the term
 *
 *     rotation / batch * sum(-log softmax(side)[quarters])
 *
 * where `side` are the ROTATIONS outputs behind those of the classes. They begin as those of a
 * fresh head of the seed, learn from these views alone, which the outputs of the classes do not
 * learn from, and are otherwise what the head's parameters are: averaged, decayed, clipped and
 * saved in a state with the others. The model has none when training ends.
 *
 * Without a weight of the consistency (lambda 0) nothing but these views joins the labelled images,
 * which is S4L alone.
 */
#ifndef ROTPIPE_TRAIN_TURNED_H
#define ROTPIPE_TRAIN_TURNED_H

#include "train/objective.h"
#include "train/options.h"

struct turned {
    int images;         /* in a step; 0: none */
    double told, right; /* of the epoch in hand: images, and those that were told right */
};

/* Images that a step turns, 0 without the option. */
int turned_images(const struct train_options *o);

/* The input and the loss of the image at this place among those that the step has drawn. */
void turned_input(struct trainer *t, int thread, int sample, int place);
void turned_loss(const struct trainer *t, int place, const float *logits, float *grad,
                 struct tally *tally);

#endif
