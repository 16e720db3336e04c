/* Examples sorted by random keys, in memory or by way of temporary files. */
#include "rts/shuffle.h"

#include "base/rng.h"
#include "base/spool.h"
#include "rts/gather.h"

#include <stdlib.h>
#include <string.h>

/* A level deals to PARTS files by BITS bits of the keys; the keys have no bits for more levels. */
enum { BITS = 5, PARTS = 1 << BITS, LEVELS = 64 / BITS };

/* What stands before an example in memory and in files; behind it stand its bytes, its soft label
 * and its name. */
struct item {
    uint64_t key;
    uint32_t label;
    uint32_t name : 31; /* bytes of the file's name with its NUL; 0: none */
    uint32_t soft : 1;  /* it has a soft label */
};

struct place {
    uint64_t key, at; /* at: where the item begins */
};

/* Items in memory, in the order in which they came. */
struct store {
    unsigned char *bytes;
    size_t used, room;
    struct place *place;
    size_t count, places;
};

/* Items in files, by the bits of their keys that belong to this level. */
struct deal {
    unsigned level;
    struct pile {
        struct spool *file; /* NULL: still empty */
        uint64_t count, bytes;
    } pile[PARTS];
};

struct shuffle {
    struct rng rng;
    uint64_t memory;
    int begun, named;  /* a chunk has come; an example has the name of a file */
    struct chunk like; /* the first chunk, without its examples */
    uint64_t classes;  /* of soft labels; 0: there were none yet */
    uint64_t largest;  /* label of an example without */
    float *soft;       /* once they are written: room for one */
    struct store store;
    struct deal *deal; /* NULL as long as all examples are in memory */
};

struct shuffle *shuffle_new(uint64_t seed, uint64_t memory, struct error *e)
{
    struct shuffle *s = calloc(1, sizeof *s);

    if (!s) {
        error_memory(e, "examples");
        return NULL;
    }
    rng_seed(&s->rng, seed, RNG_REORDER);
    s->memory = memory;
    return s;
}

/* Soft labels and labels may be mixed where the labels are classes of the soft ones. */
static int check_soft(const struct shuffle *s, const struct chunk *c, struct error *e)
{
    uint64_t classes = c->soft ? c->classes : s->classes, largest = s->largest;
    int mixed = !s->classes != !c->soft;

    if (!s->like.n || !c->n)
        return 0;
    if (c->soft && s->classes && c->classes != s->classes)
        return error_set(e, "soft labels of different numbers of classes");
    if (!c->label)
        return mixed ? error_set(e, "some examples have soft labels, others have no labels") : 0;
    for (uint64_t i = 0; i < c->n && !c->soft; i++)
        largest = c->label[i] > largest ? c->label[i] : largest;
    if (classes && largest >= classes)
        return error_set(e, "label %llu, but soft labels of %llu classes",
                         (unsigned long long)largest, (unsigned long long)classes);
    return 0;
}

int shuffle_check(const struct shuffle *s, const struct chunk *c, struct error *e)
{
    if (!s->begun)
        return 0;
    if (!chunk_same_shape(&s->like.head, &c->head))
        return error_set(e, "another shape than the examples before; only examples of one shape can"
                            " be shuffled");
    if (s->like.n && c->n && !s->like.label != !c->label)
        return error_set(e, "some examples have labels, others do not");
    return check_soft(s, c, e);
}

/* The bytes of an example behind its item. */
static size_t size_of(const struct shuffle *s, const struct item *item)
{
    return s->like.stride + (item->soft ? s->classes * sizeof(float) : 0) + item->name;
}

/* ---- items in memory ---- */

static void store_free(struct store *s)
{
    free(s->bytes);
    free(s->place);
    *s = (struct store){0};
}

/* The bytes that the items take, and would take with one more. */
static uint64_t store_cost(const struct store *s, size_t more)
{
    return s->used + more + (s->count + 1) * sizeof *s->place;
}

/* Makes room for n bytes, at least doubling it, but not to more than `most` without need. */
static int store_reserve(struct store *s, size_t n, uint64_t most, struct error *e)
{
    if (n > s->room - s->used) {
        size_t room = 2 * s->room > most ? most : 2 * s->room;
        unsigned char *bytes;
        if (room < s->used + n)
            room = s->used + n;
        if (!(bytes = realloc(s->bytes, room)))
            return error_memory(e, "examples");
        s->bytes = bytes;
        s->room = room;
    }
    if (s->count == s->places) {
        size_t places = s->places ? 2 * s->places : 64;
        struct place *place = realloc(s->place, places * sizeof *place);
        if (!place)
            return error_memory(e, "examples");
        s->place = place;
        s->places = places;
    }
    return 0;
}

