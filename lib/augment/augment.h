/*
 * Images changed at random each time that they are trained on. A text names the changes in their
 * order, as a net string names layers: "shift2 flip". A kind of change is one file in kinds/ and
 * one row in kinds/kinds.def.
 */
#ifndef ROTPIPE_AUGMENT_AUGMENT_H
#define ROTPIPE_AUGMENT_AUGMENT_H

#include "augment/affine.h"
#include "base/error.h"
#include "base/rng.h"

#include <stdio.h>

enum { AUGMENTS_MAX = 16, AUGMENT_TEXT_MAX = 256, AUGMENT_WORD_MAX = 31 };

/* What follows the name in a word: nothing, an integer from 1 to `most`, or a decimal number above
 * 0, at most `most`. */
struct amount {
    enum { AMOUNT_NONE, AMOUNT_INTEGER, AMOUNT_REAL } type;
    double most;
};

struct augment_kind {
    const char *name;  /* the beginning of its words: "shift" */
    const char *form;  /* such a word as the manual has it: "shiftN", "scaleX" */
    const char *about; /* what it does, in one line */
    struct amount amount;

    /* Why images of this shape cannot be changed so; NULL if they can. image.at is not used. */
    const char *(*suits)(double amount, struct pixels image);

    /*
     * One of two, the other is NULL. move draws where the pixels go; moves that follow one another
     * are composed, so that an image is resampled once and not blurred by each of them. change sets
     * `to` to the changed image.
     */
    struct affine (*move)(double amount, struct pixels image, struct rng *r);
    void (*change)(double amount, struct pixels from, struct rng *r, uint8_t *to);
};

/* One change. */
struct augment {
    const struct augment_kind *kind;
    double amount; /* the number in its word, or 0 */
    char word[AUGMENT_WORD_MAX + 1];
};

struct augments {
    int n;
    struct augment of[AUGMENTS_MAX];
};

/* Kind i, NULL past the last. */
const struct augment_kind *augment_kind(int i);

/* Prints a line for each kind: its form, and what it does. */
void augments_list(FILE *to);

/* Reads a text, which may be empty. The error names the word and its position. 0 or -1. */
int augments_parse(struct augments *a, const char *text, struct error *e);

/* Writes the text again, with one blank between two words. */
void augments_text(const struct augments *a, char text[AUGMENT_TEXT_MAX]);

/* Whether images of this shape can be changed so. 0 or -1. */
int augments_check(const struct augments *a, uint64_t height, uint64_t width, uint64_t channels,
                   struct error *e);

/*
 * Sets `to` to the changed image, by random numbers that depend on nothing but seed, epoch and the
 * image's number: not on threads, nor on what was drawn for others. `spare` has room for an image.
 */
void augments_apply(const struct augments *a, struct pixels from, uint64_t seed, uint64_t epoch,
                    uint64_t number, uint8_t *to, uint8_t *spare);

/* ---- what kinds have in common ---- */

/* All images; those with three channels. */
const char *augment_suits_all(double amount, struct pixels image);
const char *augment_suits_colour(double amount, struct pixels image);

/* Uniform in [lowest, highest); and an integer from -most to most. */
double augment_draw(struct rng *r, double lowest, double highest);
int augment_draw_integer(struct rng *r, int most);

/* Bytes of an image. */
size_t augment_bytes(struct pixels image);

/*
 * Sets n bytes of `to` to factor * from + (1 - factor) * level, to the nearest and from 0 to 255,
 * with the factor in 65536ths, at most 2 * 65536, and the level in 256ths.
 */
enum { AUGMENT_ONE = 1 << 16 };
void augment_blend(const uint8_t *from, uint8_t *to, size_t n, int32_t factor, int32_t level);

/* A factor for it, uniform from 1 - amount to 1 + amount. */
int32_t augment_draw_factor(struct rng *r, double amount);

/*
 * The end of kinds/NAME.c, which has defined NAME_form, NAME_about, NAME_amount, NAME_suits and
 * NAME_move or NAME_change. What is missing does not compile.
 */
#define DEFINE_MOVE(NAME) DEFINE_AUGMENT(NAME, .move = NAME##_move)
#define DEFINE_CHANGE(NAME) DEFINE_AUGMENT(NAME, .change = NAME##_change)
#define DEFINE_AUGMENT(NAME, ACTS)                                                                 \
    const struct augment_kind augment_##NAME = {.name = #NAME,                                     \
                                                .form = NAME##_form,                               \
                                                .about = NAME##_about,                             \
                                                .amount = NAME##_amount,                           \
                                                .suits = NAME##_suits,                             \
                                                ACTS}

#define AUGMENT(NAME) extern const struct augment_kind augment_##NAME;
#include "augment/kinds/kinds.def"
#undef AUGMENT

#endif
