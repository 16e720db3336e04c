/* A ring of lots of files, which threads make images of while the chunks before are written. */
#include "import/photos.h"

#include "base/ring.h"
#include "rts/filename.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Files that a thread takes at a time, if their images are small; lots that are under way. */
enum { LOT_FILES = 16, LOT_BYTES = 1 << 20, LOTS_PER_THREAD = 4, LOTS_MORE = 4 };

/* A file on its way. */
struct shot {
    size_t path, line; /* where in the lot's text they begin; line: as filename_line writes it */
    uint32_t label;
    int given, standard_input;
    int waits; /* nothing was done to it yet */
    enum photo_result result;
    struct error why;
};

/* Some files that follow each other, and their images side by side. */
struct lot {
    struct shot shot[LOT_FILES];
    int n;
    char *text;
    size_t used, room;
    uint8_t *pixels;
    uint32_t crc; /* of those of which images were made, one after the other */
    uint64_t bytes;
};

struct photos {
    struct photos_plan plan;
    struct photo_form form;
    struct gallery *gallery;
    struct wholefile standard_input;
    struct photo_maker **maker; /* of each thread */
    struct ring *ring;
    struct lot *lot;
    int lots, lot_files;
    int at_end; /* the gallery has nothing more */
    int at;     /* the next file of the oldest lot that is done */
    uint64_t files, broken, made;
    uint32_t crc; /* of all files that were made images of */

    struct chunk chunk; /* the one that is being filled, which has room for `most` */
    uint64_t most;
    size_t *line; /* where the names of its files begin in text */
    char *text;
    size_t used, room;
};

/* Appends a text, with its NUL, to others; *at: where. */
static int append(char **text, size_t *used, size_t *room, const char *what, size_t *at,
                  struct error *e)
{
    size_t size = strlen(what) + 1;

    if (size > *room - *used) {
        size_t more = 2 * *room + size + 1024;
        char *larger = realloc(*text, more);
        if (!larger)
            return error_memory(e, "names of files");
        *text = larger;
        *room = more;
    }
    memcpy(*text + *used, what, size);
    *at = *used;
    *used += size;
    return 0;
}

/* Adds a file to a lot. */
static int add_shot(struct lot *lot, const struct gallery_picture *from, struct error *e)
{
    struct shot *s = &lot->shot[lot->n];
    char line[FILENAME_LINE_MAX + 1];
    const char *trouble = from->trouble;

    if (filename_line(from->standard_input ? "" : from->path, line) < 0) {
        line[0] = '\0';
        trouble = trouble ? trouble : "its name is too long for a stream";
    }
    s->label = from->label;
    s->given = from->given;
    s->standard_input = from->standard_input;
    s->waits = !trouble;
    s->result = trouble ? PHOTO_BROKEN : PHOTO_MADE;
    if (trouble)
        error_set(&s->why, "%s", trouble);
    if (append(&lot->text, &lot->used, &lot->room, from->path, &s->path, e) < 0)
        return -1;
    s->line = s->path;
    if (strcmp(line, from->path) != 0 &&
        append(&lot->text, &lot->used, &lot->room, line, &s->line, e) < 0)
        return -1;
    lot->n++;
    return 0;
}

/* Fills a lot with up to `most` files. 0 or -1. */
static int fill_lot(struct photos *p, struct lot *lot, int most, struct error *e)
{
    struct gallery_picture picture;
    int got = 1;

    lot->n = 0;
    lot->used = 0;
    lot->bytes = lot->crc = 0;
    while (lot->n < most && (got = gallery_next(p->gallery, &picture, e)) > 0)
        if (add_shot(lot, &picture, e) < 0)
            return -1;
    p->at_end = got == 0;
    return got < 0 ? -1 : 0;
}

static enum photo_result load(struct photos *p, struct photo_maker *m, const struct lot *lot,
                              struct shot *s)
{
    return s->standard_input ? photo_decode(m, &p->form, &p->standard_input, &s->why)
                             : photo_load(m, &p->form, lot->text + s->path, s->given, &s->why);
}

/* Makes the image of the file that was loaded. */
static void make(struct photos *p, struct photo_maker *m, struct lot *lot, int i)
{
    struct shot *s = &lot->shot[i];

    s->result = photo_make(m, &p->form, lot->pixels + (uint64_t)i * p->chunk.stride, &s->why);
    if (s->result == PHOTO_MADE) {
        lot->crc = photo_crc(m, lot->crc);
        lot->bytes += photo_facts(m).bytes;
    }
}

/* The work of a thread on a lot. */
static void work(void *context, int thread, int slot)
{
    struct photos *p = context;
    struct photo_maker *m = p->maker[thread];
    struct lot *lot = &p->lot[slot];

    for (int i = 0; i < lot->n; i++) {
        struct shot *s = &lot->shot[i];
        if (!s->waits)
            continue;
        s->result = load(p, m, lot, s);
        if (s->result == PHOTO_MADE)
            make(p, m, lot, i);
    }
}

