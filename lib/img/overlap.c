/* The count of images that two streams share. */
#include "img/overlap.h"

#include <stdlib.h>
#include <string.h>

/* The labels that a distinct image has on one side. */
struct labels {
    enum { NONE, ONE, SEVERAL } kinds;
    uint32_t label; /* the first */
};

/* A distinct image. */
struct content {
    uint64_t count[2]; /* on each side */
    struct labels labels[2];
};

/* An image of the side held. */
struct image {
    uint64_t content;
    uint32_t label;
    int labelled;
};

struct overlap {
    int keep;
    struct distinct *distinct;
    struct content *content;
    uint64_t contents; /* room */
    struct image *image;
    uint64_t images; /* room */
    struct overlap_counts side[2];
};

struct overlap *overlap_new(int turned, int keep, struct error *e)
{
    struct overlap *o = calloc(1, sizeof *o);

    if (!o) {
        error_memory(e, "images");
        return NULL;
    }
    o->keep = keep;
    o->distinct = distinct_new(turned, e);
    if (o->distinct)
        return o;
    overlap_free(o);
    return NULL;
}

void overlap_free(struct overlap *o)
{
    if (!o)
        return;
    distinct_free(o->distinct);
    free(o->content);
    free(o->image);
    free(o);
}

/* Room for one more than `used` elements. */
static void *more(void *array, uint64_t used, uint64_t *room, size_t size, struct error *e)
{
    uint64_t want = *room ? 2 * *room : 1024;

    if (used < *room)
        return array;
    array = realloc(array, want * size);
    if (array)
        *room = want;
    else
        error_memory(e, "images");
    return array;
}

static void note_label(struct labels *l, uint32_t label)
{
    if (l->kinds == NONE)
        *l = (struct labels){ONE, label};
    else if (l->label != label)
        l->kinds = SEVERAL;
}

static int has_other(const struct labels *l, uint32_t label)
{
    return l->kinds == SEVERAL || (l->kinds == ONE && l->label != label);
}

/* Counts an image in, of a side on which its content is known under number. */
static void count_in(struct overlap *o, enum overlap_side side, uint64_t number,
                     const uint32_t *label)
{
    struct content *c = &o->content[number];

    o->side[side].distinct += c->count[side]++ == 0;
    if (label)
        note_label(&c->labels[side], *label);
}

/* Puts an image among those held; *number is that of its content. */
static int add(struct overlap *o, struct image_shape shape, const uint8_t *pixels, uint64_t *number,
               struct error *e)
{
    struct content *c = more(o->content, distinct_count(o->distinct), &o->contents, sizeof *c, e);
    int found;

    if (!c)
        return -1;
    o->content = c;
    found = distinct_add(o->distinct, shape, pixels, number, e);
    if (found == 0)
        memset(&c[*number], 0, sizeof *c);
    return found;
}

int overlap_hold(struct overlap *o, struct image_shape shape, const uint8_t *pixels,
                 const uint32_t *label, struct error *e)
{
    struct overlap_counts *counts = &o->side[OVERLAP_HELD];
    struct image *image = more(o->image, counts->images, &o->images, sizeof *image, e);
    uint64_t number;

    if (!image)
        return -1;
    o->image = image;
    if (add(o, shape, pixels, &number, e) < 0)
        return -1;
    image[counts->images++] = (struct image){number, label ? *label : 0, label != NULL};
    counts->labelled += label != NULL;
    count_in(o, OVERLAP_HELD, number, label);
    return 0;
}

int overlap_meet(struct overlap *o, struct image_shape shape, const uint8_t *pixels,
                 const uint32_t *label, struct error *e)
{
    struct overlap_counts *counts = &o->side[OVERLAP_MET];
    uint64_t number;
    int found = o->keep ? add(o, shape, pixels, &number, e)
                        : distinct_find(o->distinct, shape, pixels, &number, e);
    int shared;

    if (found < 0)
        return -1;
    counts->images++;
    counts->labelled += label != NULL;
    if (!found && !o->keep)
        return 0;
    shared = o->content[number].count[OVERLAP_HELD] > 0;
    counts->shared += (uint64_t)shared;
    counts->relabelled += label && has_other(&o->content[number].labels[OVERLAP_HELD], *label);
    count_in(o, OVERLAP_MET, number, label);
    return shared;
}

struct overlap_counts overlap_count(const struct overlap *o, enum overlap_side side)
{
    struct overlap_counts counts = o->side[side];

    if (side == OVERLAP_MET)
        return counts;
    /* What the other side has is known only now. */
    for (uint64_t i = 0; i < counts.images; i++) {
        const struct content *c = &o->content[o->image[i].content];
        counts.shared += c->count[OVERLAP_MET] > 0;
        counts.relabelled +=
            o->image[i].labelled && has_other(&c->labels[OVERLAP_MET], o->image[i].label);
    }
    return counts;
}

uint64_t overlap_common(const struct overlap *o)
{
    uint64_t common = 0;

    for (uint64_t i = 0; i < distinct_count(o->distinct); i++)
        common += o->content[i].count[OVERLAP_HELD] && o->content[i].count[OVERLAP_MET];
    return common;
}
