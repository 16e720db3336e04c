/*
 * Which of the features that a head reads are alive: not zero on some image. A ReLU's output that
 * is zero on every image is dead: the head learns nothing from it, and no gradient revives it.
 */
#ifndef ROTPIPE_EVAL_ACTIVITY_H
#define ROTPIPE_EVAL_ACTIVITY_H

#include "net/engine.h"

#include <inttypes.h>

struct activity {
    const struct engine *engine;
    uint64_t images; /* seen so far; the caller counts them */
    size_t size;     /* floats of one image's features, padding included */
    uint32_t
        *asleep; /* [threads][size]: of each thread the places of features that were always zero */
    size_t *count; /* [threads]: how many they are */
};

/* What is worth a warning: a tenth of the features or more, over at least so many images. */
enum { ACTIVITY_IMAGES = 100, ACTIVITY_SHARE = 10 };

/* That warning: dead, features, images; all of them uint64_t. */
#define ACTIVITY_WARNING                                                                           \
    "%" PRIu64 " of %" PRIu64 " features that the head reads are dead: zero on all of %" PRIu64    \
    " images"

/* To be freed by activity_free, also on error. 0 or -1 (out of memory). */
int activity_start(struct activity *a, const struct engine *g, struct error *e);
void activity_free(struct activity *a);

/* Notes the features of the n samples that the thread's workspace holds after a forward run. */
void activity_note(struct activity *a, int thread, int n);

/* How many features there are, without padding, and how many of them no image has activated. */
uint64_t activity_features(const struct activity *a);
uint64_t activity_dead(const struct activity *a);

/* True if so many are dead over so many images that somebody should know. */
int activity_is_low(const struct activity *a);

#endif