/* Adds what is copied behind those that are there; there is room for it. */
static void store_append(struct store *s, const void *bytes, size_t n)
{
    if (n)
        memcpy(s->bytes + s->used, bytes, n);
    s->used += n;
}

static struct item item_at(const struct store *s, uint64_t at)
{
    struct item item;

    memcpy(&item, s->bytes + at, sizeof item);
    return item;
}

/* ---- items in files ---- */

static struct deal *deal_new(unsigned level, struct error *e)
{
    struct deal *d = calloc(1, sizeof *d);

    if (!d) {
        error_memory(e, "temporary files");
        return NULL;
    }
    d->level = level;
    return d;
}

static void deal_free(struct deal *d)
{
    if (!d)
        return;
    for (int i = 0; i < PARTS; i++)
        spool_close(d->pile[i].file);
    free(d);
}

/* Writes the beginning of an item to the file that its key wants; NULL on error. */
static struct pile *deal_item(struct deal *d, const struct item *item, size_t size, struct error *e)
{
    struct pile *p = &d->pile[item->key >> (64 - BITS * (d->level + 1)) & (PARTS - 1)];

    if (!p->file && !(p->file = spool_open(e)))
        return NULL;
    p->count++;
    p->bytes += sizeof *item + size;
    return spool_write(p->file, item, sizeof *item, e) < 0 ? NULL : p;
}

/* Moves all that is in memory to files. */
static int spill(struct shuffle *s, struct error *e)
{
    struct store *t = &s->store;

    if (!(s->deal = deal_new(0, e)))
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        struct item item = item_at(t, t->place[i].at);
        size_t size = size_of(s, &item);
        struct pile *p = deal_item(s->deal, &item, size, e);
        if (!p || spool_write(p->file, t->bytes + t->place[i].at + sizeof item, size, e) < 0)
            return -1;
    }
    store_free(t);
    return 0;
}

/* Takes an example; soft and name are NULL where it has none. */
static int add(struct shuffle *s, const struct item *item, const void *data, const float *soft,
               const char *name, struct error *e)
{
    struct store *t = &s->store;
    size_t stride = s->like.stride, size = size_of(s, item),
           probabilities = size - stride - item->name;
    struct pile *p;

    if (!s->deal && t->count && store_cost(t, sizeof *item + size) > s->memory && spill(s, e) < 0)
        return -1;
    if (!s->deal) {
        if (store_reserve(t, sizeof *item + size, s->memory, e) < 0)
            return -1;
        t->place[t->count++] = (struct place){item->key, t->used};
        store_append(t, item, sizeof *item);
        store_append(t, data, stride);
        store_append(t, soft, probabilities);
        store_append(t, name, item->name);
        return 0;
    }
    p = deal_item(s->deal, item, size, e);
    if (!p || spool_write(p->file, data, stride, e) < 0 ||
        spool_write(p->file, soft, probabilities, e) < 0)
        return -1;
    return spool_write(p->file, name, item->name, e);
}

int shuffle_add(struct shuffle *s, const struct chunk *c, struct error *e)
{
    static uint32_t some;

    if (!s->begun || (s->like.n == 0 && c->n)) {
        s->begun = 1;
        s->like = (struct chunk){.kind = c->kind, .head = c->head, .stride = c->stride, .n = c->n};
        s->like.label = c->label ? &some : NULL;
        s->classes = 0;
    }
    if (c->soft && (c->n || !s->like.n))
        s->classes = c->classes;
    for (uint64_t i = 0; i < c->n; i++) {
        const char *name = c->file && *c->file[i] ? c->file[i] : NULL;
        struct item item = {.key = (uint64_t)rng_u32(&s->rng) << 32,
                            .label = c->label ? c->label[i] : 0,
                            .name = name ? (uint32_t)strlen(name) + 1 : 0,
                            .soft = c->soft != NULL};
        const float *soft = c->soft ? c->soft + i * c->classes : NULL;
        item.key |= rng_u32(&s->rng);
        if (!c->soft && c->label && c->label[i] > s->largest)
            s->largest = c->label[i];
        if (add(s, &item, (const char *)c->data + i * c->stride, soft, name, e) < 0)
            return -1;
        s->named |= c->file != NULL;
    }
    return 0;
}

/* ---- the result ---- */

/* By the keys; where two are the same, in the order of the stream. */
static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->key != y->key ? (x->key > y->key) - (x->key < y->key)
                            : (x->at > y->at) - (x->at < y->at);
}

/* The soft label of an example, which stands at `from` if it has one: otherwise its class is
 * certain. */
static float *soft_of(struct shuffle *s, const struct item *item, const unsigned char *from)
{
    for (uint64_t k = 0; k < s->classes; k++)
        s->soft[k] = k == item->label;
    if (item->soft)
        memcpy(s->soft, from, s->classes * sizeof *s->soft);
    return s->soft;
}

