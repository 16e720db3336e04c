/* A hash table of images by content. */
#include "img/distinct.h"

#include "img/rotate.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20, FIRST_SLOTS = 1 << 10 };

struct hash {
    uint64_t a, b;
};

struct entry {
    struct hash hash;
    struct image_shape shape;
    const uint8_t *pixels;
};

/* Pixels are kept in large blocks, which never move. */
struct block {
    struct block *next;
    uint8_t bytes[];
};

struct distinct {
    int turned;
    struct entry *entry;
    uint64_t count, room;
    uint64_t *slot; /* open addressing: number + 1 of an entry, 0 if it is free */
    uint64_t slots; /* a power of two, at least twice the entries */
    struct block *blocks;
    size_t used, size; /* of the first block */
    uint8_t *turn[2];  /* where rotations are tried */
    size_t turn_size;
};

struct distinct *distinct_new(int turned, struct error *e)
{
    struct distinct *d = calloc(1, sizeof *d);

    if (d) {
        d->turned = turned;
        d->slots = FIRST_SLOTS;
        d->slot = calloc(d->slots, sizeof *d->slot);
    }
    if (d && d->slot)
        return d;
    distinct_free(d);
    error_memory(e, "images");
    return NULL;
}

void distinct_free(struct distinct *d)
{
    if (!d)
        return;
    while (d->blocks) {
        struct block *next = d->blocks->next;
        free(d->blocks);
        d->blocks = next;
    }
    free(d->entry);
    free(d->slot);
    free(d->turn[0]);
    free(d->turn[1]);
    free(d);
}

uint64_t distinct_count(const struct distinct *d)
{
    return d->count;
}

static size_t size_of(struct image_shape s)
{
    return (size_t)s.height * s.width * s.channels;
}

/* ---- hashing ---- */

/*
 * A word into one of two lanes. For a given lane every word leads to another, and for a given word
 * every lane does: nothing is lost. The multiplication carries a bit upwards, the shift back down.
 */
static inline uint64_t mix_a(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * 0x9e3779b97f4a7c15u;
    return lane ^ lane >> 32;
}

static inline uint64_t mix_b(uint64_t lane, uint64_t word)
{
    lane = (lane + word) * 0xd6e8feb86659fd93u;
    return lane ^ lane >> 29;
}

static inline void take_word(struct hash *h, uint64_t word)
{
    h->a = mix_a(h->a, word);
    h->b = mix_b(h->b, word);
}

static struct hash hash_image(struct image_shape s, const uint8_t *pixels)
{
    struct hash h = {0, 0};
    size_t n = size_of(s), i = 0;
    uint64_t word;

    take_word(&h, (uint64_t)s.height << 32 | s.width);
    take_word(&h, s.channels);
    for (; n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, pixels + i, sizeof word);
        take_word(&h, word);
    }
    word = 0; /* the shape tells how many bytes of the last word count */
    memcpy(&word, pixels + i, n - i);
    take_word(&h, word);
    h.a = mix_a(h.a, h.b);
    h.b = mix_b(h.b, h.a);
    h.a = mix_a(h.a, h.b);
    return h;
}

/* ---- the orientation in which an image is kept ---- */

static int reserve_turns(struct distinct *d, size_t n, struct error *e)
{
    if (n <= d->turn_size)
        return 0;
    d->turn_size = 0;
    for (int i = 0; i < 2; i++) {
        free(d->turn[i]);
        d->turn[i] = malloc(n);
        if (!d->turn[i])
            return error_memory(e, "images");
    }
    d->turn_size = n;
    return 0;
}

/*
 * Of the rotations of an image that are not higher than wide, the one whose bytes come first: all
 * rotations of an image lead to the same. *shape becomes its shape.
 */
