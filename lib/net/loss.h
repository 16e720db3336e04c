/*
 * The loss of a classifier, at its logits.
 */
#ifndef ROTPIPE_NET_LOSS_H
#define ROTPIPE_NET_LOSS_H

/*
 * Softmax and cross-entropy of one sample: returns -log softmax(logits)[label] and sets grad (may
 * be NULL) to scale * (softmax(logits) - onehot(label)).
 */
double softmax_cross_entropy(const float *logits, int classes, int label, float scale, float *grad);

/*
 * The same for a target that is spread over the classes, whose shares need not add up to 1: returns
 * -sum(target[k] log softmax(logits)[k]) and sets grad to
 * scale * (sum(target) softmax(logits) - target).
 */
double soft_cross_entropy(const float *logits, int classes, const double *target, float scale,
                          float *grad);

#endif