static int say_broken(struct error *text, const char *path, const char *why)
{
    return error_set(text, "%.300s: %s", path, why);
}

/* A file is broken: goes on, or ends everything. 0 or -1. */
static int pass_over(struct photos *p, const char *path, const char *why, struct error *e)
{
    struct error text;

    say_broken(p->plan.strict ? e : &text, path, why);
    if (p->plan.strict)
        return -1;
    p->broken++;
    p->plan.broken(p->plan.context, text.text);
    return 0;
}

/* There is no picture. pending: what is wrong with the only file, if there is one. */
static int find_none(const struct photos *p, const struct error *pending, struct error *e)
{
    const struct folder_skipped *skipped = gallery_skipped(p->gallery);
    char text[256] = "";

    if (p->broken == 1) {
        *e = *pending;
        return -1;
    }
    if (p->broken)
        return error_set(e, "%.200s: no images: all %llu files are broken", p->plan.name,
                         (unsigned long long)p->broken);
    if (folder_skipped_count(skipped))
        folder_skipped_say(skipped, text, sizeof text);
    return error_set(e, "%.200s: no images%s%s", p->plan.name, *text ? "; " : "", text);
}

/*
 * Finds the first picture that is not broken, which is then alone in its lot, and decoded. What is
 * wrong with the first that is broken waits until there is a second file: it may be all there is to
 * say.
 */
static int find_first(struct photos *p, struct lot *lot, struct error *e)
{
    struct shot *s = &lot->shot[0];
    struct error pending = {"", 0}, text;

    for (;;) {
        if (fill_lot(p, lot, 1, e) < 0)
            return -1;
        if (lot->n == 0)
            return find_none(p, &pending, e);
        if (p->broken == 1 && *pending.text)
            p->plan.broken(p->plan.context, pending.text);
        if (s->waits)
            s->result = load(p, p->maker[0], lot, s);
        if (s->result == PHOTO_MADE)
            return 0;
        if (s->result == PHOTO_FAILED) {
            *e = s->why;
            return -1;
        }
        p->files++;
        say_broken(&text, lot->text + s->path, s->why.text);
        if (p->plan.strict) {
            *e = text;
            return -1;
        }
        if (p->broken++ == 0)
            pending = text;
        else
            p->plan.broken(p->plan.context, text.text);
    }
}

/* The size of all images is known from here on. */
static int settle_form(struct photos *p, const struct lot *first, struct error *e)
{
    struct photo_facts facts = photo_facts(p->maker[0]);
    uint64_t shape[4] = {0};

    if (!p->form.width) {
        p->form.width = facts.width;
        p->form.height = facts.height;
    }
    if (photo_stride(&p->form) > EXAMPLES_CHUNK_MAX)
        return error_set(
            e, "%.300s: %d x %d pixels are too many for a stream (--size makes them less)",
            first->text + first->shot[0].path, p->form.width, p->form.height);
    shape[1] = (uint64_t)p->form.height;
    shape[2] = (uint64_t)p->form.width;
    shape[3] = (uint64_t)p->form.channels;
    p->chunk = chunk_like("image", RTS_U1, 4, shape);
    p->most = examples_per_chunk(p->chunk.stride);
    return 0;
}

/* Room for the images of all lots and of a chunk. */
static int make_room(struct photos *p, struct error *e)
{
    uint64_t stride = p->chunk.stride, fit = LOT_BYTES / stride;

    p->lot_files = fit < 1 ? 1 : fit < LOT_FILES ? (int)fit : LOT_FILES;
    for (int i = 0; i < p->lots; i++)
        if (!(p->lot[i].pixels = malloc((uint64_t)p->lot_files * stride)))
            return error_memory(e, "images");
    p->chunk.data = malloc(p->most * stride);
    p->chunk.label = malloc(p->most * sizeof *p->chunk.label);
    p->chunk.file = malloc(p->most * sizeof *p->chunk.file);
    p->line = malloc(p->most * sizeof *p->line);
    return p->chunk.data && p->chunk.label && p->chunk.file && p->line ? 0
                                                                       : error_memory(e, "images");
}

/* The picture that was found first goes into the ring, whose first slot it has. */
static int make_first(struct photos *p, struct lot *lot, struct error *e)
{
    struct shot *s = &lot->shot[0];

    s->waits = 0;
    make(p, p->maker[0], lot, 0);
    if (s->result == PHOTO_BROKEN)
        return say_broken(e, lot->text + s->path, s->why.text);
    if (s->result == PHOTO_FAILED) {
        *e = s->why;
        return -1;
    }
    p->ring = ring_new(p->plan.threads, p->lots, work, p, e);
    if (!p->ring)
        return -1;
    ring_push(p->ring);
    return 0;
}

