/* Changes named by a text: how it is read, on what they depend, and what training sees of them. */
#include "augmented.h"
#include "training.h"

#include "base/crc.h"

enum { TRIES = 400 };

/* Seed, epoch and number of the image decide, one after the other in any order of calls. */
static void test_counters(void)
{
    struct augments a = changes("shift2 rotate20 flip erase3 shift1 bright0.3");
    struct picture from, to, again, spare;
    struct pixels image = noise(&from, 6, 7, 3, 1);
    size_t bytes = augment_bytes(image);
    int same[3] = {0};

    for (uint64_t k = 0; k < TRIES; k++) {
        augments_apply(&a, image, 1, 1, k, to.at, spare.at);
        augments_apply(&a, image, 2, 1, k, again.at, spare.at);
        same[0] += memcmp(to.at, again.at, bytes) == 0;
        augments_apply(&a, image, 1, 2, k, again.at, spare.at);
        same[1] += memcmp(to.at, again.at, bytes) == 0;
        augments_apply(&a, image, 1, 1, k + 1, again.at, spare.at);
        same[2] += memcmp(to.at, again.at, bytes) == 0;
        augments_apply(&a, image, 1, 1, k, again.at, spare.at);
        CHECK(memcmp(to.at, again.at, bytes) == 0);
    }
    for (int i = 0; i < 3; i++)
        CHECK(same[i] < TRIES / 10);
}

/* Moves in a row are one map of the image; what stands between them parts them. */
static void test_moves_are_composed(void)
{
    struct augments a = changes("rotate30 shift2 scale0.2 flip");
    struct picture from, to, want;
    struct pixels image = noise(&from, 12, 9, 3, 2);

    for (uint64_t k = 0; k < TRIES; k++) {
        struct rng r = drawn(k);
        struct affine m = affine_identity();
        for (int i = 0; i < a.n; i++)
            m = affine_compose(m, a.of[i].kind->move(a.of[i].amount, image, &r));
        affine_resample(&m, image, want.at);
        changed(&a, image, k, &to);
        CHECK(memcmp(to.at, want.at, augment_bytes(image)) == 0);
    }
}

/* Each word is done to what the one before has made, however many there are. */
static void test_words_in_their_order(void)
{
    static const char *const words[] = {"rotate30", "bright0.4", "crop2", "shift1", "cutout4"};
    struct picture from, to, step[2];
    struct pixels image = noise(&from, 12, 9, 3, 2);
    char text[64] = "";

    for (int n = 1; n <= 5; n++) {
        struct augments a;
        strcat(strcat(text, " "), words[n - 1]);
        a = changes(text);
        for (uint64_t k = 0; k < 20; k++) {
            struct rng r = drawn(k);
            struct pixels want = image;
            for (int i = 0; i < n; i++) {
                uint8_t *next = step[i % 2].at;
                struct affine m;
                if (a.of[i].kind->move) {
                    m = a.of[i].kind->move(a.of[i].amount, want, &r);
                    affine_resample(&m, want, next);
                } else {
                    a.of[i].kind->change(a.of[i].amount, want, &r, next);
                }
                want.at = next;
            }
            CHECK(same_image(changed(&a, image, k, &to), want));
        }
    }
}

/* The same bytes from every compiler and C library, on every processor. */
static void test_bytes(void)
{
    struct augments grey = changes("shift2 flip rotate10 scale0.1 shear5 erase8 bright0.2 cutout5");
    struct augments colour =
        changes("resizedcrop0.3 crop4 contrast0.4 saturation0.4 hue0.1 grey0.2");
    struct picture from, to;
    uint32_t crc = 0;

    for (uint64_t k = 0; k < TRIES; k++) {
        struct pixels image = noise(&from, 28, 28, 1, k);
        changed(&grey, image, k, &to);
        crc = crc_add(crc, to.at, augment_bytes(image));
        image = noise(&from, 24, 32, 3, k);
        changed(&colour, image, k, &to);
        crc = crc_add(crc, to.at, augment_bytes(image));
    }
    if (!CHECK(crc == 0x97f1bf2d))
        printf("# %08x\n", (unsigned)crc);
}

static void test_bad_texts(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"shift", "augmentation: 'shift' at position 1: needs an integer from 1 to 999"},
        {"flip shift0", "augmentation: 'shift0' at position 6: needs an integer from 1 to 999"},
        {"shift1000", "augmentation: 'shift1000' at position 1: needs an integer from 1 to 999"},
        {"shift-1", "augmentation: 'shift-1' at position 1: needs an integer from 1 to 999"},
        {"shift1.5", "augmentation: 'shift1.5' at position 1: needs an integer from 1 to 999"},
        {"flip2", "augmentation: 'flip2' at position 1: takes no number"},
        {"bright", "augmentation: 'bright' at position 1: needs a number above 0, at most 1"},
        {"bright0", "augmentation: 'bright0' at position 1: needs a number above 0, at most 1"},
        {"hue0.51", "augmentation: 'hue0.51' at position 1: needs a number above 0, at most 0.5"},
        {"hue1e-1", "augmentation: 'hue1e-1' at position 1: needs a number above 0, at most 0.5"},
        {"hue0.1.1", "augmentation: 'hue0.1.1' at position 1: needs a number above 0, at most 0.5"},
        {"rotate.", "augmentation: 'rotate.' at position 1: needs a number above 0, at most 180"},
        {"hue0.10000000000000000000000000000",
         "augmentation: 'hue0.1000000000000000000' at position 1: too long"},
        {"flip  turn",
         "augmentation: 'turn' at position 7: unknown (use flip, shiftN, rotateX, scaleX, shearX, "
         "resizedcropX, cropN, eraseN, cutoutN, brightX, contrastX, saturationX, hueX or greyX)"},
    };
    char many[AUGMENT_TEXT_MAX + 1] = "";
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
    memset(many, ' ', AUGMENT_TEXT_MAX);
    CHECK(augments_parse(&a, many, &e) == -1);
    CHECK_TEXT(e.text, "augmentation: longer than 255 characters");
}