/* Writes what is in memory, sorted. */
static int put_store(struct shuffle *s, struct gather *g, struct error *e)
{
    struct store *t = &s->store;

    if (t->count)
        qsort(t->place, t->count, sizeof *t->place, compare);
    for (size_t i = 0; i < t->count; i++) {
        struct item item = item_at(t, t->place[i].at);
        unsigned char *data = t->bytes + t->place[i].at + sizeof item;
        const char *name = item.name ? (const char *)data + size_of(s, &item) - item.name : "";
        struct chunk c = s->like;
        c.n = 1;
        c.data = data;
        c.label = s->like.label ? &item.label : NULL;
        c.file = s->named ? &name : NULL;
        c.classes = s->classes;
        c.soft = s->classes ? soft_of(s, &item, data + s->like.stride) : NULL;
        if (gather_add(g, &c, 1, e) < 0)
            return -1;
    }
    t->used = t->count = 0;
    return 0;
}

/* Reads a pile into memory. */
static int load(struct shuffle *s, struct pile *p, struct error *e)
{
    struct store *t = &s->store;

    for (uint64_t i = 0; i < p->count; i++) {
        struct item item;
        size_t size;
        if (spool_read(p->file, &item, sizeof item, e) < 0)
            return -1;
        size = size_of(s, &item);
        if (store_reserve(t, sizeof item + size, s->memory, e) < 0)
            return -1;
        t->place[t->count++] = (struct place){item.key, t->used};
        store_append(t, &item, sizeof item);
        if (spool_read(p->file, t->bytes + t->used, size, e) < 0)
            return -1;
        t->used += size;
    }
    return 0;
}

/* Deals a pile once more; *bytes has *room, and grows. */
static int deal_again(const struct shuffle *s, struct pile *p, struct deal *d,
                      unsigned char **bytes, size_t *room, struct error *e)
{
    for (uint64_t i = 0; i < p->count; i++) {
        struct item item;
        struct pile *to;
        size_t size;
        if (spool_read(p->file, &item, sizeof item, e) < 0)
            return -1;
        size = size_of(s, &item);
        if (size > *room) {
            free(*bytes);
            *room = size;
            if (!(*bytes = malloc(size)))
                return error_memory(e, "examples");
        }
        if (spool_read(p->file, *bytes, size, e) < 0 || !(to = deal_item(d, &item, size, e)) ||
            spool_write(to->file, *bytes, size, e) < 0)
            return -1;
    }
    return 0;
}

static int put_deal(struct shuffle *s, struct deal *d, struct gather *g, struct error *e);

/* Writes a pile that is too large for memory: by way of smaller ones. */
static int put_large(struct shuffle *s, struct pile *p, unsigned level, struct gather *g,
                     struct error *e)
{
    struct deal *d = deal_new(level, e);
    unsigned char *bytes = NULL;
    size_t room = 0;
    int status = d ? deal_again(s, p, d, &bytes, &room, e) : -1;

    free(bytes);
    spool_close(p->file);
    p->file = NULL;
    if (status == 0)
        status = put_deal(s, d, g, e);
    deal_free(d);
    return status;
}

/* Writes the piles of a level, one after the other: their keys ascend. */
static int put_deal(struct shuffle *s, struct deal *d, struct gather *g, struct error *e)
{
    /* All files are complete before the first is read: their buffers go. */
    for (int i = 0; i < PARTS; i++)
        if (d->pile[i].file && spool_end(d->pile[i].file, e) < 0)
            return -1;
    for (int i = 0; i < PARTS; i++) {
        struct pile *p = &d->pile[i];
        uint64_t cost = p->bytes + p->count * sizeof(struct place);
        int status;
        if (!p->file)
            continue;
        if (cost > s->memory && p->count > 1 && d->level + 1 < LEVELS)
            status = put_large(s, p, d->level + 1, g, e);
        else
            status = load(s, p, e) < 0 ? -1 : put_store(s, g, e);
        if (status < 0)
            return -1;
        spool_close(p->file);
        p->file = NULL;
    }
    return 0;
}

int shuffle_put(struct shuffle *s, struct rts_writer *out, struct error *e)
{
    struct gather g = {.out = out};
    int status;

    if (s->classes && !(s->soft = malloc(s->classes * sizeof *s->soft)))
        return error_memory(e, "soft labels");
    s->like.classes = s->classes;
    s->like.soft = s->soft;
    status = gather_add(&g, &s->like, 0, e);
    if (status == 0)
        status = s->deal ? put_deal(s, s->deal, &g, e) : put_store(s, &g, e);
    if (status == 0)
        status = gather_finish(&g, e);
    gather_free(&g);
    return status;
}

void shuffle_free(struct shuffle *s)
{
    if (!s)
        return;
    store_free(&s->store);
    deal_free(s->deal);
    free(s->soft);
    free(s);
}
