/* Sampling: as many as were asked for, of each class or evenly, whatever comes in what order. */
#include "fuzz.h"

#include "rts/sample.h"

enum { EXAMPLES_MAX = 256, CLASSES = 8 };

struct task {
    enum sample_how how;
    uint64_t n, part, examples;
    int labelled;
    uint32_t label[EXAMPLES_MAX];
};

/* Offers all; a position is given anew if its example is certainly not chosen. */
static struct sample *offer(const struct task *t, uint64_t seed, uint32_t *kept, uint64_t *count)
{
    struct error e;
    const struct sample_rule rule = {t->how, t->n, t->part, seed};
    struct sample *s = sample_new(&rule, &e);

    REQUIRE(s != NULL);
    for (uint64_t i = 0; t->how == SAMPLE_SHARE && i < t->examples; i++)
        if (sample_count(s, t->labelled ? &t->label[i] : NULL, &e) < 0) {
            require_error(&e);
            REQUIRE(t->labelled && t->label[i] >= SAMPLE_CLASSES_MAX);
            sample_free(s);
            return NULL;
        }
    *count = 0;
    for (uint64_t i = 0; i < t->examples; i++) {
        int chance = sample_offer(s, *count, t->labelled ? &t->label[i] : NULL, &e);
        if (chance < 0) {
            require_error(&e);
            REQUIRE((t->how != SAMPLE_COUNT && t->how != SAMPLE_FOLD && !t->labelled) ||
                    t->label[i] >= SAMPLE_CLASSES_MAX);
            sample_free(s);
            return NULL;
        }
        kept[*count] = t->label[i];
        *count += (uint64_t)chance;
    }
    return s;
}

/* True if `part` is that share of n: within half an example, or one where that would be none. */
static int is_share(uint64_t share, uint64_t n, uint64_t part)
{
    uint64_t exact = share * n, got = part * SAMPLE_WHOLE;

    if (share && n && part == 1 && exact < SAMPLE_WHOLE)
        return 1;
    return got <= exact + SAMPLE_WHOLE / 2 && got + SAMPLE_WHOLE / 2 > exact &&
           (part || !share || !n);
}

/* True if a part of n examples may have so many. */
static int is_part(const struct task *t, uint64_t n, uint64_t part)
{
    return part == n / t->n || (n % t->n && part == n / t->n + 1);
}

static void check_choice(const struct task *t, struct sample *s, const uint32_t *kept,
                         uint64_t count)
{
    uint64_t chosen = 0, of[CLASSES] = {0}, least = UINT64_MAX, most = 0, seen[CLASSES] = {0};

    for (uint64_t i = 0; i < count; i++)
        if (sample_has(s, i)) {
            chosen++;
            if (kept[i] < CLASSES)
                of[kept[i]]++;
        }
    if (t->how == SAMPLE_FOLD)
        REQUIRE(t->n <= t->examples && is_part(t, t->examples, chosen));
    if (!t->labelled) {
        if (t->how == SAMPLE_COUNT)
            REQUIRE(chosen == t->n);
        if (t->how == SAMPLE_SHARE)
            REQUIRE(is_share(t->n, t->examples, chosen));
        return;
    }
    for (uint64_t i = 0; i < t->examples; i++) {
        if (t->label[i] >= CLASSES)
            return; /* counted, but not here */
        seen[t->label[i]]++;
    }
    for (int k = 0; k < CLASSES; k++) {
        if (!seen[k])
            continue;
        REQUIRE(of[k] <= seen[k]);
        if (t->how == SAMPLE_AT_MOST)
            REQUIRE(of[k] == (seen[k] < t->n ? seen[k] : t->n));
        if (t->how == SAMPLE_SHARE)
            REQUIRE(is_share(t->n, seen[k], of[k]));
        if (t->how == SAMPLE_FOLD)
            REQUIRE(is_part(t, seen[k], of[k]));
        least = of[k] < least ? of[k] : least;
        most = of[k] > most ? of[k] : most;
    }
    if (t->how == SAMPLE_PER_CLASS)
        REQUIRE(t->examples == 0 || (least == t->n && most == t->n));
    if (t->how == SAMPLE_COUNT)
        REQUIRE((t->examples == 0 || most - least <= 1) && chosen == t->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct task t = {.n = next_number(&b, 1)};
    unsigned how = next_byte(&b);
    uint64_t count, seed = next_number(&b, 2);
    uint32_t kept[EXAMPLES_MAX + 1];
    struct error e;
    struct sample *s;

    t.how = how & 8 ? SAMPLE_FOLD : (how & 1) | (how & 4) >> 1;
    t.labelled = !(how & 2);
    if (t.how == SAMPLE_SHARE)
        t.n *= SAMPLE_WHOLE / UINT8_MAX;
    if (t.how == SAMPLE_FOLD) {
        t.n = t.n < 2 ? 2 : t.n;
        t.part = (how >> 4) % t.n;
    }
    for (; b.left && t.examples < EXAMPLES_MAX; t.examples++) {
        unsigned byte = next_byte(&b);
        t.label[t.examples] = byte < 250 ? byte % CLASSES : (uint32_t)next_number(&b, 4);
    }
    s = offer(&t, seed, kept, &count);
    if (!s)
        return 0;
    if (sample_settle(s, NULL, &e) == 0)
        check_choice(&t, s, kept, count);
    else
        require_error(&e);
    sample_free(s);
    return 0;
}
