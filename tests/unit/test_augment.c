/* Images changed at random: what each change does, and on what it depends. */
#include "check.h"
#include "examples.h"
#include "training.h"

#include "train/augment.h"

static const struct extent image = {6, 7, 3};
enum { BYTES = 6 * 7 * 3, TRIES = 400 };

/* Every byte is another. */
static void fill_image(uint8_t *p)
{
    for (int i = 0; i < BYTES; i++)
        p[i] = (uint8_t)(i + 1);
}

static struct augments parse(const char *text)
{
    struct augments a;
    struct error e;

    if (!CHECK(augments_parse(&a, text, &e) == 0))
        printf("# %s\n", e.text);
    return a;
}

static const uint8_t *pixel(const uint8_t *p, int i, int j)
{
    return p + (i * image.w + j) * image.c;
}

static void test_flip(void)
{
    struct augments a = parse("flip");
    uint8_t from[BYTES], to[BYTES], spare[BYTES];
    int mirrored = 0;

    fill_image(from);
    for (uint64_t k = 0; k < TRIES; k++) {
        int is_same, is_mirrored = 1;
        augments_apply(&a, image, 1, 1, k, from, to, spare);
        is_same = memcmp(from, to, BYTES) == 0;
        for (int i = 0; i < image.h; i++)
            for (int j = 0; j < image.w; j++)
                is_mirrored &= memcmp(pixel(to, i, j), pixel(from, i, image.w - 1 - j), 3) == 0;
        CHECK(is_same != is_mirrored);
        mirrored += is_mirrored;
    }
    CHECK(mirrored > TRIES * 4 / 10 && mirrored < TRIES * 6 / 10);
}

static int within(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static int is_shifted(const uint8_t *from, const uint8_t *to, int down, int right)
{
    for (int i = 0; i < image.h; i++)
        for (int j = 0; j < image.w; j++)
            if (memcmp(pixel(to, i, j),
                       pixel(from, within(i - down, image.h), within(j - right, image.w)), 3) != 0)
                return 0;
    return 1;
}

/* Each of the 25 shifts occurs, and no other. */
static void test_shift(void)
{
    struct augments a = parse(" shift2 ");
    uint8_t from[BYTES], to[BYTES], spare[BYTES];
    int seen[25] = {0}, all = 0;

    fill_image(from);
    for (uint64_t k = 0; k < TRIES; k++) {
        int found = 0;
        augments_apply(&a, image, 1, 1, k, from, to, spare);
        for (int s = 0; s < 25; s++)
            if (is_shifted(from, to, s / 5 - 2, s % 5 - 2)) {
                seen[s]++;
                found++;
            }
        CHECK_NEAR(found, 1, 0);
    }
    for (int s = 0; s < 25; s++)
        all += seen[s] > 0;
    CHECK_NEAR(all, 25, 0);
}

/* Seed, epoch and number of the image decide, one after the other in any order of calls. */
static void test_counters(void)
{
    struct augments a = parse("shift2 flip shift1");
    uint8_t from[BYTES], to[BYTES], again[BYTES], spare[BYTES];
    int same[3] = {0};

    fill_image(from);
    for (uint64_t k = 0; k < TRIES; k++) {
        augments_apply(&a, image, 1, 1, k, from, to, spare);
        augments_apply(&a, image, 2, 1, k, from, again, spare);
        same[0] += memcmp(to, again, BYTES) == 0;
        augments_apply(&a, image, 1, 2, k, from, again, spare);
        same[1] += memcmp(to, again, BYTES) == 0;
        augments_apply(&a, image, 1, 1, k + 1, from, again, spare);
        same[2] += memcmp(to, again, BYTES) == 0;
        augments_apply(&a, image, 1, 1, k, from, again, spare);
        CHECK(memcmp(to, again, BYTES) == 0);
    }
    for (int i = 0; i < 3; i++)
        CHECK(same[i] < TRIES / 10);
}

static void test_bad_texts(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"shift", "augmentation: 'shift' at position 1: needs an integer of at most 3 digits"},
        {"flip shift0", "augmentation: 'shift0' at position 6: needs at least 1"},
        {"flip2", "augmentation: 'flip2' at position 1: takes no number"},
        {"flip  turn", "augmentation: 'turn' at position 7: unknown (use flip or shiftN)"},
    };
    char many[18 * 5 + 1] = "";
    struct augments a;
    struct error e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(augments_parse(&a, bad[i].text, &e) == -1);
        CHECK_TEXT(e.text, bad[i].error);
    }
    for (int i = 0; i < 17; i++)
        strcat(many, "flip ");
    CHECK(augments_parse(&a, many, &e) == -1);
    CHECK_TEXT(e.text, "augmentation: 'flip' at position 81: more than 16 changes");
    a = parse("flip shift6");
    CHECK(augments_check(&a, image, &e) == -1);
    CHECK_TEXT(e.text, "augmentation: 'shift6' shifts the whole image away (images of 6 x 7)");
    a = parse("shift5");
    CHECK(augments_check(&a, image, &e) == 0);
}

/* ---- in training ---- */

static void run(struct model *m, const struct dataset *d, const char *augment, int frozen,
                int threads, struct heard *h)
{
    struct train_options o = train_defaults();
    struct error e = {.text = ""};

    o.epochs = 3;
    o.batch = 16;
    o.lr = 0.01;
    o.augment = augment;
    start_model(m, "c4 r p d6 r", d, 3);
    m->net.layer[0].frozen = frozen;
    if (!CHECK(train_on(m, d, &o, threads, h, &e) == 0))
        printf("# %s\n", e.text);
}

/* Threads change nothing; a frozen base is not taken for constant. */
static void test_training(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);

    for (int frozen = 0; frozen < 2; frozen++) {
        struct model plain, one, many, none;
        run(&plain, &d, NULL, frozen, 1, &(struct heard){0});
        run(&none, &d, "", frozen, 1, &(struct heard){0});
        run(&one, &d, "shift2 flip", frozen, 1, &(struct heard){0});
        run(&many, &d, "shift2 flip", frozen, 3, &(struct heard){0});
        CHECK(same_parameters(&plain, &none));
        CHECK(!same_parameters(&plain, &one));
        CHECK(same_parameters(&one, &many));
        model_free(&plain), model_free(&none), model_free(&one), model_free(&many);
    }
    dataset_free(&d);
}

/* With a rate of zero the loss of an epoch is that of its images alone: each has others. */
static void test_epochs_differ(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    struct train_options o = train_defaults();
    struct heard h = {0};
    struct error e = {.text = ""};
    struct model m;

    o.epochs = 2;
    o.lr = 0;
    o.augment = "shift2";
    start_model(&m, "c4 r p d6 r", &d, 3);
    CHECK(train_on(&m, &d, &o, 2, &h, &e) == 0);
    CHECK(h.epoch[0].loss != h.epoch[1].loss);
    CHECK(h.epoch[0].valid_loss == h.epoch[1].valid_loss); /* which is not augmented */
    model_free(&m);
    dataset_free(&d);
}

int main(void)
{
    RUN(test_flip);
    RUN(test_shift);
    RUN(test_counters);
    RUN(test_bad_texts);
    RUN(test_training);
    RUN(test_epochs_differ);
    return check_status();
}
