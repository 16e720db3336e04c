/* Texts of changes, and images changed by them. */
#include "train/augment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUGMENT(NAME) &augment_##NAME,
static const struct augment_kind *const kinds[] = {
#include "train/augment/kinds.def"
    NULL};
#undef AUGMENT

const struct augment_kind *augment_kind(int i)
{
    return kinds[i];
}

static int complain(const char *word, int length, const char *text, const char *why,
                    struct error *e)
{
    return error_set(e, "augmentation: '%.*s' at position %d: %s", length > 24 ? 24 : length, word,
                     (int)(word - text) + 1, why);
}

static int unknown(const char *word, int length, const char *text, struct error *e)
{
    char why[256] = "unknown (use";

    for (int i = 0; kinds[i]; i++) {
        size_t n = strlen(why);
        snprintf(why + n, sizeof why - n, "%s %s",
                 !i             ? ""
                 : kinds[i + 1] ? ","
                                : " or",
                 kinds[i]->form);
    }
    strcat(why, ")");
    return complain(word, length, text, why, e);
}

/* The kind whose name begins the word, the longest such; or NULL. */
static const struct augment_kind *kind_of(const char *word, int length)
{
    const struct augment_kind *best = NULL;
    size_t longest = 0;

    for (int i = 0; kinds[i]; i++) {
        size_t n = strlen(kinds[i]->name);
        if (n > longest && n <= (size_t)length && memcmp(kinds[i]->name, word, n) == 0) {
            best = kinds[i];
            longest = n;
        }
    }
    return best;
}

int augments_parse(struct augments *a, const char *text, struct error *e)
{
    static const char blanks[] = " \t\n";

    a->n = 0;
    if (strlen(text) >= AUGMENT_TEXT_MAX)
        return error_set(e, "augmentation: longer than %d characters", AUGMENT_TEXT_MAX - 1);
    for (const char *word = text + strspn(text, blanks); *word;) {
        int length = (int)strcspn(word, blanks);
        struct augment *next = &a->of[a->n];
        const struct augment_kind *kind = kind_of(word, length);
        const char *why;
        if (a->n == AUGMENTS_MAX)
            return complain(word, length, text, "more than 16 changes", e);
        if (!kind)
            return unknown(word, length, text, e);
        *next = (struct augment){.kind = kind};
        why = kind->parse(word + strlen(kind->name), length - (int)strlen(kind->name), next);
        if (why)
            return complain(word, length, text, why, e);
        a->n++;
        word += length;
        word += strspn(word, blanks);
    }
    return 0;
}

int augments_check(const struct augments *a, struct extent image, struct error *e)
{
    for (int i = 0; i < a->n; i++) {
        const char *why = a->of[i].kind->suits(&a->of[i], image);
        if (why)
            return error_set(e, "augmentation: '%s%d' %s (images of %d x %d)", a->of[i].kind->name,
                             a->of[i].amount, why, image.h, image.w);
    }
    return 0;
}

void augments_apply(const struct augments *a, struct extent image, uint64_t seed, uint64_t epoch,
                    uint64_t number, const uint8_t *from, uint8_t *to, uint8_t *spare)
{
    struct rng r;

    rng_counter(&r, seed, RNG_AUGMENT, epoch, number);
    if (a->n == 0)
        memcpy(to, from, extent_size(image));
    for (int i = 0; i < a->n; i++) {
        /* The last one writes to `to`. */
        uint8_t *next = (a->n - 1 - i) % 2 ? spare : to;
        a->of[i].kind->apply(&a->of[i], image, &r, from, next);
        from = next;
    }
}

/* ---- what kinds have in common ---- */

const char *augment_parse_nothing(const char *rest, int length, struct augment *a)
{
    (void)rest, (void)a;
    return length == 0 ? NULL : "takes no number";
}

const char *augment_parse_amount(const char *rest, int length, struct augment *a)
{
    if (length < 1 || length > 3 || (int)strspn(rest, "0123456789") < length)
        return "needs an integer of at most 3 digits";
    a->amount = atoi(rest);
    return a->amount < 1 ? "needs at least 1" : NULL;
}

const char *augment_suits_all(const struct augment *a, struct extent image)
{
    (void)a, (void)image;
    return NULL;
}
