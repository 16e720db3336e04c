/*
 * Images changed at random each time that they are trained on. A text names the changes in their
 * order, as a net string names layers: "shift2 flip". A kind of change is one file in augment/ and
 * one row in augment/kinds.def.
 */
#ifndef ROTPIPE_TRAIN_AUGMENT_H
#define ROTPIPE_TRAIN_AUGMENT_H

#include "base/error.h"
#include "base/rng.h"
#include "net/net.h"

enum { AUGMENTS_MAX = 16, AUGMENT_TEXT_MAX = 256 };

struct augment;

struct augment_kind {
    const char *name;  /* the beginning of its words: "shift" */
    const char *form;  /* such a word as the manual has it: "shiftN" */
    const char *about; /* what it does, in one line */

    /* Reads what follows the name, `length` characters. NULL, or why that is wrong. */
    const char *(*parse)(const char *rest, int length, struct augment *a);

    /* Why images of this extent cannot be changed so; NULL if they can. */
    const char *(*suits)(const struct augment *a, struct extent image);

    /* Sets `to` to the changed image `from`, both bytes [h][w][c]. */
    void (*apply)(const struct augment *a, struct extent image, struct rng *r, const uint8_t *from,
                  uint8_t *to);
};

/* One change. */
struct augment {
    const struct augment_kind *kind;
    int amount; /* the number in its word, or 0 */
};

struct augments {
    int n;
    struct augment of[AUGMENTS_MAX];
};

/* Kind i, NULL past the last. */
const struct augment_kind *augment_kind(int i);

/* Reads a text, which may be empty. The error names the word and its position. 0 or -1. */
int augments_parse(struct augments *a, const char *text, struct error *e);

/* Whether images of this extent can be changed so. 0 or -1. */
int augments_check(const struct augments *a, struct extent image, struct error *e);

/*
 * Sets `to` to the changed image, by random numbers that depend on nothing but seed, epoch and the
 * image's number: not on threads, nor on what was drawn for others. `spare` has room for an image.
 */
void augments_apply(const struct augments *a, struct extent image, uint64_t seed, uint64_t epoch,
                    uint64_t number, const uint8_t *from, uint8_t *to, uint8_t *spare);

/* ---- what kinds have in common ---- */

/* Nothing follows the name; or an integer from 1 to 999. */
const char *augment_parse_nothing(const char *rest, int length, struct augment *a);
const char *augment_parse_amount(const char *rest, int length, struct augment *a);

/* All images. */
const char *augment_suits_all(const struct augment *a, struct extent image);

/*
 * The end of augment/NAME.c, which has defined NAME_form, NAME_about, NAME_parse, NAME_suits and
 * NAME_apply. What is missing does not compile.
 */
#define DEFINE_AUGMENT(NAME)                                                                       \
    const struct augment_kind augment_##NAME = {.name = #NAME,                                     \
                                                .form = NAME##_form,                               \
                                                .about = NAME##_about,                             \
                                                .parse = NAME##_parse,                             \
                                                .suits = NAME##_suits,                             \
                                                .apply = NAME##_apply}

#define AUGMENT(NAME) extern const struct augment_kind augment_##NAME;
#include "train/augment/kinds.def"
#undef AUGMENT

#endif