static void test_texts(void)
{
    struct augments a = changes(" shift2\n\tflip  bright0.25 ");
    char text[AUGMENT_TEXT_MAX];

    CHECK_NEAR(a.n, 3, 0);
    CHECK_NEAR(a.of[0].amount, 2, 0);
    CHECK_NEAR(a.of[2].amount, 0.25, 0);
    augments_text(&a, text);
    CHECK_TEXT(text, "shift2 flip bright0.25");
    a = changes("");
    augments_text(&a, text);
    CHECK_TEXT(text, "");
}

static void check_refused(const char *text, uint64_t height, uint64_t width, uint64_t channels,
                          const char *why)
{
    struct augments a = changes(text);
    struct error e;

    CHECK(augments_check(&a, height, width, channels, &e) == -1);
    CHECK_TEXT(e.text, why);
}

static void test_images_that_do_not_suit(void)
{
    struct augments a = changes("shift5 crop5 erase6 cutout6");
    struct error e;

    CHECK(augments_check(&a, 6, 7, 3, &e) == 0);
    check_refused("flip shift6", 6, 7, 3,
                  "augmentation: 'shift6' shifts the whole image away (images of 6 x 7 x 3)");
    check_refused("crop6", 7, 6, 1,
                  "augmentation: 'crop6' cuts the whole image away (images of 7 x 6 x 1)");
    check_refused("erase7", 6, 7, 1,
                  "augmentation: 'erase7' is larger than the image (images of 6 x 7 x 1)");
    check_refused("cutout7", 6, 7, 1,
                  "augmentation: 'cutout7' hides the whole image (images of 6 x 7 x 1)");
    check_refused("hue0.1", 6, 7, 1,
                  "augmentation: 'hue0.1' needs colour images (images of 6 x 7 x 1)");
    check_refused("saturation0.1", 6, 7, 4,
                  "augmentation: 'saturation0.1' needs colour images (images of 6 x 7 x 4)");
    check_refused("flip", 1, 65536, 1,
                  "augmentation: 'flip' needs sides of at most 65535 pixels (images of 1 x 65536 "
                  "x 1)");
}

/* ---- in training ---- */

static void run(struct model *m, const struct dataset *d, int epochs, const char *augment,
                int frozen, int threads)
{
    struct train_options o = train_defaults();
    struct error e = {.text = ""};
    struct heard h = {0};

    o.epochs = epochs;
    o.batch = 16;
    o.lr = 0.01;
    o.augment = augment;
    m->net.layer[0].frozen = frozen;
    if (!CHECK(train_on(m, d, &o, threads, &h, &e) == 0))
        printf("# %s\n", e.text);
}

/* Threads change nothing. */
static void test_training(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3);
    struct model m[4];
    static const char *const how[] = {NULL, "", "shift2 flip rotate9", "shift2 flip rotate9"};

    for (int i = 0; i < 4; i++) {
        start_model(&m[i], "c4 r p d6 r", &d, 3);
        run(&m[i], &d, 3, how[i], 0, i == 3 ? 3 : 1);
    }
    CHECK(same_parameters(&m[0], &m[1]));
    CHECK(!same_parameters(&m[0], &m[2]));
    CHECK(same_parameters(&m[2], &m[3]));
    for (int i = 0; i < 4; i++)
        model_free(&m[i]);
    dataset_free(&d);
}

/*
 * What is trained on in the first epoch are the images that augments_apply makes, by their numbers
 * in the data. A frozen base is run on them; that it is no longer a constant, whose outputs are
 * kept, is seen by this.
 */
static void test_training_sees_them(void)
{
    struct dataset d = dataset(40, (struct extent){7, 6, 1}, 3), made;
    struct augments a = changes("shift2 flip erase3");

    for (int frozen = 0; frozen < 2; frozen++) {
        struct model seen, given;
        start_model(&seen, "c4 r p d6 r", &d, 3);
        start_model(&given, "c4 r p d6 r", &d, 3);
        run(&seen, &d, 1, "shift2 flip erase3", frozen, 1);
        made = dataset(40, d.image, 3);
        for (uint64_t i = 0; i < d.n; i++) {
            struct picture spare;
            struct pixels from = {d.images + i * dataset_stride(&d), 6, 7, 1};
            augments_apply(&a, from, 0, 1, i, made.images + i * dataset_stride(&d), spare.at);
        }
        run(&given, &made, 1, NULL, frozen, 1);
        CHECK(same_parameters(&seen, &given));
        model_free(&seen), model_free(&given);
        dataset_free(&made);
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
    RUN(test_counters);
    RUN(test_moves_are_composed);
    RUN(test_words_in_their_order);
    RUN(test_bytes);
    RUN(test_bad_texts);
    RUN(test_texts);
    RUN(test_images_that_do_not_suit);
    RUN(test_training);
    RUN(test_training_sees_them);
    RUN(test_epochs_differ);
    return check_status();
}
