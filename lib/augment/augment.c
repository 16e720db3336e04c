/* Texts of changes, and images changed by them. */
#include "augment/augment.h"

#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

#define AUGMENT(NAME) &augment_##NAME,
static const struct augment_kind *const kinds[] = {
#include "augment/kinds/kinds.def"
    NULL};
#undef AUGMENT

const struct augment_kind *augment_kind(int i)
{
    return kinds[i];
}

void augments_list(FILE *to)
{
    for (int i = 0; kinds[i]; i++)
        fprintf(to, "%-12s  %s\n", kinds[i]->form, kinds[i]->about);
}

/* ---- texts ---- */

static int complain(const char *word, int length, const char *text, const char *why,
                    struct error *e)
{
    return error_set(e, "augmentation: '%.*s' at position %d: %s", length > 24 ? 24 : length, word,
                     (int)(word - text) + 1, why);
}

static int unknown(const char *word, int length, const char *text, struct error *e)
{
    char why[512] = "unknown (use";
    size_t n = strlen(why);

    for (int i = 0; kinds[i] && n < sizeof why; i++)
        n += (size_t)snprintf(why + n, sizeof why - n, "%s %s%s",
                              !i             ? ""
                              : kinds[i + 1] ? ","
                                             : " or",
                              kinds[i]->form, kinds[i + 1] ? "" : ")");
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

/* Reads the amount behind the name in a->word. 0, or -1 and why it is none. */
static int read_amount(struct augment *a, char *why, size_t size)
{
    const char *rest = a->word + strlen(a->kind->name);
    struct amount takes = a->kind->amount;
    int64_t integer;

    if (takes.type == AMOUNT_NONE) {
        snprintf(why, size, "takes no number");
        return *rest ? -1 : 0;
    }
    if (takes.type == AMOUNT_INTEGER) {
        snprintf(why, size, "needs an integer from 1 to %g", takes.most);
        if (rest[strspn(rest, "0123456789")] ||
            parse_int(rest, 1, (int64_t)takes.most, &integer) < 0)
            return -1;
        a->amount = (double)integer;
        return 0;
    }
    snprintf(why, size, "needs a number above 0, at most %g", takes.most);
    return rest[strspn(rest, "0123456789.")] || parse_real(rest, 0, takes.most, &a->amount) < 0 ||
                   a->amount == 0
               ? -1
               : 0;
}

/* Reads one word of a text. */
static int read_word(struct augment *a, const char *word, int length, const char *text,
                     struct error *e)
{
    char why[64];

    *a = (struct augment){.kind = kind_of(word, length)};
    if (!a->kind)
        return unknown(word, length, text, e);
    if (length > AUGMENT_WORD_MAX)
        return complain(word, length, text, "too long", e);
    memcpy(a->word, word, (size_t)length);
    return read_amount(a, why, sizeof why) < 0 ? complain(word, length, text, why, e) : 0;
}

int augments_parse(struct augments *a, const char *text, struct error *e)
{
    static const char blanks[] = " \t\n";

    a->n = 0;
    if (strlen(text) >= AUGMENT_TEXT_MAX)
        return error_set(e, "augmentation: longer than %d characters", AUGMENT_TEXT_MAX - 1);
    for (const char *word = text + strspn(text, blanks); *word; word += strspn(word, blanks)) {
        int length = (int)strcspn(word, blanks);
        if (a->n == AUGMENTS_MAX)
            return complain(word, length, text, "more than 16 changes", e);
        if (read_word(&a->of[a->n], word, length, text, e) < 0)
            return -1;
        a->n++;
        word += length;
    }
    return 0;
}

void augments_text(const struct augments *a, char text[AUGMENT_TEXT_MAX])
{
    size_t n = 0;

    *text = '\0';
    for (int i = 0; i < a->n; i++)
        n += (size_t)snprintf(text + n, AUGMENT_TEXT_MAX - n, "%s%s", i ? " " : "", a->of[i].word);
}

int augments_check(const struct augments *a, uint64_t height, uint64_t width, uint64_t channels,
                   struct error *e)
{
    struct pixels image = {NULL, (int)width, (int)height, (int)channels};

    for (int i = 0; i < a->n; i++) {
        const char *why = height > AFFINE_SIDE_MAX || width > AFFINE_SIDE_MAX
                              ? "needs sides of at most 65535 pixels"
                              : a->of[i].kind->suits(a->of[i].amount, image);
        if (why)
            return error_set(
                e, "augmentation: '%s' %s (images of %" PRIu64 " x %" PRIu64 " x %" PRIu64 ")",
                a->of[i].word, why, height, width, channels);
    }
    return 0;
}

/* ---- images ---- */

/* The end of what begins at change i and is done at once: a change, or all moves in a row. */
static int run_end(const struct augments *a, int i)
{
    int end = i + 1;

    while (a->of[i].kind->move && end < a->n && a->of[end].kind->move)
        end++;
    return end;
}

static void move(const struct augments *a, int i, int end, struct pixels from, struct rng *r,
                 uint8_t *to)
{
    struct affine m = affine_identity();

    for (; i < end; i++)
        m = affine_compose(m, a->of[i].kind->move(a->of[i].amount, from, r));
    affine_resample(&m, from, to);
}

void augments_apply(const struct augments *a, struct pixels from, uint64_t seed, uint64_t epoch,
                    uint64_t number, uint8_t *to, uint8_t *spare)
{
    struct rng r;
    int left = 0;

    for (int i = 0; i < a->n; i = run_end(a, i))
        left++;
    if (left == 0)
        memcpy(to, from.at, augment_bytes(from));
    rng_counter(&r, seed, RNG_AUGMENT, epoch, number);
    for (int i = 0, end; left > 0; i = end, left--) {
        uint8_t *next = left % 2 ? to : spare; /* the last one is `to` */
        end = run_end(a, i);
        if (a->of[i].kind->move)
            move(a, i, end, from, &r, next);
        else
            a->of[i].kind->change(a->of[i].amount, from, &r, next);
        from.at = next;
    }
}

/* ---- what kinds have in common ---- */

const char *augment_suits_all(double amount, struct pixels image)
{
    (void)amount, (void)image;
    return NULL;
}

const char *augment_suits_colour(double amount, struct pixels image)
{
    (void)amount;
    return image.channels == 3 ? NULL : "needs colour images";
}

double augment_draw(struct rng *r, double lowest, double highest)
{
    return lowest + (highest - lowest) * (double)rng_float(r);
}

int augment_draw_integer(struct rng *r, int most)
{
    return (int)rng_below(r, 2 * (uint64_t)most + 1) - most;
}

size_t augment_bytes(struct pixels image)
{
    return (size_t)image.height * (size_t)image.width * (size_t)image.channels;
}

int32_t augment_draw_factor(struct rng *r, double amount)
{
    return (int32_t)(augment_draw(r, 1 - amount, 1 + amount) * AUGMENT_ONE + 0.5);
}

void augment_blend(const uint8_t *from, uint8_t *to, size_t n, int32_t factor, int32_t level)
{
    /* With half of a unit, to round to the nearest; the level's share is at most 255 units. */
    int32_t rest = (int32_t)((int64_t)(AUGMENT_ONE - factor) * level / 256) + AUGMENT_ONE / 2;

    for (size_t i = 0; i < n; i++) {
        int32_t value = from[i] * factor + rest;
        to[i] = (uint8_t)(value < 0 ? 0 : value >= AUGMENT_ONE * 256 ? 255 : value / AUGMENT_ONE);
    }
}