static const uint8_t *choose_turn(struct distinct *d, struct image_shape *shape,
                                  const uint8_t *pixels, struct error *e)
{
    struct image_shape s = *shape;
    size_t n = size_of(s);
    int step = s.height == s.width ? 1 : 2, first = s.height > s.width, spare = 0;
    const uint8_t *best = pixels;

    if (reserve_turns(d, n, e) < 0)
        return NULL;
    for (int quarters = first ? 1 : step; quarters < 4; quarters += step) {
        uint8_t *turn = d->turn[spare];
        rotate_image(pixels, turn, s.height, s.width, s.channels, quarters);
        if ((first && quarters == 1) || memcmp(turn, best, n) < 0) {
            best = turn;
            spare ^= 1;
        }
    }
    if (first)
        *shape = (struct image_shape){s.width, s.height, s.channels};
    return best;
}

/* ---- the table ---- */

static int is_same(const struct entry *x, const struct entry *y)
{
    return x->hash.a == y->hash.a && x->hash.b == y->hash.b && x->shape.height == y->shape.height &&
           x->shape.width == y->shape.width && x->shape.channels == y->shape.channels &&
           memcmp(x->pixels, y->pixels, size_of(x->shape)) == 0;
}

/* The slot that holds the image, or the free one where it belongs. */
static uint64_t *find_slot(const struct distinct *d, const struct entry *image)
{
    uint64_t i = image->hash.a & (d->slots - 1);

    while (d->slot[i] && !is_same(&d->entry[d->slot[i] - 1], image))
        i = (i + 1) & (d->slots - 1);
    return &d->slot[i];
}

/* Twice the slots. The entries are all different: each goes to the first that is free. */
static int grow(struct distinct *d, struct error *e)
{
    uint64_t slots = 2 * d->slots, *slot = calloc(slots, sizeof *slot);

    if (!slot)
        return error_memory(e, "images");
    for (uint64_t n = 0; n < d->count; n++) {
        uint64_t i = d->entry[n].hash.a & (slots - 1);
        while (slot[i])
            i = (i + 1) & (slots - 1);
        slot[i] = n + 1;
    }
    free(d->slot);
    d->slot = slot;
    d->slots = slots;
    return 0;
}

/* A copy of n bytes that stays where it is. */
static const uint8_t *keep(struct distinct *d, const uint8_t *bytes, size_t n, struct error *e)
{
    uint8_t *to;

    if (!d->blocks || d->size - d->used < n) {
        size_t size = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        struct block *b = malloc(sizeof *b + size);
        if (!b) {
            error_memory(e, "images");
            return NULL;
        }
        b->next = d->blocks;
        d->blocks = b;
        d->used = 0;
        d->size = size;
    }
    to = d->blocks->bytes + d->used;
    d->used += n;
    memcpy(to, bytes, n);
    return to;
}

static int insert(struct distinct *d, uint64_t *slot, const struct entry *image, struct error *e)
{
    struct entry kept = *image;

    if (d->count == d->room) {
        uint64_t room = d->room ? 2 * d->room : FIRST_SLOTS / 2;
        struct entry *entry = realloc(d->entry, room * sizeof *entry);
        if (!entry)
            return error_memory(e, "images");
        d->entry = entry;
        d->room = room;
    }
    kept.pixels = keep(d, image->pixels, size_of(image->shape), e);
    if (!kept.pixels)
        return -1;
    d->entry[d->count++] = kept;
    *slot = d->count;
    return 2 * d->count > d->slots ? grow(d, e) : 0;
}

static int look_up(struct distinct *d, struct image_shape shape, const uint8_t *pixels, int add,
                   uint64_t *number, struct error *e)
{
    struct entry image = {.shape = shape, .pixels = pixels};
    uint64_t *slot;

    if (d->turned && !(image.pixels = choose_turn(d, &image.shape, pixels, e)))
        return -1;
    image.hash = hash_image(image.shape, image.pixels);
    slot = find_slot(d, &image);
    if (*slot) {
        *number = *slot - 1;
        return 1;
    }
    *number = d->count;
    return add ? insert(d, slot, &image, e) : 0;
}

int distinct_find(struct distinct *d, struct image_shape shape, const uint8_t *pixels,
                  uint64_t *number, struct error *e)
{
    return look_up(d, shape, pixels, 0, number, e);
}

int distinct_add(struct distinct *d, struct image_shape shape, const uint8_t *pixels,
                 uint64_t *number, struct error *e)
{
    return look_up(d, shape, pixels, 1, number, e);
}