static int make_makers(struct photos *p, struct error *e)
{
    int threads = p->plan.threads;

    p->lots = LOTS_PER_THREAD * threads + LOTS_MORE;
    p->lot = calloc((size_t)p->lots, sizeof *p->lot);
    p->maker = calloc((size_t)threads, sizeof *p->maker);
    if (!p->lot || !p->maker)
        return error_memory(e, "images");
    for (int i = 0; i < threads; i++)
        if (!(p->maker[i] = photo_maker_new(e)))
            return -1;
    return 0;
}

struct photos *photos_open(struct gallery *g, const struct photos_plan *plan, struct error *e)
{
    struct photos *p = calloc(1, sizeof *p);

    if (!p) {
        error_memory(e, "images");
        return NULL;
    }
    p->plan = *plan;
    p->form = plan->form;
    p->gallery = g;
    /* Before there are threads, as what is read from standard input is noted. */
    if ((gallery_reads_standard_input(g) &&
         wholefile_read_standard_input(&p->standard_input, PHOTO_FILE_MAX, e) < 0) ||
        make_makers(p, e) < 0 || find_first(p, &p->lot[0], e) < 0 ||
        settle_form(p, &p->lot[0], e) < 0 || make_room(p, e) < 0 ||
        make_first(p, &p->lot[0], e) < 0) {
        photos_close(p);
        return NULL;
    }
    return p;
}

void photos_close(struct photos *p)
{
    if (!p)
        return;
    ring_free(p->ring);
    for (int i = 0; p->maker && i < p->plan.threads; i++)
        photo_maker_free(p->maker[i]);
    for (int i = 0; p->lot && i < p->lots; i++) {
        free(p->lot[i].text);
        free(p->lot[i].pixels);
    }
    free(p->maker);
    free(p->lot);
    free(p->chunk.data);
    free(p->chunk.label);
    free(p->chunk.file);
    free(p->line);
    free(p->text);
    wholefile_free(&p->standard_input);
    free(p);
}

const struct photo_form *photos_form(const struct photos *p)
{
    return &p->form;
}

uint64_t photos_files(const struct photos *p)
{
    return p->files;
}

uint64_t photos_broken(const struct photos *p)
{
    return p->broken;
}

/* The image of a file goes into the chunk. */
static int take_image(struct photos *p, const struct lot *lot, const struct shot *s,
                      struct error *e)
{
    uint64_t stride = p->chunk.stride, i = p->chunk.n;

    if (append(&p->text, &p->used, &p->room, lot->text + s->line, &p->line[i], e) < 0)
        return -1;
    memcpy((uint8_t *)p->chunk.data + i * stride, lot->pixels + (uint64_t)(s - lot->shot) * stride,
           stride);
    p->chunk.label[i] = s->label;
    p->chunk.n++;
    p->made++;
    return 0;
}

/* Takes what is left of the oldest lot, as far as it fits into the chunk. */
static int take_lot(struct photos *p, const struct lot *lot, struct error *e)
{
    for (; p->at < lot->n && p->chunk.n < p->most; p->at++) {
        const struct shot *s = &lot->shot[p->at];
        int status;
        if (s->result == PHOTO_MADE) {
            status = take_image(p, lot, s, e);
        } else if (s->result == PHOTO_BROKEN) {
            status = pass_over(p, lot->text + s->path, s->why.text, e);
        } else {
            *e = s->why;
            status = -1;
        }
        if (status < 0)
            return -1;
        p->files++;
    }
    if (p->at == lot->n) {
        p->at = 0;
        p->crc = (uint32_t)crc32_combine(p->crc, lot->crc, (z_off_t)lot->bytes);
        ring_release(p->ring);
    }
    return 0;
}

/* Gives the threads as much as there is room for. */
static int fill_ring(struct photos *p, struct error *e)
{
    int slot;

    while (!p->at_end && (slot = ring_free_slot(p->ring)) >= 0) {
        if (fill_lot(p, &p->lot[slot], p->lot_files, e) < 0)
            return -1;
        if (p->lot[slot].n)
            ring_push(p->ring);
    }
    return 0;
}

static int next(void *context, struct chunk *c, struct error *e)
{
    struct photos *p = context;

    p->chunk.n = 0;
    p->used = 0;
    while (p->chunk.n < p->most) {
        int slot;
        if (fill_ring(p, e) < 0)
            return -1;
        if ((slot = ring_pull(p->ring)) < 0)
            break;
        if (take_lot(p, &p->lot[slot], e) < 0)
            return -1;
        p->plan.progress(p->plan.context, p->files);
    }
    for (uint64_t i = 0; i < p->chunk.n; i++)
        p->chunk.file[i] = p->text + p->line[i];
    *c = p->chunk;
    if (!gallery_names(p->gallery))
        c->label = NULL;
    return c->n > 0;
}

static int digest(void *context, struct history *d, struct error *e)
{
    const struct photos *p = context;

    return import_digest_add(d, "files", p->made, p->crc, e);
}

void photos_importer(struct photos *p, struct importer *i)
{
    i->names = gallery_names(p->gallery);
    i->like = p->chunk;
    i->context = p;
    i->next = next;
    i->digest = digest;
}
