/* What two sides have in common, against every image compared with every other. */
#include "fuzz.h"

#include "img/overlap.h"

enum { IMAGES_MAX = 32, BYTES_MAX = 4 * 4 * 3 };

struct image {
    struct image_shape shape;
    uint8_t pixels[BYTES_MAX];
    int labelled;
    uint32_t label;
};

struct task {
    int turned, keep;
    unsigned n, held; /* the first of them are the side held */
    struct image image[IMAGES_MAX];
};

/* One quarter turn counter-clockwise: column j from the right becomes row j. */
static struct image turn(const struct image *a)
{
    struct image t = *a;
    uint32_t c = a->shape.channels;

    t.shape = (struct image_shape){a->shape.width, a->shape.height, c};
    for (uint32_t i = 0; i < t.shape.height; i++)
        for (uint32_t j = 0; j < t.shape.width; j++)
            memcpy(t.pixels + (i * t.shape.width + j) * c,
                   a->pixels + (j * a->shape.width + a->shape.width - 1 - i) * c, c);
    return t;
}

static int equal(const struct task *t, unsigned i, unsigned j)
{
    struct image a = t->image[i];
    const struct image *b = &t->image[j];

    for (int quarters = 0; quarters < (t->turned ? 4 : 1); quarters++) {
        if (memcmp(&a.shape, &b->shape, sizeof a.shape) == 0 &&
            memcmp(a.pixels, b->pixels, sizeof a.pixels) == 0)
            return 1;
        a = turn(&a);
    }
    return 0;
}

static void add(struct task *t, struct bytes *b)
{
    struct image *m = &t->image[t->n++];
    unsigned shape = next_byte(b), label = next_byte(b);
    size_t n;

    memset(m, 0, sizeof *m);
    m->shape = (struct image_shape){(shape & 3) + 1, (shape >> 2 & 3) + 1, shape & 16 ? 3 : 1};
    m->labelled = label < 200;
    m->label = label % 3;
    n = (size_t)m->shape.height * m->shape.width * m->shape.channels;
    for (size_t i = 0; i < n; i++) /* eight pixels from a byte, so that some are equal */
        m->pixels[i] = i % 8 ? m->pixels[i - 1] >> 1 : (uint8_t)next_byte(b);
    for (size_t i = 0; i < n; i++)
        m->pixels[i] &= 1;
}

static int is_held(const struct task *t, unsigned i)
{
    return i < t->held;
}

/* Of the images of one side, by looking at all pairs. */
static struct overlap_counts count(const struct task *t, enum overlap_side side)
{
    struct overlap_counts c = {0};

    for (unsigned i = 0; i < t->n; i++) {
        const struct image *a = &t->image[i];
        int shared = 0, relabelled = 0, first = 1;
        if (is_held(t, i) != (side == OVERLAP_HELD))
            continue;
        for (unsigned j = 0; j < t->n; j++) {
            if (!equal(t, i, j))
                continue;
            if (is_held(t, j) != is_held(t, i)) {
                shared = 1;
                relabelled |= a->labelled && t->image[j].labelled && t->image[j].label != a->label;
            } else if (j < i) {
                first = 0;
            }
        }
        c.images++;
        c.labelled += (uint64_t)a->labelled;
        c.shared += (uint64_t)shared;
        c.relabelled += (uint64_t)relabelled;
        c.distinct += (uint64_t)(first && (side == OVERLAP_HELD || t->keep || shared));
    }
    return c;
}

static void require_counts(const struct overlap_counts *got, const struct overlap_counts *want)
{
    REQUIRE(got->images == want->images && got->labelled == want->labelled);
    REQUIRE(got->shared == want->shared);
    REQUIRE(got->relabelled == want->relabelled);
    REQUIRE(got->distinct == want->distinct);
}

static void compare(const struct task *t)
{
    struct error e;
    struct overlap *o = overlap_new(t->turned, t->keep, &e);
    struct overlap_counts got, want;

    REQUIRE(o != NULL);
    for (unsigned i = 0; i < t->n; i++) {
        const struct image *m = &t->image[i];
        const uint32_t *label = m->labelled ? &m->label : NULL;
        int shared = 0;
        for (unsigned j = 0; j < t->held; j++)
            shared |= equal(t, i, j);
        if (is_held(t, i))
            REQUIRE(overlap_hold(o, m->shape, m->pixels, label, &e) == 0);
        else
            REQUIRE(overlap_meet(o, m->shape, m->pixels, label, &e) == shared);
    }
    for (int side = OVERLAP_HELD; side <= OVERLAP_MET; side++) {
        got = overlap_count(o, (enum overlap_side)side);
        want = count(t, (enum overlap_side)side);
        require_counts(&got, &want);
    }
    overlap_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct task t;
    struct bytes b = {data, size};
    unsigned how = next_byte(&b);

    t.turned = how & 1;
    t.keep = how >> 1 & 1;
    for (t.n = 0; t.n < IMAGES_MAX && b.left;)
        add(&t, &b);
    t.held = t.n ? (how >> 2) % (t.n + 1) : 0;
    compare(&t);
    return 0;
}
